from odoo import fields, models


class PembaOpportunityLine(models.Model):
    """What of a sale is in the installed base."""

    _inherit = "pemba.opportunity.line"

    component_ids = fields.One2many("pemba.equipment.component", "opportunity_line_id", copy=False)

    def _get_missing(self):
        """What was sold and is not in the base yet.

        :return: ``{line: quantity}``, without lines of which nothing is missing
        """
        missing = {}
        for line in self:
            if line.active and not line.is_returned and line._comes_into_base():
                quantity = line.quantity - sum(line.component_ids.mapped("sold_quantity"))
                if line.product_id.uom_id.compare(quantity, 0) > 0:
                    missing[line] = quantity
        return missing

    def _comes_into_base(self):
        """Licence and modules of a configuration do; of lines made by hand what their product says."""
        if self.configuration_role:
            return self._is_licence()
        return self.product_id.pemba_equipment_policy != "none"

    def _prepare_component(self, quantity):
        return {
            "product_id": self.product_id.id,
            "module_id": self.module_id.id,
            "quantity": quantity,
            "opportunity_line_id": self.id,
            "sale_unit": max(self.component_ids.mapped("sale_unit"), default=0) + 1,
            "sold_quantity": quantity,
        }
