from odoo import api, fields, models
from odoo.tools import SQL

from .crm_lead import CLOSED, MARGIN, OURS, SHOWN


class PembaOpportunityLine(models.Model):
    """What a line is worth to the customer, to a distributor and to us.

    With L = quantity × unit price × the share of the year, in the deal's currency and before tax:
    C, what the end customer pays, is L less the discount; D, what the distributor keeps, is its rate of C;
    N = C − D is what we invoice; K, what it costs us, is quantity × unit cost × the same share, or, where
    the product has no cost, L less the margin of the sale type; the margin is N − K. C, D and K are
    rounded, and each is converted at the deal's rate and rounded in the company's currency.
    """

    _inherit = "pemba.opportunity.line"

    price_unit = fields.Float(
        string="Unit Price",
        compute="_compute_price_unit",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        min_display_digits="Product Price",
        aggregator=None,
        help="In the deal's currency, for a full year where it recurs.",
    )
    configured_price_unit = fields.Float(
        digits=0,
        readonly=True,
        aggregator=None,
        help="The price that the configuration gave; another one was negotiated, and stays.",
    )
    discount = fields.Float(string="Discount (%)", min_display_digits=2, aggregator=None)
    distributor_margin_rate = fields.Float(
        string="Distributor (%)",
        compute="_compute_distributor_margin_rate",
        inverse="_inverse_distributor_margin_rate",
        store=True,
        readonly=False,
        precompute=True,
        min_display_digits=2,
        aggregator=None,
        help="What the distributor keeps of the price: by the margin rules, until you type it.",
    )
    margin_rule_id = fields.Many2one(
        "pemba.margin.rule",
        compute="_compute_margin_rule_id",
        store=True,
        precompute=True,
        index="btree_not_null",
        ondelete="set null",
        help="The rule that gave the distributor's margin; empty where it was typed.",
    )
    is_distributor_margin_typed = fields.Boolean(string="Distributor Margin Typed", readonly=True, copy=False)
    is_distributed = fields.Boolean(
        string="Through a Distributor", compute="_compute_is_distributed", store=True, precompute=True
    )
    unit_cost = fields.Float(
        compute="_compute_unit_cost",
        store=True,
        readonly=False,
        precompute=True,
        min_display_digits="Product Price",
        aggregator=None,
        copy=False,
        groups=MARGIN,
        help="In the deal's currency: the product's cost when it was chosen or refreshed.",
    )
    type_margin_rate = fields.Float(
        string="Margin of the Type (%)",
        compute="_compute_type_margin_rate",
        store=True,
        readonly=False,
        precompute=True,
        min_display_digits=2,
        aggregator=None,
        copy=False,
        groups=MARGIN,
        help="What is ours of the list price, where the product has no cost.",
    )

    # In the deal's currency
    price_subtotal = fields.Monetary(
        string="Customer Pays",
        compute="_compute_amounts",
        store=True,
        precompute=True,
        currency_field="deal_currency_id",
        aggregator=None,
    )
    distributor_margin = fields.Monetary(
        compute="_compute_amounts",
        store=True,
        precompute=True,
        currency_field="deal_currency_id",
        aggregator=None,
    )
    net_amount = fields.Monetary(
        string="Net",
        compute="_compute_amounts",
        store=True,
        precompute=True,
        currency_field="deal_currency_id",
        aggregator=None,
        help="What we invoice, before tax.",
    )
    cost = fields.Monetary(
        compute="_compute_amounts",
        store=True,
        precompute=True,
        currency_field="deal_currency_id",
        aggregator=None,
        groups=MARGIN,
    )
    margin = fields.Monetary(
        compute="_compute_amounts",
        store=True,
        precompute=True,
        currency_field="deal_currency_id",
        aggregator=None,
        groups=MARGIN,
    )
    margin_percent = fields.Float(
        string="Margin (%)",
        compute="_compute_amounts",
        store=True,
        precompute=True,
        digits=0,
        aggregator="avg",
        groups=MARGIN,
    )
    # In the company's
    net_amount_company = fields.Monetary(
        string="Net (Company Currency)",
        compute="_compute_amounts",
        store=True,
        precompute=True,
        currency_field="company_currency_id",
    )
    distributor_margin_company = fields.Monetary(
        string="Distributor Margin (Company Currency)",
        compute="_compute_amounts",
        store=True,
        precompute=True,
        currency_field="company_currency_id",
    )
    cost_company = fields.Monetary(
        string="Cost (Company Currency)",
        compute="_compute_amounts",
        store=True,
        precompute=True,
        currency_field="company_currency_id",
        groups=MARGIN,
    )
    margin_company = fields.Monetary(
        string="Margin (Company Currency)",
        compute="_compute_amounts",
        store=True,
        precompute=True,
        currency_field="company_currency_id",
        groups=MARGIN,
    )

    def _read_group_select(self, aggregate_spec, query):
        # Of many lines: their margin ÷ their net amount, and not the mean of percentages.
        sql = super()._read_group_select(aggregate_spec, query)
        if aggregate_spec == "margin_percent:avg":
            return SQL(
                "SUM(%s) / NULLIF(SUM(%s), 0)",
                self._field_to_sql(self._table, "margin_company", query),
                self._field_to_sql(self._table, "net_amount_company", query),
            )
        return sql

    # ------------------------------------------------------------
    # What is taken with the product, until the deal is closed
    # ------------------------------------------------------------

    @api.depends("product_id")
    def _compute_price_unit(self):
        lines = self.filtered(lambda line: line.product_id and not line._keeps_terms())
        for (lead_key, quantity), of_key in lines.grouped(
            lambda line: (line.lead_id._get_price_key(), line.quantity)
        ).items():
            prices = self.env["crm.lead"]._get_list_prices(lead_key, of_key.product_id, quantity)
            for line in of_key:
                line.price_unit = prices[line.product_id._origin.id]

    @api.depends("product_id")
    def _compute_unit_cost(self):
        for line in self:
            if not line._keeps_terms():
                product = line.product_id.with_company(line.lead_id._get_deal_company())
                line.unit_cost = product.standard_price * (line.lead_id.deal_rate or 1.0)

    @api.depends("product_id", "sale_type_id")
    def _compute_type_margin_rate(self):
        for line in self:
            if not line._keeps_terms():
                line.type_margin_rate = line.sale_type_id.margin_rate

    @api.depends("lead_id.distributor_id")
    def _compute_is_distributed(self):
        for line in self:
            kept = line._keeps_terms()
            line.is_distributed = line._origin.is_distributed if kept else bool(line.lead_id.distributor_id)

    @api.depends("lead_id.distributor_id", "lead_id.zone_id", "sale_type_id")
    def _compute_distributor_margin_rate(self):
        for line in self:
            if not line._keeps_terms() and not line.is_distributor_margin_typed:
                _rule, line.distributor_margin_rate = line._get_margin_rule()

    @api.depends("lead_id.distributor_id", "lead_id.zone_id", "sale_type_id", "is_distributor_margin_typed")
    def _compute_margin_rule_id(self):
        for line in self:
            if not line._keeps_terms():
                rule, _rate = line._get_margin_rule()
                line.margin_rule_id = False if line.is_distributor_margin_typed else rule

    def _inverse_distributor_margin_rate(self):
        for line in self:
            _rule, rate = line._get_margin_rule()
            is_typed = line.distributor_margin_rate != rate
            if line.is_distributor_margin_typed != is_typed:
                line.with_context(pemba_following=OURS).is_distributor_margin_typed = is_typed

    def _take_again(self, *names):
        """Compute again what was taken when a product, a type or a distributor was chosen."""
        for name in names:
            self.env.add_to_compute(self._fields[name], self)
        self.modified(names)

    def _convert_prices(self, old_rate, new_rate):
        """Prices and costs become those of another currency.

        :param old_rate: units of the currency they are in for one of the company's
        :param new_rate: the same of the new one
        """
        if not old_rate:
            return
        factor = new_rate / old_rate
        for line in self.sudo().with_context(pemba_following=OURS):  # costs too
            vals = {
                name: line[name] * factor for name in ("price_unit", "unit_cost", "configured_price_unit")
            }
            if line.offer_terms:
                offered = line.offer_terms
                vals["offer_terms"] = {**offered, "price_unit": offered.get("price_unit", 0.0) * factor}
            line.write(vals)

    def _get_margin_rule(self):
        """The rule for the line and its rate: ``(id, rate)``; nothing for a direct sale."""
        lead = self.lead_id
        if not lead.distributor_id:
            return False, 0.0
        date = (lead.won_status in CLOSED and lead.close_date) or fields.Date.context_today(self)
        return self.env["pemba.margin.rule"]._get_rule(
            *lead._get_margin_keys(), self.sale_type_id._origin.id, date
        )

    @api.depends(
        "quantity",
        "price_unit",
        "discount",
        "year_share",
        "distributor_margin_rate",
        "is_distributed",
        "unit_cost",
        "type_margin_rate",
        "is_aligned",
        "is_returned",
        "lead_id.deal_currency_id",
        "lead_id.deal_rate",
        "lead_id.company_id",
    )
    def _compute_amounts(self):
        for line in self:
            lead = line.lead_id
            company_currency = lead._get_deal_company().currency_id
            currency = lead.deal_currency_id or company_currency
            list_amount = line.quantity * line.price_unit * line.year_share
            if not line.is_aligned:
                line._set_sale_amounts(list_amount, currency)
            line.cost = currency.round(line._get_cost(list_amount))
            line.margin = currency.round(line.net_amount - line.cost)
            line.margin_percent = line.margin / line.net_amount if line.net_amount else 0.0
            rate = lead.deal_rate or 1.0
            for name in ("net_amount", "distributor_margin", "cost"):
                line[f"{name}_company"] = company_currency.round(line[name] / rate)
            line.margin_company = company_currency.round(line.net_amount_company - line.cost_company)

    def _get_cost(self, list_amount):
        """What the line costs us; what lowers the price, as a discount sold as a product, costs nothing."""
        if self.unit_cost:
            cost = self.quantity * self.unit_cost * self.year_share
            return -cost if self.is_returned else cost
        if list_amount < 0 and not self.is_returned:
            return 0.0
        return list_amount * (1 - self.type_margin_rate / 100)

    def _set_sale_amounts(self, list_amount, currency):
        """What the customer pays, the distributor keeps and we invoice."""
        self.price_subtotal = currency.round(list_amount * (1 - self.discount / 100))
        self.distributor_margin = currency.round(self.price_subtotal * self._get_distributor_rate() / 100)
        self.net_amount = currency.round(self.price_subtotal - self.distributor_margin)

    def _get_distributor_rate(self):
        """What the distributor keeps, 0 to 100; nothing of a direct sale."""
        return self.distributor_margin_rate if self.is_distributed else 0.0

    def _get_amounts(self):
        """The sums of these lines, in the deal's currency; margins are for their group alone."""
        lines = self.sudo()  # whoever looks: the screens leave margins out for others
        return {name: sum(lines.mapped(name)) for name in SHOWN}
