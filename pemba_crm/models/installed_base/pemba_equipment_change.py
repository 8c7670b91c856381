from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import float_compare, format_date

from ..pipeline.crm_lead import OURS
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

        :param date: of the day, else of today
        :raise UserError: naming the equipment that is not planned, or a day to come
        """
        date = self._get_event_date(date)
        self._check_state("planned")
        for equipment in self.with_context(pemba_recording=OURS):
            equipment.write({"state": "in_service", "in_service_date": date})
            equipment._get_components().date_start = date
        self._record("install", {equipment: {} for equipment in self}, date, state="in_service")
        return True

    def action_upgrade(self, version, date=None):
        """It runs another version.

        :param version: of its software; an id is taken too
        :raise UserError: naming equipment that is not in service, or already runs it
        """
        version = self.env["pemba.software.version"].browse(int(version))
        date = self._get_event_date(date)
        self._check_state(*IN_BASE)
        self._check_after(date, "in_service_date")
        for equipment in self:
            if equipment.version_id == version:
                raise UserError(
                    self.env._(
                        "%(equipment)s already runs %(version)s.",
                        equipment=equipment.display_name,
                        version=version.display_name,
                    )
                )
        with self._recording("upgrade", date):
            self.with_context(pemba_recording=OURS).version_id = version
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
        """It goes to another customer.

        :param partner: of a contact, the contact's company
        :param site: an address of that customer, else its own
        """
        partner = partner.commercial_partner_id
        changes = {"partner_id": partner.id, "site_id": (site or partner).id}
        return self._change("transfer", changes, date)

    def _move(self, site, date=None):
        """It goes to another address of its customer."""
        return self._change("move", {"site_id": site.id}, date)

    def _change(self, kind, changes, date=None):
        date = self._get_event_date(date)
        self._check_state(*IN_BASE)
        self._check_last(date)
        with self._recording(kind, date):
            self.with_context(pemba_recording=OURS).write(changes)
        return True

    def _change_state(self, kind, states, state, date=None):
        date = self._get_event_date(date)
        self._check_state(*states)
        self._check_last(date)
        changes = {"state": state} | ({"retired_date": date} if state == "retired" else {})
        before = self._get_snapshots()
        self.with_context(pemba_recording=OURS).write(changes)
        self._record(kind, before, date, state=state)
        return True

    def _add(self, product, quantity, module=None, date=None, **vals):
        """More of a product or module.

        :param quantity: in the unit of the product
        :param vals: of the component, such as the sale that it came from
        """
        return self._change_component("add", product, module, quantity, date, vals)

    def _add_sold(self, components, date=None):
        """What a later sale brought, as one event.

        :param components: values of components
        """
        self.ensure_one()
        date = self._get_event_date(date)
        self._check_state(*IN_BASE)
        self._check_after(date, "in_service_date")
        with self._recording("add", date):
            self.env["pemba.equipment.component"].with_context(pemba_recording=OURS).create(
                [component | {"equipment_id": self.id, "date_start": date} for component in components]
            )

    def _reduce(self, product, quantity, module=None, date=None):
        """Less of a product or module; of what came last first.

        :raise UserError: where there is less of it on that day
        """
        return self._change_component("reduce", product, module, -quantity, date, {})

    def _change_component(self, kind, product, module, delta, date, vals):
        self.ensure_one()
        date = self._get_event_date(date)
        self._check_state(*IN_BASE)
        self._check_after(date, "in_service_date")
        if delta < 0:
            self._check_quantity_at(product, module, -delta, date)
        components = self._get_components_of(product, module)
        with self._recording(kind, date):
            self.component_ids.with_context(pemba_recording=OURS)._change_quantity(
                self, components.with_context(pemba_recording=OURS), product, module, delta, date, **vals
            )
        return True

    def _correct(self, changes, date=None, note=None):
        """What was recorded wrongly becomes right from a day on.

        :param changes: values of fields
        """
        date = self._get_event_date(date)
        self._check_state(*IN_BASE)
        self._check_after(date, "in_service_date")
        with self._recording("correct", date, note=note):
            self.with_context(pemba_recording=OURS).write(changes)
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
        for old, equipment in self.filtered(lambda one: one.state != state).grouped("state").items():
            if (old, state) not in moves:
                equipment[:1]._check_state(*(before for before, after in moves if after == state))
            moves[old, state](equipment)

    def _return_to_service(self):
        """It was retired by mistake, or comes back."""
        before = self._get_snapshots()
        self.with_context(pemba_recording=OURS).write({"state": "in_service", "retired_date": False})
        self._record("correct", before, state="in_service")

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

    def _check_quantity_at(self, product, module, quantity, date):
        rows = self.env["pemba.equipment"]._get_base_at(date, [("id", "=", self.id)])
        module_id = module and module.id or False
        has = sum(
            row["quantity"]
            for row in rows
            if (row["product"].id, row["module"].id) == (product.id, module_id)
        )
        if float_compare(has, quantity, 6) < 0:
            raise UserError(
                self.env._(
                    "%(equipment)s, %(product)s: there were only %(quantity)s on %(date)s.",
                    equipment=self.display_name,
                    product=(module or product).display_name,
                    quantity=has,
                    date=format_date(self.env, date),
                )
            )

    def _check_what_stays(self, vals):
        """What was settled when it went into service stays.

        :raise UserError: naming the equipment and the field
        """
        for equipment in self.filtered(lambda one: one.state != "planned"):
            for name in SETTLED:
                if name not in vals or (name == "retired_date" and equipment.state != "retired"):
                    continue
                field = self._fields[name]
                if field.convert_to_cache(vals[name], equipment) != field.convert_to_cache(
                    equipment[name], equipment
                ):
                    equipment._refuse(
                        name,
                        self.env._("it was settled when it went into service; retire it and record another."),
                    )
