from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.fields import Domain

from ..pipeline.crm_lead import CLOSED, OURS

# What a contract line takes over from the line that sold it.
SOLD = ("product_id", "quantity", "price_unit", "discount", "date_start", "date_end")


class PembaOpportunityLine(models.Model):
    """What recurs is sold into a contract: one that runs already, ending with it, or a new one."""

    _inherit = "pemba.opportunity.line"

    contract_id = fields.Many2one(
        "pemba.contract",
        string="Extends Contract",
        domain="[('partner_id', '=', customer_id), ('state', '=', 'running')]",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        help="The running contract that it adds to, and ends with; empty for a new contract.",
    )
    contract_line_id = fields.Many2one(
        "pemba.contract.line",
        string="Renews",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The line of the contract that ends.",
    )
    contracted_ids = fields.One2many(
        "pemba.contract.line", "opportunity_line_id", string="In Contract", readonly=True
    )

    @api.depends("contract_id", "contract_line_id")
    def _compute_is_recurring(self):
        """What belongs to a contract recurs, whatever its type."""
        result = super()._compute_is_recurring()
        for line in self:
            if line.contract_id or line.contract_line_id:
                line.is_recurring = True
        return result

    @api.depends("contract_id")
    def _compute_dates(self):
        """Added to a contract, it starts today and ends with that, unless dates are given."""
        result = super()._compute_dates()
        for line in self.filtered("contract_id"):
            contract = line.contract_id
            today = fields.Date.context_today(line)
            line.date_start = line.date_start or min(max(today, contract.date_start), contract.date_end)
            line.date_end = line.date_end or contract.date_end
        return result

    @api.depends("contract_id.date_start")
    def _compute_year_share(self):
        return super()._compute_year_share()

    def _get_year_start(self):
        """Years are those of the contract that it adds to."""
        return self.contract_id.date_start or super()._get_year_start()

    @api.constrains("contract_id", "date_start", "date_end")
    def _check_contract(self):
        for line in self.filtered("contract_id"):
            contract, customer = line.contract_id, line.lead_id.customer_id
            if customer and contract.partner_id != customer:
                line._refuse(
                    "contract_id",
                    self.env._(
                        "%(contract)s belongs to %(owner)s, not to %(customer)s.",
                        contract=contract.name,
                        owner=contract.partner_id.display_name,
                        customer=customer.display_name,
                    ),
                )
            if line.lead_id.deal_currency_id not in (contract.currency_id, contract.currency_id.browse()):
                line._refuse(
                    "contract_id",
                    self.env._(
                        "%(contract)s is in %(currency)s.",
                        contract=contract.name,
                        currency=contract.currency_id.name,
                    ),
                )
            if line.lead_id.won_status not in CLOSED and (
                (line.date_start and line.date_start < contract.date_start)
                or (line.date_end and line.date_end > contract.date_end)
            ):
                line._refuse(
                    "date_end", self.env._("%s ends with its contract.", line.product_id.display_name)
                )

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        if self.env.context.get("pemba_following") is not OURS:
            given = lines.browse(
                line.id for line, vals in zip(lines, vals_list, strict=True) if "contract_id" in vals
            )
            (lines - given)._propose_contracts()
        return lines

    def _propose_contracts(self):
        """What recurs extends the contract that its customer has running already."""
        lines = self.filtered(
            lambda line: (
                line.is_recurring
                and not (line.contract_id or line.contract_line_id or line.is_aligned)
                and line.lead_id.nature != "renewal"
                and line.lead_id.customer_id
                and line.lead_id.won_status not in CLOSED
            )
        )
        if not lines:
            return
        running = lines._get_running_contracts()
        for contract, of_contract in lines.grouped(lambda line: line._get_matching(running)).items():
            if contract:
                of_contract.write({"contract_id": contract.id})
            else:
                of_contract._propose_term()

    def _propose_term(self):
        """What starts a contract that is not of a year is sold for its whole term."""
        for line in self:
            months = line._get_contract_type().duration_months or 12
            if months != 12 and not (line.date_start or line.date_end):
                today = fields.Date.context_today(line)
                start = max(line.lead_id.date_deadline or today, today)
                end = start + relativedelta(months=months, days=-1)
                line.write({"date_start": start, "date_end": end})

    def _get_running_contracts(self):
        """Contracts that customers have running."""
        contracts = self.env["pemba.contract"].sudo()  # of all salespeople
        today = fields.Date.context_today(self)
        return contracts.search(
            [
                ("state", "in", ("running", "renewed")),
                ("partner_id", "in", self.lead_id.customer_id.ids),
                ("date_end", ">=", today),
            ],
            order="date_start desc, id desc",
        )

    def _get_matching(self, contracts):
        """Of these contracts the one that it extends: that of its equipment, else the newest.

        The same customer, distributor, type and currency, in a contract that runs on the line's days.
        """
        lead, own_kind = self.lead_id, self.product_id.pemba_contract_type_id
        start = self.date_start or fields.Date.context_today(self)
        matching = contracts.filtered(
            lambda one: (
                one.partner_id == lead.customer_id
                and one.company_id == lead._get_deal_company()
                and one.distributor_id == lead.distributor_id
                and own_kind in (one.contract_type_id, own_kind.browse())
                and one.currency_id == lead.deal_currency_id
                and one.date_start <= start <= one.date_end
                and (not self.date_end or self.date_end <= one.date_end)
            )
        )
        equipment = self.configuration_id.equipment_id
        of_equipment = matching.filtered(lambda one: equipment and equipment in one.line_ids.equipment_id)
        kind = self._get_contract_type()
        of_kind = matching.filtered(lambda one: one.contract_type_id == kind)
        return (of_equipment or of_kind)[:1].with_env(self.env)

    def _get_contract_type(self):
        types = self.env["pemba.contract.type"]
        return self.product_id.pemba_contract_type_id or types.search([], limit=1)

    def _get_details(self):
        """What is renewed says which equipment it covers."""
        equipment = self.sudo().contract_line_id._get_next_equipment()  # whoever offers it
        return [*super()._get_details(), *equipment.mapped("display_name")]

    @api.model
    def _get_base_domain(self):
        """What is renewed is there already."""
        return super()._get_base_domain() & Domain("contract_line_id", "=", False)

    @api.depends("contract_line_id")
    def _compute_comes_into_base(self):
        return super()._compute_comes_into_base()

    def _get_contracted(self):
        """Those that go into a contract: what recurs and counts."""
        return self.filtered(lambda line: line.active and line.is_recurring and not line.is_returned)

    def _get_agreed_price(self):
        """A year's unit price as it was offered, where that gives what was ordered: without its rounding."""
        offered = (self.offer_terms or {}).get("price_unit") if self.is_aligned else None
        if offered:
            currency = self.lead_id.deal_currency_id
            units = self.quantity * self.year_share * (1 - self.discount / 100)
            paid = currency.round(offered * units)
            net = paid - currency.round(paid * self._get_distributor_rate() / 100)
            if not currency.compare_amounts(net, self.net_amount):
                return offered
        return self.price_unit

    def _prepare_contract_line(self):
        """Values of the contract line that it becomes."""
        renewed = self.contract_line_id
        equipment = renewed._get_next_equipment() or self.configuration_id._get_installed()
        vals = {name: self[name] for name in SOLD if name != "product_id"}
        if equipment.partner_id == self.lead_id.customer_id:
            vals["equipment_id"] = equipment.id
        vals["price_unit"] = self._get_agreed_price()
        return {name: value for name, value in vals.items() if value} | {
            "product_id": self.product_id.id,
            "distributor_margin_rate": self._get_distributor_rate(),
            "opportunity_line_id": self.id,
            "sequence": self.sequence,
            "predecessor_id": renewed.id,
        }
