from odoo import fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class PembaExampleLoan(models.Model):
    """What was lent to a customer since a day: a fact that the accountants want beside what was sold."""

    _name = "pemba.example.loan"
    _description = "Loan"
    _check_company_auto = True

    company_id = fields.Many2one("res.company", required=True, default=lambda self: self.env.company)
    partner_id = fields.Many2one("res.partner", required=True, check_company=True, ondelete="restrict")
    product_id = fields.Many2one("product.product", required=True, check_company=True, ondelete="restrict")
    quantity = fields.Float(default=1.0)
    date = fields.Date(required=True, default=fields.Date.context_today)


class PembaReconciliationComparison(models.AbstractModel):
    """The fact and its measure."""

    _inherit = "pemba.reconciliation.comparison"

    def _get_facts(self):
        return [*super()._get_facts(), "_get_loans"]

    def _get_measures(self):
        return [*super()._get_measures(), "lent_quantity"]

    def _get_loans(self, scope):
        columns = {
            "partner_id": SQL("loan.partner_id"),
            "product_id": SQL("loan.product_id"),
            "lent_quantity": SQL("loan.quantity"),
        }
        source = SQL(
            "FROM pemba_example_loan loan WHERE loan.company_id = %s AND loan.date <= %s",
            *(scope.company.id, scope.date),
        )
        return columns, source


class PembaReconciliationLine(models.Model):
    """The line keeps the measure and opens the records behind it."""

    _inherit = "pemba.reconciliation.line"

    lent_quantity = fields.Float(string="Lent", readonly=True)

    def _get_sources(self):
        loans = (
            Domain("company_id", "=", self.company_id.id)
            & Domain("product_id", "in", self.product_id.ids)
            & Domain("date", "<=", self.date)
            & self._get_of_customer()
        )
        return super()._get_sources() | {"loans": [("pemba.example.loan", loans, self.env._("Lent"))]}

    def action_open_loans(self):
        """What was lent."""
        return self._open_source("loans")
