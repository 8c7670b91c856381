from contextlib import contextmanager, nullcontext

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..marks import FOLLOWING, STARTING, Pass, get_scope, scope
from .pemba_equipment_content import is_given


class PembaEquipment(models.Model):
    """Equipment is created and written as anything else is: what changes once in service is recorded."""

    _inherit = "pemba.equipment"

    # ------------------------------------------------------------
    # What becomes of a field: an add-on of your own lists its fields here
    # ------------------------------------------------------------

    @api.model
    def _get_ledger_fields(self):
        """What events say of equipment besides its components; events have fields of these names too.

        In service it changes with an event only, and is replaced but not emptied; the base of any day says
        what it was then.
        """
        return ["version_id", "partner_id", "site_id"]

    @api.model
    def _get_settled_fields(self):
        """What was settled when it went into service."""
        return ["company_id", "kind", "software_id", "product_id", "in_service_date", "retired_date"]

    @api.model
    def _get_component_fields(self):
        """What the components keep; at creation it is given to these."""
        return ["quantity", "seat_count", "module_ids"]

    @api.model
    def _get_configuration_fields(self):
        """What must go together, see ``_check_configuration``."""
        own = ["software_id", "version_id", "deployment_type_id", "component_ids"]
        return [*own, *self._get_component_fields()]

    @api.model
    def _get_never_empty_fields(self):
        """What an empty cell of a file does not mean to take away; at creation it is given by the rest."""
        own = ["name", "company_id", "kind", "usage", "product_id", "categ_id", "state", "in_service_date"]
        recorded = [name for name in self._get_ledger_fields() if name != "partner_id"]  # that is asked for
        return [*own, "licence_key", *recorded, *self._get_component_fields()]

    @api.model
    def _get_elsewhere_fields(self):
        """What is changed where it is: on the other equipment, by its events."""
        return ["child_ids", "event_ids"]

    # ------------------------------------------------------------
    # Creating and writing
    # ------------------------------------------------------------

    @api.model_create_multi
    def create(self, vals_list):
        """In service, it has its ``install`` event on the day it went into service; else it is planned."""
        defaults = self._get_content_defaults()
        vals_list = [defaults | self._without_empty(vals) for vals in vals_list]
        given = self._prepare_creation(vals_list)
        proposed = {f"default_{name}" for name in defaults}
        context = {key: value for key, value in self.env.context.items() if key not in proposed}
        started = Pass(STARTING, created={self._name: ()})  # checked once it is whole
        creating = self if proposed.isdisjoint(self.env.context) else self.with_env(self.env(context=context))
        with self._passing(started):
            equipment = super(PembaEquipment, creating).create(given).with_env(self.env)
            equipment._add_missing_components(vals_list)
        equipment._check_new_issues(dict.fromkeys(equipment, ()))
        equipment._forget_licence_keys(*vals_list)
        of_state = {}
        for one, vals in zip(equipment, vals_list, strict=True):
            of_state.setdefault(vals.get("state") or "planned", []).append(one.id)
        for state, ids in of_state.items():
            self.browse(ids)._start_as(state)
        return equipment

    def _get_content_defaults(self):
        """What the context proposes for the state and the components, which are not given as they are."""
        names = ("state", *self._get_component_fields())
        proposed = {name: self.env.context.get(f"default_{name}") for name in names}
        return {name: value for name, value in proposed.items() if value}

    def _without_empty(self, vals):
        """Values without those that an empty cell of a file gives."""
        kept = self._get_never_empty_fields()
        return {name: value for name, value in vals.items() if is_given(value) or name not in kept}

    def _prepare_creation(self, vals_list):
        """Values without what components keep, with the customer's company and a reference."""
        self._check_elsewhere(vals_list)
        of_components = self._get_component_fields()
        prepared = []
        for vals in vals_list:
            vals = {name: value for name, value in vals.items() if name not in of_components}
            vals["state"] = "planned"
            if vals.get("properties") and not vals.get("categ_id"):  # they are defined there
                vals["categ_id"] = self.new(vals).product_id.categ_id.id
            prepared.append(self._with_entity(vals))
        self._add_references(prepared)
        return prepared

    def _check_elsewhere(self, vals_list):
        for name in self._get_elsewhere_fields():
            if any(vals.get(name) for vals in vals_list):
                label = self.fields_get([name], ["string"])[name]["string"]
                raise UserError(self.env._("%s: these are changed where they are.", label))

    def write(self, vals):
        """Once in service, what it is changes with an event: a direct write is a correction of today."""
        granted = self._get_passing()
        if self._take_write(vals):
            result = super().write(vals)
            granted.tell()
            return result
        self._check_elsewhere([vals])
        if self.env.context.get("import_file"):
            vals = self._without_empty(vals)
        asked = self._with_entity(vals)
        vals = self._without_unchanged(asked)
        if not vals:
            return True
        changes = {name: value for name, value in vals.items() if name != "state"}
        if changes.get("in_service_date"):
            self.filtered(lambda one: one.state != "planned")._correct_service_date(vals["in_service_date"])
        self._check_what_stays(changes, vals.get("state"))
        before = {one: (one.product_id, one.deployment_type_id) for one in self if one.state == "planned"}
        tracked = {*self._get_ledger_fields(), "component_ids", *self._get_component_fields()}
        tracks = not tracked.isdisjoint(changes)
        checks = not set(self._get_configuration_fields()).isdisjoint(changes)
        leaving = self._leaving() if "partner_id" in changes else nullcontext()
        with leaving, self._recording("correct", tracks=tracks, checks=checks):
            result = super().write({name: value for name, value in changes.items() if name != "module_ids"})
            self._follow_product(before)
            if "module_ids" in changes:  # in the quantity that was just written
                super().write({"module_ids": changes["module_ids"]})
        self._forget_licence_keys(changes)
        if "state" in vals:
            self._go_to(vals["state"], asked)
        return result

    def _without_unchanged(self, vals):
        """Values less those that equipment has already: a file imported again writes nothing."""
        if len(self) != 1:
            return vals
        if self.env.context.get("import_file") and vals.get("component_ids"):
            vals = vals | {"component_ids": self._match_components(vals["component_ids"])}
        return {name: value for name, value in vals.items() if not self._has_value(name, value)}

    def _has_value(self, name, value):
        field = self._fields.get(name)
        if field is None or field.type in ("one2many", "properties"):
            return False
        if name == "licence_key":
            return value == self.sudo().licence_key_value  # it cannot be read back
        if field.type == "many2many":
            return name == "module_ids" and self._get_given_modules({name: value}) == self[name]
        return field.convert_to_cache(value, self) == field.convert_to_cache(self[name], self)

    @api.ondelete(at_uninstall=False)
    def _unlink_only_planned(self):
        for equipment in self:
            if equipment.state != "planned" or equipment.event_ids:
                raise UserError(
                    self.env._("%s was in service: it is retired, not deleted.", equipment.display_name)
                )

    def copy_data(self, default=None):
        """A copy is planned, with the same components."""
        vals_list = super().copy_data(default)
        for equipment, vals in zip(self, vals_list, strict=True):
            vals.setdefault(
                "component_ids",
                [Command.create(component._prepare_copy()) for component in equipment._get_components()],
            )
        return vals_list

    # ------------------------------------------------------------
    # The ledger
    # ------------------------------------------------------------

    @contextmanager
    def _recording(self, kind, date=None, tracks=True, checks=True, **vals):
        """What is changed in it is one event of each equipment, unless whoever changes it records.

        :param tracks: whether anything is changed that events tell
        :param checks: whether what comes of it must go together
        :param vals: of the events
        """
        recorded = self._get_apart("recording") if tracks else self.browse()
        checked = self._get_apart("checking") if checks else self.browse()
        before = recorded._get_snapshots()
        known = checked._get_known_issues()
        with scope(recorded, "recording"), scope(checked, "checking"):
            yield
        self._check_new_issues(known)
        if before:
            self._record(kind, before, date, **vals)

    def _get_apart(self, name):
        """Those that are not in a scope already: whoever changes the others sees to them."""
        inside = get_scope(self.env, name)
        return self.filtered(lambda one: one.id not in inside)

    def _get_snapshots(self):
        """:return: ``{equipment that is or was in service: its snapshot}``"""
        return {one: one._get_snapshot() for one in self if one.state != "planned"}

    def _get_snapshot(self):
        """What the ledger says of it, see ``pemba.equipment.event._replay``."""
        lines = {}
        for component in self._get_components():
            key = component.product_id, component.module_id, component.opportunity_line_id
            lines[key] = lines.get(key, 0.0) + component.quantity
        return {name: self[name] for name in self._get_ledger_fields()} | {"lines": lines}

    @api.model
    def _record(self, kind, before, date=None, **vals):
        """An event for each equipment that has changed, or of which something is stated.

        :param before: ``{equipment: its snapshot}``
        :param date: the day it took effect, else today
        :param vals: of the events: a note, and what they state, whether it is new or not
        """
        date = date or fields.Date.context_today(self)
        stated = {"kind": kind, "date": date} | vals
        vals_list = []
        for equipment, old in before.items():
            changes = equipment._get_changes(old)
            # What a rule took back meanwhile is not stated.
            so = {name: value for name, value in stated.items() if equipment._is_so(name, value)}
            if changes or set(vals).intersection(so) - {"note"}:
                vals_list.append(so | changes | {"equipment_id": equipment.id})
        self.env["pemba.equipment.event"]._add(vals_list)
        equipment = self.browse().union(*before)
        equipment._settle_campaigns(vals_list)
        if vals_list and date < fields.Date.context_today(self):
            equipment._follow_ledger(date)

    def _record_state(self, kind, state, date, **changes):
        """They come into a state. It is told at once: what others make of it is told after it.

        :param changes: what else is written to them
        """
        events = [{"equipment_id": one.id, "kind": kind, "date": date, "state": state} for one in self]

        def tell():
            if kind == "install":
                with scope(self, "recording"):  # as it is when it starts
                    self._get_components()._set(date_start=date)
                for vals, one in zip(events, self, strict=True):
                    vals |= one._get_changes({})
            self.env["pemba.equipment.event"]._add(events)

        self._set_as(FOLLOWING, {"state": state, **changes}, told=tell)
        self._settle_campaigns(events)

    def _is_so(self, name, value):
        """Whether what an event states of a field is so."""
        if name not in self._get_ledger_fields():
            return True
        return self._fields[name].convert_to_write(self[name], self) == value

    def _get_changes(self, old):
        """What differs from a snapshot: values of an event.

        :raise ValidationError: naming the equipment and a field that is emptied
        """
        new = self._get_snapshot()
        for name in self._get_ledger_fields():
            if old.get(name) and not new[name]:
                self._refuse(name, self.env._("in service, it is replaced and not emptied."))
        return self.env["pemba.equipment.event"]._prepare_changes(old, new)

    def _follow_ledger(self, date):
        """After something was recorded late, equipment is what the last events say."""
        events = self.env["pemba.equipment.event"].sudo()  # whoever records
        later = events.search(
            [("equipment_id", "in", self.ids), ("date", ">", date)], order="date, id", limit=None
        )
        for equipment, of_equipment in later.grouped("equipment_id").items():
            last = {
                name: events._fields[name].convert_to_write(event[name], event)
                for event in of_equipment
                for name in self._get_ledger_fields()
                if event[name]
            }
            if last:
                equipment = equipment.with_env(self.env)
                with scope(equipment, "checking"):  # whatever the catalogue says by now
                    equipment._set(**last)
