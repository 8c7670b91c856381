from datetime import timedelta

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models

from ..pipeline.crm_lead import CLOSED

# No line is sold for longer.
MOST_YEARS = 100


def get_years(date_start, date_end, anchor):
    """How many years a period is: whole ones, then days over the days of the year they are in.

    Both ends count. Years run from anniversary to anniversary.

    :param anchor: a day on which a year begins
    """
    day, share = date_start, 0.0
    years = (day.year - anchor.year) - 1
    while day <= date_end:
        while anchor + relativedelta(years=years + 1) <= day:
            years += 1
        start = anchor + relativedelta(years=years)
        following = anchor + relativedelta(years=years + 1)
        last = min(date_end, following - timedelta(days=1))
        share += ((last - day).days + 1) / (following - start).days
        day = following
    return share


def get_months(day, anchor):
    """How many whole months a day is from another one; none where it is not that day of its month.

    The 31st is the last day of a shorter month: terms return to their day.

    :return: a number of months, or ``None``
    """
    months = (day.year - anchor.year) * 12 + day.month - anchor.month
    return months if anchor + relativedelta(months=months) == day else None


class PembaOpportunityLine(models.Model):
    """A product or service of an opportunity."""

    _name = "pemba.opportunity.line"
    _description = "Opportunity Line"
    _inherit = ["pemba.rules"]
    _is_owned = True
    _follows = ("lead_id",)
    _order = "lead_id desc, sequence, id"
    _rec_name = "product_id"
    _check_company_auto = True

    lead_id = fields.Many2one(
        "crm.lead", string="Opportunity", required=True, index=True, ondelete="cascade", copy=False
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    product_id = fields.Many2one(
        "product.product",
        required=True,
        domain=[("sale_ok", "=", True)],
        check_company=True,
        index=True,
        ondelete="restrict",
    )
    sale_type_id = fields.Many2one(
        "pemba.sale.type",
        compute="_compute_sale_type_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        index=True,
        ondelete="restrict",
    )
    family = fields.Selection(related="sale_type_id.family")
    configuration_id = fields.Many2one(
        "pemba.opportunity.configuration",
        domain="[('lead_id', '=', lead_id)]",
        index="btree_not_null",
        ondelete="cascade",
        copy=False,
        help="The configuration that it belongs to; empty where it was added by hand.",
    )
    configuration_role = fields.Selection(
        selection=[
            ("licence", "Licence"),
            ("module", "Module"),
            ("maintenance", "Maintenance"),
            ("service", "Service"),
        ],
        readonly=True,
        help="What the configuration wrote it for; empty for lines added by hand.",
    )
    configuration_line_id = fields.Many2one(
        "pemba.configuration.line",
        string="Service of the Ready-Made Configuration",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
    software_id = fields.Many2one(
        "pemba.software",
        compute="_compute_software_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    module_id = fields.Many2one(
        "pemba.software.module",
        domain="[('software_id', '=', software_id)]",
        index="btree_not_null",
        ondelete="restrict",
    )
    suite_id = fields.Many2one(related="software_id.suite_id")
    version_id = fields.Many2one(related="configuration_id.version_id")
    deployment_type_id = fields.Many2one(related="configuration_id.deployment_type_id")

    # Of the opportunity, to find and to group by
    company_id = fields.Many2one(related="lead_id.company_id")
    # Stored: Odoo's own field on the opportunity cannot be reached through a join.
    company_currency_id = fields.Many2one(
        "res.currency", compute="_compute_company_currency_id", store=True, precompute=True
    )
    deal_currency_id = fields.Many2one(related="lead_id.deal_currency_id")
    customer_id = fields.Many2one(related="lead_id.customer_id")
    user_id = fields.Many2one(related="lead_id.user_id", string="Salesperson")
    team_id = fields.Many2one(related="lead_id.team_id")
    zone_id = fields.Many2one(related="lead_id.zone_id")
    distributor_id = fields.Many2one(related="lead_id.distributor_id")
    channel = fields.Selection(related="lead_id.channel")
    nature = fields.Selection(related="lead_id.nature")
    won_status = fields.Selection(related="lead_id.won_status")
    stage_id = fields.Many2one(related="lead_id.stage_id")
    close_date = fields.Date(related="lead_id.close_date")
    date_deadline = fields.Date(related="lead_id.date_deadline")

    quantity = fields.Float(digits="Product Unit", default=1.0, required=True)
    is_recurring = fields.Boolean(
        string="Recurring", compute="_compute_is_recurring", store=True, precompute=True
    )
    date_start = fields.Date(
        string="From",
        compute="_compute_dates",
        store=True,
        readonly=False,
        precompute=True,
        help="The first day that a recurring line is sold for.",
    )
    date_end = fields.Date(
        string="Until",
        compute="_compute_dates",
        store=True,
        readonly=False,
        precompute=True,
        help="The last day that a recurring line is sold for.",
    )
    year_share = fields.Float(
        string="Years",
        compute="_compute_year_share",
        store=True,
        precompute=True,
        digits=0,
        aggregator=None,
        help="What the dates are of a year; 1 without dates.",
    )

    # Applying a configuration twice at once never doubles a line.
    _role_uniq = models.UniqueIndex(
        "(configuration_id, configuration_role, COALESCE(module_id, 0), COALESCE(configuration_line_id, 0))"
        " WHERE configuration_role != 'service' OR configuration_line_id IS NOT NULL",
        "The configuration has this line already.",
    )

    def _keeps_terms(self):
        """Whether the line is one of a closed deal, whose prices, costs and rates stay.

        The day of closing is set last, after what was written together with the result.
        """
        return bool(self._origin and self.lead_id.close_date) and self.lead_id.won_status in CLOSED

    @api.depends("lead_id.company_id")
    def _compute_company_currency_id(self):
        for line in self:
            line.company_currency_id = line.lead_id._get_deal_company().currency_id

    @api.depends("product_id")
    def _compute_sale_type_id(self):
        software = self.env["ir.model.data"]._xmlid_to_res_id("pemba_crm.sale_type_software")
        for line in self:
            own_type = line.product_id.pemba_sale_type_id
            if own_type or not line.sale_type_id:
                # What recurs says so itself: neither a discount nor a travel comes into a contract.
                of_lead = line.lead_id.sale_type_id.filtered(lambda one: not one.is_recurring)
                line.sale_type_id = own_type or of_lead or software

    @api.depends("configuration_id", "module_id")
    def _compute_software_id(self):
        for line in self:
            software = line.module_id.software_id or line.configuration_id.software_id
            line.software_id = software or line.software_id

    @api.depends("sale_type_id", "configuration_id.deployment_type_id", "configuration_role")
    def _compute_is_recurring(self):
        for line in self:
            is_subscription = line._is_licence() and line.configuration_id.deployment_type_id.is_subscription
            line.is_recurring = line.sale_type_id.is_recurring or is_subscription

    @api.depends("is_recurring")
    def _compute_dates(self):
        for line in self:
            if not line.is_recurring:
                line.date_start = line.date_end = False

    @api.depends("date_start", "date_end", "is_recurring")
    def _compute_year_share(self):
        for line in self:
            has_dates = line.is_recurring and line.date_start and line.date_end
            is_sane = has_dates and line.date_end.year - line.date_start.year <= MOST_YEARS
            line.year_share = line._get_year_share() if is_sane else 1.0

    def _get_year_share(self):
        """The line's dates in years: see ``get_years``."""
        return get_years(self.date_start, self.date_end, self._get_year_start())

    def _get_year_start(self):
        """A day on which a year of the contract begins."""
        return self.date_start
