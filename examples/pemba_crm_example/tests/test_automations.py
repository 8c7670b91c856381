"""Automation rules run inside what our own methods write, and meet the rules as anybody does."""

from odoo.addons.pemba_crm.tests.common import (
    PembaContractCommon,
    PembaEquipmentCommon,
    PembaOfferCommon,
)
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged


class AutomationCommon(PembaOfferCommon):
    @classmethod
    def _automate(cls, code, trigger="on_create_or_write", model="crm.lead", **vals):
        """A rule that runs code on records."""
        model = cls.env["ir.model"]._get(model)
        return cls.env["base.automation"].create(
            {
                "name": "Automation",
                "model_id": model.id,
                "trigger": trigger,
                "action_server_ids": [
                    Command.create(
                        {"name": "Action", "model_id": model.id, "state": "code", "code": code},
                    )
                ],
                **vals,
            }
        )

    def _check_sums(self, lead):
        """The amounts are the sums of the lines, in both currencies."""
        lines = lead.opportunity_line_ids
        self.assertAlmostEqual(lead.deal_amount, sum(lines.mapped("net_amount")), 2)
        self.assertAlmostEqual(lead.expected_revenue, sum(lines.mapped("net_amount_company")), 2)
        for line in lines:
            self.assertAlmostEqual(line.net_amount_company, line.net_amount / lead.deal_rate, 2)


@tagged("post_install", "-at_install")
class TestAutomations(AutomationCommon):
    def _win_big_deals(self):
        won = self.stages["A"][:1]
        self._automate(
            f"record.write({{'stage_id': {won.id}}})",
            filter_pre_domain="[('expected_revenue', '<=', 1000)]",
            filter_domain="[('expected_revenue', '>', 1000)]",
            trigger="on_write",
        )

    def test_a_rule_that_wins_a_deal_wins_it_whole(self):
        self._win_big_deals()
        lead = self._create_opportunity("M")
        lead.opportunity_line_ids = [Command.create(self._line(price_unit=2000))]
        self.assertEqual(lead.won_status, "won")
        self.assertTrue(lead.close_date)
        self.assertTrue(lead.is_rate_locked)
        self.assertEqual(lead.weighted_revenue, 2000)
        self._check_sums(lead)

    def test_it_does_so_as_a_salesperson_by_a_line_alone(self):
        self._win_big_deals()
        lead = self._create_opportunity("M")
        self.env["pemba.opportunity.line"].with_user(self.salesperson).create(
            self._line(lead_id=lead.id, price_unit=2000)
        )
        self.assertEqual((lead.won_status, bool(lead.close_date), lead.is_rate_locked), ("won", True, True))

    def test_a_rule_that_writes_the_rate_keeps_the_sums(self):
        zone, dollar = self._create_dollar_zone(1.25)
        self._automate(
            "if record.deal_rate != 2: record.write({'deal_rate': 2})",
            filter_domain=f"[('deal_currency_id', '=', {dollar.id}), ('expected_revenue', '>', 100)]",
        )
        lead = self._create_opportunity("M", zone_id=zone.id)
        lead.opportunity_line_ids = [Command.create(self._line(price_unit=price)) for price in (1000, 333.33)]
        self.assertEqual((lead.deal_rate, lead.is_rate_typed), (2, True))
        self._check_sums(lead)
        self.assertEqual(lead.expected_revenue, 500 + 166.67)

    def test_a_rule_on_lines_meets_the_rules_of_lines(self):
        self._automate(
            "if record.discount != 10: record.write({'discount': 10, 'net_amount': 1, 'is_aligned': True})",
            model="pemba.opportunity.line",
        )
        lead = self._create_deal(self._line(price_unit=1000))
        line = lead.opportunity_line_ids
        self.assertEqual((line.discount, line.net_amount, line.is_aligned), (10, 900, False))
        self._check_sums(lead)

    def test_a_rule_inside_a_confirmation_follows_its_own_deal_alone(self):
        """What it does to another deal is followed as ever, whatever is being done to the first."""
        customer = self.env["res.partner"].create({"name": "Customer"})
        other = self._create_deal(self._line(price_unit=500), partner_id=customer.id)
        order = other._make_quotation()
        self._automate(
            f"env['sale.order'].browse({order.id}).action_confirm()",
            filter_domain=f"[('state', '=', 'sale'), ('id', '!=', {order.id})]",
            trigger="on_write",
            model="sale.order",
        )
        lead = self._create_deal(self._line(price_unit=1000), partner_id=customer.id)
        lead._make_quotation().action_confirm()
        self.assertEqual((lead.won_status, other.won_status), ("won", "won"))
        self.assertTrue(other.opportunity_line_ids.is_aligned)


