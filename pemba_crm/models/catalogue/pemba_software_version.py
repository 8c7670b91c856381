from odoo import api, fields, models
from odoo.fields import Domain

from ..company_day import get_today
from ..public import VALUES_LIST, public


class PembaSoftwareVersion(models.Model):
    """A version of a software; the order of versions is their sequence, not their date."""

    _name = "pemba.software.version"
    _description = "Software Version"
    _inherit = ["pemba.guarded"]
    _order = "software_id, sequence desc, id desc"
    _rec_names_search = ("name", "software_id.name")

    software_id = fields.Many2one("pemba.software", required=True, index=True, ondelete="cascade")
    name = fields.Char(required=True)
    sequence = fields.Integer(
        string="Rank",
        help="Higher is later. A fix of an old branch ranks below the versions of the newer one.",
    )
    active = fields.Boolean(default=True)
    release_date = fields.Date(index=True)
    end_of_support_date = fields.Date(string="End of Support")
    is_released = fields.Boolean(compute="_compute_is_released", string="Released")
    is_latest = fields.Boolean(compute="_compute_is_latest", search="_search_is_latest", string="Latest")
    status = fields.Selection(
        selection=[
            ("planned", "Not Released"),
            ("latest", "Latest"),
            ("supported", "Supported"),
            ("unsupported", "Unsupported"),
        ],
        compute="_compute_status",
    )
    notes = fields.Text(string="Release Notes", translate=True)

    _name_uniq = models.Constraint(
        "unique(software_id, name)", "Another version of this software has this name."
    )
    _sequence_uniq = models.Constraint(
        "unique(software_id, sequence)", "Another version of this software has this rank."
    )
    _support_after_release = models.Constraint(
        "check(end_of_support_date >= release_date)",
        "The support of a version cannot end before its release.",
    )

    @api.depends("name", "software_id.name")
    @api.depends_context("pemba_version_only")
    def _compute_display_name(self):
        """Beside its software, the name of the version is enough."""
        only = self.env.context.get("pemba_version_only")
        for version in self:
            software = not only and version.software_id.name
            version.display_name = " ".join(filter(None, [software, version.name]))

    @api.model
    def _search_display_name(self, operator, value):
        """A version is found by its whole name too, as it stands in exported files."""
        domain = super()._search_display_name(operator, value)
        if operator not in ("in", "ilike"):
            return domain
        for name in [value] if isinstance(value, str) else value:
            words = str(name).split(" ")
            for cut in range(1, len(words)):
                software, version = " ".join(words[:cut]), " ".join(words[cut:])
                if operator == "in":
                    software, version = [software], [version]
                domain |= Domain("software_id.name", operator, software) & Domain("name", operator, version)
        return domain

    @api.depends("release_date")
    def _compute_is_released(self):
        today = get_today(self)
        for version in self:
            version.is_released = bool(version.release_date) and version.release_date <= today

    @api.depends("software_id.latest_version_id")
    def _compute_is_latest(self):
        for version in self:
            version.is_latest = version == version.software_id.latest_version_id

    def _search_is_latest(self, operator, value):
        return self._get_latest_domain() if operator == "in" else NotImplemented

    @api.depends("is_released", "is_latest", "end_of_support_date")
    def _compute_status(self):
        today = get_today(self)
        for version in self:
            if version.end_of_support_date and version.end_of_support_date < today:
                version.status = "unsupported"
            elif not version.is_released:
                version.status = "planned"
            else:
                version.status = "latest" if version.is_latest else "supported"

    @api.model
    def _get_endless_fields(self):
        return super()._get_endless_fields() | {"end_of_support_date"}

    @api.model_create_multi
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):
        """A version without a rank comes after all others of its software."""
        unranked = [vals for vals in vals_list if not vals.get("sequence")]
        if unranked:
            software_id = self.env.context.get("default_software_id")
            ranks = dict(
                self.with_context(active_test=False)._read_group(
                    [("software_id", "in", [vals.get("software_id", software_id) for vals in vals_list])],
                    ["software_id"],
                    ["sequence:max"],
                )
            )
            ranks = {software.id: rank for software, rank in ranks.items()}
            for vals in vals_list:
                software = vals.get("software_id", software_id)
                rank = vals.get("sequence") or ranks.get(software, 0) + 10
                vals["sequence"] = rank
                ranks[software] = max(rank, ranks.get(software, 0))
        return super().create(vals_list)

    @api.model
    def _get_latest_domain(self):
        """The latest version of each software: the highest that is released by today."""
        today = get_today(self)
        rows = self._read_group([("release_date", "<=", today)], ["software_id"], ["sequence:max"])
        return Domain.OR(
            [("software_id", "=", software.id), ("sequence", "=", rank)] for software, rank in rows
        )
