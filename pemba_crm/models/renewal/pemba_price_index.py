from odoo import models


class PembaPriceIndex(models.Model):
    """What a value that is published, or corrected, means for the renewals that are open."""

    _inherit = "pemba.price.index"

    def _revise_open_renewals(self):
        """Their prices are those of today's values; what was negotiated stays."""
        series = self
        while following := self.search([("predecessor_id", "in", series.ids), ("id", "not in", series.ids)]):
            series |= following
        leads = self.env["crm.lead"].sudo()  # of all salespeople
        open_ones = [("won_status", "=", "pending"), ("renewal_contract_id.index_id", "in", series.ids)]
        renewals = leads.search(open_ones)
        renewals.filtered(lambda lead: lead._get_other_revaluation() is not None)._follow_index()
