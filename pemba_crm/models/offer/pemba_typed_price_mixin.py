from odoo import api, fields, models
from odoo.tools import float_compare


class PembaTypedPriceMixin(models.AbstractModel):
    """A unit price that is the list price, and follows it, until a person types another one."""

    _name = "pemba.typed.price.mixin"
    _description = "Price That May Be Typed"

    product_id = fields.Many2one("product.product")
    is_price_typed = fields.Boolean(
        string="Price Typed",
        readonly=True,
        help="It is not the list price, and stays when quantity or configuration change.",
    )

    @api.depends("product_id", "quantity", "is_price_typed")
    def _compute_price_unit(self):
        for line, price in self.filtered(lambda line: line._follows_list_price())._get_list_prices().items():
            line.price_unit = price

    def _follows_list_price(self):
        return bool(self.product_id) and not self.is_price_typed

    def _get_line_price_keys(self):
        """What their list prices depend on: ``{line: PriceKey}``, of those that are priced."""
        raise NotImplementedError

    def _get_list_prices(self):
        """What the products of lines cost their customers now: ``{line: price}``."""
        prices, keys = {}, self._get_line_price_keys()
        for price_key, lines in self.grouped(keys.get).items():
            if not price_key:
                continue
            wanted = [(line.product_id, line.quantity) for line in lines]
            of_key = self.env["crm.lead"]._get_list_prices(price_key, wanted)
            prices |= zip(lines, of_key, strict=True)
        return prices

    @api.onchange("product_id")
    def _onchange_product_id(self):
        """Another product has its own price, in the form as well."""
        if self.product_id != self._origin.product_id:
            self.is_price_typed = False

    @api.onchange("price_unit")
    def _onchange_price_unit(self):
        if self.product_id:
            self.is_price_typed = self._get_typed().get(self, False)

    def _get_own_prices(self):
        """The prices that lines have by themselves: ``{line: price}``."""
        return self._get_list_prices()

    def _get_typed(self):
        """Whether prices are others than what lines have by themselves: ``{line: whether}``."""
        prices = self._get_own_prices()
        return {line: self._is_other_price(line.price_unit, price) for line, price in prices.items()}

    @api.model
    def _is_other_price(self, price, own):
        """Whether a price is another one: by the digits of prices, and by six at least."""
        digits = max(self.env["decimal.precision"].precision_get("Product Price"), 6)
        return bool(float_compare(price, own, precision_digits=digits))

    def _follow_typed_prices(self):
        """Prices that a person wrote are typed, unless they are what the lines have by themselves."""
        typed = self.filtered("product_id")._get_typed()
        for is_typed in (True, False):
            lines = [line.id for line in typed if typed[line] == is_typed and line.is_price_typed != is_typed]
            if lines:
                self.browse(lines)._set(is_price_typed=is_typed)

    @api.model
    def _without_empty_price(self, vals):
        """An empty cell of a file says nothing of the price."""
        if vals.get("price_unit", 0) is not False:
            return vals
        return {name: value for name, value in vals.items() if name != "price_unit"}
