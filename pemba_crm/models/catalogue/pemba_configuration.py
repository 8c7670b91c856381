from odoo import fields, models


class PembaConfiguration(models.Model):
    """A ready-made offer: a configuration with the study and training that go with it."""

    _name = "pemba.configuration"
    _description = "Ready-Made Configuration"
    _inherit = ["pemba.configuration.mixin", "pemba.guarded"]
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    description = fields.Html(translate=True)
    software_id = fields.Many2one(required=True)
    suite_id = fields.Many2one(related="software_id.suite_id")
    line_ids = fields.One2many(
        "pemba.configuration.line",
        "configuration_id",
        string="Study and Training",
        copy=True,
    )