@tagged("post_install", "-at_install")
class TestContractAutomations(AutomationCommon, PembaContractCommon):
    def test_a_rule_inside_a_sale_is_told_on_the_contract(self):
        """What a rule changes on a contract line that a sale brought is an amendment as any other."""
        self._automate(
            "if record.discount != 5: record.write({'discount': 5, 'opportunity_line_id': False})",
            trigger="on_create",
            model="pemba.contract.line",
        )
        contract = self._create_contract()
        lead = self._create_deal(
            {"product_id": self.maintenance.id, "price_unit": 365}, partner_id=self.customer.id
        )
        lead.action_set_won()
        added = contract.line_ids.filtered(lambda line: line.price_unit == 365)
        self.assertEqual((added.discount, added.opportunity_line_id), (5, lead.opportunity_line_ids))


@tagged("post_install", "-at_install")
class TestEquipmentAutomations(AutomationCommon, PembaEquipmentCommon):
    """What a rule changes while something is recorded is recorded too, once."""

    def _get_events(self, equipment):
        self.env.flush_all()
        return [
            (event.kind, event.state, event.version_id, event.site_id, event.line_ids.mapped("quantity"))
            for event in equipment.event_ids.sorted("id")[1:]
        ]

    def test_a_state_that_a_rule_writes_is_an_event(self):
        equipment = self._create_equipment(state="in_service", in_service_date=self._day(-9))
        self._automate(
            "if record.state == 'in_service': record.write({'state': 'suspended'})",
            model="pemba.equipment",
            filter_domain=f"[('version_id', '=', {self.new.id})]",
            trigger="on_write",
        )
        equipment.action_upgrade(self.new)
        self.assertEqual(equipment.state, "suspended")
        self.assertEqual(
            sorted((kind, state) for kind, state, *_rest in self._get_events(equipment)),
            [("suspend", "suspended"), ("upgrade", False)],
        )
        [row] = equipment._get_base_at(self.today, [("id", "=", equipment.id)])
        self.assertEqual((row["state"], row["version"]), ("suspended", self.new))

    def test_what_a_rule_writes_while_nothing_is_recorded_is_an_event(self):
        equipment = self._create_equipment(state="in_service", in_service_date=self._day(-9))
        self._automate(
            f"if record.site_id.id != {self.plant.id}: record.write({{'site_id': {self.plant.id}}})",
            model="pemba.equipment",
            filter_domain="[('serial_number', '=', 'X')]",
            trigger="on_write",
        )
        equipment.serial_number = "X"
        self.assertEqual(self._get_events(equipment), [("correct", False, self.old.browse(), self.plant, [])])

    def _add_seats_where(self, domain):
        self._automate(
            "if record.seat_count < 15: record.write({'seat_count': 15})",
            model="pemba.equipment",
            filter_domain=domain,
            trigger="on_write",
        )

    def _check_seats(self, equipment):
        self.assertEqual(equipment.seat_count, 15)
        [row] = equipment._get_base_at(self.today, [("id", "=", equipment.id)])
        self.assertEqual(row["quantity"], 15)

    def test_more_seats_by_a_rule_are_recorded_once(self):
        equipment = self._create_equipment(state="in_service", in_service_date=self._day(-9))
        self._add_seats_where(f"[('version_id', '=', {self.new.id})]")
        equipment.action_upgrade(self.new)
        self._check_seats(equipment)

    def test_more_seats_by_a_rule_on_its_start_are_recorded_once(self):
        self._add_seats_where("[('state', '=', 'in_service')]")
        planned = self._create_equipment()
        planned.action_start()
        created = self._create_equipment(state="in_service", in_service_date=self._day(-9))
        for equipment in (planned, created):
            self._check_seats(equipment)

    def test_more_seats_by_a_rule_within_a_rule_are_recorded_once(self):
        equipment = self._create_equipment(state="in_service", in_service_date=self._day(-9))
        self._add_seats_where("[('state', '=', 'suspended')]")
        self._automate(
            "if record.state == 'in_service': record.write({'state': 'suspended'})",
            model="pemba.equipment",
            filter_domain=f"[('version_id', '=', {self.new.id})]",
            trigger="on_write",
        )
        equipment.action_upgrade(self.new)
        self._check_seats(equipment)

    def test_a_state_that_a_rule_writes_on_a_state_is_the_last(self):
        equipment = self._create_equipment(state="in_service", in_service_date=self._day(-9))
        self._automate(
            "record.write({'state': 'in_service'})",
            model="pemba.equipment",
            filter_domain="[('state', '=', 'suspended')]",
            trigger="on_write",
        )
        equipment.action_suspend()
        self.assertEqual(equipment.state, "in_service")
        [row] = equipment._get_base_at(self.today, [("id", "=", equipment.id)])
        self.assertEqual(row["state"], "in_service")

    def test_a_rule_on_the_event_meets_what_it_tells(self):
        self._automate(
            "if record.kind == 'install':"
            f" record.equipment_id.write({{'seat_count': 15, 'site_id': {self.plant.id}}})"
            "\nif record.kind == 'suspend': record.equipment_id.write({'state': 'retired'})",
            model="pemba.equipment.event",
            trigger="on_create",
        )
        equipment = self._create_equipment()
        equipment.action_start()
        self._check_seats(equipment)
        [row] = equipment._get_base_at(self.today, [("id", "=", equipment.id)])
        self.assertEqual((row["site"], equipment.site_id), (self.plant, self.plant))
        equipment.action_suspend()
        self.assertEqual(equipment.state, "retired")
        self.assertEqual(equipment.event_ids.sorted("id")[-1].state, "retired")

    def test_what_a_rule_takes_back_is_not_stated(self):
        equipment = self._create_equipment(state="in_service", in_service_date=self._day(-9))
        self._automate(
            f"record.write({{'version_id': {self.old.id}}})",
            model="pemba.equipment",
            filter_domain=f"[('version_id', '=', {self.new.id})]",
            trigger="on_write",
        )
        equipment.action_upgrade(self.new)
        [row] = equipment._get_base_at(self.today, [("id", "=", equipment.id)])
        self.assertEqual((row["version"], equipment.version_id), (self.old, self.old))

    def test_an_override_that_writes_first_takes_no_pass(self):
        """An add-on's own write, before it hands on, is a client's; ours that follows passes once."""
        model = type(self.env["pemba.equipment"])
        write = model.write

        def label_first(records, vals):
            if "serial_number" not in vals:
                records.filtered(lambda one: not one.serial_number).write({"serial_number": "S"})
            return write(records, vals)

        equipment = self._create_equipment()
        self.patch(model, "write", label_first)
        equipment.action_start()
        self._check_events(equipment, [("install", "in_service")])
        equipment.serial_number = False
        equipment.action_suspend()
        self._check_events(equipment, [("install", "in_service"), ("suspend", "suspended")])

    def test_an_override_that_creates_one_by_one_passes_all_of_them(self):
        model = type(self.env["pemba.equipment.event"])
        create = model.create
        both = self._create_equipment() | self._create_equipment()
        self.patch(
            model, "create", lambda self, vals_list: self.union(*(create(self, [vals]) for vals in vals_list))
        )
        both.action_start()
        for equipment in both:
            self._check_events(equipment, [("install", "in_service")])

    def _check_events(self, equipment, events):
        told = equipment.event_ids.sorted("id")
        self.assertEqual([(event.kind, event.state) for event in told], events)

    def test_a_rule_adds_nothing_to_the_ledger_itself(self):
        equipment = self._create_equipment(state="in_service", in_service_date=self._day(-9))
        self._automate(
            f"env['pemba.equipment.event.line'].create({{'event_id': record.id, 'quantity': 5,"
            f" 'product_id': {self.licence.id}}})",
            model="pemba.equipment.event",
            trigger="on_create",
        )
        with self.assertRaises(UserError):
            equipment.action_upgrade(self.new)

    def test_a_rule_changes_what_was_settled_no_more_than_anybody(self):
        equipment = self._create_equipment(state="in_service", in_service_date=self._day(-9))
        self._automate(
            f"record.write({{'product_id': {self.server.id}}})",
            model="pemba.equipment",
            filter_domain=f"[('version_id', '=', {self.new.id})]",
            trigger="on_write",
        )
        with self.assertRaisesRegex(ValidationError, "it was settled when it went into service"):
            equipment.action_upgrade(self.new)


