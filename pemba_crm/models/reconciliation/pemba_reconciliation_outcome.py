import json

from odoo import models
from odoo.tools import SQL

from ..offer.crm_lead_price import PriceKey
from .pemba_reconciliation_judgement import NOTHING


class PembaReconciliationOutcome(models.AbstractModel):
    """What a run keeps of a comparison: lines of what differs, and what matched added up.

    Attributes, figures and results are kept where lines have a stored field of their name. How lines are
    written, beside those of the run before, is in ``…_outcome_write``.
    """

    _name = "pemba.reconciliation.outcome"
    _description = "Outcome of a Comparison"

    def _get_found(self, scope):
        """What a line takes over, ``{name: SQL}``.

        It reads ``compared``, ``figure`` (see ``pemba.reconciliation.judgement._get_figures``), ``customer``,
        ``product`` and ``template``.
        """
        comparison = self.env["pemba.reconciliation.comparison"]
        judgement = self.env["pemba.reconciliation.judgement"]
        ids = ("partner_id", "product_id", *comparison._get_attributes())
        figures = (*comparison._get_measures(), *judgement._get_derived_figures())
        checks = (f"{check}_result" for check in judgement._get_checks())
        found = {name: SQL.identifier("compared", name) for name in ids}
        found |= {name: self._get_kept(SQL.identifier("figure", name)) for name in figures}
        found |= {name: self._as_result(SQL.identifier("compared", name)) for name in checks}
        for name in ("won_amount", "invoiced_amount"):
            found[name] = SQL("CASE WHEN compared.deal_currency_id IS NULL THEN 0 ELSE %s END", found[name])
        found |= {
            "zone_id": SQL("customer.zone_id"),
            "sale_type_id": SQL("template.pemba_sale_type_id"),
            "result": self._as_result(SQL("compared.gravity")),
            "gap_amount_company": self._round(scope, SQL("figure.won_at_rate - figure.invoiced_at_rate")),
            "order_gap_company": self._round(scope, SQL("figure.order_gap")),
            "missed_amount_company": self._round(scope, self._get_missed(scope)),
        }
        fields = self.env["pemba.reconciliation.line"]._fields
        return {name: value for name, value in found.items() if name in fields and fields[name].store}

    def _get_missed(self, scope):
        """What maintenance of what is not covered would bring a year, of what was paid or the list price."""
        return SQL(
            "figure.uncovered_rate"
            " * CASE WHEN figure.paid_quantity > %(nothing)s AND figure.paid_amount > %(nothing)s"
            " THEN figure.paid_amount / figure.paid_quantity"
            " ELSE COALESCE((%(prices)s::jsonb ->> compared.product_id::text)::float8, 0) END",
            nothing=NOTHING,
            prices=json.dumps(self._get_list_prices(scope)),
        )

    def _get_list_prices(self, scope):
        """What installed products cost on the day, before taxes: ``{product's id: price}``."""
        products = self.env["product.product"].sudo().with_context(active_test=False)  # whoever compares
        installed = self.env["pemba.equipment.event.line"].sudo()  # as above
        installed = installed._search([("product_id", "!=", False)])
        products = products.search([("id", "in", installed.subselect("product_id"))])
        nobody = self.env["account.fiscal.position"]
        key = PriceKey(scope.company, self.env["product.pricelist"], scope.company_currency, 1.0, nobody)
        wanted = [(product, 1.0) for product in products]
        prices = self.env["crm.lead"].sudo()._get_list_prices(key, wanted, scope.date)  # taxes, as above
        return dict(zip(products.ids, prices, strict=True))

    def _as_result(self, number):
        """The result that a number means."""
        gravity = self.env["pemba.reconciliation.judgement"]._get_gravity()
        return SQL("(%s::varchar[])[%s]", gravity, number)

    def _get_kept(self, amount):
        """A sum of floats to a millionth: below a billion, it is the same in whatever order it was added up.

        Most are nothing, and need not be turned into decimals.
        """
        return SQL("COALESCE(NULLIF(ROUND((%s) * 1e6), 0)::numeric, 0) * 0.000001", amount)

    def _round(self, scope, amount):
        """A sum of floats to the cent."""
        return SQL("ROUND(%s, %s)", self._get_kept(amount), scope.company_currency.decimal_places)

    # ------------------------------------------------------------
    # What matched
    # ------------------------------------------------------------

    def _get_totals(self):
        """What of all that matched a run adds up, ``{field of the run: figure}``."""
        return {
            "matched_won_quantity": "won_quantity",
            "matched_installed_quantity": "installed_quantity",
            "matched_covered_quantity": "covered_quantity",
            "matched_invoiced_quantity": "invoiced_quantity",
            "matched_won_amount": "won_amount_company",
            "matched_invoiced_amount": "invoiced_amount_company",
        }

    def _add_up(self):
        """The totals: in millionths, whole floats add up whatever their order.

        They do up to nine billion, and to 15 digits beyond.
        """
        return SQL(", ").join(
            SQL(
                "COALESCE(SUM(ROUND(figure.%s * 1e6)), 0)::numeric * 0.000001 AS %s",
                *(SQL.identifier(figure), SQL.identifier(name)),
            )
            for name, figure in self._get_totals().items()
        )
