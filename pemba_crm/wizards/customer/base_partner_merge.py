from odoo import models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        """What the contacts had is of the company of the one that stays, and statuses follow.

        Odoo moves the references in SQL, which recomputes nothing.
        """
        partners = self.env["res.partner"].browse(partner_ids).exists()
        before = partners.commercial_partner_id
        result = super()._merge(partner_ids, dst_partner, extra_checks)
        self.env.invalidate_all()
        partners.exists()._follow_merge(before)
        return result
