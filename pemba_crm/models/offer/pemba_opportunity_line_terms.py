from odoo import api, models
from odoo.tools import sql

from ..company_day import get_today
from ..links import is_other
from ..pipeline.crm_lead import CLOSED


class PembaOpportunityLine(models.Model):
    """What a line takes with its product, sale type and distributor, until the deal is closed."""

    _name = "pemba.opportunity.line"
    _inherit = ["pemba.opportunity.line", "pemba.typed.price.mixin"]

    def _auto_init(self):
        # On a database that has lines they are made here: a price that is not the list price stays, and so do
        # margins until a line changes.
        has_lines = sql.table_exists(self.env.cr, self._table)
        columns = sql.table_columns(self.env.cr, self._table) if has_lines else ()
        if has_lines and "is_cost_unknown" not in columns:
            sql.create_column(self.env.cr, self._table, "is_cost_unknown", "bool")
        if has_lines and "is_price_typed" not in columns:
            sql.create_column(self.env.cr, self._table, "is_price_typed", "bool")
            self.env.cr.execute(
                """UPDATE pemba_opportunity_line line
                      SET is_price_typed = ABS(
                              line.price_unit
                              - CASE WHEN line.configuration_role = 'maintenance'
                                     THEN COALESCE(line.configured_price_unit, 0)
                                     ELSE template.list_price * COALESCE(NULLIF(lead.deal_rate, 0), 1) END
                          ) > 1e-6 AND NOT EXISTS (
                              SELECT FROM product_taxes_rel of_product
                                JOIN account_tax tax ON tax.id = of_product.tax_id
                               WHERE of_product.prod_id = template.id AND tax.amount_type = 'percent'
                                     AND ABS(line.price_unit * (1 + tax.amount / 100)
                                             - template.list_price * COALESCE(NULLIF(lead.deal_rate, 0), 1)
                                         ) < 1e-4)
                     FROM crm_lead lead, product_product product, product_template template
                    WHERE lead.id = line.lead_id AND product.id = line.product_id
                          AND template.id = product.product_tmpl_id"""
            )
        return super()._auto_init()

    def _follows_list_price(self):
        """One that a configuration reckons, or an order gave, stays."""
        is_own = self.configuration_role == "maintenance" or self._keeps_terms() or self._keeps_amounts()
        return super()._follows_list_price() and not is_own

    def _get_line_price_keys(self):
        of_lead = self.lead_id._get_price_keys()
        nothing = self.env["crm.lead"]
        return {line: of_lead.get(line.lead_id) or nothing._get_price_key() for line in self}

    def _get_own_prices(self):
        """Of maintenance, what its configuration reckons."""
        reckoned = self.filtered(lambda line: line.configuration_role == "maintenance")
        prices = {line: line.configured_price_unit for line in reckoned}
        return prices | super(PembaOpportunityLine, self - reckoned)._get_own_prices()

    def _leave_typed_prices(self, vals):
        """Another product has its own price, whichever was typed before.

        :param vals: what is about to be written
        """
        if "product_id" in vals and "price_unit" not in vals:
            left = self.filtered(
                lambda line: (
                    line.is_price_typed
                    and is_other(line, "product_id", vals["product_id"])
                    and not (line._keeps_terms() or line._keeps_amounts())
                )
            )
            if left:
                left._set(is_price_typed=False)

    @api.depends("product_id")
    def _compute_unit_cost(self):
        for line in self:
            if not line._keeps_terms():
                product = line.product_id.with_company(line.lead_id._get_deal_company())
                line.unit_cost = max(product.standard_price, 0.0) * (line.lead_id.deal_rate or 1.0)

    @api.depends("product_id", "sale_type_id")
    def _compute_type_margin_rate(self):
        for line in self:
            if not line._keeps_terms():
                line.type_margin_rate = line.sale_type_id.margin_rate

    @api.depends("lead_id.distributor_id")
    def _compute_is_distributed(self):
        for line in self:
            kept = line._keeps_terms()
            line.is_distributed = line._origin.is_distributed if kept else bool(line.lead_id.distributor_id)

    @api.depends("lead_id.distributor_id", "lead_id.zone_id", "sale_type_id")
    def _compute_distributor_margin_rate(self):
        for line in self:
            if not line._keeps_terms() and not line.is_distributor_margin_typed:
                _rule, line.distributor_margin_rate = line._get_margin_rule()

    @api.depends("lead_id.distributor_id", "lead_id.zone_id", "sale_type_id", "is_distributor_margin_typed")
    def _compute_margin_rule_id(self):
        for line in self:
            if not line._keeps_terms():
                rule, _rate = line._get_margin_rule()
                line.margin_rule_id = False if line.is_distributor_margin_typed else rule

    def _inverse_distributor_margin_rate(self):
        for line in self:
            _rule, rate = line._get_margin_rule()
            is_typed = line.distributor_margin_rate != rate
            if line.is_distributor_margin_typed != is_typed:
                line._set(is_distributor_margin_typed=is_typed)

    def _has_other_margin_rule(self):
        """Whether today's rule is another than what gave its margin; not where this is typed or ordered."""
        if self.is_distributor_margin_typed or self._keeps_amounts():
            return False
        return self._get_margin_rule() != (self.margin_rule_id.id, self.distributor_margin_rate)

    def _take_again(self, *names):
        """Compute again what was taken when a product, a type or a distributor was chosen."""
        for name in names:
            self.env.add_to_compute(self._fields[name], self)
        self.modified(names)
        self.flush_recordset(names)  # while the deal is open

    def _convert_prices(self, old_rate, new_rate):
        """Prices and costs become those of another currency.

        :param old_rate: units of the currency they are in for one of the company's
        :param new_rate: the same of the new one
        """
        if not old_rate:
            return
        for line in self.sudo():  # costs too
            line._set(**line._prepare_conversion(new_rate / old_rate))

    def _prepare_conversion(self, factor):
        """The prices and costs in another currency.

        :param factor: units of the new currency for one of the old
        """
        return {name: self[name] * factor for name in ("price_unit", "unit_cost", "configured_price_unit")}

    def _get_margin_rule(self):
        """The rule for the line and its rate: ``(id, rate)``; nothing for a direct sale."""
        lead = self.lead_id
        if not lead.distributor_id:
            return False, 0.0
        date = (lead.won_status in CLOSED and lead.close_date) or get_today(lead._get_deal_company())
        return self.env["pemba.margin.rule"]._get_rule(
            *lead._get_margin_keys(), self.sale_type_id._origin.id, date
        )
