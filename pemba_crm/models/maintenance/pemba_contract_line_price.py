from odoo import api, fields, models
from odoo.tools import sql

from ..links import is_other


class PembaContractLine(models.Model):
    """What a line costs a year by itself: what an opportunity of the customer would ask.

    While the contract is a draft, a price that nobody typed follows product and quantity; once it runs, the
    price is agreed, and only another product brings its own. What was sold costs what it was sold for.
    """

    _inherit = "pemba.contract.line"

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
        help="For a full year, in the contract's currency and before tax; bold where it was typed.",
    )
    is_price_typed = fields.Boolean(
        string="Price Typed",
        readonly=True,
        groups="base.group_user",
        help="It is not the list price, and stays when the quantity changes.",
    )

    def _auto_init(self):
        # On a database that has lines it is made and filled here: prices of drafts stay as they are.
        is_update = sql.table_exists(self.env.cr, self._table)
        if is_update and not sql.column_exists(self.env.cr, self._table, "is_price_typed"):
            sql.create_column(self.env.cr, self._table, "is_price_typed", "bool")
            self.env.cr.execute(
                """UPDATE pemba_contract_line line SET is_price_typed = TRUE
                     FROM pemba_contract contract
                    WHERE contract.id = line.contract_id AND contract.state = 'draft'"""
            )
        return super()._auto_init()

    @api.depends("product_id", "quantity", "is_price_typed")
    def _compute_price_unit(self):
        for line, price in self.filtered(lambda line: line._follows_list_price())._get_list_prices().items():
            line.price_unit = price

    def _follows_list_price(self):
        if not (self.product_id and self.contract_id) or self.is_price_typed or self._is_agreed():
            return False
        is_same = self._origin and self.product_id == self._origin.product_id
        return self.contract_id.state == "draft" or not self._origin or not (self.id or is_same)

    def _is_agreed(self):
        """Whether its price is that of a sale."""
        return bool(self.opportunity_line_id)

    def _get_list_prices(self):
        """What the products of lines cost their customers now: ``{line: price}``."""
        prices, keys = {}, self.contract_id._get_price_keys()
        for contract, lines in self.grouped("contract_id").items():
            wanted = [(line.product_id, line.quantity) for line in lines]
            of_contract = self.env["crm.lead"]._get_list_prices(keys[contract], wanted)
            prices |= zip(lines, of_contract, strict=True)
        return prices

    @api.onchange("product_id")
    def _onchange_product_id(self):
        """Another product has its own price, in the form as well."""
        if self.product_id != self._origin.product_id:
            self.is_price_typed = False

    @api.onchange("price_unit")
    def _onchange_price_unit(self):
        if self.product_id and self.contract_id:
            self.is_price_typed = self._get_typed()[self]

    def _get_typed(self):
        """Whether prices are others than list prices: ``{line: whether}``."""
        is_other_price = self.env["pemba.opportunity.line"]._is_other_price
        prices = self._get_list_prices()
        return {line: is_other_price(line.price_unit, price) for line, price in prices.items()}

    def _follow_typed_prices(self):
        """Prices that a person wrote are typed, unless they are the list prices."""
        typed = self.filtered("product_id")._get_typed()
        for is_typed in (True, False):
            lines = [line.id for line in typed if typed[line] == is_typed and line.is_price_typed != is_typed]
            if lines:
                self.browse(lines)._set(is_price_typed=is_typed)

    def _get_with_other_product(self, vals):
        """Those to which another product is about to be written, without a price."""
        if "product_id" not in vals or "price_unit" in vals:
            return self.browse()
        return self.filtered(lambda line: is_other(line, "product_id", vals["product_id"]))

    def _take_list_prices(self):
        for line, price in self._get_list_prices().items():
            line._set(price_unit=price, is_price_typed=False)
