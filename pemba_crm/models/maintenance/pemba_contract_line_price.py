from odoo import api, fields, models
from odoo.tools import sql

from ..links import is_other


class PembaContractLine(models.Model):
    """What a line costs a year by itself: what an opportunity of the customer would ask.

    While the contract is a draft, a price that nobody typed follows product and quantity; once it runs, the
    price is agreed, and only another product brings its own. What was sold costs what it was sold for.
    """

    _name = "pemba.contract.line"
    _inherit = ["pemba.contract.line", "pemba.typed.price.mixin"]

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
    is_price_typed = fields.Boolean(groups="base.group_user")

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

    @api.depends("contract_id.currency_id", "contract_id.partner_id", "contract_id.distributor_id")
    def _compute_price_unit(self):
        return super()._compute_price_unit()

    def _follows_list_price(self):
        if not (self.contract_id and super()._follows_list_price()):
            return False
        if self._origin and not self.id and self.product_id != self._origin.product_id:
            return True  # in a form, as what is saved does: see _get_with_other_product
        return not self._is_agreed() and (self.contract_id.state == "draft" or not self._origin)

    def _is_agreed(self):
        """Whether its price is that of a sale."""
        return bool(self.opportunity_line_id)

    def _get_line_price_keys(self):
        keys = self.contract_id._get_price_keys()
        return {line: keys[line.contract_id] for line in self if line.contract_id}

    def _get_with_other_product(self, vals):
        """Those to which another product is about to be written, without a price."""
        if "product_id" not in vals or "price_unit" in vals:
            return self.browse()
        return self.filtered(lambda line: is_other(line, "product_id", vals["product_id"]))

    def _take_list_prices(self):
        for line, price in self._get_list_prices().items():
            line._set(price_unit=price, is_price_typed=False)
