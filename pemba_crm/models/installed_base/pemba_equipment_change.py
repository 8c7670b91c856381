from contextlib import contextmanager

from odoo import api, models
from odoo.exceptions import UserError

from ..company_day import get_today
from ..public import DAY, public
from .pemba_equipment import IN_BASE

UPGRADE = "pemba_crm.mail_activity_type_upgrade"


class PembaEquipment(models.Model):
    """What happens to equipment: each action is one event, and the base of any day follows from these."""

    _inherit = "pemba.equipment"

    # ------------------------------------------------------------
    # Actions
    # ------------------------------------------------------------

    @public(date=DAY)
    def action_start(self, date=None):
        """Planned equipment goes into service.

        :param date: of the day, else the day planned, else today
        :raise UserError: naming the equipment that is not planned, or a day to come
        """
        self._check_state("planned")
        for planned, equipment in self.grouped("in_service_date").items():
            day = self._get_event_date(date or planned)
            equipment = equipment.filtered(lambda one: one.state == "planned")  # a rule may have started it
            equipment._record_state("install", "in_service", day, in_service_date=day)
        return True

    @public(version="pemba.software.version", date=DAY)
    def action_upgrade(self, version, date=None):
        """It runs another version.

        :param version: of its software, a later one; an id is taken too
        :raise UserError: naming equipment that is not in service, or ran it or a later one on that day
        """
        date = self._get_event_date(date)
        self._check_state(*IN_BASE)
        self._check_after(date, "in_service_date")
        self._check_version_after(version, date)
        with self._recording("upgrade", date, version_id=version.id):
            self._set(version_id=version.id)
        return True

    @public(date=DAY)
    def action_suspend(self, date=None):
        """It is out of use for a while; it stays in the base."""
        return self._change_state("suspend", ("in_service",), "suspended", date)

    @public(date=DAY)
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

    def _filtered_movable(self):
        return self.filtered(lambda one: one.state != "retired")

    def _change_owner(self, owner):
        """What is in the base is transferred, and stays where it is if that is an address of the owner."""
        in_base = self.filtered(lambda one: one.state in IN_BASE)
        with self._leaving():
            for site, at_site in self.grouped("site_id").items():
                here = site if site.commercial_partner_id == owner else owner
                changes = {"partner_id": owner.id, "site_id": here.id}
                (at_site & in_base)._change("transfer", changes)
                (at_site - in_base)._set(**changes)

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
        with self._recording(kind, date):
            self._set(**changes)
        return True

    def _change_state(self, kind, states, state, date=None):
        date = self._get_event_date(date)
        self._check_state(*states)
        self._check_last(date)
        self._record_state(kind, state, date, **({"retired_date": date} if state == "retired" else {}))
        return True

    def _correct(self, changes, date=None, note=None):
        """What was recorded wrongly becomes right from a day on.

        :param changes: values of fields
        """
        date = self._get_event_date(date)
        self._check_state(*IN_BASE)
        self._check_after(date, "in_service_date")
        stated = {name: changes[name] for name in self._get_ledger_fields() if changes.get(name)}
        with self._leaving(), self._recording("correct", date, note=note, **stated):
            self._set(**changes)
        return True

    def _correct_service_date(self, date, note=None):
        """It went into service on another day: what it was on the day recorded, it was on that one.

        :param note: why it was wrong
        :raise UserError: naming equipment to which something happened by that day, or a day to come
        """
        date = self._get_event_date(date)
        moved = self.filtered(lambda one: one.state != "planned" and one.in_service_date != date)
        vals_list = [
            vals | {"equipment_id": equipment.id, "kind": "correct", "note": note}
            for equipment in moved
            for vals in equipment._move_service_date(date)
        ]
        self.env["pemba.equipment.event"]._add(vals_list)

    def _move_service_date(self, date):
        """:return: values of the events that this takes"""
        old = self.in_service_date
        events = self.event_ids.filtered(lambda event: event.date <= max(old, date))
        events = events.sorted(lambda event: (event.date, event.id))
        vals_list = events._prepare_service_date_events(old, date)
        self.component_ids.filtered(lambda component: component.date_start == old)._set(date_start=date)
        self._set(in_service_date=date)
        return vals_list

    @api.model
    def _settle_campaigns(self, events):
        """An upgrade that someone was asked for is done once nothing later is released.

        Of what left the base it is asked no more.

        :param events: values of what has happened
        """
        touched = [vals["equipment_id"] for vals in events if vals.get("version_id") or vals.get("state")]
        equipment = self.browse(touched)
        left = equipment.filtered(lambda one: one.state not in IN_BASE)
        if left:
            left.activity_unlink([UPGRADE], only_automated=False)
        done = (equipment - left).filtered(lambda one: not one.versions_behind)
        if done:
            done.activity_feedback([UPGRADE], only_automated=False)

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
        self._record_state("correct", "in_service", get_today(self), retired_date=False)
