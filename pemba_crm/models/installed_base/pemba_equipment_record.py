from contextlib import contextmanager, nullcontext

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import float_compare

from ..pipeline.crm_lead import OURS
from .pemba_equipment import Recording
from .pemba_equipment_content import OF_COMPONENTS, is_given

# What events say of equipment besides its components.
LEDGER_FIELDS = ("version_id", "partner_id", "site_id")
# What a cell left empty in a file does not mean to take away; at creation it is given by the rest.
NEVER_EMPTY = frozenset(
    {"name", "company_id", "site_id", "kind", "usage", "product_id", "categ_id", "version_id"}
    | {"state", "in_service_date", "licence_key", *OF_COMPONENTS}
)
# What does not change without an event once it is in service.
TRACKED = frozenset({*LEDGER_FIELDS, "component_ids", *OF_COMPONENTS})
# What must go together.
CONFIGURATION = frozenset(
    {"software_id", "version_id", "deployment_type_id", "component_ids", *OF_COMPONENTS}
)
# What is changed where it is: on the other equipment, by its events.
ELSEWHERE = ("child_ids", "event_ids")


class PembaEquipment(models.Model):
    """Equipment is created and written as anything else is: what changes once in service is recorded."""

    _inherit = "pemba.equipment"

    @api.model_create_multi
    def create(self, vals_list):
        """In service, it has its ``install`` event on the day it went into service; else it is planned."""
        defaults = self._get_content_defaults()
        vals_list = [defaults | self._without_empty(vals) for vals in vals_list]
        given = self._prepare_creation(vals_list)
        proposed = {f"default_{name}" for name in defaults}
        context = {key: value for key, value in self.env.context.items() if key not in proposed}
        creating = self.with_context(context, pemba_creating=OURS)
        equipment = super(PembaEquipment, creating).create(given)
        equipment._add_missing_components(vals_list)
        equipment = equipment.with_env(self.env)
        equipment._check_configuration()
        equipment._forget_licence_keys(*vals_list)
        of_state = {}
        for one, vals in zip(equipment, vals_list, strict=True):
            of_state.setdefault(vals.get("state") or "planned", []).append(one.id)
        for state, ids in of_state.items():
            self.browse(ids)._start_as(state)
        return equipment

    def _get_content_defaults(self):
        """What the context proposes for the state and the components, which are not given as they are."""
        proposed = {name: self.env.context.get(f"default_{name}") for name in ("state", *OF_COMPONENTS)}
        return {name: value for name, value in proposed.items() if value}

    def _without_empty(self, vals):
        """Values without those that an empty cell of a file gives."""
        return {name: value for name, value in vals.items() if is_given(value) or name not in NEVER_EMPTY}

    def _prepare_creation(self, vals_list):
        """Values without what components keep, with the customer's company and a reference."""
        self._check_elsewhere(vals_list)
        prepared = []
        for vals in vals_list:
            vals = {name: value for name, value in vals.items() if name not in OF_COMPONENTS}
            vals["state"] = "planned"
            if vals.get("properties") and not vals.get("categ_id"):  # they are defined there
                vals["categ_id"] = self.new(vals).product_id.categ_id.id
            prepared.append(self._with_entity(vals))
        self._add_references(prepared)
        return prepared

    def _check_elsewhere(self, vals_list):
        for name in ELSEWHERE:
            if any(vals.get(name) for vals in vals_list):
                label = self.fields_get([name], ["string"])[name]["string"]
                raise UserError(self.env._("%s: these are changed where they are.", label))

    def write(self, vals):
        """Once in service, what it is changes with an event: a direct write is a correction of today."""
        if Recording.covers(self):
            return super().write(vals)
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
        tracks, checks = (not some.isdisjoint(changes) for some in (TRACKED, CONFIGURATION))
        leaving = self._leaving() if "partner_id" in changes else nullcontext()
        with leaving, self._recording("correct", tracks=tracks, checks=checks) as recording:
            recorded = super(PembaEquipment, recording)
            result = recorded.write({name: value for name, value in changes.items() if name != "module_ids"})
            recording._follow_product(before)
            if "module_ids" in changes:  # in the quantity that was just written
                recorded.write({"module_ids": changes["module_ids"]})
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

    def _get_snapshots(self):
        """What the ledger says of equipment that is or was in service.

        :return: ``{equipment: {field: record, "lines": {(product, module, sale): quantity}}}``
        """
        return {one: one._get_snapshot() for one in self if one.state != "planned"}

    def _get_snapshot(self):
        lines = {}
        for component in self._get_components():
            key = component.product_id, component.module_id, component.opportunity_line_id
            lines[key] = lines.get(key, 0.0) + component.quantity
        return {name: self[name] for name in LEDGER_FIELDS} | {"lines": lines}

    @contextmanager
    def _recording(self, kind, date=None, tracks=True, checks=True, **vals):
        """What is changed in it is one event of each equipment, unless whoever changes it records.

        :param tracks: whether anything is changed that events tell
        :param checks: whether what comes of it must go together
        :return: the equipment, to be changed
        """
        if Recording.covers(self):
            yield self
            return
        before = self._get_snapshots() if tracks else {}
        known = self._get_known_issues() if checks else {}
        yield self.with_context(pemba_recording=Recording(self.ids))
        self._check_new_issues(known)
        self.env["pemba.equipment"]._record(kind, before, date, **vals)

    @api.model
    def _record(self, kind, before, date=None, **vals):
        """An event for each equipment that has changed, or of which something is stated.

        :param before: see ``_get_snapshots``; an empty one for what is new
        :param date: the day it took effect, else today
        :param vals: of the events: a note, and what they state, whether it is new or not
        """
        date = date or fields.Date.context_today(self)
        vals_list = []
        for equipment, old in before.items():
            changes = equipment._get_changes(old)
            if changes or set(vals) - {"note"}:
                vals_list.append(
                    {"equipment_id": equipment.id, "kind": kind, "date": date, **changes, **vals}
                )
        self._create_events(vals_list)
        self.union(*before)._settle_campaigns(vals_list)
        if vals_list and date < fields.Date.context_today(self):
            self.union(*before)._follow_ledger(date)

    @api.model
    def _create_events(self, vals_list):
        events = self.env["pemba.equipment.event"].sudo()  # nobody else writes any
        return events.with_context(pemba_recording=Recording()).create(vals_list)

    def _get_changes(self, old):
        """What differs from a snapshot: values of an event."""
        new = self._get_snapshot()
        for name in LEDGER_FIELDS:
            if old.get(name) and not new[name]:
                self._refuse(name, self.env._("in service, it is replaced and not emptied."))
        return self._prepare_changes(old, new)

    @api.model
    def _prepare_changes(self, old, new):
        """:return: values of an event that leads from one snapshot to another"""
        changes = {name: new[name].id for name in LEDGER_FIELDS if new[name] and new[name] != old.get(name)}
        old_lines = old.get("lines", {})
        lines = [
            {
                "product_id": product.id,
                "module_id": module.id,
                "opportunity_line_id": sale.id,
                "quantity": new["lines"].get(key, 0.0) - old_lines.get(key, 0.0),
            }
            for key in dict.fromkeys([*old_lines, *new["lines"]])
            for product, module, sale in (key,)
        ]
        lines = [Command.create(line) for line in lines if float_compare(line["quantity"], 0, 6)]
        return changes | ({"line_ids": lines} if lines else {})

    def _follow_ledger(self, date):
        """After something was recorded late, equipment is what the last events say."""
        events = self.env["pemba.equipment.event"].sudo()  # whoever records
        later = events.search(
            [("equipment_id", "in", self.ids), ("date", ">", date)], order="date, id", limit=None
        )
        last = {}
        for event in later:
            for name in LEDGER_FIELDS:
                if event[name]:
                    last.setdefault(event.equipment_id, {})[name] = event[name].id
        for equipment, vals in last.items():
            equipment.with_env(self.env)._with_recording().write(vals)
