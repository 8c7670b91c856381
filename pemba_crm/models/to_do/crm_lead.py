from odoo import models


class CrmLead(models.Model):
    """What the list of what waits looks for, found without reading all deals."""

    _inherit = "crm.lead"

    _to_do_renewal_idx = models.Index(
        "(renewal_contract_id) WHERE won_status = 'pending' AND renewal_contract_id IS NOT NULL"
    )
    _to_do_open_idx = models.Index(
        "(user_id, partner_id) WHERE won_status = 'pending' AND active IS TRUE AND type = 'opportunity'"
    )
    _to_do_not_won_idx = models.Index("(id) WHERE won_status != 'won' AND type = 'opportunity'")
