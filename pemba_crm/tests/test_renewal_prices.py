"""What was sold costs the same in its contract and at its renewal, and stays of its type."""

from odoo.tests import tagged

from .common import PembaContractCommon
from .test_order_rounding import ODD


@tagged("post_install", "-at_install")
class TestRenewalPrices(PembaContractCommon):
    def _sell(self, rows, **vals):
        lines = [
            {
                "product_id": self.maintenance.id,
                "quantity": quantity,
                "price_unit": price,
                "discount": discount,
                "date_start": "2026-01-01",
                "date_end": "2026-12-31",
                **vals,
            }
            for quantity, price, discount in rows
        ]
        customer = self.env["res.partner"].create({"name": "New", "is_company": True})
        deal = self._create_deal(*lines, partner_id=customer.id)
        deal._make_quotation().action_confirm()
        contract = deal.contract_ids
        contract.action_start()
        return deal, contract

    def test_cents_are_the_same_in_every_room(self):
        for method, amount in (("round_globally", 196.2), ("round_per_line", 196.19)):
            with self.subTest(method):
                self.env.company.tax_calculation_rounding_method = method
                deal, contract = self._sell(ODD)
                self.assertEqual(deal.deal_amount, amount)
                self.assertAlmostEqual(contract.amount, amount)
                self.assertAlmostEqual(contract.amount_annual, amount)
                renewal = contract._open_renewals()
                order = renewal._make_quotation()
                self.assertEqual((renewal.deal_amount, order.amount_untaxed), (amount, amount))
                self.assertFalse(order.differs_from_offer)
                order.action_confirm()
                self.assertAlmostEqual(contract.successor_id.amount, amount)
                self.assertAlmostEqual(contract.successor_id.amount_annual, amount)

    def test_a_contract_without_a_sale_adds_up_as_its_renewal_will(self):
        contract = self._create_contract(
            *(
                {"quantity": quantity, "price_unit": price, "discount": discount}
                for quantity, price, discount in ODD
            ),
            date_start="2026-01-01",
        )
        self.assertAlmostEqual(contract.amount, 196.2)
        self.assertAlmostEqual(contract.amount_annual, 196.2)
        rounded = contract.line_ids[3]
        self.assertEqual((rounded.amount, rounded.amount_annual), (18.64, 18.64))
        (contract.line_ids - rounded).unlink()
        self.assertEqual((rounded.amount, contract.amount_annual), (18.63, 18.63))

    def test_an_open_renewal_keeps_the_contracts_price(self):
        """Also where it was the list price, which is another one today."""
        self.maintenance.list_price = 1000
        contract = self._create_contract({}, date_start="2026-01-01")
        renewal = contract._open_renewals()
        self.maintenance.list_price = 1500
        contract.line_ids.quantity = 2
        self.assertEqual((contract.amount_annual, renewal.deal_amount), (2000, 2000))
        renewal.opportunity_line_ids.quantity = 3
        self.assertEqual(renewal.deal_amount, 3000)

    def test_what_runs_and_what_is_over_keeps_its_cents(self):
        rows = ({"price_unit": 10.335}, {"price_unit": 20.335}, {"price_unit": 30.335})
        contract = self._create_contract(*rows, date_start="2026-01-01")
        before = contract.line_ids.mapped("amount")
        self.assertAlmostEqual(contract.amount_annual, 61.01)
        self.env["pemba.contract.line"].create(
            {"contract_id": contract.id, "product_id": self.maintenance.id, "price_unit": 0.335}
        )
        self.assertEqual(contract.line_ids[:3].mapped("amount"), before)
        self.assertAlmostEqual(contract.amount_annual, 61.34)
        contract._set(state="expired")
        self.env.company.tax_calculation_rounding_method = "round_per_line"
        contract.line_ids[0].sequence = 99
        contract.invalidate_recordset()
        self.assertAlmostEqual(contract.amount_annual, 61.34)

    def test_a_part_of_a_year_costs_what_it_was_sold_for(self):
        deal, contract = self._sell(ODD, date_start="2026-07-01")
        self.assertAlmostEqual(contract.amount, deal.deal_amount)
        self.assertAlmostEqual(contract.amount_annual, 196.2)
        contract.line_ids[0].quantity = 2
        line = contract.line_ids[0]
        self.assertAlmostEqual(line.amount, round(2 * 33.33 * 0.925 * 184 / 365, 2))

    def test_a_subscription_stays_software(self):
        """However often it is renewed, with an opportunity or without."""
        deal = self._create_opportunity("E", partner_id=self.customer.id)
        configuration = self.env["pemba.opportunity.configuration"].create(
            {
                "lead_id": deal.id,
                "software_id": self.software.id,
                "deployment_type_id": self.saas.id,
                "seat_count": 10,
            }
        )
        configuration.action_apply()
        self.assertEqual(deal.opportunity_line_ids.sale_type_id, self.types["software"])
        deal.opportunity_line_ids.type_margin_rate = 30
        deal.action_set_won()
        contract = deal.contract_ids
        contract.action_start()
        for _term in range(2):
            renewal = contract._open_renewals()
            line = renewal.opportunity_line_ids
            self.assertEqual((line.sale_type_id, line.type_margin_rate), (self.types["software"], 30))
            renewal.action_set_won()
            contract = contract.successor_id
        self.kind.is_tacit = True
        self.assertEqual(contract.line_ids._get_sale_type(), self.types["software"])
        other = contract.line_ids.copy({"opportunity_line_id": False, "predecessor_id": False})
        self.assertEqual(other._get_sale_type(), self.types["maintenance"])
