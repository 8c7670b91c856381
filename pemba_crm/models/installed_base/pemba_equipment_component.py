from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import float_compare

from ..pipeline.crm_lead import OURS


class PembaEquipmentComponent(models.Model):
    """A product of which equipment has a quantity since a day, and the sale that it came from."""

    _name = "pemba.equipment.component"
    _description = "Equipment Component"
    _order = "equipment_id, id"
    _check_company_auto = True

    equipment_id = fields.Many2one("pemba.equipment", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="equipment_id.company_id")
    software_id = fields.Many2one(related="equipment_id.software_id")
    product_id = fields.Many2one("product.product", index="btree_not_null", ondelete="restrict")
    module_id = fields.Many2one(
        "pemba.software.module",
        domain="[('software_id', '=', software_id)]",
        index="btree_not_null",
        ondelete="restrict",
    )
    quantity = fields.Float(digits="Product Unit", default=1.0, required=True)
    date_start = fields.Date(string="Since", readonly=True)
    date_end = fields.Date(string="Until", readonly=True, help="The day on which it was taken away.")
    opportunity_line_id = fields.Many2one(
        "pemba.opportunity.line",
        string="Sold by",
        groups="base.group_user",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    sale_unit = fields.Integer(
        groups="base.group_user",
        readonly=True,
        help="Which part of the sale it is: each comes into the base once.",
    )
    sold_quantity = fields.Float(
        digits="Product Unit",
        groups="base.group_user",
        readonly=True,
        help="What of the sale it brought, whatever was taken away since.",
    )

    _sale_uniq = models.UniqueIndex(
        "(opportunity_line_id, sale_unit) WHERE opportunity_line_id IS NOT NULL",
        "This part of the sale is in the installed base already.",
    )
    _in_order = models.Constraint("check(date_end >= date_start)", "A component cannot end before it starts.")

    @api.depends("product_id", "module_id")
    def _compute_display_name(self):
        for component in self:
            component.display_name = component.module_id.name or component.product_id.display_name

    @api.constrains("quantity")
    def _check_quantity(self):
        for component in self:
            if component.quantity <= 0:
                raise ValidationError(
                    self.env._(
                        "%(equipment)s, %(component)s, quantity: %(quantity)s is not above zero.",
                        equipment=component.equipment_id.display_name,
                        component=component.display_name,
                        quantity=component.quantity,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        equipment = self.env["pemba.equipment"].browse(
            {vals.get("equipment_id") for vals in vals_list} - {None}
        )
        with equipment._recording("correct"):
            components = super().create(vals_list)
            started = components.filtered(lambda c: not c.date_start and c.equipment_id.state != "planned")
            started.with_context(pemba_recording=OURS).date_start = fields.Date.context_today(self)
        return components

    def write(self, vals):
        equipment = self.equipment_id | self.env["pemba.equipment"].browse(vals.get("equipment_id") or [])
        with equipment._recording("correct"):
            return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_planned(self):
        for component in self:
            if component.equipment_id.state != "planned":
                raise UserError(
                    self.env._(
                        "%(equipment)s, %(component)s: what was in service is taken away, not deleted.",
                        equipment=component.equipment_id.display_name,
                        component=component.display_name,
                    )
                )

    def _prepare_copy(self):
        return {name: self[name].id for name in ("product_id", "module_id")} | {"quantity": self.quantity}

    def _end(self, date=None):
        """They are taken away on a day; of planned equipment they simply go."""
        planned = self.filtered(lambda component: component.equipment_id.state == "planned")
        planned.unlink()
        ended = self - planned
        if ended:
            ended.write({"date_end": date or fields.Date.context_today(self)})

    @api.model
    def _change_quantity(self, equipment, components, product, module, delta, date=None, **vals):
        """Add to a product of equipment, or take from it, what came last first.

        :param components: those of the product that it has now
        :param delta: in the unit of the product
        :raise UserError: where there is less of it
        """
        if not delta:
            return
        own = {name: value for name, value in vals.items() if value}
        if delta > 0 and (own or not components):
            self.create(
                {
                    "equipment_id": equipment.id,
                    "product_id": product.id,
                    "module_id": module and module.id,
                    "quantity": delta,
                    "date_start": equipment.state != "planned" and (date or fields.Date.context_today(self)),
                    **own,
                }
            )
            return
        if delta > 0:
            components[-1:].quantity += delta
            return
        missing = -delta
        for component in components.sorted("id", reverse=True):
            if float_compare(component.quantity, missing, 6) > 0:
                component.quantity -= missing
                return
            missing -= component.quantity
            component._end(date)
            if float_compare(missing, 0, 6) <= 0:
                return
        raise UserError(
            self.env._(
                "%(equipment)s, %(product)s: there are only %(quantity)s.",
                equipment=equipment.display_name,
                product=(module or product).display_name,
                quantity=-delta - missing,
            )
        )
