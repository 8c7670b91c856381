from odoo import models


class ResUsers(models.Model):
    _inherit = "res.users"

    def _get_to_do_summary(self):
        """What waits in all companies of a user, as that user sees it: see ``pemba.to.do``.

        Nothing for who sees none of it: Odoo tries a template on whatever user there is.
        """
        rows = (
            self.env["pemba.to.do"]
            .with_user(self)
            .with_context(allowed_company_ids=self.company_ids.ids, lang=self.lang)
        )
        return rows._get_summary() if rows.has_access("read") else []
