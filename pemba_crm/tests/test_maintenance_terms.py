from datetime import date

from odoo.tests import Form, freeze_time, tagged

from .common import PembaContractCommon


@tagged("post_install", "-at_install")
class TestContractTerms(PembaContractCommon):
    """The term of a contract as it is typed, and what comes back of it when a termination is taken back."""

    def test_what_a_termination_took_away_comes_back(self):
        contract = self._create_contract(
            {"price_unit": 100, "equipment_id": self.geo.id}, date_start="2026-01-01"
        )
        with freeze_time("2026-02-01"):
            rest = contract._reduce(self._add(contract, 40, 5), 2, "2026-06-01")
            contract._terminate("2026-03-31", "Moves")
            self.assertFalse(rest.exists())
            contract.action_reinstate()
        self.assertEqual(
            [(line.quantity, line.date_start, line.date_end) for line in contract.line_ids.sorted("id")],
            [
                (1, date(2026, 1, 1), date(2026, 12, 31)),
                (5, date(2026, 2, 1), date(2026, 5, 31)),
                (3, date(2026, 6, 1), date(2026, 12, 31)),
            ],
        )
        self.assertEqual(contract.amount_annual, 220)

    def _add(self, contract, price, quantity=1):
        vals = {"product_id": self.maintenance.id, "price_unit": price, "quantity": quantity}
        return contract.line_ids.create(vals | {"contract_id": contract.id})

    def test_other_requests_stay_when_a_termination_is_taken_back(self):
        self.geo.deployment_type_id = self.saas
        both = self.env["pemba.contract"]
        for _time in range(2):
            both |= self._create_contract(date_start="2026-01-01", user_id=self.salesperson.id)
        with freeze_time("2026-02-01"):
            for contract in both:
                contract.with_user(self.salesperson)._terminate("2026-12-31", "Closed")
            self.assertEqual(len(self.geo.activity_ids), 2)
            both[0].with_user(self.salesperson).action_reinstate()
        self.assertEqual(len(self.geo.activity_ids), 1)

    def test_a_new_contract_is_typed_in_any_order(self):
        with Form(self.env["pemba.contract"].with_user(self.salesperson)) as form:
            form.partner_id = self.customer
            with form.line_ids.new() as line:
                line.product_id = self.maintenance
                line.price_unit = 1200
            form.date_start = "2020-03-01"
            form.date_end = "2021-02-28"
            self.assertEqual(form.amount_annual, 1200)
        contract = form.record
        self.assertEqual(
            (contract.line_ids.date_start, contract.line_ids.date_end, contract.amount),
            (date(2020, 3, 1), date(2021, 2, 28), 1200),
        )
