from odoo import api, models
from odoo.fields import Domain

from ..public import VALUES, public


class PembaContractType(models.Model):
    """What a type says of the next term reaches the renewals that are open."""

    _inherit = "pemba.contract.type"

    @public(vals=VALUES)
    def write(self, vals):
        if self._get_offered_fields().isdisjoint(vals):
            return super().write(vals)
        before = {kind: kind._get_conditions() for kind in self}
        leads = self.env["crm.lead"].sudo()  # of all salespeople
        is_open = Domain("won_status", "=", "pending")
        renewals = leads.search(is_open & Domain("renewal_contract_id.contract_type_id", "in", self.ids))
        renewals._remember_proposal()
        result = super().write(vals)
        changed = self.filtered(lambda kind: kind._get_conditions() != before[kind])
        renewals.filtered(lambda lead: lead.renewal_contract_id.contract_type_id in changed)._follow_index()
        return result

    def _get_conditions(self):
        return {name: self[name] for name in self._get_offered_fields()}

    @api.model
    def _get_offered_fields(self):
        """What changes the offer of a renewal: a new set."""
        return {
            *("duration_months", "fixed_share", "has_cap", "cap_rate", "has_floor", "floor_rate"),
            "index_lag_months",
        }
