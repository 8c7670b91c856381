from datetime import date

from lxml import etree
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import Form, freeze_time, tagged

from .common import PembaContractCommon


@tagged("post_install", "-at_install")
class TestContract(PembaContractCommon):
    """Contracts, their lines and amounts, amendments, coverage."""

    def test_dates_follow_from_the_type(self):
        self.kind.write({"notice_months": 3, "renewal_lead_days": 30})
        contract = self._create_contract(date_start="2026-01-01")
        self.assertEqual(contract.date_end, date(2026, 12, 31))
        self.assertEqual(contract.notice_date, date(2026, 9, 30))
        self.assertEqual(contract.renewal_date, date(2026, 8, 31))
        self.assertEqual(
            (contract.line_ids.date_start, contract.line_ids.date_end), (date(2026, 1, 1), date(2026, 12, 31))
        )
        self.kind.renewal_lead_days = 10
        self.assertEqual(contract.renewal_date, date(2026, 9, 20))

    def test_proration_is_by_the_days_of_the_contract_year(self):
        for year, amount in ((2026, 256.44), (2028, 255.74)):
            contract = self._create_contract(
                {"price_unit": 1200},
                {"price_unit": 1200, "date_start": f"{year}-10-15"},
                date_start=f"{year}-01-01",
            )
            whole, part = contract.line_ids
            self.assertEqual((whole.amount, whole.amount_annual), (1200, 1200))
            self.assertEqual(
                (part.amount, part.amount_annual, part.date_end), (amount, 1200, contract.date_end)
            )
            self.assertEqual((contract.amount_annual, contract.amount), (2400, 1200 + amount))

    def test_what_is_ours_is_net_of_discount_and_distributor(self):
        contract = self._create_contract(
            {"price_unit": 333.33, "quantity": 3, "discount": 10, "distributor_margin_rate": 25},
            distributor_id=self.distributor.id,
        )
        # 3 × 333.33 × 0.9 = 899.991 → 899.99; 25 % of it 224.9975 → 225.00; ours 674.99
        self.assertEqual(contract.amount_annual, 674.99)

    def test_a_term_of_several_years(self):
        self.kind.duration_months = 36
        contract = self._create_contract(date_start="2026-01-01")
        self.assertEqual(
            (contract.date_end, contract.amount, contract.amount_annual), (date(2028, 12, 31), 3600, 1200)
        )

    def test_yen_have_no_cents(self):
        yen = self._currency("JPY")
        contract = self._create_contract(
            {"price_unit": 100000, "date_start": "2026-10-15"}, currency_id=yen.id, date_start="2026-01-01"
        )
        self.assertEqual(contract.amount, 21370)  # 100,000 × 78 / 365 = 21,369.86

    def test_a_draft_is_changed_and_what_runs_is_amended(self):
        contract = self._create_contract(state="draft", date_start="2026-01-01")
        contract = contract.with_user(self.salesperson)
        contract.date_start = "2026-02-01"
        self.assertEqual((contract.date_end, contract.line_ids.date_end), (date(2027, 1, 31),) * 2)
        contract.action_start()
        for vals in ({"date_end": "2027-12-31"}, {"partner_id": self.other.id}):
            with self._refused(UserError, "is running: only sales managers correct"):
                contract.write(vals)
        contract.write({"user_id": self.salesperson.id, "expected_order_date": "2027-01-15"})
        contract.with_user(self.manager).date_end = "2027-02-28"
        self.assertEqual(contract.line_ids.date_end, date(2027, 2, 28))
        with self._refused(UserError, "only sales managers correct its lines"):
            contract.line_ids.unlink()
        with self._refused(UserError, "only sales managers correct its lines"):
            contract.line_ids.price_unit = 1
        contract.write({"is_on_hold": True, "close_reason": "Nobody", "lead_id": False})
        self.assertFalse(contract.is_on_hold or contract.close_reason)
        with self._refused(UserError, "terminated, not deleted"):
            contract.with_user(self.manager).unlink()
        with self._refused(ValidationError, "what is Running does not become Expired by hand"):
            contract.state = "expired"

    def test_a_contract_says_what_is_wrong(self):
        for vals, message in (
            ({"contact_id": self.other.id}, "Other is not a contact of Customer"),
            ({"state": "expired"}, "a new contract is a draft, or running"),
        ):
            with self._refused(ValidationError, message):
                self._create_contract(**vals)
        with self._refused_by_database("pemba.contract", "A contract cannot end before it starts."):
            self._create_contract(date_end="2020-01-01")
        for line, message in (
            ({"quantity": 0}, "Quantity: 0.0 is not above zero"),
            ({"discount": 101}, "is not between 0 and 100 %"),
            ({"price_unit": -1}, "-1.0 is below zero"),
            ({"date_start": "2019-01-01"}, "the contract runs from"),
            ({"equipment_id": self._create_equipment(partner_id=self.other.id).id}, "belongs to Other"),
        ):
            with self._refused(ValidationError, message):
                self._create_contract({"price_unit": 1} | line)
        empty = self._create_contract(state="draft", line_ids=[])
        with self._refused(UserError, "has no line"):
            empty.action_start()

    def test_a_reduction_takes_effect_on_its_day(self):
        contract = self._create_contract({"price_unit": 100, "quantity": 10}, date_start="2026-01-01")
        rest = contract._reduce(contract.line_ids, 4, "2026-07-01")
        ended = contract.line_ids - rest
        self.assertEqual((ended.quantity, ended.date_end), (10, date(2026, 6, 30)))
        self.assertEqual(
            (rest.quantity, rest.date_start, rest.date_end), (6, date(2026, 7, 1), contract.date_end)
        )
        # 1,000 × 181 / 365 + 600 × 184 / 365
        self.assertEqual((ended.amount, rest.amount, contract.amount_annual), (495.89, 302.47, 600))
        self.assertFalse(contract._reduce(rest, 6, "2026-10-01"))
        self.assertEqual((rest.date_end, contract.amount_annual), (date(2026, 9, 30), 0))
        with self._refused(UserError, "there are 10 of it"):
            contract._reduce(ended, 11, "2026-02-01")

    def test_a_reduction_from_the_first_day(self):
        contract = self._create_contract({"price_unit": 100, "quantity": 10}, date_start="2026-01-01")
        line = contract.line_ids
        self.assertEqual(contract._reduce(line, 3, "2026-01-01"), line)
        self.assertEqual((line.quantity, contract.amount_annual), (7, 700))
        other = self._create_contract()
        with self._refused(UserError, "is not running"):
            contract._reduce(other.line_ids, 1)
        contract._reduce(line, 7, "2026-01-01")
        self.assertFalse(contract.line_ids)

    def test_a_margin_is_a_distributors(self):
        contract = self._create_contract(
            {"price_unit": 1000, "distributor_margin_rate": 25}, distributor_id=self.distributor.id
        )
        self.assertEqual(contract.amount_annual, 750)
        contract.with_user(self.manager).distributor_id = False
        self.assertEqual(contract.amount_annual, 1000)

    def test_contracts_go_with_who_joins_a_company(self):
        contract = self._create_contract()
        self.customer.write({"is_company": False, "parent_id": self.other.id})
        self.assertEqual((contract.partner_id, self.geo.partner_id), (self.other, self.other))
        self.assertEqual(self.geo.coverage_state, "covered")

    def test_what_goes_to_another_customer_is_not_covered_any_more(self):
        self._create_contract(date_start=self._day(-30))
        self.assertEqual(self.geo.coverage_state, "covered")
        self.geo._transfer(self.other)
        self.env.invalidate_all()
        self.assertEqual(self.geo.coverage_state, "never")
        self.assertEqual(self.geo.search([("coverage_state", "=", "covered")]) & self.geo, self.geo.browse())
        for contact in (self.customer, self.other):
            self.assertEqual(contact.check_right("hotline", self.geo.id)["status"], "never")

    def test_a_notice_comes_in_time(self):
        self.kind.notice_months = 3
        contract = self._create_contract(
            {"price_unit": 1200}, {"price_unit": 100, "date_start": "2026-12-01"}, date_start="2026-01-01"
        ).with_user(self.salesperson)
        with self._refused(UserError, "Say why"):
            contract._terminate("2026-12-31", "")
        with self._refused(UserError, "it cannot end on"):
            contract._terminate("2027-12-31", "Closed")
        with freeze_time("2026-10-01"), self._refused(UserError, "notice is of 3 months, and was due by"):
            contract._terminate("2026-12-31", "Closed")
        with freeze_time("2026-09-30"):
            contract._terminate("2026-12-31", "Closed")
        self.assertEqual((contract.state, contract.close_reason), ("terminated", "Closed"))
        other = self._create_contract(
            {"price_unit": 1200}, {"price_unit": 100, "date_start": "2026-12-01"}, date_start="2026-01-01"
        ).with_user(self.manager)
        with freeze_time("2026-10-01"):
            other._terminate("2026-10-31", "Bankrupt")
        self.assertEqual(other.line_ids.mapped("date_end"), [date(2026, 10, 31)])
        self.assertEqual(other.amount, 999.45)  # 1,200 × 304 / 365

    def test_accountants_hold_and_release(self):
        contract = self._create_contract()
        for user in (self.salesperson, self.support):
            with self._refused(AccessError, "Only accountants"):
                contract.with_user(user)._hold("Unpaid")
        with self._refused(AccessError, "."):
            contract.with_user(self.accountant).write({"user_id": False})
        by_accountant = contract.with_user(self.accountant)
        with self._refused(UserError, "Say why"):
            by_accountant._hold("")
        change = self.env["pemba.contract.change"].with_user(self.accountant)
        with Form(change.with_context(default_contract_id=contract.id)) as form:
            self.assertEqual(form.kinds, ["hold"])
            form.kind = "hold"
            form.reason = "Invoice 17 is unpaid"
        form.record.action_apply()
        self.assertTrue(contract.is_on_hold)
        by_accountant.action_release()
        self.assertFalse(contract.is_on_hold or contract.hold_reason)

    def test_amendments_on_the_dialog(self):
        contract = self._create_contract({"price_unit": 100, "quantity": 10})
        changes = self.env["pemba.contract.change"].with_user(self.salesperson)
        with Form(changes.with_context(default_contract_id=contract.id)) as form:
            self.assertEqual(form.kinds, ["reduce", "terminate"])
            form.kind = "reduce"
            form.line_id = contract.line_ids
            self.assertEqual(form.quantity, 1)
            form.quantity = 3
        form.record.action_apply()
        self.assertEqual(contract.amount_annual, 700)
        with Form(changes.with_context(default_contract_id=contract.id)) as form:
            form.kind = "terminate"
            self.assertEqual(form.date, contract.date_end)
            form.reason = "Moved away"
        form.record.action_apply()
        self.assertEqual(contract.state, "terminated")

    def test_coverage_is_by_the_days(self):
        self.kind.renewal_lead_days = 30
        other = self._create_equipment(state="in_service")
        contract = self._create_contract(date_start="2026-01-01")
        equipment = self.geo | other
        for day, states in (
            ("2025-12-31", ["never", "never"]),
            ("2026-06-01", ["covered", "never"]),
            ("2026-12-02", ["expiring", "never"]),
            ("2026-12-31", ["expiring", "never"]),
            ("2027-01-01", ["expired", "never"]),
        ):
            with freeze_time(day):
                self.env.invalidate_all()
                self.assertEqual(equipment.mapped("coverage_state"), states, day)
                for state in ("covered", "expiring", "expired", "never"):
                    found = equipment.search([("coverage_state", "=", state), ("id", "in", equipment.ids)])
                    self.assertEqual(found, equipment.filtered(lambda one, s=state: one.coverage_state == s))
        with freeze_time("2026-12-15"):
            self.env.invalidate_all()
            draft = self._create_contract(state="draft", date_start="2027-01-01", predecessor_id=contract.id)
            self.assertEqual(self.geo.coverage_state, "expiring")
            draft.action_start()
            self.env.invalidate_all()
            self.assertEqual(
                (self.geo.coverage_state, self.geo.coverage_end_date, self.geo.contract_id),
                ("covered", date(2027, 12, 31), contract),
            )

    def test_who_sees_contracts(self):
        contract = self._create_contract()
        elsewhere = self._create_contract(
            company_id=self._create_company("Elsewhere", "EUR").id, line_ids=[], state="draft"
        )
        for user in (self.salesperson, self.support, self.accountant):
            seen = self.env["pemba.contract"].with_user(user).search([("partner_id", "=", self.customer.id)])
            self.assertEqual(seen, contract.with_user(user))
            with self._refused(AccessError, "."):
                elsewhere.with_user(user).read(["name"])
            for kind in ("list", "form", "kanban"):  # all that the screens read
                contracts = self.env["pemba.contract"].with_user(user)
                [(_kind, view)] = contracts.get_views([(False, kind)])["views"].items()
                names = {node.get("name") for node in etree.fromstring(view["arch"]).iter("field")}
                self.env.invalidate_all()
                specification = {
                    name: {"fields": {"display_name": {}}} if contracts._fields[name].relational else {}
                    for name in names & set(contracts._fields)
                }
                contract.with_user(user).web_read(specification)
        for user in (self.support, self.accountant):
            with self._refused(AccessError, "."):
                contract.with_user(user).write({"user_id": user.id})
            with self._refused(AccessError, "."):
                contract.line_ids.with_user(user).write({"quantity": 2})
        employee = self._create_user("pemba_employee", "base.group_user")
        with self._refused(AccessError, "."):
            contract.with_user(employee).read(["name"])

    def test_an_imported_file_twice_writes_nothing(self):
        names = ["id", "partner_id", "contract_type_id", "date_start", "currency_id", "state"]
        names += ["line_ids/id", "line_ids/product_id", "line_ids/price_unit"]
        rows = [
            [
                "pemba_test.ct1",
                "Customer",
                "Yearly",
                "2026-01-01",
                "EUR",
                "running",
                "pemba_test.ctl1",
                "Maintenance",
                "1200",
            ]
        ]
        contracts = self.env["pemba.contract"].with_user(self.manager).with_context(import_file=True)
        for _time in range(2):
            result = contracts.load(names, rows)
            self.assertFalse(result["messages"])
            contract = contracts.browse(result["ids"])
            messages = len(contract.message_ids)
        self.assertEqual((contract.state, contract.amount_annual), ("running", 1200))
        self.assertEqual(len(contract.message_ids), messages)


