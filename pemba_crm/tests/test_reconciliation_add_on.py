import io

import openpyxl
from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.orm.model_classes import add_to_registry
from odoo.tests import tagged
from odoo.tools import SQL

from .reconciliation_common import DAY, ReconciliationCommon

# What an add-on consists of that compares what customers rent as well: nobody rents what they bought.
RENTED = ("sold_and_rented", "Sold and Rented")


class Rental(models.Model):
    _module = None
    _name = "rental"
    _description = "Rental"

    company_id = fields.Many2one("res.company", required=True)
    partner_id = fields.Many2one("res.partner", required=True)
    product_id = fields.Many2one("product.product", required=True)
    quantity = fields.Float(default=1.0)
    date = fields.Date(required=True)


class PembaReconciliationComparison(models.AbstractModel):
    _module = None
    _inherit = "pemba.reconciliation.comparison"

    def _get_facts(self):
        return [*super()._get_facts(), "_get_rentals"]

    def _get_measures(self):
        return [*super()._get_measures(), "rented_quantity"]

    def _get_rentals(self, scope):
        columns = {
            "partner_id": SQL("rental.partner_id"),
            "product_id": SQL("rental.product_id"),
            "rented_quantity": SQL("rental.quantity"),
        }
        source = SQL(
            "FROM rental WHERE rental.company_id = %s AND rental.date <= %s", scope.company.id, scope.date
        )
        return columns, source


class PembaReconciliationJudgement(models.AbstractModel):
    _module = None
    _inherit = "pemba.reconciliation.judgement"

    def _get_checks(self):
        return [*super()._get_checks(), "rented"]

    def _get_rented_result(self, terms):
        return SQL(
            "CASE WHEN figure.rented_quantity <= %(quantity)s THEN NULL"
            " WHEN figure.due_quantity > %(quantity)s THEN %(sold_and_rented)s ELSE %(matched)s END",
            **terms,
        )


class PembaReconciliationOutcome(models.AbstractModel):
    _module = None
    _inherit = "pemba.reconciliation.outcome"

    def _get_totals(self):
        return super()._get_totals() | {"matched_rented_quantity": "rented_quantity"}


class PembaReconciliation(models.Model):
    _module = None
    _inherit = "pemba.reconciliation"

    matched_rented_quantity = fields.Float(readonly=True, copy=False)


class PembaReconciliationLine(models.Model):
    _module = None
    _inherit = "pemba.reconciliation.line"

    rented_quantity = fields.Float(string="Rented", readonly=True)
    rented_result = fields.Selection(selection=[RENTED, ("matched", "Matched")], readonly=True)
    result = fields.Selection(
        selection_add=[("quantity_gap",), RENTED, ("covered_not_installed",)],
        ondelete={"sold_and_rented": "cascade"},
    )
    previous_result = fields.Selection(selection_add=[RENTED, ("covered_not_installed",)])

    def _get_sources(self):
        rentals = (
            Domain("company_id", "=", self.company_id.id)
            & Domain("product_id", "in", self.product_id.ids)
            & Domain("date", "<=", self.date)
            & self._get_of_customer()
        )
        return super()._get_sources() | {"rentals": [("rental", rentals, "Rented")]}

    def action_open_rentals(self):
        return self._open_source("rentals")


class PembaReconciliationSettlement(models.Model):
    _module = None
    _inherit = "pemba.reconciliation.settlement"

    check = fields.Selection(selection_add=[("rented", "Rentals")], ondelete={"rented": "cascade"})


class PembaReconciliationFix(models.AbstractModel):
    _module = None
    _inherit = "pemba.reconciliation.fix"

    def _fix_rented(self, line):
        return line._ask("rented")


class PembaReconciliationRequest(models.AbstractModel):
    _module = None
    _inherit = "pemba.reconciliation.request"

    def _get_advice(self):
        return super()._get_advice() | {"rented": {"sold_and_rented": "It is theirs: end the rental."}}


class PembaReconciliationWorkbook(models.AbstractModel):
    _module = None
    _inherit = "pemba.reconciliation.workbook"

    def _get_columns(self):
        return super()._get_columns() | {"rented_quantity": 14, "rented_result": 20}


