from odoo import fields, models


class PembaDeploymentType(models.Model):
    """How a software reaches its users: on the customer's machines, hosted, as a service."""

    _name = "pemba.deployment.type"
    _description = "Deployment Type"
    _inherit = ["pemba.guarded"]
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    is_subscription = fields.Boolean(
        string="Subscription",
        help="What is sold this way comes again each year and includes its maintenance.",
    )

    _code_uniq = models.Constraint("unique(code)", "Another deployment type has this code.")
