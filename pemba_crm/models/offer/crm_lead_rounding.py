from typing import NamedTuple

from odoo import api, models

from ..pipeline.crm_lead import CLOSED


class Part(NamedTuple):
    """What one line of an offer, or of a contract, is on a quotation, before tax."""

    product: models.BaseModel
    quantity: float
    price: float  # a unit's
    discount: float
    amount: float  # net, rounded by itself
    is_recurring: bool

    def get_raw(self):
        """The amount before it is rounded."""
        return self.quantity * self.price * (1 - self.discount / 100)

    def get_rest(self):
        """What rounding took of it."""
        return self.get_raw() - self.amount


class CrmLead(models.Model):
    """An offer adds up to what its quotation does, whichever way its company rounds taxes.

    Odoo rounds the lines of an order, and its untaxed amount by itself: where a company rounds globally, it
    is the rounded sum of lines that are not; where prices include taxes, it is what these leave. The cents
    between are shared among the lines of the offer, so that it is always their sum.
    """

    _inherit = "crm.lead"

    def _follow_rounding(self, is_corrected=False):
        """Lines of open deals have their share of the cents; those of orders have theirs from these.

        :param is_corrected: whether a person changed lines: those of closed deals have theirs again, too
        """
        by_share = {}
        lines = self.sudo()._get_all_lines()  # whoever writes
        leads = lines.lead_id
        positions = leads._get_tax_positions(lead._get_taxed_buyer() for lead in leads)
        for lead, of_lead in lines.grouped("lead_id").items():
            if lead.won_status in CLOSED and lead.close_date and not is_corrected:
                continue
            counting = of_lead.filtered("active")
            if any(line._keeps_amounts() for line in counting):
                continue
            shares = dict.fromkeys(of_lead - counting, 0.0)
            position = positions[lead._get_taxed_buyer()]
            shares |= zip(counting, lead._get_offer_rounding(counting, position), strict=True)
            for line, share in shares.items():
                if line.rounding_amount != share:
                    by_share.setdefault(share, []).append(line.id)
        for share, ids in by_share.items():
            lines.browse(ids)._set(rounding_amount=share)

    def _get_taxed_buyer(self):
        """Whose taxes count, and those of which company: ``(company, buyer)``."""
        return self._get_deal_company(), self.distributor_id or self.partner_id

    def _get_offer_rounding(self, lines, position):
        """What each line has of the cents, in the deal's currency.

        :param position: see ``_get_tax_positions``
        """
        company = self._get_deal_company()
        currency = self.deal_currency_id or company.currency_id
        return self._get_rounding(company, currency, [line._get_part() for line in lines], position)

    @api.model
    def _get_rounding(self, company, currency, parts, position):
        """What each part has of the cents between their sum and the untaxed amount of an order of them.

        :param parts: see ``Part``
        :param position: the buyer's, where prices may include taxes
        :return: amounts in the currency
        """
        amounts = [part.amount for part in parts]
        if self.env["account.tax"]._has_included(company):
            total, ordered = self._get_untaxed_amounts(company, currency, parts, position)
        elif company.tax_calculation_rounding_method == "round_globally":
            total = sum(part.get_raw() for part in parts)
            ordered = amounts
        else:
            return [0.0] * len(parts)
        shares = self._share_rounding(currency, currency.round(total) - sum(ordered), parts)
        return [
            currency.round(of_order - amount + share)
            for amount, of_order, share in zip(amounts, ordered, shares, strict=True)
        ]

    @api.model
    def _get_untaxed_amounts(self, company, currency, parts, position):
        """The untaxed amount of an order, and that of each of its lines, as Odoo computes it."""
        tax_model = self.env["account.tax"].sudo()  # whoever asks
        base_lines = []
        for part in parts:
            product = part.product._origin.with_company(company)
            product = product.with_context(active_test=True).sudo()  # taxes, as above
            taxes = position.map_tax(product.taxes_id._filter_taxes_by_company(company))
            price = tax_model._adapt_price_unit_to_another_taxes(
                part.price, product, tax_model.browse(), taxes
            )
            base_lines.append(
                tax_model._prepare_base_line_for_taxes_computation(
                    {},
                    product_id=product,
                    tax_ids=taxes,
                    price_unit=price,
                    quantity=part.quantity,
                    discount=part.discount,
                    currency_id=currency,
                )
            )
        tax_model._add_tax_details_in_base_lines(base_lines, company)
        tax_model._round_base_lines_tax_details(base_lines, company)
        summary = tax_model._get_tax_totals_summary(base_lines, currency, company)
        lines = [base_line["tax_details"]["total_excluded_currency"] for base_line in base_lines]
        return summary["base_amount_currency"], lines

    @api.model
    def _share_rounding(self, currency, rounding, parts):
        """Cents go to what is sold once, first where a line was rounded the other way; else to what recurs.

        A year of maintenance costs the same on the offer, in its contract and at its renewal.
        """
        units = round(rounding / currency.rounding)
        sign = 1 if units > 0 else -1
        valued = [index for index, part in enumerate(parts) if part.amount]
        once = [index for index in valued if not parts[index].is_recurring]
        taking = sorted(
            once or valued or range(len(parts)),
            key=lambda index: (-round(sign * parts[index].get_rest(), 9), -abs(parts[index].amount)),
        )
        shares = [0] * len(parts)
        each, rest = divmod(abs(units), len(taking)) if taking else (0, 0)
        for place, index in enumerate(taking):
            shares[index] = sign * (each + (place < rest))
        return [currency.round(share * currency.rounding) for share in shares]