@tagged("post_install", "-at_install")
class TestReconciliationAddOn(ReconciliationCommon):
    """An add-on compares something of its own, with the figures, the button and the check of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._extend(
            *(Rental, PembaReconciliationComparison, PembaReconciliationJudgement),
            *(PembaReconciliationOutcome, PembaReconciliation, PembaReconciliationLine),
            *(PembaReconciliationSettlement, PembaReconciliationFix, PembaReconciliationRequest),
            PembaReconciliationWorkbook,
        )
        cls.env["ir.ui.view"].create(
            {
                "name": "pemba.reconciliation.line.form.inherit.rental",
                "model": "pemba.reconciliation.line",
                "inherit_id": cls.env.ref("pemba_crm.pemba_reconciliation_line_view_form").id,
                "arch": """<div name="button_box" position="inside">
                    <button name="action_open_rentals" type="object"><field name="rented_quantity"/></button>
                </div>""",
            }
        )

    @classmethod
    def _extend(cls, *definitions):
        """Add definitions of models to the registry, as when an add-on is installed.

        The case itself sets the registry up again once its cursor is closed.
        """
        for definition in definitions:
            if definition._name in cls.registry:
                model = cls.registry[definition._name]
                cls.addClassCleanup(setattr, model, "_base_classes__", model._base_classes__)
            else:
                cls.addClassCleanup(cls.registry.__delitem__, definition._name)
            add_to_registry(cls.registry, definition)
        cls.registry._setup_models__(cls.cr, [])
        cls.registry.init_models(cls.cr, [definition._name for definition in definitions], {})

    def _rent(self, customer, quantity, date="2026-02-01"):
        vals = {"company_id": self.company.id, "partner_id": customer.id, "product_id": self.server.id}
        return self.env["rental"].create({**vals, "quantity": quantity, "date": date})

    def test_its_figures_are_compared_and_kept(self):
        both, neither = self._customer("Both"), self._customer("Neither")
        self._invoice(self._order(both, {"product_id": self.server.id, "quantity": 2, "price_unit": 90}))
        self._place(both, 2)
        branch = self._customer("Branch", parent_id=both.id, is_company=False)
        for customer, quantity in ((both, 3), (branch, 4), (neither, 5)):
            self._rent(customer, quantity)
        self._rent(both, 100, date="2026-07-01")
        run = self._run()
        self.assertRecordValues(
            run.line_ids,
            [
                {
                    "partner_id": both.id,
                    "result": "sold_and_rented",
                    "rented_result": "sold_and_rented",
                    "installed_result": "matched",
                    "invoiced_result": "matched",
                    "rented_quantity": 7,
                    "won_quantity": 2,
                    "installed_quantity": 2,
                }
            ],
        )
        self.assertEqual((run.matched_count, run.matched_rented_quantity), (1, 5))
        self.assertIn("Sold and Rented", run.summary)
        book = openpyxl.load_workbook(io.BytesIO(self._get_content(run)))
        self.assertIn("Rented", [cell.value for cell in book["Differences"][1]])

    def test_its_records_are_behind_a_line(self):
        customer = self._customer("Both")
        self._win(customer, {"product_id": self.server.id})
        rentals = self._rent(customer, 3) | self._rent(customer, 4)
        self._rent(customer, 5, date="2026-07-01")
        self._rent(self._customer("Other"), 6)
        line = self._line_of(self._run(), customer)
        self.assertIn('name="action_open_rentals"', line.get_view(view_type="form")["arch"])
        action = line.action_open_rentals()
        opened = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(opened, rentals)
        self.assertEqual(sum(opened.mapped("quantity")), line.rented_quantity)

    def test_what_differs_is_as_grave_as_it_stands(self):
        gravity = self.env["pemba.reconciliation.judgement"]._get_gravity()
        self.assertEqual(gravity[2:5], ["quantity_gap", "sold_and_rented", "covered_not_installed"])
        self.assertEqual(gravity[-1], "matched")
        graver, graved = self._customer("Graver"), self._customer("Graved")
        self._win(graver, {"product_id": self.server.id})  # and not installed
        self._rent(graver, 1)
        self._win(graved, {"product_id": self.server.id})
        self._place(graved)
        self._rent(graved, 1)
        run = self._run()
        self.assertEqual(
            [(line.partner_id, line.result) for line in run.line_ids],
            [(graver, "not_installed"), (graved, "sold_and_rented")],
        )
        groups = run.line_ids._read_group([("reconciliation_id", "=", run.id)], ["result"])
        self.assertEqual(groups, [("not_installed",), ("sold_and_rented",)])

    def test_what_differs_is_asked_about_and_ends(self):
        customer = self._customer("Both", user_id=self.salesperson.id)
        self._invoice(self._order(customer, {"product_id": self.server.id, "price_unit": 90}))
        self._place(customer)
        rental = self._rent(customer, 1)
        run = self._run(user=self.accountant)
        run.line_ids.action_fix()
        [activity] = customer.activity_ids
        self.assertEqual((activity.user_id, activity.summary), (self.salesperson, "Server: Sold and Rented"))
        self.assertIn("It is theirs: end the rental.", activity.note)
        self.assertEqual(run.line_ids.asked_user_id, self.salesperson)
        rental.date = "2026-07-01"
        run.action_compute()
        self.assertFalse(run.line_ids)
        self.assertFalse(customer.activity_ids)
        self.assertEqual(run.matched_count, 1)

    def test_its_figures_stay_when_a_run_is_signed_off(self):
        customer = self._customer("Both")
        self._invoice(self._order(customer, {"product_id": self.server.id, "price_unit": 90}))
        self._place(customer)
        self._rent(customer, 1)
        run = self._run(user=self.accountant)
        run.line_ids.reason_id = self.reason
        rental = self._rent(customer, 1)
        with self._refused(UserError, "what it found has changed"):
            run.action_sign_off()
        rental.unlink()
        run.action_sign_off()
        self.assertEqual((run.state, run.date), ("signed", fields.Date.to_date(DAY)))
