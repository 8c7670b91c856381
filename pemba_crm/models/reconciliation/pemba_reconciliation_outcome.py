from odoo import api, models
from odoo.tools import SQL

from .pemba_reconciliation_query import RESULTS
from .pemba_reconciliation_results import NOTHING

# What a line takes over as it was compared.
STORED = (
    *("partner_id", "product_id", "zone_id", "sale_type_id", "distributor_id", "deal_currency_id"),
    *("won_quantity", "due_quantity", "installed_quantity", "term_quantity", "covered_quantity"),
    *("uncovered_quantity", "invoiced_quantity"),
    *("won_amount_company", "invoiced_amount_company"),
    *("gap_amount_company", "order_gap_company", "missed_amount_company"),
    *("installed_result", "covered_result", "invoiced_result", "result"),
)
# What is kept of sums, to a millionth.
SUMS = (
    *("won_quantity", "due_quantity", "installed_quantity", "term_quantity", "covered_quantity"),
    *("uncovered_quantity", "invoiced_quantity", "won_amount", "won_amount_company"),
    *("invoiced_amount", "invoiced_amount_company"),
)
# What of all that matched is added up.
TOTALS = {
    "matched_won_quantity": "won_quantity",
    "matched_installed_quantity": "installed_quantity",
    "matched_covered_quantity": "covered_quantity",
    "matched_invoiced_quantity": "invoiced_quantity",
    "matched_won_amount": "won_amount_company",
    "matched_invoiced_amount": "invoiced_amount_company",
}


class PembaReconciliation(models.Model):
    """What a line says of what was compared."""

    _inherit = "pemba.reconciliation"

    def _get_found(self):
        """What a line takes over, ``{name: SQL}``.

        It reads ``compared``, ``figure`` (see ``_get_figures``), ``customer``, ``product`` and ``template``.
        """
        found = {name: SQL.identifier("compared", name) for name in STORED} | {
            name: self._get_kept(SQL.identifier("figure", name)) for name in SUMS
        }
        codes = [code for code, _label in RESULTS]
        for name in ("installed_result", "covered_result", "invoiced_result"):
            found[name] = SQL("(%s::varchar[])[compared.%s]", codes, SQL.identifier(name))
        for name in ("won_amount", "invoiced_amount"):
            found[name] = SQL("CASE WHEN compared.deal_currency_id IS NULL THEN 0 ELSE %s END", found[name])
        return found | {
            "zone_id": SQL("customer.zone_id"),
            "sale_type_id": SQL("template.pemba_sale_type_id"),
            "result": SQL("(%s::varchar[])[compared.gravity]", codes),
            "gap_amount_company": self._round(SQL("figure.won_at_rate - figure.invoiced_at_rate")),
            "order_gap_company": self._round(SQL("figure.order_gap")),
            "missed_amount_company": self._round(
                SQL(
                    "figure.uncovered_rate"
                    " * CASE WHEN figure.paid_quantity > %(nothing)s AND figure.paid_amount > %(nothing)s"
                    " THEN figure.paid_amount / figure.paid_quantity"
                    " ELSE COALESCE(template.list_price * %(rate)s, 0) END",
                    nothing=NOTHING,
                    rate=self._get_list_rate(),
                )
            ),
        }

    def _get_list_rate(self):
        """What list prices are multiplied by: they are in the currency of the product's company, else main's.

        See ``product.template._compute_currency_id``.
        """
        main = self.env["res.company"].sudo()._get_main_company()  # whoever compares
        return SQL(
            "CASE WHEN template.company_id = %s THEN 1 ELSE %s END",
            self.company_id.id,
            self.env["res.currency"]._get_conversion_rate(
                main.currency_id, self.currency_id, self.company_id, self.date
            ),
        )

    @api.model
    def _get_kept(self, amount):
        """A sum of floats to a millionth: below a billion, it is the same in whatever order it was added up.

        Most are nothing, and need not be turned into decimals.
        """
        return SQL("COALESCE(NULLIF(ROUND((%s) * 1e6), 0)::numeric, 0) * 0.000001", amount)

    def _round(self, amount):
        """A sum of floats to the cent."""
        return SQL("ROUND(%s, %s)", self._get_kept(amount), self.currency_id.decimal_places)

    def _get_totals(self):
        """What is added up of all that matched: in millionths, whole floats add up whatever their order.

        They do up to nine billion, and to 15 digits beyond.
        """
        return SQL(", ").join(
            SQL(
                "COALESCE(SUM(ROUND(figure.%s * 1e6)), 0)::numeric * 0.000001 AS %s",
                *(SQL.identifier(of), SQL.identifier(name)),
            )
            for name, of in TOTALS.items()
        )
