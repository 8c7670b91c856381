from odoo import api, models

from ..installed_base.pemba_customer_mixin import get_differing
from ..public import VALUES, public


class PembaContractType(models.Model):
    """What a type says of the next term reaches the renewals that are open."""

    _inherit = "pemba.contract.type"

    @public(vals=VALUES)
    def write(self, vals):
        conditions = {name: vals[name] for name in self._get_offered_fields() if name in vals}
        changed = self.filtered(lambda kind: conditions and get_differing(kind, conditions))
        if not changed:
            return super().write(vals)
        leads = self.env["crm.lead"].sudo()  # of all salespeople
        of_types = [
            ("won_status", "=", "pending"),
            ("renewal_contract_id.contract_type_id", "in", changed.ids),
        ]
        renewals = leads.search(of_types)
        renewals._remember_proposal()
        result = super().write(vals)
        renewals._follow_index()
        return result

    @api.model
    def _get_offered_fields(self):
        """What changes the offer of a renewal: a new set."""
        return {
            *("duration_months", "fixed_share", "has_cap", "cap_rate", "has_floor", "floor_rate"),
            "index_lag_months",
        }
