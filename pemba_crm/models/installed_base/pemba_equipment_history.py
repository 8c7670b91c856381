from contextlib import contextmanager

from odoo import api, models

from ..company_day import get_today
from ..marks import FOLLOWING, get_scope, scope


class PembaEquipment(models.Model):
    """What changes of equipment once it is in service becomes an event of its ledger."""

    _inherit = "pemba.equipment"

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
        date = date or get_today(self)
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
        if vals_list and date < get_today(self):
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
