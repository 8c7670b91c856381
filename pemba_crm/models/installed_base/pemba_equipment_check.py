from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import float_compare, format_date

from ..company_day import get_today
from ..marks import is_in_scope
from .pemba_customer_mixin import get_differing


class PembaEquipment(models.Model):
    """What has to be so of equipment, and before something happens to it."""

    _inherit = "pemba.equipment"

    # ------------------------------------------------------------
    # What it is
    # ------------------------------------------------------------

    def _get_configuration_issues(self):
        """Only software is a configuration."""
        return super()._get_configuration_issues() if self.kind == "software" else []

    @api.constrains("software_id", "version_id", "deployment_type_id", "module_ids", "seat_count")
    def _check_configuration(self):
        """While something is created or recorded, what comes of it is checked at its end."""
        if self._is_passing() or is_in_scope(self, "checking"):
            return None
        return super()._check_configuration()

    def _get_known_issues(self):
        """What does not go together already: the catalogue may have changed since it was installed."""
        return {equipment: equipment._get_configuration_issues() for equipment in self}

    def _check_new_issues(self, known):
        """:raise ValidationError: naming the equipment and what does not go together any more"""
        for equipment, issues in known.items():
            for issue in equipment._get_configuration_issues():
                if issue not in issues:
                    raise ValidationError(
                        self.env._(
                            "%(configuration)s: %(issue)s",
                            configuration=equipment.display_name,
                            issue=issue,
                        )
                    )

    @api.constrains("kind", "software_id", "product_id", "version_id")
    def _check_what_it_is(self):
        for equipment in self:
            if equipment.kind == "software" and not equipment.software_id:
                equipment._refuse("software_id", self.env._("software equipment needs its software."))
            if equipment.kind == "hardware" and equipment.version_id:
                equipment._refuse("version_id", self.env._("hardware has none: what runs on it has."))
            if equipment.kind == "hardware" and equipment.software_id:
                equipment._refuse("software_id", self.env._("hardware has none: what runs on it has."))
            if equipment.kind == "hardware" and not equipment.product_id:
                equipment._refuse("product_id", self.env._("hardware needs its product."))

    @api.constrains("warranty_end_date", "in_service_date")
    def _check_warranty(self):
        for equipment in self:
            end, start = equipment.warranty_end_date, equipment.in_service_date
            if end and start and end < start:
                equipment._refuse(
                    "warranty_end_date",
                    self.env._(
                        "%(end)s is before it went into service, %(start)s.",
                        end=format_date(self.env, end),
                        start=format_date(self.env, start),
                    ),
                )

    @api.constrains("partner_id", "site_id")
    def _check_site(self):
        for equipment in self:
            if equipment.site_id.commercial_partner_id != equipment.partner_id:
                equipment._refuse(
                    "site_id",
                    self.env._(
                        "%(site)s is not an address of %(customer)s.",
                        site=equipment.site_id.display_name,
                        customer=equipment.partner_id.display_name,
                    ),
                )

    @api.constrains("parent_id")
    def _check_parent(self):
        if self._has_cycle():
            self[:1]._refuse("parent_id", self.env._("equipment cannot run on itself."))

    # ------------------------------------------------------------
    # What happens to it
    # ------------------------------------------------------------

    def _get_event_date(self, date):
        """:raise UserError: for a day to come"""
        today = get_today(self)
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
        events = self.env["pemba.equipment.event"]
        for equipment, ran in events._get_versions_at(self, date).items():
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

    def _check_quantities(self, quantities, deltas, products, module):
        """What is taken away on a day was there on that day and on all that follow.

        :param quantities: see ``pemba.equipment.event._get_quantities_from``
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
            settled = {name: vals[name] for name in self._get_settled_fields() if name in vals}
            if state == "retired":
                settled.pop("retired_date", None)
            for name in get_differing(equipment, settled):
                equipment._refuse(
                    name,
                    self.env._("it was settled when it went into service; retire it and record another."),
                )
