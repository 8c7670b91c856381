"""Each of the eight things, through the way that people go."""

from datetime import timedelta

from odoo import fields
from odoo.addons.pemba_crm.tests.common import PembaContractCommon, PembaEquipmentCommon, PembaOfferCommon
from odoo.exceptions import ValidationError
from odoo.fields import Command
from odoo.tests import Form, tagged


@tagged("post_install", "-at_install")
class TestRental(PembaContractCommon):
    def test_what_is_rented_comes_into_the_base_and_into_no_contract(self):
        rental = self.env.ref("pemba_crm_example.sale_type_rental")
        product = self._create_product("Rented Server", type="consu", pemba_sale_type_id=rental.id)
        lead = self._create_deal({"product_id": product.id}, partner_id=self.customer.id)
        line = lead.opportunity_line_ids
        self.assertTrue(line.is_recurring)
        self.assertEqual((line.comes_into_base, line.is_contracted), (True, False))
        lead.action_set_won()
        self.assertFalse(lead.sold_contract_ids)
        self.assertTrue(lead.is_to_deliver)
        equipment = lead._create_equipment()
        self.assertEqual((equipment.product_id, equipment.partner_id), (product, self.customer))


@tagged("post_install", "-at_install")
class TestRoom(PembaEquipmentCommon):
    def _deliver(self, date=False):
        """A won deal, delivered through the dialog on a day; today if none is given."""
        self.server.pemba_equipment_policy = "per_unit"
        lead = self._create_deal(
            {"product_id": self.server.id, "quantity": 2}, partner_id=self.customer.id, delivery_room="12"
        )
        lead.action_set_won()
        action = lead.action_deliver()
        dialog = Form(self.env[action["res_model"]].with_context(**action["context"]))
        dialog.date = date or dialog.date
        with dialog.line_ids.edit(1) as line:
            self.assertEqual(line.room, "12")
            line.room = "13"
        dialog.save().action_deliver()
        return lead.equipment_ids.sorted("id")

    def test_it_comes_from_the_proposal_through_the_dialog(self):
        self.assertEqual(self._deliver().mapped("room"), ["12", "13"])

    def test_it_is_in_the_history_and_on_the_statement(self):
        one = self._deliver(self._day(-10))[0]
        one.room = "14"
        self.assertEqual(one.event_ids.sorted("id").mapped("room"), ["12", "14"])
        [row] = one._get_base_at(self._day(-5), [("id", "=", one.id)])
        self.assertEqual(row["room"], "12")

    def test_it_is_imported(self):
        rows = [["Customer", "Server", "15"]]
        names = ["partner_id", "product_id", "room"]
        result = self.env["pemba.equipment"].with_context(import_file=True).load(names, rows)
        self.assertFalse(result["messages"])
        self.assertEqual(self.env["pemba.equipment"].browse(result["ids"]).room, "15")

    def test_it_is_a_column_of_the_list(self):
        arch = self.env["pemba.equipment"].get_view(view_type="list")["arch"]
        self.assertIn('name="room"', arch)


@tagged("post_install", "-at_install")
class TestFormula(PembaContractCommon):
    def test_renewals_follow_both_indices_and_say_so(self):
        energy = self._create_index({"2025-01": 200, "2026-01": 300}, name="Energy")
        index = self._create_index(
            {"2025-01": 100, "2026-01": 110}, second_index_id=energy.id, second_share=20
        )
        self.kind.fixed_share = 10
        contract = self._create_contract(
            {"price_unit": 1000}, date_start="2025-02-01", index_id=index.id, index_base_month="2025-01-01"
        )
        coefficient = 0.1 + 0.9 * (0.8 * 1.1 + 0.2 * 1.5)
        revaluation = contract._get_revaluation()
        self.assertAlmostEqual(revaluation["coefficient"], coefficient, 9)
        lead = contract._open_renewals()
        self.assertEqual(lead.opportunity_line_ids.price_unit, round(1000 * coefficient, 2))
        self.assertIn("20 % by 1.500000", lead.revaluation_info)
        self.assertIn("Energy", contract.revision_info)


