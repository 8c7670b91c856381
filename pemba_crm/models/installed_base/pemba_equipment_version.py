import operator

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from .pemba_equipment import IN_BASE

UPGRADE = "pemba_crm.mail_activity_type_upgrade"

COMPARE = {"<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge}


class PembaEquipment(models.Model):
    """Whether equipment runs what is current, by the day on which one looks."""

    _inherit = "pemba.equipment"

    versions_behind = fields.Integer(
        compute="_compute_version_state",
        compute_sudo=True,
        search="_search_versions_behind",
        help="The later versions of its software that are released by today.",
    )
    version_state = fields.Selection(
        selection=[("current", "Up to Date"), ("behind", "Behind"), ("unsupported", "Unsupported")],
        compute="_compute_version_state",
        compute_sudo=True,
        search="_search_version_state",
        string="Version Status",
    )
    end_of_support_date = fields.Date(related="version_id.end_of_support_date")

    @api.depends("version_id")
    def _compute_version_state(self):
        today = fields.Date.context_today(self)
        behind = self.env["pemba.software.version"]._get_versions_behind(self.software_id)
        for equipment in self:
            version = equipment.version_id
            equipment.versions_behind = behind.get(version._origin, 0)
            if not version:
                equipment.version_state = False
            elif version.end_of_support_date and version.end_of_support_date < today:
                equipment.version_state = "unsupported"
            else:
                equipment.version_state = "behind" if equipment.versions_behind else "current"

    def _search_versions_behind(self, operator, value):
        behind = self.env["pemba.software.version"]._get_versions_behind()
        if operator == "in":
            matches = [version.id for version, count in behind.items() if count in value]
            domain = Domain("version_id", "in", matches)
            return domain | Domain("version_id", "=", False) if 0 in value else domain
        if operator not in COMPARE:
            return NotImplemented
        compare = COMPARE[operator]
        domain = Domain(
            "version_id", "in", [version.id for version, count in behind.items() if compare(count, value)]
        )
        return domain | Domain("version_id", "=", False) if compare(0, value) else domain

    def _search_version_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        of_state = self._get_versions_by_state()
        domain = Domain(
            "version_id", "in", [version for state in value for version in of_state.get(state, ())]
        )
        return domain | Domain("version_id", "=", False) if False in value else domain

    @api.model
    def _get_versions_by_state(self):
        """:return: the ids of the versions for each version status, as of today"""
        today = fields.Date.context_today(self)
        of_state = {"unsupported": [], "behind": [], "current": []}
        for version, count in self.env["pemba.software.version"]._get_versions_behind().items():
            if version.end_of_support_date and version.end_of_support_date < today:
                of_state["unsupported"].append(version.id)
            else:
                of_state["behind" if count else "current"].append(version.id)
        return of_state

    def _field_to_sql(self, alias, field_expr, query=None):
        """The status of the version is of today; lists and pivots group by it all the same."""
        if field_expr != "version_state":
            return super()._field_to_sql(alias, field_expr, query)
        version = super()._field_to_sql(alias, "version_id", query)
        cases = [
            SQL("WHEN %s = ANY(%s) THEN %s", version, ids, state)
            for state, ids in self._get_versions_by_state().items()
        ]
        return SQL("(CASE %s END)", SQL(" ").join(cases))

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
