import io

import openpyxl

from .common import PembaContractCommon

DAY = "2026-06-30"
DIFFERENCE = "pemba_crm.mail_activity_type_difference"


class ReconciliationCommon(PembaContractCommon):
    """Sales, equipment, contracts and invoices around the last day of June 2026."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env["res.company"].create(
            {"name": "Checked", "currency_id": cls._currency("EUR").id}
        )
        # Another company than the one that the other records of the tests are of: nothing of it is here yet.
        cls.env.user.company_ids |= cls.company
        (cls.accountant | cls.manager | cls.salesperson | cls.support).company_ids |= cls.company
        cls._use_company(cls.company)
        cls.licence.pemba_equipment_policy = "per_line"
        cls.server.pemba_equipment_policy = "per_unit"
        cls.server.list_price = 5000
        cls.study = cls._create_product("Study", "study", 500)
        cls.reason = cls.env.ref("pemba_crm.reconciliation_reason_delivery")

    @classmethod
    def _use_company(cls, company):
        cls.env = cls.env(context=dict(cls.env.context, allowed_company_ids=company.ids))
        for name, value in list(vars(cls).items()):
            if hasattr(value, "with_env") and name != "env":
                setattr(cls, name, value.with_env(cls.env))
        cls.env["account.chart.template"].try_loading("generic_coa", company, install_demo=False)
        company.currency_id = cls._currency("EUR")  # the chart's own is the dollar

    def _customer(self, name, **vals):
        return self.env["res.partner"].create({"name": name, "is_company": True, **vals})

    def _win(self, customer, *lines, date="2026-03-01", **vals):
        """What a customer bought on a day, without an order."""
        deal = self._create_deal(*lines, partner_id=customer.id, company_id=self.env.company.id, **vals)
        deal.action_set_won()
        deal.close_date = date
        return deal

    def _order(self, customer, *lines, date="2026-03-01", **vals):
        """What a customer ordered on a day, from an opportunity."""
        deal = self._create_deal(*lines, partner_id=customer.id, company_id=self.env.company.id, **vals)
        orders = self.env["sale.order"].with_context(**deal.action_sale_quotations_new()["context"])
        order = orders.create({})
        order.action_confirm()
        order.date_order = f"{date} 12:00:00"
        deal.close_date = date
        return order

    def _invoice(self, order, date="2026-04-01", **quantities):
        """A posted invoice of an order; fewer of a product, by its name, where a quantity is given."""
        invoice = order._create_invoices()
        invoice.invoice_date = date
        for line in invoice.invoice_line_ids:
            line.quantity = quantities.get(line.product_id.name, line.quantity)
        invoice.action_post()
        return invoice

    def _credit(self, invoice, price, date="2026-05-01"):
        """A posted credit note of an invoice, over an amount."""
        reversal = self.env["account.move.reversal"].create(
            {"move_ids": invoice.ids, "journal_id": invoice.journal_id.id, "date": date}
        )
        refund = self.env["account.move"].browse(reversal.refund_moves()["res_id"])
        refund.invoice_line_ids.write({"price_unit": price, "quantity": 1})
        refund.invoice_date = date
        refund.action_post()
        return refund

    def _install(self, customer, seats=10, date="2026-03-15", **vals):
        """Software in service at a customer's since a day."""
        return self._create_equipment(
            partner_id=customer.id,
            company_id=self.env.company.id,
            seat_count=seats,
            state="in_service",
            in_service_date=date,
            **vals,
        )

    def _place(self, customer, quantity=1, date="2026-03-15", **vals):
        """Hardware in service at a customer's since a day."""
        return self.env["pemba.equipment"].create(
            {
                "partner_id": customer.id,
                "company_id": self.env.company.id,
                "kind": "hardware",
                "product_id": self.server.id,
                "quantity": quantity,
                "state": "in_service",
                "in_service_date": date,
                **vals,
            }
        )

    def _cover(self, equipment, date_start="2026-01-01", **vals):
        """A contract of a year for equipment, without a sale."""
        line = {"equipment_id": equipment.id, "price_unit": 100}
        return self._create_contract(
            line,
            partner_id=equipment.partner_id.id,
            company_id=self.env.company.id,
            date_start=date_start,
            **vals,
        )

    def _run(self, date=DAY, user=None, **vals):
        run = self.env["pemba.reconciliation"].with_user(user or self.env.user)
        run = run.create({"date": date, "company_id": self.env.company.id, **vals})
        run.action_compute()
        return run

    def _get_content(self, run):
        """The run's workbook."""
        return run.env["pemba.reconciliation.workbook"]._get_content(run)

    def _results(self, run):
        """What a run says, by customer and product: the gravest result."""
        return {
            (line.partner_id.name, line.product_id.name): line.result
            for line in run.line_ids
            if line.result != "matched"
        }

    def _line_of(self, run, customer, product=None):
        line = run.line_ids.filtered(
            lambda one: one.partner_id == customer and (not product or one.product_id == product)
        )
        self.assertEqual(len(line), 1)
        return line

    def _asked(self, record):
        """Who is asked about a record: ``[(user, summary)]``."""
        of_type = record.activity_ids.filtered(lambda one: one.activity_type_id == self.env.ref(DIFFERENCE))
        return [(activity.user_id, activity.summary) for activity in of_type]

    def _settlements(self, line):
        """What was done about what a line is of, the newest first."""
        return self.env["pemba.reconciliation.settlement"].search(
            [(name, "=", line[name].id) for name in ("company_id", "partner_id", "product_id")]
        )


class BuyerCommon(ReconciliationCommon):
    """A customer who bought what is not invoiced."""

    def setUp(self):
        super().setUp()
        self.buyer = self._customer("Buyer")
        self._win(self.buyer, {"product_id": self.training.id, "price_unit": 700})


class WorkbookCommon(ReconciliationCommon):
    """A run with customers whose names start like formulas."""

    NAMES = ("=1+1", "+cmd", "-2", "@SUM(A1)")

    def setUp(self):
        super().setUp()
        for name in self.NAMES:
            self._win(self._customer(name), {"product_id": self.training.id, "price_unit": 700.25})
        self.run_ = self._run()
        self.run_.line_ids.write({"reason_id": self.reason.id, "note": "=HYPERLINK(1)"})

    def _assert_no_formula(self, content, texts):
        book = openpyxl.load_workbook(io.BytesIO(content))
        cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
        self.assertFalse([cell.value for cell in cells if cell.data_type == "f"])
        found = {cell.value for cell in cells if cell.data_type == "s"}
        self.assertLessEqual(set(texts), found)
        return book
