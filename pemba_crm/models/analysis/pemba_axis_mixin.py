from odoo import api, fields, models


class PembaAxisMixin(models.AbstractModel):
    """By what of the opportunity sales are analysed: the same axes wherever sales are added up.

    The sales analysis has a column of each, a snapshot keeps it, its change is a movement, and targets are
    narrowed to it. An add-on adds an axis of its own in three steps:

    * a stored field of the opportunity, a Many2one or a Selection;
    * a field of the same name and kind on this mixin, which the four models have then;
    * its name in ``_get_lead_axes``.

    On a target, whatever deletes the value would widen it to all: an add-on gives the field of
    ``pemba.target`` an ``ondelete="restrict"``. Snapshots of the time before have nothing there: between one
    of them and a later one, what is open moves from nothing to its value.
    """

    _name = "pemba.axis.mixin"
    _description = "Axes of Sales"

    @api.model
    def _get_lead_axes(self):
        """The fields of the opportunity by which sales are analysed; an add-on may add its own."""
        return [
            *("user_id", "team_id", "zone_id", "country_id", "customer_id", "distributor_id", "channel"),
            "nature",
        ]

    @api.model
    def _get_axes(self):
        """Those of the axes that this model has: nobody has a target for a customer, for instance."""
        return [name for name in self._get_lead_axes() if name in self._fields]


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
