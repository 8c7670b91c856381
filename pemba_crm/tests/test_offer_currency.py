"""A company whose currency is changed, as Odoo allows before the first entry, takes what is open along."""

from odoo.tests import tagged

from .common import PembaContractCommon


@tagged("post_install", "-at_install")
class TestCompanyCurrency(PembaContractCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls._create_company("New", "EUR")
        (cls.env.user | cls.salesperson).company_ids |= cls.company
        cls.dollar, cls.yen = cls._currency("USD"), cls._currency("JPY")

    def _deal(self, **vals):
        return self._create_deal(self._line(quantity=2), company_id=self.company.id, **vals)

    def _state(self, deal):
        return deal.deal_currency_id.name, deal.deal_rate, deal.deal_amount, deal.expected_revenue

    def test_open_deals_keep_their_figures(self):
        deal = self._deal()
        bare = self._create_opportunity("E", expected_revenue=100.4, company_id=self.company.id)
        won = self._deal()
        won.action_set_won()
        elsewhere = self._create_deal(self._line())
        self.company.currency_id = self.yen
        self.env.invalidate_all()
        self.assertEqual(self._state(deal), ("JPY", 1, 2000, 2000))
        line = deal.opportunity_line_ids
        self.assertEqual(
            (line.company_currency_id, line.price_unit, line.net_amount_company), (self.yen, 1000, 2000)
        )
        self.assertEqual(deal.margin, 600)
        self.assertEqual(self._state(bare), ("JPY", 1, 100, 100))
        self.assertEqual(self._state(won), ("EUR", 1, 2000, 2000))
        self.assertEqual(self._state(elsewhere), ("EUR", 1, 1000, 1000))
        order_vals = {"partner_id": self.customer.id}
        deal.write(order_vals)
        self.assertEqual(deal._make_quotation().currency_id, self.yen)

    def test_others_take_their_rates_again(self):
        zone, dollar = self._create_dollar_zone(2.0)
        zone.rate_ids.copy({"company_id": self.company.id, "rate": 2.5})
        self.customer.zone_id = zone
        deal = self._deal(partner_id=self.customer.id)
        typed = self._deal(partner_id=self.customer.id, deal_rate=3)
        self.assertEqual(self._state(deal), ("USD", 2.5, 5000, 2000))
        self.company.currency_id = dollar
        self.env.invalidate_all()
        self.assertEqual(self._state(deal), ("USD", 1, 5000, 5000))
        self.assertEqual(self._state(typed), ("USD", 1, 6000, 6000))
        self.assertFalse(typed.is_rate_typed)

    def test_contracts_keep_their_figures(self):
        open_one = self._create_contract(
            {"price_unit": 1200.4},
            company_id=self.company.id,
            currency_id=self._currency("EUR").id,
            date_start=self.today,
        )
        draft = open_one.copy({"state": "draft"})
        over = open_one.copy()
        over._set(state="terminated")
        renewed = open_one.copy()
        renewed._set(state="renewed")
        self.company.currency_id = self.yen
        self.env.invalidate_all()
        for contract in open_one | draft | renewed:
            self.assertEqual((contract.currency_id, contract.amount_annual), (self.yen, 1200))
        self.assertEqual((over.currency_id.name, over.amount_annual), ("EUR", 1200.4))
