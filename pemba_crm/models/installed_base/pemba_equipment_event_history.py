from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import float_compare


class PembaEquipmentEvent(models.Model):
    """What some events made of equipment, and the events that lead from one state of things to another.

    A snapshot is what the ledger says of a piece: ``{field: value, "lines": {(product, module, sale):
    quantity}}``; where it was replayed, with its ``state``.
    """

    _inherit = "pemba.equipment.event"

    def _replay(self, known=None):
        """What equipment is after these events, in their order.

        :param known: the snapshot of what it was before
        :return: a snapshot
        """
        ledger = self.env["pemba.equipment"]._get_ledger_fields()
        known = dict(known or {"state": "planned"} | {name: self.browse()[name] for name in ledger})
        lines = dict(known.get("lines", {}))
        for event in self:
            known |= {name: event[name] for name in ("state", *ledger) if event[name]}
            for line in event.line_ids:
                key = line.product_id, line.module_id, line.opportunity_line_id
                lines[key] = lines.get(key, 0.0) + line.quantity
        return known | {"lines": {key: quantity for key, quantity in lines.items() if abs(quantity) > 1e-6}}

    @api.model
    def _prepare_changes(self, old, new):
        """:return: values of an event that leads from one snapshot to another"""
        changes = {
            name: self._fields[name].convert_to_write(new[name], self)
            for name in self.env["pemba.equipment"]._get_ledger_fields()
            if new[name] and new[name] != old.get(name)
        }
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

    @api.model
    def _get_versions_at(self, equipment, date):
        """:return: ``{equipment: the version that it ran on a day}``"""
        versions = {one: self.env["pemba.software.version"] for one in equipment}
        for event in self.sudo().search(  # whoever changes equipment
            [("equipment_id", "in", equipment.ids), ("version_id", "!=", False), ("date", "<=", date)],
            order="date, id",
        ):
            versions[event.equipment_id.with_env(self.env)] = event.version_id.with_env(self.env)
        return versions

    @api.model
    def _get_quantities_from(self, date, products, module):
        """How much equipment has of a product or module on a day, and on the days of its events since.

        :param products: ``{equipment: product}``
        :return: ``{equipment: {day: quantity}}``
        """
        everyone = self.sudo()  # whoever changes equipment
        ids = [equipment.id for equipment in products]
        events = everyone.search([("equipment_id", "in", ids)], order="date, id")
        of_equipment = events.grouped(lambda event: event.equipment_id.id)
        quantities = {}
        for equipment, product in products.items():
            key = product.id, module.id if module else False
            has, on_days = 0.0, {date: 0.0}
            for event in of_equipment.get(equipment.id, events.browse()):
                lines = event.line_ids.filtered(
                    lambda line, key=key: (line.product_id.id, line.module_id.id) == key
                )
                has += sum(lines.mapped("quantity"))
                on_days[max(event.date, date)] = has
            quantities[equipment] = on_days
        return quantities

    def _prepare_service_date_events(self, old, date):
        """Values of events after which equipment went into service on another day.

        :param self: the events of one piece until the later of both days, in their order
        :param old: the day on which it did by now
        :raise UserError: naming the equipment and an event by which it was in service
        """
        settled, later = self._replay(), self.filtered(lambda one: one.date > old)
        if (self - later)._replay() != settled:
            raise UserError(
                self.env._(
                    "%(equipment)s, %(event)s: it was in service by then.",
                    equipment=self.equipment_id.display_name,
                    event=later[:1].display_name,
                )
            )
        by_day = self.grouped("date")
        actual, vals_list = self.browse()._replay(), []
        for day in sorted({date, *by_day}):
            actual = by_day.get(day, self.browse())._replay(actual)
            wanted = settled if day >= date else actual | {"state": "planned", "lines": {}}
            changes = self._prepare_changes(actual, wanted)
            if wanted["state"] != actual["state"]:
                changes["state"] = wanted["state"]
            if changes:
                vals_list.append(changes | {"date": day})
            actual = wanted
        return vals_list
