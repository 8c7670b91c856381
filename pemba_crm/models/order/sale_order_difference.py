from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import float_compare
from odoo.tools.misc import formatLang

from ..public import public

OPEN = ("draft", "sent")


class SaleOrder(models.Model):
    """A quotation says by what it differs from what its opportunity offers now, and is brought up to date."""

    _inherit = "sale.order"

    differs_from_offer = fields.Boolean(
        compute="_compute_differs_from_offer",
        help="It is not confirmed, and says something else than the offer of its opportunity now: another"
        " amount or currency, or other products, quantities, prices or periods.",
    )
    offer_difference = fields.Text(
        string="Differs by",
        compute="_compute_offer_difference",
        help="What the opportunity offers now beside what is on the quotation, a line each.",
    )

    @api.depends(
        *("state", "amount_untaxed", "currency_id", "order_line.negotiated_uom_id"),
        *("order_line.product_id", "order_line.product_uom_qty", "order_line.price_unit"),
        *(f"opportunity_id.{name}" for name in ("deal_amount", "deal_currency_id", "opportunity_line_count")),
        *(
            f"opportunity_id.opportunity_line_ids.{name}"
            for name in ("active", "product_id", "quantity", "price_unit", "discount")
        ),
    )
    def _compute_differs_from_offer(self):
        for order in self:
            lead = order.opportunity_id
            order.differs_from_offer = (
                order.state in OPEN
                and order._is_of_offer()
                and (
                    order.currency_id != lead.deal_currency_id
                    or order.currency_id.compare_amounts(order.amount_untaxed, lead.deal_amount) != 0
                    or bool(order._describe_differences())
                )
            )

    def _is_of_offer(self):
        """Whether it offers what an opportunity does, or did until that offered nothing any more."""
        lead = self.opportunity_id
        return bool(lead.opportunity_line_count or (lead and self.order_line.negotiated_uom_id))

    @api.depends("differs_from_offer", "order_line", "opportunity_id.opportunity_line_ids")
    @api.depends_context("lang")
    def _compute_offer_difference(self):
        for order in self:
            differing = order if order.differs_from_offer else order.browse()
            order.offer_difference = "\n".join(differing._describe_differences())

    def _get_offered_lines(self):
        """What its opportunity offers and no order has confirmed: ``{its line: the lines of this order}``."""
        offered = self.opportunity_id.sudo().opportunity_line_ids  # seen when linked
        sold = self.order_line.filtered(lambda one: one._get_sold_line()).grouped("opportunity_line_id")
        return {line: sold.get(line, self.order_line.browse()) for line in offered if not line.is_aligned}

    def _get_unoffered_lines(self):
        """Its lines of what was offered and is not any more."""
        offered = self._get_offered_lines()
        return self.order_line.filtered(
            lambda one: one._was_offered() and one._get_sold_line() not in offered
        )

    def _describe_differences(self):
        """What is offered now beside what it says: a list of sentences."""
        found = []
        for line, order_lines in self._get_offered_lines().items():
            product, quantity = line.product_id.display_name, line.quantity
            ordered = sum(one._get_product_quantity() for one in order_lines)
            if not order_lines:
                found.append(
                    self.env._("%(product)s × %(quantity)s is missing", **self._get_named(line, quantity))
                )
                continue
            if float_compare(ordered, quantity, precision_digits=6):
                found.append(
                    self.env._(
                        "%(product)s: %(ordered)s here, %(quantity)s offered",
                        ordered=f"{ordered:.12g}",
                        **self._get_named(line, quantity),
                    )
                )
            for one in order_lines:
                price, discount = one._get_negotiated_price()
                before, now = (
                    self._format_terms(*terms)
                    for terms in ((one.price_unit, one.discount), (price, discount))
                )
                if before != now:
                    found.append(
                        self.env._(
                            "%(product)s: at %(before)s here, %(now)s offered",
                            product=product,
                            before=before,
                            now=now,
                        )
                    )
        unoffered = self._get_unoffered_lines()
        for one in unoffered:
            names = self._get_named(one, one.product_uom_qty)
            found.append(self.env._("%(product)s × %(quantity)s is not offered any more", **names))
        added = self.order_line.filtered(
            lambda one: not (one.display_type or one.is_downpayment or one._was_offered())
        )
        for one in added:
            names = self._get_named(one, one.product_uom_qty)
            found.append(self.env._("%(product)s × %(quantity)s was added here", **names))
        return found

    def _get_named(self, line, quantity):
        return {"product": line.product_id.display_name, "quantity": f"{quantity:.12g}"}

    def _format_terms(self, price, discount):
        """A unit price and a discount for people to read."""
        price = formatLang(self.env, price, currency_obj=self.currency_id)
        return f"{price} − {discount:.6g} %" if discount else price

    @public
    def action_bring_up_to_date(self):
        """Offer what the opportunities offer now; what was added on a quotation stays.

        :raise UserError: naming the order that is no quotation of an opportunity, or in another currency
        """
        for order in self:
            lead = order.opportunity_id
            if order.state not in OPEN or not order._is_of_offer():
                raise UserError(self.env._("%s is no quotation of an opportunity.", order.display_name))
            if order.currency_id != lead.deal_currency_id:
                raise UserError(
                    self.env._(
                        "%(order)s is in %(currency)s, %(lead)s in %(other)s: make a new quotation.",
                        order=order.display_name,
                        currency=order.currency_id.name,
                        lead=lead.display_name,
                        other=lead.deal_currency_id.name,
                    )
                )
            lead._bring_up_to_date()
            told = order._describe_differences()
            order._bring_up_to_date()
            if told:
                order._message_log(body=self.env._("Brought up to date. Before: %s.", "; ".join(told)))
        return True

    def _bring_up_to_date(self):
        """Have the lines, quantities and prices of the offer."""
        self._get_unoffered_lines().unlink()
        new_vals = []
        for line, order_lines in self._get_offered_lines().items():
            if not order_lines:
                new_vals.append(line._prepare_order_line_vals() | {"order_id": self.id})
                continue
            (order_lines[1:]).unlink()
            order_line = order_lines[:1]
            unit = order_line.product_uom_id or line.product_id.uom_id
            price, discount = order_line._get_negotiated_price()
            quantity = line.product_id.uom_id._compute_quantity(line.quantity, unit, round=False)
            vals = {"product_uom_qty": quantity, "price_unit": price, "discount": discount}
            changes = {
                name: value
                for name, value in vals.items()
                if float_compare(order_line[name], value, precision_digits=6)
            }
            if changes:
                order_line.write(changes | {"technical_price_unit": price})
        self.order_line.create(new_vals)
