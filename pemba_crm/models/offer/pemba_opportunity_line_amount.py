from odoo import api, fields, models
from odoo.tools import SQL

from .crm_lead import MARGIN, SHOWN


class PembaOpportunityLine(models.Model):
    """What a line is worth to the customer, to a distributor and to us.

    With L = quantity × unit price × the share of the year, in the deal's currency and before tax:
    C, what the end customer pays, is L less the discount; D, what the distributor keeps, is its rate of C;
    N = C − D is what we invoice; K, what it costs us, is quantity × unit cost × the same share, or, where
    the product has no cost, L less the margin of the sale type; the margin is N − K. With neither, the cost
    is not known: there is no margin, and no K. C, D and K are rounded, and each is converted at the deal's
    rate and rounded in the company's currency. N has its share of the cents by which the offer's sum, rounded
    as its quotation's is, differs: directly, C has them too, else D has them less.
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
        help="In the deal's currency, for a full year where it recurs; bold where it was typed.",
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
    is_cost_unknown = fields.Boolean(
        string="Cost Not Known",
        compute="_compute_is_cost_unknown",
        store=True,
        precompute=True,
        groups=MARGIN,
        help="Neither the product has a cost nor its sale type a margin: no margin is counted.",
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
        # Of many lines: their margin ÷ what it is of, and not the mean of percentages.
        sql = super()._read_group_select(aggregate_spec, query)
        if aggregate_spec == "margin_percent:avg":
            names = ("margin_company", "cost_company")
            margin, cost = (self._field_to_sql(self._table, name, query) for name in names)
            return SQL("SUM(%s) / NULLIF(SUM(%s) + SUM(%s), 0)", margin, margin, cost)
        return sql

    @api.depends("unit_cost", "type_margin_rate", "quantity", "price_unit")
    def _compute_is_cost_unknown(self):
        """What lowers the price, as a discount sold as a product, is known to cost nothing."""
        for line in self:
            is_discount = line.price_unit < 0 and line._get_sign() > 0
            line.is_cost_unknown = not (line.unit_cost or line.type_margin_rate or is_discount)

    @api.depends(
        "quantity",
        "price_unit",
        "discount",
        "year_share",
        "distributor_margin_rate",
        "is_distributed",
        "unit_cost",
        "type_margin_rate",
        "is_cost_unknown",
        "rounding_amount",
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
            if not line._keeps_amounts():
                line._set_sale_amounts(list_amount, currency)
            is_known = not line.is_cost_unknown
            line.cost = currency.round(line._get_cost(list_amount)) if is_known else 0.0
            line.margin = currency.round(line.net_amount - line.cost) if is_known else 0.0
            line.margin_percent = line.margin / line.net_amount if line.net_amount else 0.0
            rate = lead.deal_rate or 1.0
            for name in ("net_amount", "distributor_margin", "cost"):
                line[f"{name}_company"] = company_currency.round(line[name] / rate)
            margin_company = company_currency.round(line.net_amount_company - line.cost_company)
            line.margin_company = margin_company if is_known else 0.0

    def _get_cost(self, list_amount):
        """What the line costs us; what lowers the price, as a discount sold as a product, costs nothing."""
        if self.unit_cost:
            return self._get_sign() * self.quantity * self.unit_cost * self.year_share
        if list_amount < 0 and self._get_sign() > 0:
            return 0.0
        return list_amount * (1 - self.type_margin_rate / 100)

    def _get_sign(self):
        """-1 for what is taken back, whose quantity and cost count negatively."""
        return 1

    def _keeps_amounts(self):
        """Whether quantity and amounts are agreed elsewhere, and do not follow from prices."""
        return False

    def _set_sale_amounts(self, list_amount, currency):
        """What the customer pays, the distributor keeps and we invoice."""
        paid = currency.round(list_amount * (1 - self.discount / 100))
        kept = currency.round(paid * self._get_distributor_rate() / 100)
        self.net_amount = currency.round(paid - kept + self.rounding_amount)
        self.price_subtotal = paid if self.is_distributed else self.net_amount
        self.distributor_margin = currency.round(self.price_subtotal - self.net_amount)

    def _get_distributor_rate(self):
        """What the distributor keeps, 0 to 100; nothing of a direct sale."""
        return self.distributor_margin_rate if self.is_distributed else 0.0

    def _get_amounts(self):
        """The sums of these lines, in the deal's currency; margins are for their group alone.

        What the margin is of is ``costed``; where no cost is known there is none.
        """
        lines = self.sudo()  # whoever looks: the screens leave margins out for others
        costed = lines.filtered(lambda line: not line.is_cost_unknown)
        amounts = {name: sum(lines.mapped(name)) for name in SHOWN}
        return amounts | {"costed": sum(costed.mapped("net_amount"))}
