from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain

from ..company_day import get_today
from ..public import NAMES, public
from .pemba_equipment import IN_BASE


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
        context={"active_test": False},
    )

    @api.model
    @public(fields_list=NAMES)
    def default_get(self, fields_list):
        """A new form starts with one; what is created without a quantity gets it with its components."""
        values = super().default_get(fields_list)
        if not self._is_passing():
            for name in {"quantity", "seat_count"} & set(fields_list):
                values.setdefault(name, 1)
        return values

    @api.depends("component_ids.quantity", "component_ids.date_end", "component_ids.product_id")
    def _compute_quantity(self):
        for equipment in self:
            equipment.quantity = sum(equipment._get_main_components().mapped("quantity"))

    @api.depends("component_ids.quantity", "component_ids.date_end", "component_ids.product_id")
    def _compute_seat_count(self):
        for equipment in self:
            equipment.seat_count = int(sum(equipment._get_main_components().mapped("quantity")))

    @api.depends("component_ids.module_id", "component_ids.date_end")
    def _compute_module_ids(self):
        for equipment in self:
            equipment.module_ids = equipment._get_components().module_id

    def _search_module_ids(self, operator, value):
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented  # Odoo inverts the search
        now = Domain("date_end", "=", False)
        has_now = Domain("component_ids", "any", now & Domain("module_id", operator, value))
        if operator == "in" and False in value:
            none = ~Domain("component_ids", "any", now & Domain("module_id", "!=", False))
            modules = [one for one in value if one]
            return none | Domain("component_ids", "any", now & Domain("module_id", "in", modules))
        return has_now

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

    def _get_product_of(self, product, module):
        """The product of a component: the one given, that which its module has here already, else its own.

        A module's may be none, and the catalogue's may be another one by now.
        """
        if product or not module:
            return product or self.product_id
        has = self._get_components().filtered(lambda component: component.module_id == module)
        own = module._get_product(self.deployment_type_id)
        return has[:1].product_id if has else own or self.product_id

    def _set_quantity(self, product, module, quantity):
        """Have a quantity of a product or module: what was added last is reduced first."""
        self.ensure_one()
        has = sum(self._get_components_of(product, module).mapped("quantity"))
        self._change_quantity(product, module, quantity - has)

    # ------------------------------------------------------------
    # More and less of it
    # ------------------------------------------------------------

    def _add(self, product=None, quantity=1.0, module=None, date=None):
        """More of a product or module of each piece.

        :param product: if not given, the module's, else the equipment's own
        :param quantity: in the unit of the product, above zero
        """
        return self._change_component("add", product, module, quantity, date)

    def _reduce(self, product=None, quantity=1.0, module=None, date=None):
        """Less of a product or module of each piece; of what came last first.

        :param quantity: above zero
        :raise UserError: where there is less of it on that day, or on one after it
        """
        return self._change_component("reduce", product, module, quantity, date)

    def _correct_quantity(self, quantity, product=None, module=None, date=None, note=None):
        """How much it had of a product or module on a day was recorded wrongly.

        :param quantity: what is right, in the unit of the product; 0 takes the rest away
        """
        return self._change_component("correct", product, module, quantity, date, note)

    def _change_component(self, kind, product, module, quantity, date, note=None):
        date = self._get_event_date(date)
        self._check_state(*IN_BASE)
        self._check_after(date, "in_service_date")
        if quantity < 0 or (not quantity and kind != "correct"):
            self[:1]._refuse("quantity", self.env._("%s is not above zero.", quantity))
        products = {equipment: equipment._get_product_of(product, module) for equipment in self}
        on_days = self.env["pemba.equipment.event"]._get_quantities_from(date, products, module)
        deltas = {
            equipment: {"add": quantity, "reduce": -quantity, "correct": quantity - on_days[equipment][date]}[
                kind
            ]
            for equipment in self
        }
        self._check_quantities(on_days, deltas, products, module)
        with self._recording(kind, date, note=note):
            for equipment, delta in deltas.items():
                equipment._change_quantity(products[equipment], module, delta, date)
        return True

    def _add_sold(self, components, date=None):
        """What a later sale brought, as one event.

        :param components: values of components
        """
        self.ensure_one()
        date = self._get_event_date(date)
        self._check_state(*IN_BASE)
        self._check_after(date, "in_service_date")
        with self._recording("add", date):
            self.component_ids._put(
                [component | {"equipment_id": self.id, "date_start": date} for component in components]
            )

    def _change_quantity(self, product, module, delta, date=None):
        """Add to a product of equipment, or take from it: of what came last first, but was there that day.

        :param delta: in the unit of the product
        :raise UserError: where there is less of it
        """
        self.ensure_one()
        components = self._get_components_of(product, module)
        if delta > 0 and components:
            components[-1:].quantity += delta
        elif delta > 0:
            started = self.state != "planned" and (date or get_today(self))
            components._put(
                [
                    {
                        "equipment_id": self.id,
                        "product_id": product.id,
                        "module_id": module and module.id,
                        "quantity": delta,
                        "date_start": started,
                    }
                ]
            )
        elif delta < 0:
            missing = components._take(-delta, date)
            if missing:
                raise UserError(
                    self.env._(
                        "%(equipment)s, %(product)s: there are only %(quantity)s.",
                        equipment=self.display_name,
                        product=(module or product).display_name,
                        quantity=-delta - missing,
                    )
                )

    # ------------------------------------------------------------
    # As they are created, changed and imported
    # ------------------------------------------------------------

    def _add_missing_components(self, vals_list):
        """Equipment created without components has one of its product, and one of each module given.

        :param vals_list: the values that it was created with
        """
        new_vals = []
        for equipment, vals in zip(self, vals_list, strict=True):
            if vals.get("component_ids"):
                continue
            quantity = equipment._get_given_quantity(vals)
            main = {"equipment_id": equipment.id, "product_id": equipment.product_id.id, "quantity": quantity}
            new_vals.append(main)
            for module in self._get_given_modules(vals):
                product = module._get_product(equipment.deployment_type_id)
                new_vals.append(main | {"product_id": product.id, "module_id": module.id})
        self.env["pemba.equipment.component"].create(new_vals)

    def _get_given_quantity(self, vals):
        """Seats and quantity are the same: of software the seats given, of hardware the quantity."""
        names = ("seat_count", "quantity") if self.kind == "software" else ("quantity", "seat_count")
        given = [vals[name] for name in names if is_given(vals.get(name))]
        return next(filter(None, given), given[0] if given else 1.0)

    def _get_given_modules(self, vals):
        """:return: the modules that the commands of ``module_ids`` in values mean"""
        ids = []
        for command in vals.get("module_ids") or []:
            if isinstance(command, int):
                ids.append(command)
            elif command[0] == Command.SET:
                ids = list(command[2])
            elif command[0] == Command.LINK:
                ids.append(command[1])
        return self.env["pemba.software.module"].browse(ids)

    def _follow_product(self, before):
        """Components of planned equipment are of its product, and its modules', once these change.

        :param before: ``{equipment: (product, deployment type)}``
        """
        for equipment, (product, deployment) in before.items():
            changes = {}
            if equipment.product_id != product:
                changes = dict.fromkeys(equipment._get_components_of(product, False), equipment.product_id)
            if equipment.deployment_type_id != deployment:
                for component in equipment._get_components().filtered("module_id"):
                    changes[component] = component.module_id._get_product(equipment.deployment_type_id)
            for component, new in changes.items():
                component.product_id = new

    def _match_components(self, commands):
        """Rows of a file are the components that equipment has already of their product and module.

        :param commands: of ``component_ids``
        """
        matched = []
        for command in commands:
            vals = command[2] if command[0] == Command.CREATE else {}
            component = vals and self._get_components().filtered(
                lambda one, vals=vals: (
                    one.product_id.id == (vals.get("product_id") or False)
                    and one.module_id.id == (vals.get("module_id") or False)
                )
            )
            matched.append(Command.update(component[0].id, vals) if component else command)
        return matched


def is_given(value):
    """Whether a value was given; an empty cell of a file is none, and 0 is one."""
    return value is not None and value is not False and value != ""
