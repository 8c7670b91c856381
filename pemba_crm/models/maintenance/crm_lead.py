from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..pipeline.crm_lead import OURS
from .pemba_contract import SILENT

# What only the renewal of a contract gives.
RENEWAL_FIELDS = frozenset({"renewal_contract_id", "revaluation", "is_price_to_revise"})


class CrmLead(models.Model):
    """Renewals of contracts, and contracts that come from what was won."""

    _inherit = "crm.lead"

    renewal_contract_id = fields.Many2one(
        "pemba.contract",
        string="Renews Contract",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    renewal_date_end = fields.Date(related="renewal_contract_id.date_end", string="Contract Ends")
    renewal_order_date = fields.Date(
        related="renewal_contract_id.expected_order_date", string="Renewal Order", readonly=False
    )
    contract_ids = fields.One2many("pemba.contract", "lead_id", string="Contracts")
    sold_contract_ids = fields.Many2many(
        "pemba.contract",
        string="Contracts of the Sale",
        compute="_compute_sold_contract_ids",
        help="Those that it brought, and those that its lines extend.",
    )
    is_price_to_revise = fields.Boolean(
        string="Price to Revise",
        readonly=True,
        copy=False,
        help="An index value was missing when the renewal was opened: its prices are the old ones, and its"
        " offer is not sent before they are revised.",
    )
    revaluation = fields.Json(readonly=True, copy=False, export_string_translation=False)
    revaluation_info = fields.Html(
        string="Price Revision",
        compute="_compute_revaluation_info",
        sanitize=False,
        export_string_translation=False,
    )

    _renewal_uniq = models.UniqueIndex(
        "(renewal_contract_id) WHERE renewal_contract_id IS NOT NULL",
        "This contract has a renewal already.",
    )

    @api.depends("contract_ids", "opportunity_line_ids.contract_id")
    def _compute_sold_contract_ids(self):
        for lead in self:
            lead.sold_contract_ids = lead.contract_ids | lead.opportunity_line_ids.contract_id

    @api.depends("revaluation", "opportunity_line_ids.price_unit")
    @api.depends_context("lang")
    def _compute_revaluation_info(self):
        for lead in self:
            rows = lead._get_revaluation_rows()
            lead.revaluation_info = bool(rows or lead.is_price_to_revise) and self.env["ir.qweb"]._render(
                "pemba_crm.revaluation",
                {
                    "record": lead,
                    "currency": lead.deal_currency_id,
                    "rows": rows,
                    "index": lead.revaluation or {},
                },
            )

    def _get_revaluation_rows(self):
        """What the index makes of each renewed price.

        :return: a list of ``{name, old, revised, price}``: a year's unit price before, by the index, and as
            it is offered
        """
        index = self.revaluation or {}
        return [
            {
                "name": line.product_id.name,
                "old": line.contract_line_id.price_unit,
                "revised": line.contract_line_id._prepare_renewal(index)["price_unit"],
                "price": line.price_unit,
            }
            for line in self.sudo().opportunity_line_ids  # who prints an offer need not see contracts
            if line.contract_line_id
        ]

    def _format_month(self, month):
        """A month of a revaluation for people to read."""
        return format_date(self.env, fields.Date.to_date(month), date_format="MMMM yyyy")

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._without_renewal(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._without_renewal(vals))

    @api.model
    def _without_renewal(self, vals):
        """What the renewal of a contract is follows from the contract; only managers import it."""
        ours = OURS in (self.env.context.get("pemba_renewing"), self.env.context.get("pemba_following"))
        if ours or self.env.su or self.env.user.has_group("pemba_crm.group_manager"):
            return vals
        return {name: value for name, value in vals.items() if name not in RENEWAL_FIELDS}

    def _get_allowed_deal_currencies(self):
        return super()._get_allowed_deal_currencies() | self.renewal_contract_id.currency_id

    def _get_default_deal_currency(self):
        return self.renewal_contract_id.currency_id or super()._get_default_deal_currency()

    def _check_gates(self):
        """Renewals have no gate."""
        return super(CrmLead, self.filtered(lambda lead: not lead.renewal_contract_id))._check_gates()

    def _merge_get_fields(self):
        return [*super()._merge_get_fields(), "renewal_contract_id", "revaluation", "is_price_to_revise"]

    def _is_mergeable(self):
        """Renewals stay apart."""
        return super()._is_mergeable() and len(self.renewal_contract_id) <= 1

    def _get_lead_duplicates(self, partner=None, email=None, include_lost=False):
        """A renewal is no duplicate of what else its customer asks for."""
        duplicates = super()._get_lead_duplicates(partner=partner, email=email, include_lost=include_lost)
        return duplicates.filtered(lambda lead: lead == self or not lead.renewal_contract_id)

    def _merge_data(self, fnames=None):
        """The head becomes the renewal, which the others are no more then."""
        data = super()._merge_data(fnames)
        renewal = self.filtered("renewal_contract_id")
        if renewal:
            data["nature"] = "renewal"
        others = renewal & self[1:]
        if others:
            others.with_context(pemba_following=OURS).renewal_contract_id = False
            self.env.flush_all()
        return data

    def _merge_opportunity(self, *args, **kwargs):
        """:raise UserError: naming two renewals, which stay apart"""
        renewals = self.filtered("renewal_contract_id")
        if len(renewals) > 1:
            raise UserError(
                self.env._(
                    "%(one)s and %(other)s renew different contracts: they are not merged.",
                    one=renewals[0].display_name,
                    other=renewals[1].display_name,
                )
            )
        ours = self.with_context(pemba_renewing=OURS)
        return super(CrmLead, ours)._merge_opportunity(*args, **kwargs).with_env(self.env)

    # ------------------------------------------------------------
    # The price of a renewal
    # ------------------------------------------------------------

    def action_revise_price(self):
        """Take the index values that are known now; prices that were negotiated stay.

        :raise UserError: naming the renewal and the value that is still missing
        """
        for lead in self:
            if not lead._revise_price():
                raise UserError(
                    self.env._(
                        "%(lead)s: %(missing)s",
                        lead=lead.display_name,
                        missing=(lead.revaluation or {}).get("missing", ""),
                    )
                )
        return True

    def _revise_price(self):
        """:return: whether the prices are revised now"""
        self._check_offer_is_open()
        revaluation = self.renewal_contract_id._get_revaluation()
        before = {
            line: line.contract_line_id._prepare_renewal(self.revaluation or {})
            for line in self._get_renewing()
        }
        values = {"revaluation": revaluation or False, "is_price_to_revise": bool(revaluation.get("missing"))}
        self.with_context(pemba_renewing=OURS, **SILENT).write(values)
        for line, old in before.items():
            if line.price_unit == old["price_unit"]:
                line.price_unit = line.contract_line_id._prepare_renewal(revaluation)["price_unit"]
        self._revise_quotations()
        return not self.is_price_to_revise

    def _revise_quotations(self):
        """Quotations that were not confirmed yet are at the price of the offer again."""
        orders = self.sudo().order_ids  # whoever revises
        for order_line in orders.filtered(lambda order: order.state in ("draft", "sent")).order_line:
            if order_line.opportunity_line_id.contract_line_id and order_line._is_negotiated():
                price, discount = order_line._get_negotiated_price()
                order_line.write({"price_unit": price, "discount": discount})

    def _get_renewing(self):
        return self.opportunity_line_ids.filtered("contract_line_id")

    def _check_price_is_revised(self):
        """:raise UserError: naming the renewal whose price is the old one for want of an index value"""
        for lead in self:
            if lead.is_price_to_revise:
                raise UserError(
                    self.env._(
                        "%(lead)s is not offered yet, its price is to be revised: %(missing)s",
                        lead=lead.display_name,
                        missing=(lead.revaluation or {}).get("missing", ""),
                    )
                )

    # ------------------------------------------------------------
    # Quotations
    # ------------------------------------------------------------

    def _make_renewal_quotations(self):
        """Quotations for renewals, where the contract's type wants them at once."""
        for lead in self:
            if lead.renewal_contract_id.contract_type_id.make_quotation:
                lead._make_quotation()

    def _make_quotation(self):
        """A quotation as the *New Quotation* button makes it."""
        context = self._prepare_opportunity_quotation_context()
        company = self._get_deal_company()
        orders = self.env["sale.order"].with_company(company).with_context(context, **SILENT)
        return orders.create({"company_id": company.id}).with_env(self.env)
