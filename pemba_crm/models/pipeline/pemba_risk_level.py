from odoo import fields, models

from ..beside import follow_beside
from ..public import VALUES, public


class PembaRiskLevel(models.Model):
    """How sure a sale is beside its maturity: what its revenue is multiplied by."""

    _name = "pemba.risk.level"
    _description = "Risk Level"
    _inherit = ["pemba.guarded"]
    _order = "sequence, id"

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    factor = fields.Float(
        required=True,
        default=1.0,
        digits=0,
        aggregator="avg",
        help="The expected revenue is multiplied by it, from 0 to 1.",
    )
    color = fields.Integer()

    _code_uniq = models.Constraint("unique(code)", "Another risk level has this code.")
    _factor_range = models.Constraint(
        "check(factor >= 0 AND factor <= 1)", "The factor of a risk level is between 0 and 1."
    )

    @public(vals=VALUES)
    def write(self, vals):
        if "factor" not in vals:
            return super().write(vals)
        changed = self.filtered(lambda level: level.factor != vals["factor"])
        result = super().write(vals)
        if changed:
            self.env["crm.lead"]._follow_factors(changed.ids)
            follow_beside(changed, "crm.lead", "_follow_factors")
        return result
