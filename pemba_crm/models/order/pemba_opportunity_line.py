from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import float_compare, float_round, format_date

from ..offer.crm_lead import SHOWN


class PembaOpportunityLine(models.Model):
    """The line on quotations, and what confirmed orders make of it."""

    _inherit = "pemba.opportunity.line"

    sale_line_ids = fields.One2many("sale.order.line", "opportunity_line_id", string="Order Lines")
    is_aligned = fields.Boolean(
        string="Ordered",
        readonly=True,
        copy=False,
        help="Quantity and amounts are those of the confirmed orders.",
    )
    is_returned = fields.Boolean(
        readonly=True, copy=False, help="The orders take it back: quantity and cost count negatively."
    )
    offer_terms = fields.Json(
        readonly=True,
        copy=False,
        export_string_translation=False,
        help="What was offered before orders were confirmed, for the case that all are cancelled.",
    )

    @api.model
    def _get_result_fields(self):
        return super()._get_result_fields() | {"is_aligned", "is_returned", "offer_terms"}

    @api.depends("is_aligned", "is_returned")
    def _compute_amounts(self):
        return super()._compute_amounts()

    def _keeps_amounts(self):
        """Those of a line that was ordered are those of the orders."""
        return self.is_aligned or super()._keeps_amounts()

    def _get_sign(self):
        return -1 if self.is_returned else super()._get_sign()

    def _get_outcome_fields(self):
        amounts = SHOWN if self.is_aligned else ()
        return [*super()._get_outcome_fields(), "is_aligned", "is_returned", *amounts]

    def _is_copied(self):
        """Not what an order brought that was cancelled since."""
        return super()._is_copied() and (self.active or (self.offer_terms or {}).get("active", True))

    def _prepare_conversion(self, factor):
        vals = super()._prepare_conversion(factor)
        if self.offer_terms:
            price = self.offer_terms.get("price_unit", 0.0) * factor
            vals["offer_terms"] = {**self.offer_terms, "price_unit": price}
        return vals

    def _check_may_change(self, names=None):
        """:raise UserError: naming the opportunity, the product and the order, where one is confirmed"""
        result = super()._check_may_change(names)
        ordered = set(self._get_term_fields()) - self._get_unordered_fields()
        if self.is_aligned and (names is None or not ordered.isdisjoint(names)):
            orders = self.sudo().sale_line_ids.order_id  # whoever may see them
            raise UserError(
                self.env._(
                    "%(lead)s, %(product)s: it is what was ordered. Change the order instead (%(orders)s).",
                    lead=self.lead_id.display_name,
                    product=self.product_id.display_name,
                    orders=", ".join(orders.filtered(lambda order: order.state == "sale").mapped("name")),
                )
            )
        return result

    @api.model
    def _get_unordered_fields(self):
        """Terms that orders do not say: a new set."""
        return {"sale_type_id", "configuration_id", "unit_cost", "type_margin_rate"}

    # ------------------------------------------------------------
    # Quotations
    # ------------------------------------------------------------

    def _prepare_order_line_vals(self):
        """The values of a new quotation's line; its price follows from the link."""
        return {
            "product_id": self.product_id.id,
            "product_uom_qty": self.quantity,
            "opportunity_line_id": self.id,
        }

    def _get_details(self):
        """What a quotation says below the product: ``[text]``, in the language of the context."""
        details = []
        if self.module_id:
            # A module's own product usually has its name.
            details += [self.module_id.name] if self.module_id.name != self.product_id.name else []
        elif self.configuration_role in ("licence", "maintenance"):
            details.append(self.configuration_id.display_name)
        if self.date_start and self.date_end:
            start, end = (format_date(self.env, date) for date in (self.date_start, self.date_end))
            details.append(self.env._("From %(start)s to %(end)s", start=start, end=end))
        return details

    def _get_order_price(self):
        """Unit price and discount on a quotation, in the deal's currency and before tax.

        Directly, those of the line, for its share of the year; a discount with more digits than Odoo's
        goes into the price. A distributor pays the net amount.

        :return: ``(price, discount)``
        """
        digits = self.env["decimal.precision"].precision_get("Discount")
        if self.is_distributed:
            return self.net_amount / self.quantity, 0.0
        if self.is_aligned or float_compare(self.discount, round(self.discount, digits), 9):
            return self.price_subtotal / self.quantity, 0.0
        return self.price_unit * self.year_share, self.discount

    # ------------------------------------------------------------
    # Confirmed orders
    # ------------------------------------------------------------

    def _align(self, order_lines):
        """Take quantity and net amount from confirmed orders; discount and distributor's rate stay.

        What the customer pays follows from the net amount, and the unit price from that; where the
        distributor keeps all of it, they stay.

        :param order_lines: those that sell this line
        """
        lead = self.lead_id
        currency = lead.deal_currency_id
        quantity = sum(order_line._get_product_quantity() for order_line in order_lines)
        net = currency.round(sum(order_line._get_deal_amount(lead) for order_line in order_lines))
        if not quantity and not net:
            self._leave_out()
            return
        is_returned = quantity < 0
        quantity = abs(quantity) or 1.0
        rate = self._get_distributor_rate()
        vals = {"quantity": quantity, "net_amount": net, "is_aligned": True, "active": True}
        vals["is_returned"] = is_returned
        if rate < 100:
            paid = currency.round(net / (1 - rate / 100))
            vals |= {"price_subtotal": paid, "distributor_margin": currency.round(paid - net)}
            units = quantity * self.year_share * (1 - self.discount / 100)
            if units and currency.round(self.price_unit * units) != paid:
                vals["price_unit"] = float_round(paid / units, 9)  # no dust of floats
        self._write_aligned(vals)

    def _leave_out(self):
        """The line was not ordered: it does not count."""
        self._write_aligned({"active": False})

    def _write_aligned(self, vals):
        if not self.offer_terms:
            vals["offer_terms"] = {name: self[name] for name in ("quantity", "price_unit", "active")}
        changes = {name: value for name, value in vals.items() if self[name] != value}
        if changes:
            self._set(**changes)

    def _return_to_offer(self):
        """It is what was offered before orders were confirmed."""
        self._set(**self.offer_terms, offer_terms=False, is_aligned=False)
