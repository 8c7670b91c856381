from odoo import fields, models
from odoo.fields import Command

from ..pipeline.crm_lead import OURS


class CrmLead(models.Model):
    """The competitors of a sale, and what is known of the customer who chose one."""

    _inherit = "crm.lead"

    competitor_product_ids = fields.Many2many(
        "pemba.competitor.product",
        string="Competitors",
        help="What else the customer is offered, or has and is to be replaced.",
    )
    lost_competitor_product_id = fields.Many2one(
        "pemba.competitor.product",
        string="Lost to",
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
        tracking=True,
        help="What the customer chose instead; it is recorded as what the customer has.",
    )

    def _start_results(self, given):
        result = super()._start_results(given)
        self._record_lost()
        return result

    def _follow_results(self, before, vals):
        result = super()._follow_results(before, vals)
        self._record_lost()
        was_lost = self.filtered(lambda lead: before[lead]["won_status"] == "lost")
        was_lost.filtered(lambda lead: lead.won_status != "lost")._withdraw_lost()
        return result

    def write(self, vals):
        result = super().write(vals)
        if "lost_competitor_product_id" in vals and self.env.context.get("pemba_following") is not OURS:
            self._record_lost()
        return result

    def _record_lost(self):
        """What sales were lost to is what their customers have: each once, seen on the day of the loss."""
        lost = self.filtered(lambda lead: lead.won_status == "lost" and lead.type == "opportunity")
        if not lost:
            return
        everything = self.env["pemba.competitor.installation"].sudo()  # whoever loses it
        known = everything.search(
            [
                ("partner_id", "in", lost.customer_id.ids),
                ("competitor_product_id", "in", lost.lost_competitor_product_id.ids),
            ]
        ).grouped(lambda one: (one.partner_id, one.competitor_product_id))
        recorded = (
            everything.with_context(active_test=False)
            .search([("lead_id", "in", lost.ids)])
            .grouped("lead_id")
        )
        for lead in lost:
            product, customer = lead.lost_competitor_product_id, lead.customer_id
            own = recorded.get(lead, everything)
            current = own.filtered(
                lambda one, of=(customer, product): (one.partner_id, one.competitor_product_id) == of
            )
            (own - current).filtered("active").active = False
            if not (product and customer):
                continue
            if product not in lead.competitor_product_ids:
                following = lead.with_context(pemba_following=OURS)
                following.competitor_product_ids = [Command.link(product.id)]
            current = current or known.get((customer, product), everything)[:1]
            vals = {"active": True, "seen_date": lead.close_date or fields.Date.context_today(lead)}
            if current:
                current.write(vals)
            else:
                created = everything.create(vals | lead._prepare_installation())
                known[customer, product] = created

    def _prepare_installation(self):
        return {
            "partner_id": self.customer_id.id,
            "competitor_product_id": self.lost_competitor_product_id.id,
            "source": self.env._("Lost sale: %s", self.name),
            "lead_id": self.id,
        }

    def _withdraw_lost(self):
        """A sale that is open again was lost to nobody yet."""
        if not self:
            return
        everything = self.env["pemba.competitor.installation"].sudo()  # whoever reopens it
        everything.search([("lead_id", "in", self.ids)]).active = False
        given = self.filtered("lost_competitor_product_id")
        given.with_context(pemba_following=OURS).lost_competitor_product_id = False

    def _merge_get_fields_specific(self):
        specific = super()._merge_get_fields_specific()
        specific["competitor_product_ids"] = lambda fname, leads: [
            Command.link(product.id) for product in leads.competitor_product_ids
        ]
        return specific

    def _merge_dependences(self, opportunities):
        """What is known by the others is known by the head."""
        result = super()._merge_dependences(opportunities)
        installations = self.env["pemba.competitor.installation"].sudo().with_context(active_test=False)
        for name in ("lead_id", "opportunity_id"):
            installations.search([(name, "in", opportunities.ids)])[name] = self
        return result
