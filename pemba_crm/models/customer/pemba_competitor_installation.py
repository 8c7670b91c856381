from odoo import api, fields, models

from ..company_day import get_today
from ..marks import FOLLOWING
from ..public import VALUES, VALUES_LIST, public


class PembaCompetitorInstallation(models.Model):
    """What a customer has of a competitor: what we know of it, from where, and until when."""

    _name = "pemba.competitor.installation"
    _description = "Competitor's Product at a Customer"
    _inherit = ["pemba.belonging.mixin", "pemba.rules"]
    _order = "contract_end_date, id desc"

    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        index=True,
        ondelete="cascade",
        domain="['|', ('is_company', '=', True), ('parent_id', '=', False)]",
        help="The company that has it; of a contact, the contact's company.",
    )
    competitor_product_id = fields.Many2one(
        "pemba.competitor.product", string="Product", required=True, index=True, ondelete="restrict"
    )
    competitor_id = fields.Many2one(
        related="competitor_product_id.competitor_id", store=True, index=True, precompute=True
    )
    kind = fields.Selection(related="competitor_product_id.kind")
    replaced_by_ids = fields.Many2many(related="competitor_product_id.replaced_by_ids")
    version = fields.Char()
    quantity = fields.Float(
        digits="Product Unit", default=1.0, help="Seats, licences or days, as it is sold."
    )
    contract_end_date = fields.Date(
        string="Contract Ends", index="btree_not_null", help="When the customer may change."
    )
    source = fields.Char(help="Who said so, or where it was seen.")
    seen_date = fields.Date(
        string="Seen on",
        default=get_today,
        help="The last day on which it was known to be there.",
    )
    active = fields.Boolean(default=True, help="Archived once the customer does not have it any more.")
    lead_id = fields.Many2one(
        "crm.lead",
        string="Lost Opportunity",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups="pemba_crm.group_user",
        help="The opportunity that was lost to it.",
    )
    is_by_loss = fields.Boolean(
        string="Known by the Loss Alone",
        readonly=True,
        copy=False,
        help="Nobody has completed it since: it goes when the opportunity is open again.",
    )
    opportunity_id = fields.Many2one(
        "crm.lead",
        string="Replacement",
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        domain="[('type', '=', 'opportunity'), ('customer_id', '=', partner_id)]",
        groups="pemba_crm.group_user",
        help="The opportunity by which we want to replace it.",
    )
    zone_id = fields.Many2one(related="partner_id.zone_id", string="Sales Zone")
    user_id = fields.Many2one(related="partner_id.user_id", string="Salesperson")

    @api.depends("partner_id", "competitor_product_id", "version")
    def _compute_display_name(self):
        for installation in self:
            names = (
                installation.competitor_product_id.name,
                installation.version,
                installation.partner_id.name,
            )
            installation.display_name = " · ".join(filter(None, names))

    @api.model_create_multi
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):
        partners = self.env["res.partner"].browse(vals.get("partner_id") for vals in vals_list)
        partners.mapped("commercial_partner_id")  # of all at once
        if not self._take_creation(vals_list):
            vals_list = self._as_sent(vals_list, is_new=True)
        return super().create([self._with_entity(vals) for vals in vals_list])

    @public(vals=VALUES)
    def write(self, vals):
        """What a person changes is known by more than a loss; as another product it is not that loss's."""
        is_following = self._take_write(vals) == FOLLOWING
        vals = self._with_entity(vals)
        if not is_following:
            vals = self._as_sent([vals])[0] | {"is_by_loss": False}
            if not {"partner_id", "competitor_product_id"}.isdisjoint(vals):
                vals["lead_id"] = False
        return super().write(vals)

    def _with_entity(self, vals):
        return self.env["pemba.customer.mixin"]._with_entity(vals)

    def _get_key(self):
        """By what a lost sale finds it."""
        return self.partner_id.id, self.competitor_product_id.id

    def _forget_loss(self):
        """The sale was not lost to it: another one that was proves it, else what only the loss told goes."""
        leads = self.env["crm.lead"].with_context(active_test=False)
        others = leads.search(
            [
                ("id", "not in", self.lead_id.ids),
                ("won_status", "=", "lost"),
                ("customer_id", "in", self.partner_id.ids),
                ("lost_competitor_product_id", "in", self.competitor_product_id.ids),
            ]
        ).grouped(lambda lead: lead._get_lost_key())
        for installation in self:
            other = others.get(installation._get_key(), leads)[:1]
            if other or not installation.is_by_loss:
                installation._set(lead_id=other.id)
            else:
                installation.unlink()

    def _is_asked(self):
        """Whether an opportunity is to replace it, or has replaced it."""
        return self.opportunity_id._is_open() or self.opportunity_id.won_status == "won"

    def _get_seats(self):
        """For how many ours is offered instead."""
        return max(int(self.quantity), 1)
