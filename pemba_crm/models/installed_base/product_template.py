from odoo import models

from ..public import VALUES, public


class ProductTemplate(models.Model):
    _inherit = "product.template"

    @public(vals=VALUES)
    def write(self, vals):
        """What was sold of it follows the product's policy."""
        result = super().write(vals)
        if "pemba_equipment_policy" in vals:
            variants = self.with_context(active_test=False).product_variant_ids
            self.env["pemba.opportunity.line"]._follow_base_rule(variants)
        return result
