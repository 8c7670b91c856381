from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import float_round, format_date

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

    @api.depends("is_returned")
    def _compute_is_cost_unknown(self):
        return super()._compute_is_cost_unknown()

    @api.depends("is_aligned", "is_returned")
    def _compute_amounts(self):
        return super()._compute_amounts()

    def _keeps_amounts(self):
        """Those of a line that was ordered are those of the orders."""
        return self.is_aligned or super()._keeps_amounts()

    def _get_sign(self):
        return -1 if self.is_returned else super()._get_sign()

    def _get_outcome_fields(self):
        amounts = (*SHOWN, "rounding_amount") if self.is_aligned else ()
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
            details.append(self._format_period(self.date_start, self.date_end))
        return details

    @api.model
    def _format_period(self, start, end):
        """Days as a quotation names them, in the language of the context."""
        start, end = (format_date(self.env, date) for date in (start, end))
        return self.env._("From %(start)s to %(end)s", start=start, end=end)

    # ------------------------------------------------------------
    # Confirmed orders
    # ------------------------------------------------------------

    def _get_ordered_net(self, order_lines):
        """What order lines that sell it bring, each rounded as its order rounds it."""
        lead = self.lead_id
        return lead.deal_currency_id.round(
            sum(line.order_id._get_deal_amount(lead, line.price_subtotal) for line in order_lines)
        )

    def _get_raw_net(self, order_lines):
        """What order lines bring before it is rounded; none where taxes are in it, or it is converted."""
        currency = self.lead_id.deal_currency_id
        if order_lines.currency_id != currency or order_lines.tax_ids._include_any():
            return None
        return sum(line.price_unit * (1 - line.discount / 100) * line.product_uom_qty for line in order_lines)

    def _align(self, order_lines, rounding):
        """Take quantity and net amount from confirmed orders; discount and distributor's rate stay.

        What the customer pays follows from the net amount, and the unit price from that; where it is what was
        offered, or the distributor keeps all of it, they stay.

        :param order_lines: those that sell this line
        :param rounding: its share of the cents of the orders
        """
        currency = self.lead_id.deal_currency_id
        quantity = sum(order_line._get_product_quantity() for order_line in order_lines)
        net = self._get_ordered_net(order_lines)
        if not quantity and not net:
            self._leave_out()
            return
        is_returned = quantity < 0
        quantity = abs(quantity) or 1.0
        vals = {"quantity": quantity, "net_amount": currency.round(net + rounding), "is_aligned": True}
        vals |= {"rounding_amount": rounding, "active": True, "is_returned": is_returned}
        rate = self._get_distributor_rate()
        is_same = (quantity, is_returned) == (self.quantity, self.is_returned)
        if is_same and not currency.compare_amounts(vals["net_amount"], self.net_amount):
            paid = None
        elif is_same and not currency.compare_amounts(net, self._get_unrounded("net_amount")):
            paid = self._get_unrounded("price_subtotal")
        elif rate == 100 and not net:
            paid = currency.round(quantity * self.price_unit * self.year_share * (1 - self.discount / 100))
        else:
            if rate == 100:  # the distributor pays, so that it does not keep all of it
                rate = 0
                vals |= {"distributor_margin_rate": 0.0, "is_distributor_margin_typed": True}
            paid = currency.round(net / (1 - rate / 100))
            units = quantity * self.year_share * (1 - self.discount / 100)
            if not units and paid:  # nor is it for nothing
                units = quantity * self.year_share
                vals["discount"] = 0.0
            if units and currency.round(self.price_unit * units) != paid:
                raw = self._get_raw_net(order_lines) if not rate else None
                vals["price_unit"] = float_round(
                    (paid if raw is None else raw) / units, 9
                )  # no dust of floats
        if paid is not None:
            subtotal = paid if self.is_distributed else vals["net_amount"]
            vals |= {
                "price_subtotal": subtotal,
                "distributor_margin": currency.round(subtotal - vals["net_amount"]),
            }
        self._write_aligned(vals)

    def _leave_out(self):
        """The line was not ordered: it does not count."""
        self._write_aligned({"active": False})

    def _write_aligned(self, vals):
        if not self.offer_terms:
            names = ("quantity", "price_unit", "discount", "rounding_amount", "active")
            names += ("distributor_margin_rate", "is_distributor_margin_typed")
            vals["offer_terms"] = {name: self[name] for name in names}
        changes = {name: value for name, value in vals.items() if self[name] != value}
        if changes:
            self._set(**changes)

    def _return_to_offer(self):
        """It is what was offered before orders were confirmed."""
        terms = {"rounding_amount": 0.0} | self.offer_terms
        self._set(**terms, offer_terms=False, is_aligned=False)
