from contextlib import contextmanager

from odoo import fields, models
from odoo.exceptions import UserError

from .pemba_equipment import IN_BASE
from .pemba_equipment_record import LEDGER_FIELDS


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

        :param version: of its software, a later one; an id is taken too
        :raise UserError: naming equipment that is not in service, or ran it or a later one on that day
        """
        version = self.env["pemba.software.version"].browse(int(version))
        date = self._get_event_date(date)
        self._check_state(*IN_BASE)
        self._check_after(date, "in_service_date")
        self._check_version_after(version, date)
        with self._recording("upgrade", date, version_id=version.id) as recording:
            recording.version_id = version
        return True

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
        """It goes to another customer; what it ran on, and what ran on it, stays where it does not go too.

        :param partner: of a contact, the contact's company
        :param site: an address of that customer, else its own
        :raise UserError: naming equipment that is the customer's already
        """
        partner = partner.commercial_partner_id
        self._check_elsewhere_than("partner_id", partner)
        changes = {"partner_id": partner.id, "site_id": (site or partner).id}
        with self._leaving():
            return self._change("transfer", changes, date)

    @contextmanager
    def _leaving(self):
        """What ran on equipment of its own customer does not any more once these are of different ones."""
        together = (self | self.child_ids).filtered(
            lambda one: one.parent_id and one.parent_id.partner_id == one.partner_id
        )
        yield
        apart = together.filtered(lambda one: one.parent_id.partner_id != one.partner_id)
        apart.parent_id = False

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
        on_days = self._get_quantities_from(date, products, module)
        deltas = {
            equipment: {"add": quantity, "reduce": -quantity, "correct": quantity - on_days[equipment][date]}[
                kind
            ]
            for equipment in self
        }
        self._check_quantities(on_days, deltas, products, module)
        with self._recording(kind, date, note=note) as recording:
            for equipment, delta in zip(recording, deltas.values(), strict=True):
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
        stated = {name: changes[name] for name in LEDGER_FIELDS if changes.get(name)}
        with self._leaving(), self._recording("correct", date, note=note, **stated) as recording:
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
