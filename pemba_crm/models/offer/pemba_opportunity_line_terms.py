from odoo import api, fields, models

from ..pipeline.crm_lead import CLOSED


class PembaOpportunityLine(models.Model):
    """What a line takes with its product, sale type and distributor, until the deal is closed."""

    _inherit = "pemba.opportunity.line"

    @api.depends("product_id")
    def _compute_price_unit(self):
        lines = self.filtered(lambda line: line.product_id and not line._keeps_terms())
        for (lead_key, quantity), of_key in lines.grouped(
            lambda line: (line.lead_id._get_price_key(), line.quantity)
        ).items():
            prices = self.env["crm.lead"]._get_list_prices(lead_key, of_key.product_id, quantity)
            for line in of_key:
                line.price_unit = prices[line.product_id._origin.id]

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

    def _take_again(self, *names):
        """Compute again what was taken when a product, a type or a distributor was chosen."""
        for name in names:
            self.env.add_to_compute(self._fields[name], self)
        self.modified(names)

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
        date = (lead.won_status in CLOSED and lead.close_date) or fields.Date.context_today(self)
        return self.env["pemba.margin.rule"]._get_rule(
            *lead._get_margin_keys(), self.sale_type_id._origin.id, date
        )