@tagged("post_install", "-at_install")
class TestOfferAutomations(AutomationCommon):
    def test_a_rule_on_configurations_adds_lines_as_anybody_does(self):
        """What comes with a new deal is that deal's; a line of another one is followed as ever."""
        other = self._create_deal(self._line(price_unit=500))
        software = self.env["pemba.software"].create({"name": "Geo", "product_id": self.licence.id})
        self._automate(
            f"env['pemba.opportunity.line'].create({{'lead_id': {other.id}, 'price_unit': 100,"
            f" 'product_id': {self.licence.id}}})",
            model="pemba.opportunity.configuration",
            trigger="on_create",
        )
        self._create_opportunity(
            "M", opportunity_configuration_ids=[Command.create({"software_id": software.id})]
        )
        self.assertEqual(other.opportunity_line_count, 2)
        self._check_sums(other)
        self.assertEqual(other.deal_amount, 600)


@tagged("post_install", "-at_install")
class TestContractLineAutomations(AutomationCommon, PembaContractCommon):
    def test_a_rule_on_deletion_meets_the_rules(self):
        """It runs before the line goes that a sale brought, and changes it no more than anybody."""
        contract = self._create_contract(state="draft")
        lead = self._create_deal(
            {"product_id": self.maintenance.id, "price_unit": 365}, partner_id=self.customer.id
        )
        lead.action_set_won()
        drafts = lead.contract_ids - contract
        line = drafts.line_ids
        self.assertEqual(line.opportunity_line_id, lead.opportunity_line_ids)
        self._automate(
            "record.write({'opportunity_line_id': False})"
            "\nif record.opportunity_line_id: raise UserError('kept')",
            trigger="on_unlink",
            model="pemba.contract.line",
        )
        with self.assertRaisesRegex(UserError, "kept"):
            line._drop()
