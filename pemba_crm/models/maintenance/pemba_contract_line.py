from odoo import api, fields, models
from odoo.tools import float_compare

from ..company_day import get_today
from ..offer.pemba_opportunity_line import get_years


class PembaContractLine(models.Model):
    """What a contract covers for a while: equipment, or a service, at a price a year.

    With L = quantity × unit price × the share of the contract year between its dates: what the customer pays
    is L less the discount, rounded; of that the distributor keeps its margin, rounded; the rest is ours, with
    its share of the cents of the contract. What was sold costs what it was sold for.
    """

    _name = "pemba.contract.line"
    _description = "Contract Line"
    _order = "contract_id desc, sequence, id"
    _rec_name = "product_id"
    _inherit = ["pemba.rules"]
    _is_owned = True
    _check_company_auto = True

    contract_id = fields.Many2one("pemba.contract", required=True, index=True, ondelete="cascade")
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(related="contract_id.company_id")
    currency_id = fields.Many2one(related="contract_id.currency_id")
    partner_id = fields.Many2one(related="contract_id.partner_id", string="Customer")
    state = fields.Selection(related="contract_id.state")
    equipment_id = fields.Many2one(
        "pemba.equipment",
        domain="[('partner_id', '=', partner_id)]",
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
        help="What is covered; empty for a service that is not of any equipment.",
    )
    software_id = fields.Many2one(related="equipment_id.software_id")
    product_id = fields.Many2one(
        "product.product",
        required=True,
        check_company=True,
        index=True,
        ondelete="restrict",
        domain=[("sale_ok", "=", True)],
    )
    quantity = fields.Float(digits="Product Unit", default=1.0, required=True)
    discount = fields.Float(
        string="Discount (%)", min_display_digits=2, aggregator=None, groups="base.group_user"
    )
    distributor_margin_rate = fields.Float(
        string="Distributor (%)",
        min_display_digits=2,
        aggregator=None,
        groups="pemba_crm.group_user,pemba_crm.group_accountant",
        help="What the distributor keeps of what the customer pays.",
    )
    date_start = fields.Date(
        string="From", compute="_compute_dates", store=True, readonly=False, precompute=True, required=True
    )
    date_end = fields.Date(
        string="Until", compute="_compute_dates", store=True, readonly=False, precompute=True, required=True
    )
    amount_annual = fields.Monetary(
        string="Annual Amount",
        compute="_compute_amounts",
        store=True,
        precompute=True,
        groups="base.group_user",
        help="A full year, net of the distributor's margin and before tax.",
    )
    amount = fields.Monetary(
        compute="_compute_amounts",
        store=True,
        precompute=True,
        groups="base.group_user",
        help="From its first day to its last, net of the distributor's margin and before tax.",
    )
    opportunity_line_id = fields.Many2one(
        "pemba.opportunity.line",
        string="Sold by",
        readonly=True,
        copy=False,
        groups="base.group_user",
        ondelete="set null",
        help="The line of the opportunity that sold it.",
    )
    is_amended = fields.Boolean(
        readonly=True, copy=False, help="It was reduced: it does not follow its order any more."
    )
    rest_of_id = fields.Many2one(
        "pemba.contract.line",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The line that was reduced, of which this is what stays.",
    )
    sold_terms = fields.Json(
        readonly=True,
        copy=False,
        export_string_translation=False,
        help="What its sale said when it was reduced, or when somebody was asked about that last.",
    )

    _opportunity_line_uniq = models.UniqueIndex(
        "(opportunity_line_id) WHERE opportunity_line_id IS NOT NULL",
        "This sale is in a contract already.",
    )
    _in_order = models.Constraint(
        "check(date_end >= date_start)", "A contract line cannot end before it starts."
    )

    @api.depends("product_id.display_name", "quantity", "equipment_id.name")
    def _compute_display_name(self):
        """What tells lines of the same product apart."""
        for line in self:
            sold = f"{line.product_id.display_name} × {line.quantity:.12g}" if line.product_id else ""
            line.display_name = " · ".join(filter(None, (sold, line.sudo().equipment_id.name)))  # its own

    @api.depends("contract_id")
    def _compute_dates(self):
        """Added inside the term, it starts today; it ends with the contract.

        In a form that is not saved yet it has no dates: the contract's may still change.
        """
        today = get_today(self)
        for line in self:
            contract = line.contract_id
            if not contract._origin:
                line.date_start, line.date_end = line.date_start, line.date_end
                continue
            inside = contract._is_open() and contract.date_start < today <= contract.date_end
            line.date_start = line.date_start or (today if inside else contract.date_start)
            line.date_end = line.date_end or contract.date_end

    @api.depends(
        *("quantity", "price_unit", "discount", "distributor_margin_rate", "date_start", "date_end"),
        *("rounding_amount", "contract_id.currency_id", "contract_id.distributor_id"),
        *("contract_id.date_start", "contract_id.date_end", "contract_id.anchor_date"),
        *("opportunity_line_id.net_amount",),
        *(f"opportunity_line_id.{name}" for name in ("quantity", "price_unit", "discount", "year_share")),
    )
    def _compute_amounts(self):
        for line in self:
            share = line._get_year_share()
            line.amount_annual = line._get_net_amount(1.0) + line.rounding_amount
            if line._is_as_sold(share):
                line.amount = line.opportunity_line_id.net_amount
            else:
                line.amount = line.amount_annual if share == 1.0 else line._get_net_amount(share)

    def _is_as_sold(self, share):
        """Whether quantity, price and period are those that it was sold with.

        :param share: its dates in years
        """
        sold = self.opportunity_line_id
        return bool(sold) and not any(
            float_compare(*pair, precision_digits=9)
            for pair in (
                (self.quantity, sold.quantity),
                (self.price_unit, sold._get_agreed_price()),
                (self.discount, sold.discount),
                (self.distributor_margin_rate, sold._get_distributor_rate()),
                (share, sold.year_share),
            )
        )

    def _get_net_amount(self, share):
        """What is ours of some share of a year, in the contract's currency and before tax, by itself."""
        currency = self.currency_id or self.env.company.currency_id
        paid = currency.round(self.quantity * self.price_unit * share * (1 - self.discount / 100))
        rate = self.distributor_margin_rate if self.contract_id.distributor_id else 0.0
        return currency.round(paid - currency.round(paid * rate / 100))

    def _get_year_share(self):
        """Its dates in years of the contract, from anniversary to anniversary."""
        contract = self.contract_id
        start, end = self.date_start or contract.date_start, self.date_end or contract.date_end
        if not (start and end) or end < start:
            return 0.0
        return get_years(start, end, contract.anchor_date or contract.date_start or start)
