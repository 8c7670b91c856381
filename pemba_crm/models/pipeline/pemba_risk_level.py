from odoo import api, fields, models, tools
from odoo.tools import SQL

from ..beside import follow_beside
from ..public import VALUES, VALUES_LIST, public


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

    @api.model_create_multi
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    @public(vals=VALUES)
    def write(self, vals):
        if "factor" not in vals:
            return super().write(vals)
        changed = self.filtered(lambda level: level.factor != vals["factor"])
        result = super().write(vals)
        self.env.registry.clear_cache()
        if changed:
            self.env["crm.lead"]._follow_factors(changed.ids)
            follow_beside(changed, "crm.lead", "_follow_factors")
        return result

    @public
    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    @api.model
    @tools.ormcache()
    def _get_factors(self):
        """``{id: factor}`` of all levels."""
        self.flush_model(["factor"])
        return dict(self.env.execute_query(SQL("SELECT id, factor FROM pemba_risk_level")))
