from odoo import api, fields, models

from ..company_day import get_today


class PembaZoneRate(models.Model):
    """What a currency is worth in a zone, from a day on, for one company."""

    _name = "pemba.zone.rate"
    _description = "Zone Conversion Rate"
    _inherit = ["pemba.guarded"]
    _order = "date desc, zone_id, currency_id, id"
    _rec_names_search = ("zone_id", "currency_id")

    zone_id = fields.Many2one("pemba.zone", required=True, ondelete="cascade")
    currency_id = fields.Many2one("res.currency", required=True, ondelete="restrict")
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company.root_id,
        domain="[('parent_id', '=', False)]",
        ondelete="cascade",
        help="Its branches have its rates.",
    )
    company_currency_id = fields.Many2one(related="company_id.currency_id", string="Company Currency")
    date = fields.Date(string="From", required=True, default=get_today, help="The first day it is valid.")
    rate = fields.Float(
        required=True,
        digits=0,
        aggregator=None,
        help="Units of the currency for one unit of the company's currency.",
    )
    inverse_rate = fields.Float(
        compute="_compute_inverse_rate",
        inverse="_inverse_inverse_rate",
        digits=0,
        help="Units of the company's currency for one unit of the currency.",
    )

    _zone_currency_company_date_uniq = models.Constraint(
        "unique(zone_id, currency_id, company_id, date)",
        "This zone has a rate of that currency, company and day already.",
    )
    _rate_positive = models.Constraint("check(rate > 0)", "A conversion rate must be above zero.")

    @api.depends("zone_id", "currency_id", "date")
    def _compute_display_name(self):
        for rate in self:
            rate.display_name = f"{rate.zone_id.name} {rate.currency_id.name} {rate.date}"

    @api.depends("rate")
    def _compute_inverse_rate(self):
        for rate in self:
            rate.inverse_rate = rate.rate and 1 / rate.rate

    @api.onchange("inverse_rate")
    def _inverse_inverse_rate(self):
        for rate in self:
            rate.rate = rate.inverse_rate and 1 / rate.inverse_rate
