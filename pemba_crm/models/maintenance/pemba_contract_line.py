from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from ..installed_base.pemba_customer_mixin import get_differing
from ..pipeline.crm_lead import OURS
from ..pipeline.pemba_opportunity_line import get_years
from .pemba_contract import CLOSED

# What follows from what is done: never from a client.
RESULTS = frozenset({"is_amended", "predecessor_id", "opportunity_line_id"})


class PembaContractLine(models.Model):
    """What a contract covers for a while: equipment, or a service, at a price a year.

    With L = quantity × unit price × the share of the contract year between its dates: what the customer pays
    is L less the discount, rounded; of that the distributor keeps its margin, rounded; the rest is ours.
    """

    _name = "pemba.contract.line"
    _description = "Contract Line"
    _order = "contract_id desc, sequence, id"
    _rec_name = "product_id"
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
    price_unit = fields.Float(
        string="Unit Price",
        compute="_compute_price_unit",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        min_display_digits="Product Price",
        aggregator=None,
        groups="base.group_user",
        help="For a full year, in the contract's currency and before tax.",
    )
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

    predecessor_id = fields.Many2one(
        "pemba.contract.line",
        string="Renews",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The line of the contract before, whose next term it is.",
    )
    is_amended = fields.Boolean(
        readonly=True, copy=False, help="It was reduced: it does not follow its order any more."
    )

    _opportunity_line_uniq = models.UniqueIndex(
        "(opportunity_line_id) WHERE opportunity_line_id IS NOT NULL",
        "This sale is in a contract already.",
    )
    _in_order = models.Constraint(
        "check(date_end >= date_start)", "A contract line cannot end before it starts."
    )

    @api.depends("product_id")
    def _compute_price_unit(self):
        for line in self:
            contract = line.contract_id
            if line.product_id and not line.price_unit:
                company = contract.company_id or self.env.company
                line.price_unit = line.product_id.currency_id._convert(
                    line.product_id.lst_price,
                    contract.currency_id or company.currency_id,
                    company,
                    contract.date_start or fields.Date.context_today(self),
                    round=False,
                )

    @api.depends("contract_id")
    def _compute_dates(self):
        """Added inside the term, it starts today; it ends with the contract.

        In a form that is not saved yet it has no dates: the contract's may still change.
        """
        today = fields.Date.context_today(self)
        for line in self:
            contract = line.contract_id
            if not contract._origin:
                line.date_start, line.date_end = line.date_start, line.date_end
                continue
            inside = contract.state == "running" and contract.date_start < today <= contract.date_end
            line.date_start = line.date_start or (today if inside else contract.date_start)
            line.date_end = line.date_end or contract.date_end

    @api.depends(
        "quantity",
        "price_unit",
        "discount",
        "distributor_margin_rate",
        "date_start",
        "date_end",
        "contract_id.currency_id",
        "contract_id.distributor_id",
        "contract_id.date_start",
        "contract_id.date_end",
    )
    def _compute_amounts(self):
        for line in self:
            line.amount_annual = line._get_net_amount(1.0)
            line.amount = line._get_net_amount(line._get_year_share())

    def _get_net_amount(self, share):
        """What is ours of some share of a year, in the contract's currency and before tax."""
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
        return get_years(start, end, contract.date_start or start)

    # ------------------------------------------------------------
    # Rules
    # ------------------------------------------------------------

    @api.constrains("quantity", "price_unit", "discount", "distributor_margin_rate")
    def _check_numbers(self):
        for line in self:
            if line.quantity <= 0:
                line._refuse("quantity", self.env._("%s is not above zero.", line.quantity))
            if line.price_unit < 0:
                line._refuse("price_unit", self.env._("%s is below zero.", line.price_unit))
            for name in ("discount", "distributor_margin_rate"):
                if not 0 <= line[name] <= 100:
                    line._refuse(name, self.env._("%s is not between 0 and 100 %%.", line[name]))

    @api.constrains("date_start", "date_end", "contract_id")
    def _check_dates(self):
        for line in self:
            contract = line.contract_id
            if line.date_start < contract.date_start or line.date_end > contract.date_end:
                line._refuse(
                    "date_start" if line.date_start < contract.date_start else "date_end",
                    self.env._(
                        "the contract runs from %(start)s to %(end)s.",
                        start=format_date(self.env, contract.date_start),
                        end=format_date(self.env, contract.date_end),
                    ),
                )

    @api.constrains("equipment_id", "contract_id")
    def _check_equipment(self):
        for line in self.filtered("equipment_id"):
            owner, customer = line.equipment_id.partner_id, line.contract_id.partner_id
            if line.contract_id.state not in CLOSED and owner != customer:
                line._refuse(
                    "equipment_id",
                    self.env._(
                        "%(equipment)s belongs to %(owner)s, not to %(customer)s.",
                        equipment=line.equipment_id.display_name,
                        owner=owner.display_name,
                        customer=customer.display_name,
                    ),
                )

    def _refuse(self, name, reason):
        label = self.fields_get([name], ["string"])[name]["string"]
        raise ValidationError(
            self.env._(
                "%(contract)s, %(product)s, %(field)s: %(reason)s",
                contract=self.contract_id.display_name,
                product=self.product_id.display_name,
                field=label,
                reason=reason,
            )
        )

    @api.model_create_multi
    def create(self, vals_list):
        dates = ("date_start", "date_end")
        lines = super().create(
            [  # left empty, they are those of the contract
                {name: value for name, value in vals.items() if value or name not in dates}
                for vals in vals_list
            ]
        )
        if lines._check_open(self.env._("added")):
            lines.contract_id._follow_renewal(added=lines)
        return lines

    def write(self, vals):
        if self.env.context.get("pemba_following") is not OURS:
            vals = {name: value for name, value in vals.items() if name not in RESULTS}
        changed = self._get_changed(vals)
        if "contract_id" in vals:
            changed._check_open(self.env._("moved"), is_corrected=True)
        offers = changed._get_offers()
        result = super().write(vals)
        if changed._check_open(self.env._("changed"), is_corrected=True):
            changed._follow_offers(offers)
        return result

    def _get_offers(self):
        """What an open renewal offers for these: ``{line: (the offered line, its values by itself)}``."""
        offered = self.contract_id._get_offered()
        return {
            line: (offered[line], line._prepare_renewal(offered[line].lead_id.revaluation or {}))
            for line in self
            if line in offered
        }

    def _follow_offers(self, before):
        """Corrected, they are offered as they are now; what was negotiated stays.

        :param before: see ``_get_offers``
        """
        for line, (offer, old) in before.items():
            new = line._prepare_renewal(offer.lead_id.revaluation or {})
            names = ("product_id", "quantity", "price_unit", "discount", "distributor_margin_rate")
            was_by_itself = get_differing(offer, {name: old[name] for name in names})
            vals = {name: new[name] for name in names if name not in was_by_itself}
            changes = get_differing(offer, vals)
            if changes:
                offer.write(changes)

    def _get_changed(self, vals):
        """Those of which more than their place and their equipment changes."""
        kept = {name: value for name, value in vals.items() if name not in ("sequence", "equipment_id")}
        return self.filtered(lambda line: get_differing(line, kept))

    @api.ondelete(at_uninstall=False)
    def _unlink_except_closed(self):
        if self._check_open(self.env._("removed"), is_corrected=True):
            self.contract_id._follow_renewal(reduced=dict.fromkeys(self, self.browse()))

    def _check_open(self, what, is_corrected=False):
        """Lines of what is over stay; those of what runs are amended, and it is told.

        :param what: what happened to them
        :param is_corrected: whether what was agreed on changes, which is for managers once it runs
        :return: whether somebody did it, and not what they follow
        :raise UserError: naming the contract and the product
        """
        if self.env.context.get("pemba_following") is OURS:
            return False
        for contract, lines in self.grouped("contract_id").items():
            if contract.state in CLOSED and not contract._is_open():
                raise UserError(
                    self.env._(
                        "%(contract)s is closed: its lines stay (%(product)s).",
                        contract=contract.display_name,
                        product=lines[:1].product_id.display_name,
                    )
                )
            if not contract._is_open():
                continue
            if is_corrected and not contract._is_by_manager():
                raise UserError(
                    self.env._(
                        "%(contract)s is running: only sales managers correct its lines (%(product)s). Reduce"
                        " what is not needed any more.",
                        contract=contract.display_name,
                        product=lines[:1].product_id.display_name,
                    )
                )
            contract._log_lines(lines, what)
        return True
