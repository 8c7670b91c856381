from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import float_compare

from ..company_day import get_today
from ..public import VALUES, VALUES_LIST, public


class PembaEquipmentComponent(models.Model):
    """A product of which equipment has a quantity since a day, and the sale that it came from."""

    _name = "pemba.equipment.component"
    _description = "Equipment Component"
    _inherit = "pemba.rules"
    _is_owned = True
    _order = "equipment_id, id"
    _check_company_auto = True

    equipment_id = fields.Many2one("pemba.equipment", required=True, index=True, ondelete="cascade")
    company_id = fields.Many2one(related="equipment_id.company_id")
    software_id = fields.Many2one(related="equipment_id.software_id")
    product_id = fields.Many2one(
        "product.product", check_company=True, index="btree_not_null", ondelete="restrict"
    )
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
        ondelete="restrict",
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

    @api.model
    def _get_result_fields(self):
        """Since when and until when are those of the events."""
        return super()._get_result_fields() | {"date_start", "date_end"}

    @api.model_create_multi
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):
        default = self.env.context.get("default_equipment_id")
        vals_list = [{"equipment_id": default} | vals for vals in vals_list]
        equipment = self.env["pemba.equipment"].browse(
            dict.fromkeys(vals["equipment_id"] for vals in vals_list if vals["equipment_id"])
        )
        if not self._take_creation(vals_list):
            vals_list = self._as_sent(vals_list, is_new=True)
        with equipment._recording("correct"):
            components = super().create(vals_list)
            started = components.filtered(lambda c: not c.date_start and c.equipment_id.state != "planned")
            started._set(date_start=get_today(self))
        return components

    @public(vals=VALUES)
    def write(self, vals):
        equipment = self.equipment_id
        if "equipment_id" in vals and equipment.ids != [vals["equipment_id"]]:
            self._check_planned(equipment | equipment.browse(vals["equipment_id"]))
        if not self._take_write(vals):
            vals = self._as_sent([vals])[0]
        if vals.keys() == {"date_start"}:  # it changes nothing that events tell
            return super().write(vals)
        with equipment._recording("correct"):
            return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_planned(self):
        self._check_planned(self.equipment_id)

    def _check_planned(self, equipment):
        """:raise UserError: naming equipment whose components do not simply come and go"""
        for one in equipment:
            if one.state != "planned":
                raise UserError(
                    self.env._(
                        "%(equipment)s, %(component)s: what was in service is taken away, not deleted.",
                        equipment=one.display_name,
                        component=self[:1].display_name,
                    )
                )

    def _prepare_copy(self):
        return {name: self[name].id for name in ("product_id", "module_id")} | {"quantity": self.quantity}

    def _end(self, date=None):
        """They are taken away on a day; of planned equipment they simply go."""
        planned = self.filtered(lambda component: component.equipment_id.state == "planned")
        planned.unlink()
        for component in self - planned:
            component._set(date_end=max(date or get_today(self), component.date_start))

    def _take(self, quantity, date=None):
        """Take a quantity from them: from what came last first, but from what was there on the day before.

        :return: what they do not have of it
        """
        date = date or get_today(self)

        def newest_there(component):
            is_later = bool(component.date_start) and component.date_start > date
            return is_later, -component.id

        for component in self.sorted(newest_there):
            if float_compare(component.quantity, quantity, 6) > 0:
                component.quantity -= quantity
                return 0.0
            quantity -= component.quantity
            component._end(date)
            if float_compare(quantity, 0, 6) <= 0:
                return 0.0
        return quantity
