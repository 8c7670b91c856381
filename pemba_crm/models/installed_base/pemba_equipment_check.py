from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import float_compare, format_date

from .pemba_customer_mixin import get_differing

# What was settled when it went into service.
SETTLED = ("company_id", "kind", "software_id", "product_id", "in_service_date", "retired_date")


class PembaEquipment(models.Model):
    """What has to be so before something happens to equipment."""

    _inherit = "pemba.equipment"

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

    def _check_version_after(self, version, date):
        """An upgrade leads to a later version than what ran on that day."""
        for equipment, ran in self._get_versions_at(date).items():
            if ran == version:
                message = self.env._("%(equipment)s already runs %(version)s.")
            elif ran.software_id == version.software_id and version.sequence < ran.sequence:
                message = self.env._(
                    "%(equipment)s runs %(ran)s, which is later than %(version)s: going back is a correction."
                )
            else:
                continue
            names = {
                "equipment": equipment.display_name,
                "ran": ran.display_name,
                "version": version.display_name,
            }
            raise UserError(message % names)

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

    def _check_last(self, date):
        """Where it is, whose it is and whether it is in use is recorded in the order of the days."""
        events = self.env["pemba.equipment.event"].sudo()  # whoever changes equipment
        later = events.search([("equipment_id", "in", self.ids), ("date", ">", date)], limit=1)
        if later:
            raise UserError(
                self.env._(
                    "%(equipment)s: %(event)s comes after %(date)s. What happened before it is recorded as a"
                    " correction.",
                    equipment=later.equipment_id.display_name,
                    event=later.display_name,
                    date=format_date(self.env, date),
                )
            )

    def _get_quantities_from(self, date, products, module):
        """How much equipment has of a product or module on a day, and on the days of its events since.

        :param products: ``{equipment: product}``
        :return: ``{equipment: {day: quantity}}``
        """
        events = self.env["pemba.equipment.event"].sudo()  # whoever changes equipment
        events = events.search([("equipment_id", "in", self.ids)], order="date, id")
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

    def _check_quantities(self, quantities, deltas, products, module):
        """What is taken away on a day was there on that day and on all that follow.

        :param quantities: see ``_get_quantities_from``
        :param deltas: ``{equipment: quantity}``
        """
        for equipment, on_days in quantities.items():
            day, least = min(on_days.items(), key=lambda item: item[1])
            if float_compare(least, -deltas[equipment], 6) < 0:
                raise UserError(
                    self.env._(
                        "%(equipment)s, %(product)s: there were only %(quantity)s on %(date)s.",
                        equipment=equipment.display_name,
                        product=(module or products[equipment]).display_name,
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
            settled = {name: vals[name] for name in SETTLED if name in vals}
            if state == "retired":
                settled.pop("retired_date", None)
            for name in get_differing(equipment, settled):
                equipment._refuse(
                    name,
                    self.env._("it was settled when it went into service; retire it and record another."),
                )
