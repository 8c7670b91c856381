from odoo.fields import Command
from odoo.tests import tagged

from .reconciliation_common import DAY, ReconciliationCommon
from .reconciliation_plain import FIGURES, SHUFFLE, get_plain

SETS = 200


@tagged("post_install", "-at_install")
class TestReconciliationRandom(ReconciliationCommon):
    """On random data a run says what a plain comparison says, for every customer and product."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        other = cls._create_company("Elsewhere", "EUR")
        dollar = cls._currency("USD")
        customers = cls.env["res.partner"].create(
            [{"name": f"Customer {number}", "is_company": True} for number in range(6)]
        )
        products = cls.licence | cls.server | cls.maintenance | cls.study
        leads = cls.env["crm.lead"]
        for number in range(24):
            lines = [{"product_id": cls.licence.id}] * (number % 4)
            leads |= cls._create_deal(*lines, partner_id=customers[0].id, company_id=cls.company.id)
        equipment = cls.env["pemba.equipment"].create(
            [
                {
                    "partner_id": customers[0].id,
                    "software_id": cls.software.id,
                    "version_id": cls.old.id,
                    "deployment_type_id": cls.on_premise.id,
                    "seat_count": 5,
                    "module_ids": [Command.set(cls.maps.ids)],
                    "state": "in_service",
                    "in_service_date": "2026-01-01",
                }
                for _number in range(14)
            ]
        )
        for one in equipment:
            one.seat_count = 7
        contracts = cls.env["pemba.contract"].create(
            [
                {
                    "partner_id": customers[0].id,
                    "contract_type_id": cls.kind.id,
                    "line_ids": [Command.create({"product_id": cls.maintenance.id})] * 3,
                }
                for _number in range(8)
            ]
        )
        orders = cls.env["sale.order"].create(
            [
                {
                    "partner_id": customers[0].id,
                    "opportunity_id": leads[number].id if number < 4 else False,
                    "order_line": [Command.create({"product_id": cls.study.id, "price_unit": 10})] * 3,
                }
                for number in range(10)
            ]
        )
        orders.action_confirm()
        moves = cls.env["account.move"]
        for order in orders:
            moves |= order._create_invoices()
        lines = moves.invoice_line_ids
        openings = cls.env["pemba.opening.sale"].create(
            [{"partner_id": customers[0].id, "product_id": cls.study.id}] * 6
        )
        cls.env.flush_all()
        cls.parameters = {
            "day": DAY,
            "company": cls.company.id,
            "shared": cls.env["crm.lead"]._get_shared_company().id,
            "companies": [*[cls.company.id] * 2, other.id, None],
            "currencies": [cls.company.currency_id.id, dollar.id],
            "deployments": (cls.on_premise | cls.saas).ids,
            "units": [cls.env.ref("uom.product_uom_unit").id, cls.env.ref("uom.product_uom_dozen").id],
            "customers": customers.ids,
            "mover": customers[-1].id,
            "products": products.ids,
            "templates": products.product_tmpl_id.ids,
            "leads": leads.ids,
            "lines": leads.opportunity_line_ids.ids,
            "equipment": equipment.ids,
            "contracts": contracts.ids,
            "contract_lines": contracts.line_ids.ids,
            "orders": orders.ids,
            "moves": lines.move_id.ids,
            "openings": openings.ids,
        }

    def _check_all_sums(self):
        """What is shuffled in the database adds up to nothing."""

    def _judge(self, key):
        """The three results of a customer and product, said once more and plainly."""
        return self._judge_installed(key), self._judge_covered(key), self._judge_invoiced(key)

    def _judge_installed(self, key):
        due, installed = key["counting"], key["installed"]
        if not (key["based"] or installed):
            return None
        if due == installed:
            return "matched"
        if due > 0 >= installed:
            return "not_installed"
        return "not_sold" if installed > 0 >= due else "quantity_gap"

    def _judge_covered(self, key):
        if key["stray"] > 0:
            return "covered_not_installed"
        if key["contracted"] == key["term"]:
            if key["uncovered"] > 0:
                return "not_covered"
            has_some = any(key[name] for name in ("contracted", "attended", "uncovered", "stray"))
            return "matched" if has_some else None
        if key["contracted"] <= 0:
            return "not_covered"
        if key["term"] > 0:
            return "quantity_gap"
        return "covered_not_installed" if key["based"] and key["installed"] <= 0 else "not_sold"

    def _judge_invoiced(self, key):
        won, invoiced, ordered = (
            round(round(key[name], 6), 2) for name in ("won_amount", "invoiced_amount", "order_gap")
        )
        if not (won or invoiced or ordered):
            return "matched" if key["won_quantity"] or key["invoiced_quantity"] else None
        if abs(round(key["won_amount"] - key["invoiced_amount"], 6)) < 0.005:
            return "amount_gap" if ordered else "matched"
        if not invoiced:
            return "not_invoiced"
        return "amount_gap" if won else "invoiced_not_won"

    def test_two_hundred_random_sets_equal_a_plain_comparison(self):
        order = [code for code, _label in self.env["pemba.reconciliation.line"]._fields["result"].selection]
        run = self.env["pemba.reconciliation"].create({"date": DAY, "company_id": self.company.id})
        seen = {name: set() for name in ("installed_result", "covered_result", "invoiced_result")}
        for number in range(SETS):
            self.env.cr.execute(SHUFFLE, self.parameters | {"seed": number / SETS})
            self.env.invalidate_all()
            run.action_compute()
            self.env.cr.execute(get_plain(), self.parameters)
            matched, expected = 0, {}
            for key in self.env.cr.dictfetchall():
                key |= {name: float(key[name]) for name in (*FIGURES, "list_price")}
                results = self._judge(key)
                given = [result for result in results if result]
                gravest = min(given, key=order.index, default=None)
                matched += gravest == "matched"
                if gravest not in (None, "matched"):
                    is_based = key["based"] or key["installed"]
                    paid = key["priced"] > 0 and key["paid"] > 0
                    unit = key["paid"] / key["priced"] if paid else key["list_price"]
                    expected[key["partner"], key["product"]] = (
                        gravest,
                        *results,
                        key["won_quantity"],
                        key["counting"] if is_based else 0,
                        key["installed"],
                        key["term"],
                        key["contracted"] or key["attended"] + key["stray"],
                        key["uncovered"],
                        key["invoiced_quantity"],
                        key["booked"],
                        key["won_amount"] - key["invoiced_amount"],
                        key["order_gap"],
                        key["uncovered_rate"] * unit,
                    )
            found = {
                (line.partner_id.id or 0, line.product_id.id or 0): (
                    line.result,
                    line.installed_result or None,
                    line.covered_result or None,
                    line.invoiced_result or None,
                    line.won_quantity,
                    line.due_quantity,
                    line.installed_quantity,
                    line.term_quantity,
                    line.covered_quantity,
                    line.uncovered_quantity,
                    line.invoiced_quantity,
                    line.invoiced_amount_company,
                    line.gap_amount_company,
                    line.order_gap_company,
                    line.missed_amount_company,
                )
                for line in run.line_ids
            }
            self.assertEqual(len(run.line_ids), len(found), "each customer and product has one line")
            self.assertEqual(found.keys(), expected.keys(), number)
            for key, row in expected.items():
                self.assertEqual(found[key][:4], row[:4], (number, key))
                for value, other in zip(found[key][4:], row[4:], strict=True):
                    self.assertAlmostEqual(value, other, delta=0.00501, msg=(number, key, found[key], row))
            self.assertEqual(run.matched_count, matched)
            for name, results in seen.items():
                results.update(run.line_ids.mapped(name))
        self.assertEqual(
            set.union(*seen.values()) - {False}, set(order), "the sets have all there is to find"
        )
