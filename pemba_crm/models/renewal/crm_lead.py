from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..public import VALUES, public


class CrmLead(models.Model):
    """The renewal of a contract: an opportunity at the revised price."""

    _inherit = "crm.lead"

    renewal_contract_id = fields.Many2one(
        "pemba.contract",
        string="Renews Contract",
        readonly=True,
        check_company=True,
        copy=False,
        index="btree_not_null",
        ondelete="restrict",
    )
    renewal_date_end = fields.Date(related="renewal_contract_id.date_end", string="Contract Ends")
    renewal_order_date = fields.Date(
        related="renewal_contract_id.expected_order_date", string="Renewal Order", readonly=False
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
                    "index": (lead.revaluation or {}) | {"missing": lead._get_missing_value()},
                },
            )

    def _get_missing_value(self):
        """Why its price is not revised yet, in the language of who asks; an empty text where it is."""
        contract = self.sudo().renewal_contract_id  # linked by us alone
        return contract._get_revaluation().get("missing", "") if self.is_price_to_revise else ""

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

    def _keeps_customer(self):
        """An open renewal is for whom the contract is, also where its contact goes elsewhere."""
        if super()._keeps_customer():
            return True
        owner = self.renewal_contract_id.sudo().partner_id  # linked by us alone
        is_same = self._origin and self.partner_id == self._origin.partner_id
        return bool(owner) and self.customer_id == owner and is_same and not self._has_other_contact()

    @api.model
    def _get_result_fields(self):
        """What only the renewal of a contract gives."""
        return super()._get_result_fields() | {"renewal_contract_id", "revaluation", "is_price_to_revise"}

    @api.model
    def _get_imported_results(self, is_new):
        """Managers import which contract a deal renews."""
        results = super()._get_imported_results(is_new)
        return results | (
            {"renewal_contract_id", "revaluation", "is_price_to_revise"} if self._is_by_manager() else set()
        )

    @public(default=VALUES)
    def copy_data(self, default=None):
        """The copy of a renewal renews nothing."""
        vals_list = super().copy_data(default)
        for lead, vals in zip(self, vals_list, strict=True):
            if lead.renewal_contract_id and "nature" not in (default or {}):
                vals["nature"] = "extension"
        return vals_list

    def _get_allowed_deal_currencies(self):
        return super()._get_allowed_deal_currencies() | self.renewal_contract_id.currency_id

    def _get_default_deal_currency(self):
        return self.renewal_contract_id.currency_id or super()._get_default_deal_currency()

    def _check_gates(self):
        """Renewals have no gate."""
        return super(CrmLead, self.filtered(lambda lead: not lead.renewal_contract_id))._check_gates()

    # ------------------------------------------------------------
    # The price of a renewal
    # ------------------------------------------------------------

    @public
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
                        missing=lead._get_missing_value(),
                    )
                )
        return True

    def _revise_price(self):
        """:return: whether the prices are revised now"""
        self._check_offer_is_open()
        self.sudo()._propose_again()  # the contract may be a colleague's
        self._revise_quotations()
        return not self.is_price_to_revise

    def _revise_quotations(self):
        """Quotations that nobody agreed to yet are at the price of the offer again."""
        orders = self.sudo().order_ids.filtered(  # whoever revises
            lambda order: order.state in ("draft", "sent") and not order._is_signed()
        )
        for order_line in orders.order_line:
            if order_line.opportunity_line_id.contract_line_id and order_line._is_negotiated():
                price, discount = order_line._get_negotiated_price()
                order_line.write({"price_unit": price, "discount": discount})

    def _check_price_is_revised(self):
        """:raise UserError: naming the renewal whose price is the old one for want of an index value"""
        for lead in self:
            if lead.is_price_to_revise:
                raise UserError(
                    self.env._(
                        "%(lead)s is not offered yet, its price is to be revised: %(missing)s",
                        lead=lead.display_name,
                        missing=lead._get_missing_value(),
                    )
                )

    def _make_renewal_quotations(self):
        """Quotations for renewals, where the contract's type wants them at once."""
        for lead in self:
            if lead.renewal_contract_id.contract_type_id.make_quotation:
                lead._make_quotation()
