from odoo import api, fields, models


class PembaSoftwareSuite(models.Model):
    """A family of software sold under one name."""

    _name = "pemba.software.suite"
    _description = "Software Suite"
    _inherit = ["pemba.guarded"]
    _order = "sequence, name, id"

    name = fields.Char(required=True)
    code = fields.Char(copy=False)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    software_ids = fields.One2many("pemba.software", "suite_id")
    software_count = fields.Integer(compute="_compute_software_count")

    _code_uniq = models.Constraint("unique(code)", "Another software suite has this code.")

    @api.depends("software_ids")
    def _compute_software_count(self):
        counts = dict(
            self.env["pemba.software"]._read_group([("suite_id", "in", self.ids)], ["suite_id"], ["__count"])
        )
        for suite in self:
            suite.software_count = counts.get(suite._origin, 0)
