from odoo.tests import freeze_time

from .common import PembaContractCommon


class RenewalCommon(PembaContractCommon):
    """Contracts of 2025, whose renewals open on 5 September."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kind.write({"notice_months": 3, "renewal_lead_days": 30})

    def _open(self, contract, day="2025-09-05"):
        """The renewal that the daily job opens."""
        with freeze_time(day):
            self.env["pemba.contract"]._cron_open_renewals()
        self.assertTrue(contract.renewal_lead_id)
        return contract.renewal_lead_id

    def _create_year(self, *lines, **vals):
        return self._create_contract(*lines, date_start="2025-01-01", user_id=self.salesperson.id, **vals)

    def _deal(self, *lines, **vals):
        lines = lines or ({"product_id": self.maintenance.id, "price_unit": 365},)
        return self._create_deal(*lines, partner_id=self.customer.id, **vals)

    def _sell_ten(self):
        """Ten at 100 a year, by an order of 1 January 2025, whose contract runs."""
        with freeze_time("2025-01-01"):
            deal = self._deal({"product_id": self.maintenance.id, "price_unit": 100, "quantity": 10})
            order = deal._make_quotation()
            order.action_confirm()
            deal.contract_ids.action_start()
        return deal, order, deal.contract_ids

    def _check_offer(self, renewal, *amounts):
        """The lines of a renewal, which are its amounts."""
        lines = renewal.opportunity_line_ids
        self.assertEqual(sorted(lines.mapped("net_amount")), sorted(amounts))
        self.assertEqual((renewal.deal_amount, renewal.expected_revenue), (sum(amounts),) * 2)
        self.assertEqual(renewal.renewal_contract_id.expected_order_amount, sum(amounts))
