"""Sales zones, their countries, the two currencies of each and their dated conversion rates."""

from . import pemba_zone, pemba_zone_rate, res_country, res_currency, res_partner
