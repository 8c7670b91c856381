"""Renewals of which it is not known what was proposed; what comes after an offer, or the next term."""

from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .renewal_common import RenewalCommon


@tagged("post_install", "-at_install")
class TestRemembered(RenewalCommon):
    # ------------------------------------------------------------
    # What was not recorded
    # ------------------------------------------------------------

    def _forget_proposal(self, renewal):
        """A renewal of before its proposal was kept."""
        renewal.env["crm.lead"].flush_model()
        self.env["pemba.opportunity.line"].flush_model()
        self.env.cr.execute("UPDATE crm_lead SET proposed_line_ids = NULL WHERE id = %s", [renewal.id])
        self.env.cr.execute(
            "UPDATE pemba_opportunity_line SET proposed = NULL WHERE lead_id = %s", [renewal.id]
        )
        self.env.invalidate_all()

    def test_a_renewal_of_before_that_is_reopened(self):
        contract = self._create_year()
        renewal = self._open(contract)
        with freeze_time("2025-10-01"):
            renewal.action_set_lost(lost_reason_id=self.env["crm.lost.reason"].search([], limit=1).id)
            self._forget_proposal(renewal)
            renewal.action_unarchive()
            self._check_offer(renewal, 1200)
            renewal.action_set_won()
            self._forget_proposal(renewal)
            renewal.stage_id = self.stages["M"][:1]
            self._check_offer(renewal, 1200)

    def test_a_renewal_of_before_follows_its_contract(self):
        contract = self._create_year()
        renewal = self._open(contract)
        self._forget_proposal(renewal)
        with freeze_time("2025-10-01"):
            contract.line_ids.price_unit = 1300
            self._check_offer(renewal, 1300)
            self._forget_proposal(renewal)
            self.geo._retire()
            self.assertFalse(renewal.opportunity_line_ids)

    def test_a_renewal_that_is_imported(self):
        """With the line that it renews, or of the same product."""
        for name in ("contract_line_id", "nothing"):
            contract = self._create_year()
            line = {"product_id": self.maintenance.id, "price_unit": 1200, "quantity": 1}
            line |= {name: contract.line_ids.id} if name != "nothing" else {}
            with self.subTest(name), freeze_time("2025-10-01"):
                renewal = (
                    self.env["crm.lead"]
                    .with_user(self.manager)
                    .create(
                        {
                            "name": "Imported",
                            "type": "opportunity",
                            "partner_id": self.customer.id,
                            "renewal_contract_id": contract.id,
                            "opportunity_line_ids": [Command.create(line)],
                        }
                    )
                )
                contract.line_ids.price_unit = 1300
                self.assertEqual(renewal.opportunity_line_ids.contract_line_id, contract.line_ids)
                self.assertEqual((renewal.opportunity_line_ids.price_unit, renewal.deal_amount), (1300, 1300))

    def test_a_line_of_another_contract_is_not_renewed_by_it(self):
        contract, other = self._create_year(), self._create_year({"price_unit": 10})
        renewal = self._open(contract)
        line = {"product_id": self.maintenance.id, "contract_line_id": other.line_ids.id}
        with self._refused(ValidationError, "Renews.*is not renewed by this"):
            self.env["pemba.opportunity.line"].with_user(self.manager).create(line | {"lead_id": renewal.id})

    # ------------------------------------------------------------
    # Index values and what was offered
    # ------------------------------------------------------------

    def test_a_value_that_comes_after_the_offer_marks_it(self):
        index = self._create_index({"2024-06": 100, "2025-06": 110})
        contract = self._create_year(index_id=index.id, index_base_month="2024-06-01")
        renewal = self._open(contract)
        with freeze_time("2025-10-01"):
            sent, signed = renewal._make_quotation(), renewal._make_quotation()
            (sent | signed).action_quotation_sent()
            signed.signed_on = "2025-10-01 10:00:00"
            index.value_ids.create({"index_id": index.id, "month": "2025-07-01", "value": 120})
            self._check_offer(renewal, 1440)
            self.assertEqual([order.amount_untaxed for order in (sent, signed)], [1320, 1320])
            self.assertTrue(sent.differs_from_offer and signed.differs_from_offer)
            sent.action_bring_up_to_date()
            self.assertEqual((sent.amount_untaxed, sent.differs_from_offer), (1440, False))

    def test_a_correction_by_hand_reaches_the_next_term(self):
        """Of a contract that was renewed: what follows does, of what was ordered a person is asked."""
        with freeze_time("2025-10-01"):
            tacit = self._create_year({"price_unit": 100, "quantity": 5})
            tacit._renew()
            tacit.line_ids.with_user(self.manager).quantity = 3
            self.assertEqual(tacit.successor_id.line_ids.quantity, 3)
        ordered = self._create_year({"price_unit": 100, "quantity": 5})
        renewal = self._open(ordered)
        with freeze_time("2025-10-01"):
            renewal._make_quotation().action_confirm()
            ordered.line_ids.with_user(self.manager).quantity = 3
            following = ordered.successor_id
            self.assertEqual(following.line_ids.quantity, 5)
            self.assertIn("is this one?", following.activity_ids.summary)

    # ------------------------------------------------------------
    # What a quotation differs by, at the same amount
    # ------------------------------------------------------------

    def test_a_quotation_of_other_days(self):
        contract = self._create_year()
        renewal = self._open(contract)
        with freeze_time("2025-10-01"):
            order = renewal._make_quotation()
            self.assertFalse(order.differs_from_offer)
            contract.with_user(self.manager).date_end = "2026-03-31"
            self.assertTrue(order.differs_from_offer)
            self.assertIn("From 01/01/2026 to 12/31/2026 here, From 04/01/2026", order.offer_difference)
            order.action_bring_up_to_date()
            self.assertFalse(order.differs_from_offer or order.offer_difference)
            self.assertIn("From 04/01/2026 to 03/31/2027", order.order_line.name)
            self.assertNotIn("01/01/2026", order.order_line.name)

    def test_a_quotation_of_other_quantities_or_another_product(self):
        deal = self._deal(self._line(quantity=4), self._line(quantity=2))
        order = deal._make_quotation()
        first, second = deal.opportunity_line_ids
        first.quantity = second.quantity = 3
        self.assertTrue(order.differs_from_offer)
        order.action_bring_up_to_date()
        self.assertEqual(order.order_line.mapped("product_uom_qty"), [3, 3])
        self.assertFalse(order.differs_from_offer)
        same_price = self._create_product("Other Licence")
        first.product_id = same_price
        self.assertTrue(order.differs_from_offer)
        self.assertIn("Other Licence × 3 is missing", order.offer_difference)
        order.action_bring_up_to_date()
        self.assertEqual(order.order_line.product_id, same_price | self.licence)
        self.assertFalse(order.differs_from_offer)
