import json

from odoo.fields import Command
from odoo.tests import tagged

from .reconciliation_common import ReconciliationCommon


@tagged("post_install", "-at_install")
class TestReconciliationSources(ReconciliationCommon):
    """What is behind a line."""

    def test_what_is_behind_a_line(self):
        customer = self._customer("Seen")
        order = self._order(customer, self._line(quantity=2), {"product_id": self.study.id})
        invoice = self._invoice(order, Licence=1)
        equipment = self._install(customer, 1)
        contract = self._cover(equipment)
        line = self._line_of(self._run(user=self.accountant), customer, self.licence)

        def records(action):
            return self.env[action["res_model"]].with_user(self.accountant).search(action["domain"])

        sold = order.opportunity_id.opportunity_line_ids.filtered(lambda one: one.product_id == self.licence)
        self.assertEqual(records(line.action_open_sales()), sold)
        self.assertEqual(records(line.action_open_orders()), sold.sale_line_ids)
        self.assertEqual(records(line.action_open_equipment()), equipment)
        self.assertEqual(records(line.action_open_contracts()), contract.line_ids)
        invoiced = invoice.invoice_line_ids.filtered(lambda one: one.product_id == self.licence)
        self.assertEqual(records(line.action_open_invoices()), invoiced)

    def test_opening_sales_of_a_line(self):
        customer = self._customer("Old")
        branch = self._customer("Branch", parent_id=customer.id)
        vals = {"partner_id": customer.id, "product_id": self.server.id, "date": "2019-01-01"}
        sales = self.env["pemba.opening.sale"]
        counted = sales.create(vals)
        sales.create([vals | {"date": "2026-08-01"}, vals | {"product_id": self.licence.id}])
        sales.create(vals | {"partner_id": branch.id})
        line = self._line_of(self._run(user=self.accountant), customer, self.server)
        action = line.action_open_openings()
        self.assertEqual(sales.with_user(self.accountant).search(action["domain"]), counted)
        self.assertIn('name="action_open_openings"', line.get_view(view_type="form")["arch"])

    def test_what_is_behind_a_line_can_be_sent_to_the_browser(self):
        order = self._order(self._customer("Seen"), {"product_id": self.study.id, "price_unit": 50})
        self._invoice(order, Study=0.5)
        plain = self._customer("Plain")
        direct = self.env["sale.order"].create(
            {"partner_id": plain.id, "order_line": [Command.create({"product_id": self.study.id})]}
        )
        direct.action_confirm()
        direct.date_order = "2026-02-01 08:00:00"
        run = self._run(user=self.accountant)
        for name in ("sales", "orders", "equipment", "contracts", "invoices", "openings"):
            for line in run.line_ids:
                action = getattr(line, f"action_open_{name}")()
                sent = json.loads(json.dumps(action["domain"]))
                self.env[action["res_model"]].with_user(self.accountant).search(sent)
        line = self._line_of(run, order.partner_id)
        self.assertEqual(
            self.env["account.move.line"].search(line.action_open_invoices()["domain"]),
            order.invoice_ids.invoice_line_ids,
        )
        sold = self._line_of(run, plain).action_open_sales()
        self.assertEqual(self.env[sold["res_model"]].search(sold["domain"]), direct.order_line)
