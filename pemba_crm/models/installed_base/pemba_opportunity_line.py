from odoo import api, fields, models
from odoo.exceptions import UserError


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
                components = line.sudo().component_ids  # those of other companies too
                quantity = line.quantity - sum(components.mapped("sold_quantity"))
                if quantity > 1e-6:
                    missing[line] = quantity
        return missing

    @api.ondelete(at_uninstall=False)
    def _unlink_except_delivered(self):
        """:raise UserError: naming the opportunity, the product and the equipment that it was delivered as"""
        delivered = self.sudo().component_ids  # those of other companies too
        for component in delivered[:1]:
            raise UserError(
                self.env._(
                    "%(lead)s, %(product)s: it was delivered as %(equipment)s and is not deleted.",
                    lead=component.opportunity_line_id.lead_id.display_name,
                    product=component.product_id.display_name,
                    equipment=component.equipment_id.display_name,
                )
            )

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
            "sale_unit": max(self.sudo().component_ids.mapped("sale_unit"), default=0) + 1,  # as above
            "sold_quantity": quantity,
        }

    def _get_units(self, quantity):
        """The quantities of the pieces of equipment that a quantity of a line made by hand becomes."""
        if self.product_id.pemba_equipment_policy != "per_unit":
            return [quantity]
        whole = int(quantity + 1e-6)
        rest = quantity - whole
        return [1.0] * whole + ([rest] if rest > 1e-6 else [])
