from odoo import api, fields, models

from ..company_day import get_today


class PembaRightGrant(models.Model):
    """A manager's exception: somebody has a right until a day, whatever the contracts say."""

    _name = "pemba.right.grant"
    _description = "Right Granted"
    _inherit = ["pemba.guarded"]
    _order = "date_end desc, id desc"

    partner_id = fields.Many2one(
        "res.partner",
        string="Contact",
        required=True,
        index=True,
        ondelete="cascade",
        help="A person, or a company for all of its people.",
    )
    right_id = fields.Many2one("pemba.right", required=True, ondelete="restrict")
    date_start = fields.Date(string="From", required=True, default=get_today)
    date_end = fields.Date(string="Until", required=True, help="The last day.")
    reason = fields.Char(required=True)

    _in_order = models.Constraint(
        "check(date_end >= date_start)", "A right ends on or after the day it starts."
    )

    @api.depends("partner_id", "right_id", "date_end")
    def _compute_display_name(self):
        for grant in self:
            grant.display_name = f"{grant.right_id.name}, {grant.partner_id.display_name}"
