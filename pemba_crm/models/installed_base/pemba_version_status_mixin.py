import operator

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..company_day import get_today

COMPARE = {"<": operator.lt, ">": operator.gt, "<=": operator.le, ">=": operator.ge}


class PembaVersionStatusMixin(models.AbstractModel):
    """What runs a version is current, behind or not supported any more, by the day on which one looks."""

    _name = "pemba.version.status.mixin"
    _description = "Version Status"
    _inherit = "pemba.configuration.mixin"

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
        today = get_today(self)
        behind = self.env["pemba.software.version"]._get_versions_behind(self.software_id)
        for record in self:
            version = record.version_id
            record.versions_behind = behind.get(version._origin, 0)
            if not version:
                record.version_state = False
            elif version.end_of_support_date and version.end_of_support_date < today:
                record.version_state = "unsupported"
            else:
                record.version_state = "behind" if record.versions_behind else "current"

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
        today = get_today(self)
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
