from odoo import fields, models


class PembaSaleAxisMixin(models.AbstractModel):
    """The axes of the sales analysis, of snapshots and of movements, as the opportunity has or had them."""

    _name = "pemba.sale.axis.mixin"
    _description = "Sales by Axis"
    _inherit = ["pemba.report.mixin", "pemba.axis.mixin"]

    user_id = fields.Many2one("res.users", string="Salesperson", readonly=True, ondelete="set null")
    team_id = fields.Many2one("crm.team", string="Sales Team", readonly=True, ondelete="set null")
    zone_id = fields.Many2one("pemba.zone", string="Sales Zone", readonly=True, ondelete="set null")
    country_id = fields.Many2one("res.country", readonly=True, ondelete="set null")
    customer_id = fields.Many2one("res.partner", readonly=True, ondelete="set null")
    distributor_id = fields.Many2one("res.partner", readonly=True, ondelete="set null")
    channel = fields.Selection(
        selection=[("direct", "Direct"), ("distribution", "Distribution")], readonly=True
    )
    nature = fields.Selection(
        selection=[("new", "New Business"), ("extension", "Extension"), ("renewal", "Renewal")], readonly=True
    )
