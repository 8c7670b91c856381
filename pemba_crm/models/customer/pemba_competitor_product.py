from odoo import api, fields, models

from ..public import public


class PembaCompetitorProduct(models.Model):
    """What a competitor sells, and what of ours replaces it."""

    _name = "pemba.competitor.product"
    _description = "Competitor's Product"
    _inherit = ["pemba.guarded"]
    _order = "competitor_id, name, id"

    name = fields.Char(required=True, index="trigram")
    active = fields.Boolean(default=True)
    competitor_id = fields.Many2one(
        "res.partner",
        required=True,
        index=True,
        ondelete="restrict",
        domain="['|', ('is_company', '=', True), ('parent_id', '=', False)]",
    )
    kind = fields.Selection(
        selection=[("product", "Product"), ("service", "Service")], default="product", required=True
    )
    replaced_by_ids = fields.Many2many(
        "pemba.software", string="Replaced by", help="Our software that does the same."
    )
    note = fields.Html(string="Strengths and Weaknesses")
    installation_ids = fields.One2many("pemba.competitor.installation", "competitor_product_id")
    installation_count = fields.Integer(
        string="Customers Equipped", compute="_compute_installation_count", help="As far as we know."
    )

    @api.depends("installation_ids.active")
    def _compute_installation_count(self):
        counts = dict(
            self.env["pemba.competitor.installation"]._read_group(
                [("competitor_product_id", "in", self.ids)],
                ["competitor_product_id"],
                ["partner_id:count_distinct"],
            )
        )
        for product in self:
            product.installation_count = counts.get(product._origin, 0)

    @api.depends("name", "competitor_id.name")
    def _compute_display_name(self):
        for product in self:
            names = (product.name, product.competitor_id.name)
            product.display_name = " · ".join(filter(None, names))

    @public
    def action_open_installations(self):
        """Who is equipped with it."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "pemba_crm.pemba_competitor_installation_action"
        )
        return action | {
            "domain": [("competitor_product_id", "in", self.ids)],
            "context": {"default_competitor_product_id": self[:1].id},
        }
