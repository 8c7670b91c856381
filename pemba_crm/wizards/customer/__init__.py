from . import base_partner_merge
from . import crm_lead_lost
from . import pemba_competitor_campaign
