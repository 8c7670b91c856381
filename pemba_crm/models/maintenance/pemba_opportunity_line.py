from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import sql

from ..company_day import by_day, get_today
from ..pipeline.crm_lead import CLOSED


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
        check_company=True,
        help="The running contract that it adds to, and ends with; empty for a new contract.",
    )
    contracted_ids = fields.One2many(
        "pemba.contract.line", "opportunity_line_id", string="In Contract", readonly=True
    )

    taken_off = fields.Json(
        readonly=True,
        copy=False,
        export_string_translation=False,
        help="The contract that it was taken off, and what it said then: it does not come back by itself.",
    )
    is_contracted = fields.Boolean(
        string="Comes into a Contract",
        compute="_compute_is_contracted",
        store=True,
        precompute=True,
        help="Selling it extends a contract of the customer, or brings one.",
    )

    @api.depends("contract_id")
    def _compute_is_recurring(self):
        """What belongs to a contract recurs, whatever its type."""
        result = super()._compute_is_recurring()
        for line in self:
            if line.contract_id:
                line.is_recurring = True
        return result

    @api.depends("is_recurring")
    def _compute_is_contracted(self):
        """What recurs does; that it counts and is not taken back is asked for beside it."""
        for line in self:
            line.is_contracted = line.is_recurring

    def _auto_init(self):
        # On a database that has lines it is made and filled here: none of them is computed in Python.
        has_lines = sql.table_exists(self.env.cr, self._table)
        is_new = has_lines and not sql.column_exists(self.env.cr, self._table, "is_contracted")
        if is_new:
            sql.create_column(self.env.cr, self._table, "is_contracted", "bool")
            self.env.cr.execute("UPDATE pemba_opportunity_line SET is_contracted = is_recurring")
        return super()._auto_init()

    @api.model
    def _get_result_fields(self):
        return super()._get_result_fields() | {"is_contracted"}

    @api.depends("contract_id.anchor_date")
    def _compute_year_share(self):
        return super()._compute_year_share()

    def _get_year_start(self):
        """Years are those of the contract that it adds to."""
        return self.contract_id.anchor_date or super()._get_year_start()

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
            if (
                line.lead_id.won_status not in CLOSED
                and contract.distributor_id != line.lead_id.distributor_id
            ):
                line._refuse(
                    "contract_id",
                    self.env._(
                        "%(contract)s is sold by %(seller)s.",
                        contract=contract.name,
                        seller=contract.distributor_id.display_name or contract.company_id.display_name,
                    ),
                )
            if line.lead_id.won_status not in CLOSED and (
                (line.date_start and line.date_start < contract.date_start)
                or (line.date_end and line.date_end > contract.date_end)
            ):
                line._refuse(
                    "date_end", self.env._("%s ends with its contract.", line.product_id.display_name)
                )

    def _follow_creation(self, vals_list):
        result = super()._follow_creation(vals_list)
        given = self.browse(
            line.id for line, vals in zip(self, vals_list, strict=True) if vals.get("contract_id")
        )
        (self - given)._propose_contracts()
        return result

    @api.model
    def _follow_deals(self, leads, is_corrected=True):
        """What a person corrects of a sale is so in its contract."""
        followed = super()._follow_deals(leads, is_corrected)
        followed.filtered(lambda lead: lead.won_status == "won")._follow_contracts()
        return followed

    def _ask_about_taken_off(self):
        """Once it is corrected, a person says whether it comes back."""
        lines = self.env["pemba.contract.line"].sudo()  # whoever corrects it
        terms, before = lines._get_sale_terms(self), dict(self.taken_off)
        contract = lines.contract_id.browse(before.pop("contract_id")).exists()
        self._set(taken_off=terms | {"contract_id": contract.id})
        if contract:
            line = lines.new({"contract_id": contract.id, "product_id": self.product_id.id})
            line._ask_about_change(
                lambda env: env._("Its sale was corrected after it was taken off"), self, before, terms
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_from_contracts(self):
        """What is deleted is not sold any more."""
        lines = self.sudo().contracted_ids  # who may delete it
        lines._set(is_sale_deleted=True)
        lines._withdraw()

    def _propose_contracts(self):
        """What recurs extends the contract that its customer has running already."""
        lines = self.filtered(lambda line: line._may_extend())
        if not lines:
            return
        running = lines._get_running_contracts()
        for contract, of_contract in lines.grouped(lambda line: line._get_matching(running)).items():
            if contract:
                of_contract.write({"contract_id": contract.id})

    def _may_extend(self):
        """Whether it is looked for what it extends."""
        lead = self.lead_id
        is_free = self.is_contracted and not (self.contract_id or self.is_aligned)
        is_sale = lead.nature != "renewal" and lead.customer_id and lead.won_status not in CLOSED
        return bool(is_free and is_sale)

    def _get_running_contracts(self):
        """Contracts that customers have running."""
        contracts = self.env["pemba.contract"].sudo()  # of all salespeople
        running = Domain("state", "in", ("running", "renewed"))
        running &= Domain("partner_id", "in", self.lead_id.customer_id.ids)
        running &= by_day(self.env.companies, lambda today: Domain("date_end", ">=", today))
        return contracts.search(running, order="date_start desc, id desc")

    def _get_matching(self, contracts, is_whole=False):
        """Of these contracts the one that it extends: that of its equipment, else the newest.

        The same customer, distributor, type and currency, in a contract that runs on the line's days; a
        period that nobody typed may end with it, as long as it is not sold yet.

        :param is_whole: whether the contract must run for the whole period: what was sold is not cut
        """
        lead, own_kind = self.lead_id, self.product_id.pemba_contract_type_id
        start = self.date_start or get_today(lead._get_deal_company())
        end = self.date_end if is_whole or self.is_period_typed else None
        matching = contracts.filtered(
            lambda one: (
                self._belongs_to(one)
                and own_kind in (one.contract_type_id, own_kind.browse())
                and one.date_start <= start <= one.date_end
                and (not end or end <= one.date_end)
            )
        )
        equipment = self.configuration_id.equipment_id
        of_equipment = matching.filtered(lambda one: equipment and equipment in one.line_ids.equipment_id)
        kind = self._get_contract_type()
        of_kind = matching.filtered(lambda one: one.contract_type_id == kind)
        return (of_equipment or of_kind)[:1].with_env(self.env)

    def _belongs_to(self, contract):
        """Whether a contract has the customer, the distributor, the currency and the company of its deal."""
        lead, contract = self.lead_id, contract.sudo()  # proposed, or seen when linked
        return (contract.partner_id, contract.distributor_id, contract.currency_id, contract.company_id) == (
            lead.customer_id,
            lead.distributor_id,
            lead.deal_currency_id,
            lead._get_deal_company(),
        )

    def _get_contract_type(self):
        types = self.env["pemba.contract.type"]
        return self.product_id.pemba_contract_type_id or types.search([], limit=1)

    def _get_contracted(self):
        """Those that go into a contract, and count."""
        return self.filtered(lambda line: line.active and line.is_contracted and not line.is_returned)

    def _is_sold_for(self, contract):
        """Whether its period is, in part, that of a contract; what has none is sold for any."""
        is_before = self.date_end and self.date_end < contract.date_start
        return not is_before and not (self.date_start and self.date_start > contract.date_end)

    def _get_agreed_price(self):
        """A year's unit price as it was offered, where that gives what was ordered: without its rounding."""
        offered = (self.offer_terms or {}).get("price_unit") if self.is_aligned else None
        if offered:
            currency = self.lead_id.deal_currency_id
            units = self.quantity * self.year_share * (1 - self.discount / 100)
            paid = currency.round(offered * units)
            net = paid - currency.round(paid * self._get_distributor_rate() / 100)
            if not currency.compare_amounts(net, self._get_unrounded("net_amount")):
                return offered
        return self.price_unit

    @api.model
    def _get_sold_fields(self):
        """What a contract line takes over as it is from the line that sold it: a new list."""
        return ["quantity", "price_unit", "discount", "date_start", "date_end"]

    def _prepare_contract_line(self):
        """Values of the contract line that it becomes."""
        equipment = self._get_covered_equipment()
        vals = {name: self[name] for name in self._get_sold_fields()}
        if equipment.partner_id == self.lead_id.customer_id:
            vals["equipment_id"] = equipment.id
        return {name: value for name, value in vals.items() if value} | {
            "product_id": self.product_id.id,
            "price_unit": self._get_agreed_price(),
            "distributor_margin_rate": self._get_distributor_rate(),
            "opportunity_line_id": self.id,
            "sequence": self.sequence,
        }

    def _get_covered_equipment(self):
        """The equipment that it was sold for: of its configuration, else the one that came of its deal.

        Of several it is the one whose software has this for its maintenance.
        """
        if self.configuration_id:
            return self.configuration_id._get_installed()
        lead = self.lead_id.sudo()  # whoever sells need not see equipment
        delivered = lead._get_all_lines().component_ids.equipment_id.filtered(
            lambda one: one.state != "retired" and one.partner_id == lead.customer_id
        )
        covered = (lead._get_all_lines() - self).contracted_ids.equipment_id
        left = delivered - covered
        software = self.env["pemba.software"].sudo()  # as above
        maintained = software.search([("maintenance_product_id", "=", self.product_id.id)])
        own = left.filtered(
            lambda one: one.software_id in maintained or one.product_id in maintained.product_id
        )
        equipment = own or left
        return (equipment if len(equipment) == 1 else equipment.browse()).with_env(self.env)
