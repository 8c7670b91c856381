from contextlib import contextmanager
from weakref import WeakKeyDictionary

from odoo import api, models

# ``{cursor: agreed rates, the innermost last}``: see ``..marks`` why not in the context.
_agreed = WeakKeyDictionary()


@contextmanager
def agreed_rate(env, company_currency, currency, rate):
    """Convert at the rate of a zone or a deal, instead of Odoo's, for as long as the block lasts.

    So all that Odoo prices in it, rules of pricelists included, is at that rate.

    :param rate: units of the currency for one of the company's; nothing changes without one
    """
    rates = _agreed.setdefault(env.cr, [])
    rates.append((company_currency, currency, rate) if rate and currency != company_currency else None)
    try:
        yield
    finally:
        rates.pop()


class ResCurrency(models.Model):
    _inherit = "res.currency"

    @api.model
    def _get_conversion_rate(self, from_currency, to_currency, company=None, date=None):
        rates = _agreed.get(self.env.cr)
        agreed = rates and rates[-1]
        if not agreed or from_currency == to_currency or agreed[1] not in (from_currency, to_currency):
            return super()._get_conversion_rate(from_currency, to_currency, company, date)
        company_currency, currency, rate = agreed
        if from_currency == currency:
            return super()._get_conversion_rate(company_currency, to_currency, company, date) / rate
        return super()._get_conversion_rate(from_currency, company_currency, company, date) * rate
