from odoo import models
from odoo.exceptions import UserError

from .pemba_equipment_record import LEDGER_FIELDS


class PembaEquipment(models.Model):
    """The day on which equipment went into service may have been recorded wrongly."""

    _inherit = "pemba.equipment"

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
        self._create_events(vals_list)

    def _move_service_date(self, date):
        """:return: values of the events that this takes"""
        old = self.in_service_date
        last = max(old, date)
        events = self.event_ids.filtered(lambda event: event.date <= last)
        vals_list = self._prepare_service_date_events(events.sorted(lambda one: (one.date, one.id)), date)
        recording = self._with_recording()
        recording.component_ids.filtered(lambda component: component.date_start == old).date_start = date
        recording.in_service_date = date
        return vals_list

    def _prepare_service_date_events(self, events, date):
        """Values of the events after which, on each day, it is what it should be."""
        settled, later = self._replay(events), events.filtered(lambda one: one.date > self.in_service_date)
        if self._replay(events - later) != settled:
            raise UserError(
                self.env._(
                    "%(equipment)s, %(event)s: it was in service by then.",
                    equipment=self.display_name,
                    event=min(later, key=lambda event: (event.date, event.id)).display_name,
                )
            )
        by_day = events.grouped("date")
        actual, vals_list = self._replay(events.browse()), []
        for day in sorted({date, *by_day}):
            actual = self._replay(by_day.get(day, events.browse()), actual)
            wanted = settled if day >= date else actual | {"state": "planned", "lines": {}}
            changes = self._prepare_changes(actual, wanted)
            if wanted["state"] != actual["state"]:
                changes["state"] = wanted["state"]
            if changes:
                vals_list.append(changes | {"date": day})
            actual = wanted
        return vals_list

    def _replay(self, events, known=None):
        """What equipment is after some events.

        :param known: what it was before
        :return: a snapshot, with the state
        """
        known = dict(known or {"state": "planned"} | {name: self[name].browse() for name in LEDGER_FIELDS})
        lines = dict(known.get("lines", {}))
        for event in events:
            known |= {name: event[name] for name in ("state", *LEDGER_FIELDS) if event[name]}
            for line in event.line_ids:
                key = line.product_id, line.module_id, line.opportunity_line_id
                lines[key] = lines.get(key, 0.0) + line.quantity
        return known | {"lines": {key: quantity for key, quantity in lines.items() if abs(quantity) > 1e-6}}
