from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import float_compare, format_date

from .pemba_equipment import IN_BASE

# What was settled when it went into service.
SETTLED = ("company_id", "kind", "software_id", "product_id", "in_service_date", "retired_date")


class PembaEquipment(models.Model):
    """What happens to equipment: each action is one event, and the base of any day follows from these."""

    _inherit = "pemba.equipment"

    # ------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------

    def action_start(self, date=None):
        """Planned equipment goes into service.

        :param date: of the day, else the day planned, else today
        :raise UserError: naming the equipment that is not planned, or a day to come
        """
        self._check_state("planned")
        for planned, equipment in self.grouped("in_service_date").items():
            day = self._get_event_date(date or planned)
            recording = equipment._with_recording()
            recording.write({"state": "in_service", "in_service_date": day})
            recording._get_components().date_start = day
            self._record("install", {one: {} for one in equipment}, day, state="in_service")
        return True

    def action_upgrade(self, version, date=None):
        """It runs another version.

        :param version: of its software; an id is taken too
        :raise UserError: naming equipment that is not in service, or ran it on that day already
        """
        version = self.env["pemba.software.version"].browse(int(version))
        date = self._get_event_date(date)
        self._check_state(*IN_BASE)
        self._check_after(date, "in_service_date")
        for equipment, ran in self._get_versions_at(date).items():
            if ran == version:
                raise UserError(
                    self.env._(
                        "%(equipment)s already runs %(version)s.",
                        equipment=equipment.display_name,
                        version=version.display_name,
                    )
                )
        with self._recording("upgrade", date, version_id=version.id) as recording:
            recording.version_id = version
        return True

    def _get_versions_at(self, date):
        """The version that each piece ran on a day."""
        versions = {equipment: self.env["pemba.software.version"] for equipment in self}
        events = self.env["pemba.equipment.event"].sudo()  # whoever changes equipment
        for event in events.search(
            [("equipment_id", "in", self.ids), ("version_id", "!=", False), ("date", "<=", date)],
            order="date, id",
        ):
            versions[event.equipment_id.with_env(self.env)] = event.version_id.with_env(self.env)
        return versions

    def action_suspend(self, date=None):
        """It is out of use for a while; it stays in the base."""
        return self._change_state("suspend", ("in_service",), "suspended", date)

    def action_resume(self, date=None):
        """It is in use again."""
        return self._change_state("resume", ("suspended",), "in_service", date)

    def _retire(self, date=None):
        """It leaves the base on a day.

        :raise UserError: naming what still runs on it
        """
        running = self.child_ids.filtered(lambda child: child.state in IN_BASE) - self
        if running:
            raise UserError(
                self.env._(
                    "%(child)s still runs on %(equipment)s: move it or retire it first.",
                    child=running[0].display_name,
                    equipment=running[0].parent_id.display_name,
                )
            )
        return self._change_state("retire", IN_BASE, "retired", date)

    def _transfer(self, partner, site=None, date=None):
        """It goes to another customer.

        :param partner: of a contact, the contact's company
        :param site: an address of that customer, else its own
        :raise UserError: naming equipment that is the customer's already
        """
        partner = partner.commercial_partner_id
        self._check_elsewhere_than("partner_id", partner)
        changes = {"partner_id": partner.id, "site_id": (site or partner).id}
        return self._change("transfer", changes, date)

    def _move(self, site, date=None):
        """It goes to another address of its customer.

        :raise UserError: naming equipment that is there already
        """
        self._check_elsewhere_than("site_id", site)
        return self._change("move", {"site_id": site.id}, date)

    def _check_elsewhere_than(self, name, partner):
        for equipment in self:
            if equipment[name] == partner:
                raise UserError(
                    self.env._(
                        "%(equipment)s is at %(place)s already.",
                        equipment=equipment.display_name,
                        place=partner.display_name,
                    )
                )

    def _change(self, kind, changes, date=None):
        date = self._get_event_date(date)
        self._check_state(*IN_BASE)
        self._check_last(date)
        with self._recording(kind, date) as recording:
            recording.write(changes)
        return True

    def _change_state(self, kind, states, state, date=None):
        date = self._get_event_date(date)
        self._check_state(*states)
        self._check_last(date)
        changes = {"state": state} | ({"retired_date": date} if state == "retired" else {})
        with self._recording(kind, date, checks=False, state=state) as recording:
            recording.write(changes)
        return True

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

    def _change_component(self, kind, product, module, quantity, date):
        date = self._get_event_date(date)
        self._check_state(*IN_BASE)
        self._check_after(date, "in_service_date")
        if quantity <= 0:
            self[:1]._refuse("quantity", self.env._("%s is not above zero.", quantity))
        products = {}
        for equipment in self:
            own = module and module._get_product(equipment.deployment_type_id)
            products[equipment] = product or own or equipment.product_id
        if kind == "reduce":
            self._check_quantities_from(date, products, module, quantity)
        with self._recording(kind, date) as recording:
            for equipment in recording:
                delta = quantity if kind == "add" else -quantity
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
        with self._recording("add", date) as recording:
            recording.component_ids.create(
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
            started = self.state != "planned" and (date or fields.Date.context_today(self))
            components.create(
                {
                    "equipment_id": self.id,
                    "product_id": product.id,
                    "module_id": module and module.id,
                    "quantity": delta,
                    "date_start": started,
                }
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

    def _correct(self, changes, date=None, note=None):
        """What was recorded wrongly becomes right from a day on.

        :param changes: values of fields
        """
        date = self._get_event_date(date)
        self._check_state(*IN_BASE)
        self._check_after(date, "in_service_date")
        stated = {"version_id": changes["version_id"]} if changes.get("version_id") else {}
        with self._recording("correct", date, note=note, **stated) as recording:
            recording.write(changes)
        return True

    # ------------------------------------------------------------
    # Writing a state
    # ------------------------------------------------------------

    def _start_as(self, state):
        """What has just been created is in a state, with the events that brought it there."""
        if state == "planned":
            return
        for date, equipment in self.grouped(lambda one: one.in_service_date or one.retired_date).items():
            equipment.action_start(date)
        if state == "suspended":
            self.action_suspend()
        elif state == "retired":
            for date, equipment in self.grouped("retired_date").items():
                equipment._retire(date)

    def _go_to(self, state, vals):
        """A state that is written is reached by its action.

        :param vals: all that is written
        :raise UserError: where none leads there
        """
        moves = {
            ("planned", "in_service"): lambda one: one.action_start(vals.get("in_service_date")),
            ("in_service", "suspended"): lambda one: one.action_suspend(),
            ("suspended", "in_service"): lambda one: one.action_resume(),
            ("in_service", "retired"): lambda one: one._retire(vals.get("retired_date")),
            ("suspended", "retired"): lambda one: one._retire(vals.get("retired_date")),
            ("retired", "in_service"): lambda one: one._return_to_service(),
        }
        labels = dict(self._fields["state"]._description_selection(self.env))
        for old, equipment in self.filtered(lambda one: one.state != state).grouped("state").items():
            if (old, state) not in moves:
                equipment[:1]._refuse(
                    "state",
                    self.env._(
                        "what is %(old)s does not become %(new)s.",
                        old=labels[old],
                        new=labels.get(state, state),
                    ),
                )
            moves[old, state](equipment)

    def _return_to_service(self):
        """It was retired by mistake, or comes back."""
        with self._recording("correct", checks=False, state="in_service") as recording:
            recording.write({"state": "in_service", "retired_date": False})

    # ------------------------------------------------------------
    # Checks
    # ------------------------------------------------------------

    def _get_event_date(self, date):
        """:raise UserError: for a day to come"""
        today = fields.Date.context_today(self)
        date = fields.Date.to_date(date) or today
        if date > today:
            raise UserError(
                self.env._(
                    "%s is still to come: what happens is recorded by then.", format_date(self.env, date)
                )
            )
        return date

    def _check_state(self, *states):
        label = self._fields["state"]._description_selection(self.env)
        for equipment in self:
            if equipment.state not in states:
                raise UserError(
                    self.env._(
                        "%(equipment)s is %(state)s, and not %(expected)s.",
                        equipment=equipment.display_name,
                        state=dict(label)[equipment.state],
                        expected=" / ".join(dict(label)[state] for state in states),
                    )
                )

    def _check_after(self, date, name):
        for equipment in self:
            if equipment[name] and date < equipment[name]:
                raise UserError(
                    self.env._(
                        "%(equipment)s is in service since %(since)s: nothing happened to it on %(date)s.",
                        equipment=equipment.display_name,
                        since=format_date(self.env, equipment[name]),
                        date=format_date(self.env, date),
                    )
                )

    def _check_last(self, date):
        """Where it is, whose it is and whether it is in use is recorded in the order of the days."""
        last_dates = dict(
            self.env["pemba.equipment.event"]
            .sudo()  # whoever changes equipment
            ._read_group([("equipment_id", "in", self.ids)], ["equipment_id"], ["date:max"])
        )
        for equipment, last in last_dates.items():
            if date < last:
                raise UserError(
                    self.env._(
                        "%(equipment)s: something happened to it on %(last)s, which is after %(date)s.",
                        equipment=equipment.display_name,
                        last=format_date(self.env, last),
                        date=format_date(self.env, date),
                    )
                )

    def _check_quantities_from(self, date, products, module, quantity):
        """What is taken away on a day was there on that day and on all that follow.

        :param products: ``{equipment: product}``
        """
        events = self.env["pemba.equipment.event"].sudo()  # whoever changes equipment
        events = events.search([("equipment_id", "in", self.ids)], order="date, id")
        of_equipment = events.grouped(lambda event: event.equipment_id.id)
        for equipment, product in products.items():
            key = product.id, module.id if module else False
            has, on_days = 0.0, {date: 0.0}
            for event in of_equipment.get(equipment.id, events.browse()):
                lines = event.line_ids.filtered(
                    lambda line, key=key: (line.product_id.id, line.module_id.id) == key
                )
                has += sum(lines.mapped("quantity"))
                on_days[max(event.date, date)] = has
            day, least = min(on_days.items(), key=lambda item: item[1])
            if float_compare(least, quantity, 6) < 0:
                raise UserError(
                    self.env._(
                        "%(equipment)s, %(product)s: there were only %(quantity)s on %(date)s.",
                        equipment=equipment.display_name,
                        product=(module or product).display_name,
                        quantity=least,
                        date=format_date(self.env, day),
                    )
                )

    def _check_what_stays(self, vals, state=None):
        """What was settled when it went into service stays; only retired equipment has a day of retirement.

        :param state: that is written too
        :raise ValidationError: naming the equipment and the field
        """
        if vals.get("retired_date") and state != "retired":
            for equipment in self.filtered(lambda one: one.state != "retired"):
                equipment._refuse("retired_date", self.env._("it is not retired."))
        for equipment in self.filtered(lambda one: one.state != "planned"):
            for name in SETTLED:
                if name not in vals or (name == "retired_date" and state == "retired"):
                    continue
                field = self._fields[name]
                if field.convert_to_cache(vals[name], equipment) != field.convert_to_cache(
                    equipment[name], equipment
                ):
                    equipment._refuse(
                        name,
                        self.env._("it was settled when it went into service; retire it and record another."),
                    )
