from contextlib import nullcontext

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..marks import STARTING, Pass
from ..public import VALUES, VALUES_LIST, public
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
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):
        """In service, it has its ``install`` event on the day it went into service; else it is planned."""
        sold = self._get_line_vals(vals_list, ["component_ids"]) if self._take_creation(vals_list) else None
        if sold is None:
            vals_list = self._as_sent(vals_list, is_new=True)
        defaults = self._get_content_defaults()
        vals_list = [defaults | self._without_empty(vals) for vals in vals_list]
        given = self._prepare_creation(vals_list)
        proposed = {f"default_{name}" for name in defaults}
        context = {key: value for key, value in self.env.context.items() if key not in proposed}
        # Checked once it is whole; what a sale brings says so of its components.
        started = Pass(STARTING, created={self._name: (), **(sold or {})})
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

    @public(vals=VALUES)
    def write(self, vals):
        """Once in service, what it is changes with an event: a direct write is a correction of today."""
        granted = self._get_passing()
        if self._take_write(vals):
            result = super().write(vals)
            granted.tell()
            return result
        vals = self._as_sent([vals])[0]
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

    @public(default=VALUES)
    def copy_data(self, default=None):
        """A copy is planned, with the same components."""
        vals_list = super().copy_data(default)
        for equipment, vals in zip(self, vals_list, strict=True):
            vals.setdefault(
                "component_ids",
                [Command.create(component._prepare_copy()) for component in equipment._get_components()],
            )
        return vals_list