@tagged("post_install", "-at_install")
class TestContractSale(PembaContractCommon):
    """From won maintenance to contracts."""

    def _sell(self, **vals):
        """A deal for five more seats of Geo, with its maintenance."""
        deal = self._create_opportunity("E", partner_id=self.customer.id)
        self.env["pemba.opportunity.configuration"].create(
            {"lead_id": deal.id, "equipment_id": self.geo.id, "seat_count": 15, **vals}
        ).action_apply()
        return deal, deal.opportunity_line_ids.filtered("is_recurring")

    def test_a_first_sale_drafts_a_contract(self):
        deal = self._create_opportunity("E", partner_id=self.customer.id)
        self.env["pemba.opportunity.configuration"].create(
            {"lead_id": deal.id, "software_id": self.software.id, "seat_count": 10}
        ).action_apply()
        deal.user_id = self.salesperson
        deal.with_user(self.salesperson).action_set_won()
        contract = deal.contract_ids
        self.assertEqual(
            (contract.state, contract.partner_id, contract.contract_type_id, contract.date_start),
            ("draft", self.customer, self.kind, deal.close_date),
        )
        self.assertEqual(contract.amount_annual, 1800)
        self.assertFalse(contract.line_ids.equipment_id)
        geo = deal._create_equipment()
        self.assertEqual(contract.line_ids.equipment_id, geo)
        contract.with_user(self.salesperson).action_start()
        # lost and won again: nothing twice
        deal.stage_id = self.stages["M"][:1]
        deal.action_set_won()
        self.assertEqual(deal.contract_ids, contract)
        self.assertEqual(len(contract.line_ids), 1)

    def test_what_is_not_won_any_more_leaves_its_draft(self):
        deal, _lines = self._sell()
        deal.action_set_won()
        self.assertEqual(deal.contract_ids.state, "draft")
        deal.stage_id = self.stages["M"][:1]
        self.assertFalse(deal.contract_ids)
        deal.action_set_won()
        self.assertEqual(len(deal.contract_ids.line_ids), 1)

    def test_a_sale_extends_the_running_contract_and_ends_with_it(self):
        for year, amount in ((2026, 256.44), (2028, 255.74)):
            with freeze_time(f"{year}-03-01"), self.subTest(year=year):
                contract = self._create_contract(date_start=f"{year}-01-01")
                deal, line = self._sell()
                self.assertEqual(line.contract_id, contract)
                line.date_start = f"{year}-10-15"
                line.price_unit = 1200
                self.assertEqual(line.date_end, contract.date_end)
                self.assertEqual(line.net_amount, amount)
                order = self._quote(deal)
                order_line = order.order_line.filtered(lambda one, line=line: one.opportunity_line_id == line)
                self.assertEqual(order_line.price_subtotal, amount)
                order.action_confirm()
                self.assertEqual((deal.won_status, line.net_amount), ("won", amount))
                added = contract.line_ids.filtered("opportunity_line_id")
                self.assertEqual(
                    (added.amount, added.amount_annual, added.equipment_id), (amount, 1200, self.geo)
                )
                invoice = order._create_invoices()
                billed = invoice.invoice_line_ids.filtered(lambda one: one.product_id == self.maintenance)
                self.assertEqual(billed.price_subtotal, amount)
                self.assertFalse(deal.contract_ids)
                contract._terminate(contract.date_end, "Done")

    def _quote(self, deal):
        context = deal._prepare_opportunity_quotation_context()
        return self.env["sale.order"].with_context(**context).create({})

    def test_only_a_contract_that_matches_is_extended(self):
        today = self.today
        self._create_contract(currency_id=self._currency("JPY").id)
        self._create_contract(distributor_id=self.distributor.id)
        self._create_contract(
            partner_id=self.other.id,
            line_ids=[Command.create({"product_id": self.maintenance.id, "price_unit": 1})],
        )
        self._create_contract(date_start=self._day(-800))
        _deal, line = self._sell()
        self.assertFalse(line.contract_id)
        self.assertEqual((line.date_start, line.year_share), (today, 1))
        contract = self._create_contract(date_start=self._day(-30))
        _deal, line = self._sell()
        self.assertEqual(
            (line.contract_id, line.date_start, line.date_end), (contract, today, contract.date_end)
        )
        foreign = self._create_contract(
            partner_id=self.other.id,
            line_ids=[Command.create({"product_id": self.maintenance.id, "price_unit": 1})],
        )
        with self._refused(ValidationError, "belongs to Other, not to Customer"):
            line.contract_id = foreign
        with self._refused(ValidationError, "ends with its contract"):
            line.date_end = self._day(900)

    def test_what_was_reduced_since_does_not_come_back(self):
        contract = self._create_contract(date_start=self._day(-30))
        deal, line = self._sell()
        line.quantity = 10
        order = self._quote(deal)
        order.action_confirm()
        added = contract.line_ids.filtered("opportunity_line_id")
        rest = contract._reduce(added, 4, self._day(30))
        order_line = order.order_line.filtered(lambda one: one.opportunity_line_id == line)
        order_line.product_uom_qty = 12
        self.assertEqual((added.quantity, rest.quantity, len(contract.line_ids)), (10, 6, 3))

    def test_a_draft_is_as_long_as_what_was_sold(self):
        deal = self._create_opportunity(
            "E",
            partner_id=self.customer.id,
            opportunity_line_ids=[
                Command.create({"product_id": self.maintenance.id, "price_unit": 100, **dates})
                for dates in (
                    {"date_start": "2027-01-01", "date_end": "2027-12-31"},
                    {"date_start": "2027-01-01", "date_end": "2029-12-31"},
                )
            ],
        )
        deal.action_set_won()
        contract = deal.contract_ids
        self.assertEqual((contract.date_start, contract.date_end), (date(2027, 1, 1), date(2029, 12, 31)))
        self.assertEqual(contract.line_ids.mapped("amount"), [100, 300])

    def test_terms_of_several_years_are_sold_whole(self):
        self.kind.duration_months = 36
        deal = self._create_opportunity(
            "E",
            partner_id=self.customer.id,
            opportunity_line_ids=[Command.create({"product_id": self.maintenance.id, "price_unit": 100})],
        )
        self.assertEqual(deal.deal_amount, 300)
        deal.action_set_won()
        self.assertEqual((deal.contract_ids.amount, deal.contract_ids.amount_annual), (300, 100))

    def test_the_contract_follows_the_order(self):
        contract = self._create_contract()
        deal, line = self._sell()
        line.write({"quantity": 2, "date_start": contract.date_start})
        order = self._quote(deal)
        order.action_confirm()
        added = contract.line_ids.filtered("opportunity_line_id")
        self.assertEqual((added.quantity, added.amount), (2, line.net_amount))
        order.order_line.filtered(lambda one: one.opportunity_line_id == line).product_uom_qty = 1
        self.assertEqual((line.quantity, added.quantity, added.amount), (1, 1, line.net_amount))
        self.assertEqual(len(contract.line_ids), 2)
