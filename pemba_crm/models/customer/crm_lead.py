from odoo import fields, models
from odoo.fields import Command

from ..company_day import get_today
from ..public import VALUES, public


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

    def _get_deal_state(self):
        return super()._get_deal_state() | {"customer_id": self.customer_id}

    def _follow_results(self, before, vals):
        result = super()._follow_results(before, vals)
        was = {lead: before[lead]["won_status"] for lead in self}
        self.filtered(
            lambda lead: (
                was[lead] != lead.won_status
                or before[lead]["customer_id"] != lead.customer_id
                or before[lead]["type"] != lead.type
            )
        )._record_lost()
        self.filtered(lambda lead: was[lead] == "lost" != lead.won_status)._withdraw_lost()
        return result

    @public(vals=VALUES)
    def write(self, vals):
        result = super().write(vals)
        if "lost_competitor_product_id" in vals:
            self._record_lost()
        return result

    def _record_lost(self):
        """What sales were lost to is what their customers have: each once, last seen on the day of a loss."""
        lost = self.filtered(lambda lead: lead.won_status == "lost" and lead.type == "opportunity")
        if not lost:
            return
        everything = self.env["pemba.competitor.installation"].sudo()  # whoever loses it
        recorded = everything.with_context(active_test=False).search([("lead_id", "in", lost.ids)])
        recorded.filtered(lambda one: one._get_key() != one.lead_id._get_lost_key())._forget_loss()
        known = everything.search(
            [
                ("partner_id", "in", lost.customer_id.ids),
                ("competitor_product_id", "in", lost.lost_competitor_product_id.ids),
            ]
        )
        # What a person archived since is known, too.
        known = (known | recorded.exists()).grouped(lambda one: one._get_key())
        seen, new = {}, {}
        for lead in lost.filtered(lambda lead: lead.lost_competitor_product_id and lead.customer_id):
            day = lead.close_date or get_today(lead)
            installation = known.get(lead._get_lost_key())
            if not installation:
                vals = new.setdefault(lead._get_lost_key(), lead._prepare_installation())
                vals["seen_date"] = max(vals.get("seen_date", day), day)
            elif not installation[0].seen_date or installation[0].seen_date < day:
                seen[installation[0]] = max(seen.get(installation[0], day), day)
        everything._put(list(new.values()))
        for installation, day in seen.items():
            installation._set(seen_date=day)
        for product, leads in lost.grouped("lost_competitor_product_id").items():
            unnamed = leads.filtered(lambda lead, product=product: product not in lead.competitor_product_ids)
            if product and unnamed:
                unnamed.competitor_product_ids = [Command.link(product.id)]

    def _get_lost_key(self):
        """What it was lost to, as installations are known by."""
        return self.customer_id.id, self.lost_competitor_product_id.id

    def _prepare_installation(self):
        return {
            "partner_id": self.customer_id.id,
            "competitor_product_id": self.lost_competitor_product_id.id,
            "source": self.env._("Lost sale"),
            "lead_id": self.id,
            "is_by_loss": True,
        }

    def _withdraw_lost(self):
        """A sale that is open again was lost to nobody yet."""
        given = self.filtered("lost_competitor_product_id")
        if given:
            given.lost_competitor_product_id = False
        everything = self.env["pemba.competitor.installation"].sudo()  # whoever reopens it
        if self:
            recorded = everything.with_context(active_test=False).search([("lead_id", "in", self.ids)])
            recorded._forget_loss()

    def _merge_get_fields(self):
        return [*super()._merge_get_fields(), "lost_competitor_product_id"]

    def _merge_get_fields_specific(self):
        specific = super()._merge_get_fields_specific()
        specific["competitor_product_ids"] = lambda fname, leads: [
            Command.link(product.id) for product in leads.competitor_product_ids
        ]
        specific["lost_competitor_product_id"] = lambda fname, leads: (
            leads[0].won_status == "lost" and leads.lost_competitor_product_id[:1].id
        )
        return specific

    def _merge_dependences(self, opportunities):
        """What is known by the others is known by the head."""
        result = super()._merge_dependences(opportunities)
        everything = self.env["pemba.competitor.installation"].sudo()  # whoever merges
        installations = everything.with_context(active_test=False)
        installations.search([("opportunity_id", "in", opportunities.ids)])._set(opportunity_id=self.id)
        lost_to = (self | opportunities).lost_competitor_product_id[:1]
        for installation in installations.search([("lead_id", "in", opportunities.ids)]):
            is_heads = self.won_status == "lost" and installation.competitor_product_id == lost_to
            installation._set(lead_id=is_heads and self.id)
        return result
