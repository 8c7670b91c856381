from odoo import models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command


class PembaReconciliationFix(models.AbstractModel):
    """What runs and was not sold is sold, once."""

    _inherit = "pemba.reconciliation.fix"

    def _sell(self, line, check, vals):
        """Open the sale of something, once; who does not sell asks who does.

        :param vals: of the opportunity's line; ``price_company`` is its unit price in company currency
        """
        leads = self.env["crm.lead"]
        if not (leads.has_access("create") and self.env.user.has_group("pemba_crm.group_user")):
            return line._ask(check)
        if not line.partner_id:
            raise UserError(self.env._("%s: there is nobody to sell it to.", line.display_name))
        lead = self._get_sale(line)
        if not lead:
            try:
                with self.env.cr.savepoint():
                    lead = leads.create(self._prepare_sale(line))
            except AccessError:  # it is a colleague's customer
                return line._ask(check)
        self._remember_sale(line, check, lead)
        self._offer(lead, vals)
        return lead.get_formview_action()

    def _get_sale(self, line):
        """The opportunity by which it is being sold already.

        :raise UserError: naming a sale that was won, or a line that was recorded, since it was compared
        """
        settlements = self.env["pemba.reconciliation.settlement"]
        under_way = settlements._get_under_way(line)[line]
        settlements._check_not_won(under_way.won)
        if under_way.recorded:
            raise UserError(
                self.env._("%s: opening sales were recorded since: compare again.", line.display_name)
            )
        return under_way.sale.with_env(self.env)

    def _remember_sale(self, line, check, lead):
        """A settlement of it by a sale, unless there is one by the line's day."""
        settlements = self.env["pemba.reconciliation.settlement"]
        known = settlements._get_of_lines(line)[line].filtered(
            lambda one: one.lead_id == lead and one.check == check
        )
        if not any(one._holds_on(line.date) for one in known):  # as one that was opened as of a later day
            vals = settlements._prepare(line, check, lead_id=lead.id)
            settlements.sudo().create(vals)  # whoever settles it

    def _offer(self, lead, vals):
        """Add a line to a sale that is open, unless it has one of the product; see ``_sell``."""
        product = self.env["product.product"].browse(vals["product_id"])
        if lead.won_status != "pending" or product in lead.opportunity_line_ids.product_id:
            return
        price = vals.pop("price_company", None)
        if price:
            vals["price_unit"] = price * (lead.deal_rate or 1.0)
        lead.write({"opportunity_line_ids": [Command.create(vals)]})

    def _prepare_sale(self, line):
        user = self.env["pemba.reconciliation.charge"]._get_salespeople(line)[line]
        of_user = self.with_context(lang=user.lang or self.env.lang).env
        return {
            "name": of_user._("Reconciliation: %s", line.product_id.with_env(of_user).display_name),
            "type": "opportunity",
            "company_id": line.company_id.id,
            "partner_id": line.partner_id.id,
            "distributor_id": line.distributor_id.id,
            "user_id": user.id or self.env.uid,
            "nature": "extension",
        }
