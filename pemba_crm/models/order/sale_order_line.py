from odoo import api, fields, models
from odoo.tools import sql

from ..marks import FOLLOWING, get_scope
from ..public import VALUES, VALUES_LIST, public


class SaleOrderLine(models.Model):
    """A line of an order that sells one of an opportunity, at the price that was negotiated."""

    _name = "sale.order.line"
    _inherit = ["sale.order.line", "pemba.rules"]
    _checked_too = frozenset({"price_unit", "product_uom_qty", "discount"})

    opportunity_line_id = fields.Many2one(
        "pemba.opportunity.line",
        index="btree_not_null",
        ondelete="set null",
        help="The opportunity's line that it sells; its price and discount are those negotiated there.",
    )

    negotiated_uom_id = fields.Many2one(
        "uom.uom",
        readonly=True,
        ondelete="set null",
        export_string_translation=False,
        help="The unit that its negotiated price is for.",
    )

    def _auto_init(self):
        # On a database that has order lines it is made and filled here.
        is_update = sql.table_exists(self.env.cr, self._table)
        if (
            is_update
            and sql.column_exists(self.env.cr, self._table, "opportunity_line_id")
            and not sql.column_exists(self.env.cr, self._table, "negotiated_uom_id")
        ):
            sql.create_column(self.env.cr, self._table, "negotiated_uom_id", "int4")
            self.env.cr.execute(
                """UPDATE sale_order_line SET negotiated_uom_id = product_uom_id
                    WHERE opportunity_line_id IS NOT NULL"""
            )
        return super()._auto_init()

    def _is_negotiated(self):
        """Whether price and discount are the opportunity's, and stay until the user updates prices."""
        updating = get_scope(self.env, "updates_prices")
        is_updating = updating and self.order_id.id in updating
        return bool(self._get_sold_line()) and not is_updating

    def _get_sold_line(self):
        """The opportunity's line that it sells; none where it has another product by now."""
        return self.opportunity_line_id.filtered(lambda line: line.product_id == self.product_id)

    def _was_offered(self):
        """Whether it came from the opportunity, which may not offer it any more, and not from the order."""
        line = self.opportunity_line_id.sudo()  # seen when linked
        is_from_order = line and not (line.active or line.configuration_id)
        return bool(self.negotiated_uom_id) and not is_from_order

    @api.depends("opportunity_line_id")
    def _compute_price_unit(self):
        negotiated = self.filtered(lambda line: line._is_negotiated())
        for line in negotiated:
            if not line._origin and not (line.price_unit or line.technical_price_unit):
                line.price_unit, _discount = line._get_negotiated_price()
                line.technical_price_unit = line.price_unit
                line.negotiated_uom_id = line.product_uom_id
            else:
                line._follow_unit()
        return super(SaleOrderLine, self - negotiated)._compute_price_unit()

    def _follow_unit(self):
        """The negotiated price of another unit or packaging; one that was typed on the order stays."""
        unit = self.negotiated_uom_id
        if not (unit and self.product_uom_id) or unit == self.product_uom_id or self.qty_invoiced:
            return
        currency = self.currency_id or self.env.company.currency_id
        if not currency.compare_amounts(self.technical_price_unit, self.price_unit):
            line = self.with_context(sale_write_from_compute=True)  # as Odoo does
            price = unit._compute_price(line.price_unit, line.product_uom_id)
            line.update({"price_unit": price, "technical_price_unit": price})
        if not self.id:  # in a form; what is saved is remembered where it is written
            self.negotiated_uom_id = self.product_uom_id

    def _remember_units(self):
        """The units that negotiated prices are for, once they are converted."""
        lines = self.filtered("opportunity_line_id")
        lines.mapped("price_unit")  # converted now
        others = lines.filtered(lambda line: line.negotiated_uom_id != line.product_uom_id)
        for unit, of_unit in others.grouped("product_uom_id").items():
            of_unit._set(negotiated_uom_id=unit.id)

    @api.depends("opportunity_line_id")
    def _compute_discount(self):
        negotiated = self.filtered(lambda line: line._is_negotiated())
        for line in negotiated:
            if not line._origin and not line.discount:
                _price, line.discount = line._get_negotiated_price()
        result = None
        for order, lines in (self - negotiated).grouped("order_id").items():
            with order._get_rated_deal()._agreeing():  # as prices are
                result = super(SaleOrderLine, lines)._compute_discount()
        return result

    def _get_sale_order_line_multiline_description_sale(self):
        """Says which module, version and period it sells: modules may share a product."""
        description = super()._get_sale_order_line_multiline_description_sale()
        offered = self._get_sold_line()
        return "\n".join([description, *offered._get_details()]) if offered else description

    def _get_negotiated_price(self, share=None):
        """The opportunity line's price for this order's unit, with the taxes that its prices include.

        :param share: of a year, if not that of the opportunity line's days
        :return: ``(unit price in the order's currency, discount)``
        """
        price, discount = self.opportunity_line_id._get_order_price(share)
        if self.product_uom_id:
            price = self.product_id.uom_id._compute_price(price, self.product_uom_id)
        lead = self.opportunity_line_id.lead_id
        if self.currency_id and self.currency_id != lead.deal_currency_id and lead.deal_rate:
            price = price / lead.deal_rate * (self.order_id.currency_rate or 1.0)
        price = self.env["account.tax"]._adapt_price_unit_to_another_taxes(
            price, self.product_id, self.env["account.tax"], self.tax_ids
        )
        return price, discount

    def _get_display_price(self):
        """A price that the user updates is that of the pricelist, for the share of the year that is sold."""
        price = super()._get_display_price()
        offered = self._get_sold_line()
        if offered:
            price *= offered.year_share
            price *= 1 - offered._get_distributor_rate() / 100
        return price

    def _reset_price_unit(self):
        """Whatever Odoo and its add-ons price is at the rate of the deal."""
        with self.order_id._get_rated_deal()._agreeing():
            return super()._reset_price_unit()

    def _get_product_quantity(self):
        """The quantity in the product's unit."""
        return self.product_uom_id._compute_quantity(
            self.product_uom_qty, self.product_id.uom_id, round=False
        )

    # ------------------------------------------------------------
    # Confirmed orders make the opportunity
    # ------------------------------------------------------------

    @api.model_create_multi
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):
        granted = self._take_creation(vals_list)
        vals_list = self._as_sent(vals_list, is_new=True)
        if granted:  # it comes with its order
            lines = super().create(vals_list)
            lines._remember_units()
            return lines
        orders = self.env["sale.order"].browse({vals.get("order_id") for vals in vals_list} - {None, False})
        with orders._telling_settled():
            lines = super().create(vals_list)
            lines._remember_units()
            lines._follow_opportunities()
        return lines

    @public(vals=VALUES)
    def write(self, vals):
        if self._take_write(vals) == FOLLOWING:
            return super().write(vals)
        vals = self._as_sent([vals])[0]
        if self._get_ordered_fields().isdisjoint(vals):
            return super().write(vals)
        orders = self.order_id
        with orders._telling_settled():
            result = super().write(vals)
            if not {"product_uom_id", "opportunity_line_id"}.isdisjoint(vals):
                self._remember_units()
            (orders | self.order_id)._follow_confirmed()  # those too that lost a line
        return result

    @public
    def unlink(self):
        orders = self.order_id
        with orders._telling_settled():
            result = super().unlink()
            orders._follow_confirmed()
        return result

    @api.model
    def _get_link_operation(self, name):
        """What is ordered changes what was offered."""
        return "write" if name == "opportunity_line_id" else super()._get_link_operation(name)

    @api.model
    def _get_ordered_fields(self):
        """What changes the sums of a confirmed order: a new set."""
        amounts = {"product_id", "product_uom_qty", "product_uom_id", "price_unit", "discount", "tax_ids"}
        return amounts | {"order_id", "opportunity_line_id"}

    def _follow_opportunities(self):
        self.order_id._follow_confirmed()
