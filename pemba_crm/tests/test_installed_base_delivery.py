from lxml import etree
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import Form, tagged

from .common import PembaEquipmentCommon


class DeliveryCase(PembaEquipmentCommon):
    """Servers, a piece each, and disks, a piece a line; deals that sell them and Geo."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.pemba_equipment_policy = "per_unit"
        cls.disk = cls._create_product("Disk", type="consu", pemba_equipment_policy="per_line")

    @classmethod
    def _sell(cls, *lines, **vals):
        """A deal with a configuration of Geo and lines made by hand."""
        deal = cls._create_opportunity(
            "E", partner_id=cls.customer.id, opportunity_line_ids=[Command.create(line) for line in lines]
        )
        if vals:
            vals = {"lead_id": deal.id, "software_id": cls.software.id, **vals}
            cls.env["pemba.opportunity.configuration"].create(vals).action_apply()
        return deal

    def _win(self, deals):
        """Not silently, as the tests do by default."""
        deals.with_context(tracking_disable=False, mail_create_nolog=False).action_set_won()

    def _get_content(self, equipment):
        """Name, quantity and sale of the components."""
        return [
            (c.module_id.name or c.product_id.name, c.quantity, c.opportunity_line_id.lead_id)
            for c in equipment.component_ids
        ]


@tagged("post_install", "-at_install")
class TestDelivery(DeliveryCase):
    """From a won deal to the installed base, once."""

    def test_what_was_sold_comes_into_the_base_once(self):
        deal = self._sell(
            {"product_id": self.server.id, "quantity": 2},
            {"product_id": self.disk.id, "quantity": 8},
            {"product_id": self.training.id},
            deployment_type_id=self.on_premise.id,
            version_id=self.old.id,
            seat_count=10,
            module_ids=[Command.set(self.maps.ids)],
        )
        with self._refused(UserError, "is not won: nothing is delivered"):
            deal._create_equipment()
        deal.action_set_won()
        self.assertTrue(deal.is_to_deliver)
        equipment = deal.with_user(self.support)._create_equipment()
        geo = equipment.filtered("software_id")
        self.assertEqual(self._get_content(geo), [("Licence", 10, deal), ("Maps", 10, deal)])
        self.assertEqual(
            (geo.partner_id, geo.version_id, geo.deployment_type_id, geo.seat_count, geo.state),
            (self.customer, self.old, self.on_premise, 10, "planned"),
        )
        self.assertEqual(
            sorted((one.kind, one.product_id.name, one.quantity) for one in equipment - geo),
            [("hardware", "Disk", 8), ("hardware", "Server", 1), ("hardware", "Server", 1)],
        )
        self.assertFalse(deal.is_to_deliver)
        self.assertFalse(deal._create_equipment())
        # lost and won again
        deal.stage_id = self.stages["M"][:1]
        deal.action_set_lost()
        deal.action_unarchive()
        deal.action_set_won()
        self.assertFalse(deal._create_equipment())
        self.assertEqual(deal.equipment_ids, equipment)

    def test_an_order_that_grows_brings_the_rest(self):
        deal = self._sell({"product_id": self.disk.id, "quantity": 8}, seat_count=10)
        deal.action_set_won()
        disk, geo = deal._create_equipment().sorted(lambda one: one.kind == "software")
        geo.action_start(self._day(-5))
        disk.action_start(self._day(-5))
        disk._reduce(self.disk, 3, date=self._day(-1))  # one day they throw some away: nothing is missing
        self.assertFalse(deal.is_to_deliver)
        lines = deal.opportunity_line_ids.with_user(self.manager)
        lines.filtered(lambda line: line.configuration_role == "licence").quantity = 15
        lines.filtered(lambda line: line.product_id == self.disk).quantity = 10
        self.assertTrue(deal.is_to_deliver)
        more = deal._create_equipment()
        self.assertEqual((more - geo).mapped("quantity"), [2])
        self.assertEqual((geo.seat_count, geo.component_ids.mapped("quantity")), (15, [10, 5]))
        self.assertEqual(geo.event_ids.sorted("id")[-1].description, "Licence +5")

    def test_a_person_checks_and_completes_in_parts(self):
        deal = self._sell({"product_id": self.disk.id, "quantity": 8}, seat_count=10)
        self._win(deal)
        action = deal.with_user(self.support).action_deliver()
        proposals = self.env["pemba.equipment.proposal"].with_user(self.support)
        form = Form(proposals.with_context(**action["context"]))
        self.assertEqual([form.line_ids.edit(rank).content for rank in (0, 1)], ["Licence +10", "Disk +8"])
        with form.line_ids.edit(1) as line:
            line.quantity = 3
            line.site_id = self.plant
            line.serial_number = "D-1"
        with form.line_ids.edit(0) as line:
            line.is_delivered_now = False
        form.save().action_deliver()
        disk = deal.equipment_ids
        self.assertEqual(
            (disk.quantity, disk.site_id, disk.serial_number, disk.state, disk.in_service_date),
            (3, self.plant, "D-1", "in_service", self.today),
        )
        self.assertEqual(deal.activity_ids.activity_type_id.name, "Delivery")
        with Form(proposals.with_context(**action["context"])) as form:
            form.date = False
        rest = form.record
        self.assertEqual(rest.line_ids.mapped("content"), ["Licence +10", "Disk +5"])
        rest.action_deliver()
        self.assertEqual(sorted(deal.equipment_ids.mapped("state")), ["in_service", "planned", "planned"])
        self.assertFalse(deal.activity_ids)
        with self._refused(UserError, "was delivered meanwhile"):
            rest.action_deliver()

    def test_seats_are_delivered_in_parts(self):
        deal = self._sell(
            {"product_id": self.disk.id, "quantity": 8},
            seat_count=10,
            module_ids=[Command.set(self.maps.ids)],
        )
        deal.action_set_won()
        self.assertEqual(deal.to_deliver, "Licence +10, Maps +10; Disk +8")

        def deliver(quantities):
            proposal = self.env["pemba.equipment.proposal"].create({"lead_id": deal.id})
            for line in proposal.line_ids:
                key = line.opportunity_line_id.product_id.name or "Geo"
                line.is_delivered_now = key in quantities
                line.quantity = quantities.get(key, 0)
            proposal.action_deliver()

        for quantities, message in (
            ({"Geo": 11}, "11.0 are more than the 10.0 to deliver"),
            ({"Disk": 9}, "9.0 are more than the 8.0 to deliver"),
            ({"Geo": 0}, "how many are delivered"),
        ):
            with self._refused(UserError, message):
                deliver(quantities)
        deliver({"Geo": 6, "Disk": 3})
        self.assertEqual(deal.to_deliver, "Licence +4, Maps +4; Disk +5")
        deliver({"Geo": 4})
        [geo] = deal.equipment_ids.filtered("software_id")
        self.assertEqual((geo.seat_count, geo.delivery_date), (10, self.today))
        self.assertEqual(deal.to_deliver, "Disk +5")
        deliver({"Disk": 5})
        self.assertFalse(deal.to_deliver)

    def test_support_is_asked_and_sees_what_was_won(self):
        deal = self._sell(seat_count=10)
        nothing = self._sell({"product_id": self.training.id})
        self.assertFalse(self.env["crm.lead"].with_user(self.support).search([("id", "=", deal.id)]))
        self._win(deal | nothing)
        self.assertFalse(nothing.activity_ids)
        self.assertEqual(deal.activity_ids.user_id.has_group("pemba_crm.group_support"), True)
        as_support = self.env["crm.lead"].with_user(self.support)
        found = as_support.search([("id", "in", (deal | nothing).ids), ("is_to_deliver", "=", True)])
        self.assertEqual(found, deal)
        self.assertEqual(found.opportunity_line_ids.mapped("quantity"), [10, 1])
        for kind in ("list", "form"):  # all that the screens read
            [(_kind, view)] = as_support.get_views([(False, kind)])["views"].items()
            names = {node.get("name") for node in etree.fromstring(view["arch"]).iter("field")}
            self.env.invalidate_all()
            found.web_read({name: {} for name in names if name in found._fields})
        for vals in ({"name": "Mine"}, {"stage_id": self.stages["P"][:1].id}):
            with self._refused(AccessError, "."):
                found.write(vals)
        deal.stage_id = self.stages["M"][:1]
        self.assertFalse(deal.activity_ids)

    def test_merging_opportunities_keeps_what_was_delivered(self):
        delivered = self._sell(seat_count=10)
        delivered.action_set_won()
        geo = delivered._create_equipment()
        other = self._sell({"product_id": self.disk.id, "quantity": 2})
        head = (delivered | other).merge_opportunity()
        self.assertEqual(head.equipment_ids, geo)
        self.assertEqual(geo.component_ids.opportunity_line_id.lead_id, head)
        head.action_set_won()
        self.assertEqual(head._create_equipment().product_id, self.disk)
        self.assertFalse(head._create_equipment())

    def test_modules_alone_are_delivered(self):
        self.software.product_id = False
        deal = self._sell(
            seat_count=4, deployment_type_id=self.on_premise.id, module_ids=[Command.set(self.maps.ids)]
        )
        deal.action_set_won()
        geo = deal._create_equipment()
        self.assertEqual((geo.seat_count, geo.module_ids), (4, self.maps))
        self.assertFalse(deal.is_to_deliver)

    def test_what_was_delivered_is_not_deleted(self):
        deal = self._sell({"product_id": self.server.id, "quantity": 2.5})
        deal.action_set_won()
        servers = deal._create_equipment()
        self.assertEqual(servers.mapped("quantity"), [1, 1, 0.5])
        deal.stage_id = self.stages["M"][:1]
        for records in (deal.opportunity_line_ids, deal):
            with self._refused(UserError, "Server: it was delivered as EQ/"):
                records.unlink()

    def test_what_has_no_customer_is_not_delivered(self):
        deal = self._sell(seat_count=1)
        deal.partner_id = False
        deal.action_set_won()
        with self._refused(UserError, "has no customer: choose its contact first"):
            deal._create_equipment()

    def test_delivering_and_adding_to_many_costs_few_queries_each(self):
        def count(size, change):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            change(size)
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        def deliver(size):
            deal = self._sell({"product_id": self.server.id, "quantity": size})
            deal.action_set_won()
            return deal._create_equipment()

        count(1, deliver)
        few, many = count(5, deliver), count(55, deliver)
        self.assertLessEqual((many - few) / 50, 2.2)  # of which the reference from its sequence
        servers = deliver(60)
        servers.action_start(self._day(-5))
        for change in ("_add", "_reduce"):
            few = count(5, lambda size, change=change: getattr(servers[:size], change)(quantity=1))
            many = count(55, lambda size, change=change: getattr(servers[:size], change)(quantity=0.5))
            self.assertLessEqual((many - few) / 50, 1.2, change)

    def test_the_list_of_deliveries_costs_no_query_each(self):
        geo = self._create_equipment(state="in_service")
        deals = self.env["crm.lead"]
        for seats in range(20):
            extended = {"equipment_id": geo.id} if seats % 2 else {}
            deals |= self._sell({"product_id": self.disk.id}, seat_count=11 + seats, **extended)
        deals.action_set_won()
        view = self.env.ref("pemba_crm.crm_lead_view_list_delivery")
        names = {node.get("name") for node in etree.fromstring(view.arch).iter("field")}

        def count(size):
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            deals[:size].with_user(self.support).web_read({name: {} for name in names})
            return self.env.cr.sql_log_count - before

        count(1)
        self.assertLessEqual(count(20) - count(4), 4)