@tagged("post_install", "-at_install")
class TestAxis(PembaOfferCommon):
    def _win(self, revenue, segment):
        lead = self._create_deal(self._line(price_unit=revenue), segment=segment)
        lead.action_set_won()
        return lead

    def test_sales_snapshots_and_targets_have_it(self):
        self._win(1000, "public")
        self._win(500, "private")
        still_open = self._create_deal(self._line(price_unit=300), segment="public")
        report = self.env["pemba.sale.report"]
        won = report._read_group([("won_status", "=", "won")], ["segment"], ["revenue:sum"])
        self.assertEqual(dict(won), {"public": 1000, "private": 500})
        taken = self.env["pemba.forecast.snapshot"]._take()
        self.assertEqual(taken.filtered(lambda row: row.lead_id == still_open).segment, "public")
        year = {
            "date_start": fields.Date.today() - timedelta(days=100),
            "date_end": fields.Date.today() + timedelta(days=100),
        }
        target = self.env["pemba.target"].create({"amount": 2000, "segment": "public", **year})
        self.assertEqual((target.achieved, target.attainment), (1000, 50))
        with self._refused(ValidationError, "there is a target for the same period and scope"):
            self.env["pemba.target"].create({"amount": 1, "segment": "public", **year})

    def test_a_change_is_a_movement(self):
        lead = self._create_deal(self._line(price_unit=300), segment="public")
        snapshots = self.env["pemba.forecast.snapshot"]
        first = fields.Date.today() - timedelta(days=7)
        rows = snapshots._take()
        self.env.cr.execute("UPDATE pemba_forecast_snapshot SET date = %s", [first])
        self.env.invalidate_all()
        lead.segment = "private"
        rows = snapshots._take()
        movements = self.env["pemba.forecast.movement"].with_context(
            pemba_from=first, pemba_until=rows[:1].date
        )
        moved = movements._read_group(
            [("lead_key", "=", lead.id), ("kind", "=", "moved")], ["segment"], ["revenue:sum"]
        )
        self.assertEqual(dict(moved), {"public": -300, "private": 300})


@tagged("post_install", "-at_install")
class TestFact(PembaEquipmentCommon):
    def test_loans_are_compared_and_opened(self):
        loan = self.env["pemba.example.loan"].create(
            {"partner_id": self.customer.id, "product_id": self.server.id, "quantity": 3}
        )
        lead = self._create_deal({"product_id": self.server.id}, partner_id=self.customer.id)
        lead.action_set_won()
        run = self.env["pemba.reconciliation"].create({})
        run.action_compute()
        line = run.line_ids.filtered(
            lambda one: (one.partner_id, one.product_id) == (self.customer, self.server)
        )
        self.assertEqual((line.won_quantity, line.lent_quantity), (1, 3))
        action = line.action_open_loans()
        self.assertEqual(self.env[action["res_model"]].search(action["domain"]), loan)


@tagged("post_install", "-at_install")
class TestRight(PembaContractCommon):
    def test_who_has_the_role_has_the_right(self):
        self._create_contract(date_start=self._day(-10))
        self.kind.right_ids = [Command.link(self.env.ref("pemba_crm_example.right_api").id)]
        contact = self.env["res.partner"].create({"name": "Ada", "parent_id": self.customer.id})
        self.assertTrue(contact.check_right("api")["allowed"])
        contact.contact_role_ids = self.env.ref("pemba_crm_example.contact_role_developer")
        self.assertTrue(contact.check_right("api")["allowed"])
        self.assertFalse(contact.check_right("hotline")["allowed"])


@tagged("post_install", "-at_install")
class TestToDo(PembaEquipmentCommon):
    def test_what_has_no_room_waits(self):
        equipment = self._create_equipment(
            software_id=False,
            version_id=False,
            deployment_type_id=False,
            kind="hardware",
            product_id=self.server.id,
            state="in_service",
            in_service_date=self._day(-31),
        )
        rows = self.env["pemba.to.do"].with_user(self.support)
        [row] = rows.search([("equipment_id", "=", equipment.id)])
        self.assertEqual((row.kind, row.is_late), ("room", True))
        self.assertEqual(row.name, f"{equipment.display_name}: in which room?")
        self.assertEqual(row.action_settle()["res_id"], equipment.id)
        equipment.room = "12"
        self.assertFalse(rows.search([("equipment_id", "=", equipment.id)]))
