from odoo import api, fields, models
from odoo.fields import Command, Domain

from ..pipeline.crm_lead import OURS

# Kept by the components; at creation they are given to these.
OF_COMPONENTS = ("quantity", "seat_count", "module_ids")


class PembaEquipment(models.Model):
    """Quantity, seats and modules of equipment are read from its components and written through them."""

    _inherit = "pemba.equipment"

    quantity = fields.Float(
        compute="_compute_quantity",
        inverse="_inverse_quantity",
        digits="Product Unit",
        help="Of its product, by the components.",
    )
    seat_count = fields.Integer(compute="_compute_seat_count", inverse="_inverse_seat_count", default=None)
    module_ids = fields.Many2many(
        compute="_compute_module_ids",
        inverse="_inverse_module_ids",
        search="_search_module_ids",
        store=False,
    )

    @api.depends("product_id", "component_ids.quantity", "component_ids.date_end", "component_ids.product_id")
    def _compute_quantity(self):
        for equipment in self:
            equipment.quantity = sum(equipment._get_main_components().mapped("quantity"))

    @api.depends("product_id", "component_ids.quantity", "component_ids.date_end", "component_ids.product_id")
    def _compute_seat_count(self):
        for equipment in self:
            equipment.seat_count = int(sum(equipment._get_main_components().mapped("quantity")))

    @api.depends("component_ids.module_id", "component_ids.date_end")
    def _compute_module_ids(self):
        for equipment in self:
            equipment.module_ids = equipment._get_components().module_id

    def _search_module_ids(self, operator, value):
        has_now = Domain("date_end", "=", False) & Domain("module_id", operator, value)
        return Domain("component_ids", "any", has_now)

    def _inverse_quantity(self):
        for equipment in self:
            equipment._set_quantity(equipment.product_id, False, equipment.quantity)

    def _inverse_seat_count(self):
        for equipment in self:
            equipment._set_quantity(equipment.product_id, False, equipment.seat_count)

    def _inverse_module_ids(self):
        for equipment in self:
            wanted = equipment.module_ids
            has = equipment._get_components().module_id
            for module in wanted - has:
                product = module._get_product(equipment.deployment_type_id)
                equipment._set_quantity(product, module, equipment.quantity or 1.0)
            for component in equipment._get_components():
                if component.module_id in has - wanted:
                    component._end()

    def _get_components(self):
        """The components that it has now."""
        return self.component_ids.filtered(lambda component: not component.date_end)

    def _get_main_components(self):
        return self._get_components_of(self.product_id, False)

    def _get_components_of(self, product, module):
        module_id = module and module.id or False
        return self._get_components().filtered(
            lambda component: component.product_id == product and component.module_id.id == module_id
        )

    def _set_quantity(self, product, module, quantity):
        """Have a quantity of a product or module: what was added last is reduced first."""
        self.ensure_one()
        components = self._get_components_of(product, module)
        self.component_ids._change_quantity(
            self, components, product, module, quantity - sum(components.mapped("quantity"))
        )

    def _add_missing_components(self, vals_list):
        """Equipment created without components has one of its product, and one of each module given."""
        new_vals = []
        for equipment, vals in zip(self, vals_list, strict=True):
            if vals.get("component_ids"):
                continue
            quantity = vals.get("quantity") or vals.get("seat_count") or 1.0
            main = {"equipment_id": equipment.id, "product_id": equipment.product_id.id, "quantity": quantity}
            new_vals.append(main)
            for module in self._get_given_modules(vals):
                product = module._get_product(equipment.deployment_type_id)
                new_vals.append(main | {"product_id": product.id, "module_id": module.id})
        self.env["pemba.equipment.component"].with_context(pemba_recording=OURS).create(new_vals)

    def _get_given_modules(self, vals):
        """:return: the modules that the commands of ``module_ids`` in values of a creation mean"""
        ids = []
        for command in vals.get("module_ids") or []:
            if isinstance(command, int):
                ids.append(command)
            elif command[0] == Command.SET:
                ids = list(command[2])
            elif command[0] == Command.LINK:
                ids.append(command[1])
        return self.env["pemba.software.module"].browse(ids)
