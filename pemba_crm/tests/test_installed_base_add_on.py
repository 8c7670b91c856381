from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain
from odoo.orm.model_classes import add_to_registry
from odoo.tests import Form, tagged

from .common import PembaEquipmentCommon

# An add-on: what is installed is in a room, which its history knows, and of a batch, which is settled.


class Equipment(models.Model):
    _module = None
    _inherit = "pemba.equipment"

    x_room = fields.Char("Room")
    x_batch_id = fields.Many2one("res.partner", "Batch of", index="btree_not_null", ondelete="restrict")

    def _get_ledger_fields(self):
        return [*super()._get_ledger_fields(), "x_room"]

    def _get_settled_fields(self):
        return [*super()._get_settled_fields(), "x_batch_id"]


class EquipmentEvent(models.Model):
    _module = None
    _inherit = "pemba.equipment.event"

    x_room = fields.Char("New Room", readonly=True)


class EquipmentChange(models.TransientModel):
    _module = None
    _inherit = "pemba.equipment.change"

    x_room = fields.Char("New Room")


class EquipmentProposalLine(models.TransientModel):
    _module = None
    _inherit = "pemba.equipment.proposal.line"

    x_room = fields.Char("Room")


class EquipmentStatement(models.TransientModel):
    _module = None
    _inherit = "pemba.equipment.statement"

    def _get_columns(self):
        return super()._get_columns() | {
            "Room": lambda row: row["x_room"],
            "Batch": lambda row: row["equipment"].x_batch_id.name,
        }


class OpportunityLine(models.Model):
    _module = None
    _inherit = "pemba.opportunity.line"

    x_is_lent = fields.Boolean("Lent")

    def _get_base_domain(self):
        return super()._get_base_domain() & Domain("x_is_lent", "=", False)

    @api.depends("x_is_lent")
    def _compute_comes_into_base(self):
        return super()._compute_comes_into_base()


class CrmLead(models.Model):
    _module = None
    _inherit = "crm.lead"

    def _get_proposals(self):
        """Each piece goes to a room of its own, every second is a backup; all are of one batch."""
        return [
            proposal
            | {"x_room": f"Room {rank}", "x_batch_id": proposal["lead"].user_id.partner_id.id}
            | {"usage": "production" if rank % 2 else "backup"}
            for rank, proposal in enumerate(super()._get_proposals(), start=1)
        ]


ADD_ON = (
    Equipment,
    EquipmentEvent,
    EquipmentChange,
    EquipmentProposalLine,
    EquipmentStatement,
    OpportunityLine,
    CrmLead,
)
VIEWS = {
    "pemba_equipment_view_list": "//field[@name='serial_number']",
    "pemba_equipment_proposal_view_form": "//list/field[@name='serial_number']",
}


@tagged("post_install", "-at_install")
class TestAddOn(PembaEquipmentCommon):
    """What an add-on adds to equipment goes all the way, by the methods that say so."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._install(*ADD_ON)
        cls.server.pemba_equipment_policy = "per_unit"
        cls.disk = cls._create_product("Disk", type="consu", pemba_equipment_policy="per_line")
        cls.seller = cls.salesperson.partner_id
        for name, anchor in VIEWS.items():
            view = cls.env.ref(f"pemba_crm.{name}")
            arch = f'<xpath expr="{anchor}" position="after"><field name="x_room"/></xpath>'
            cls.env["ir.ui.view"].create(
                {"name": "room", "model": view.model, "inherit_id": view.id, "arch": f"<data>{arch}</data>"}
            )

    @classmethod
    def _install(cls, *definitions):
        """Extend models until the end of the class, when Odoo sets up the registry again as it was."""
        cls.addClassCleanup(setattr, cls.registry, "registry_invalidated", True)  # an import may reset it
        for definition in definitions:
            model = cls.registry[definition._name]
            cls.addClassCleanup(setattr, model, "_base_classes__", model._base_classes__)
            add_to_registry(cls.registry, definition)
        cls.registry._setup_models__(cls.env.cr, [])
        cls.registry.init_models(cls.env.cr, [definition._name for definition in definitions], {})

    def _sell(self, *lines, **configuration):
        """A won deal with lines made by hand and a configuration of Geo."""
        deal = self._create_deal(*lines, partner_id=self.customer.id)
        if configuration:
            vals = {"lead_id": deal.id, "software_id": self.software.id, **configuration}
            self.env["pemba.opportunity.configuration"].create(vals).action_apply()
        deal.action_set_won()
        return deal

    def _open_dialog(self, deal):
        proposals = self.env["pemba.equipment.proposal"].with_user(self.support)
        return Form(proposals.with_context(**deal.action_deliver()["context"]))

    def _create_server(self, **vals):
        vals = {"partner_id": self.customer.id, "product_id": self.server.id, "x_room": "A1", **vals}
        return self.env["pemba.equipment"].create(vals)

    def _get_rooms(self, equipment, *days):
        """The rooms that the base of some days says."""
        rows = [
            equipment._get_base_at(self._day(day), [("id", "in", equipment.ids)]) for day in (days or (0,))
        ]
        return [row["x_room"] for of_day in rows for row in of_day]

    # ------------------------------------------------------------
    # Delivery
    # ------------------------------------------------------------

    def test_what_is_proposed_besides_is_asked_for_and_arrives(self):
        deal = self._sell({"product_id": self.server.id, "quantity": 3}, seat_count=10)
        form = self._open_dialog(deal)
        rooms = [form.line_ids.edit(rank).x_room for rank in range(4)]
        self.assertEqual(rooms, ["Room 1", "Room 2", "Room 3", "Room 4"])
        with form.line_ids.edit(1) as line:
            line.x_room = "Cellar"
        with form.line_ids.edit(2) as line:
            line.x_room = False
        form.save().action_deliver()
        geo, *servers = deal.equipment_ids.sorted("id")
        self.assertEqual(geo.kind, "software")
        self.assertEqual([one.x_room for one in (geo, *servers)], ["Room 1", "Cellar", False, "Room 4"])
        # Of these the dialog does not ask.
        usages = [one.usage for one in (geo, *servers)]
        self.assertEqual(usages, ["production", "backup", "production", "backup"])
        self.assertEqual(deal.equipment_ids.x_batch_id, self.seller)
        self.assertEqual(self._get_rooms(deal.equipment_ids.sorted("id"))[-1], "Room 4")

    def test_it_arrives_in_parts_too(self):
        deal = self._sell({"product_id": self.disk.id, "quantity": 8}, seat_count=10)
        for quantity, room in ((3, "Attic"), (5, "Cellar")):
            form = self._open_dialog(deal)
            for rank in range(2):
                with form.line_ids.edit(rank) as line:
                    line.is_delivered_now = line.content.startswith("Disk")
                    line.quantity = quantity
                    line.x_room = room
            form.save().action_deliver()
        disks = deal.equipment_ids
        self.assertEqual([(disk.quantity, disk.x_room) for disk in disks], [(3, "Attic"), (5, "Cellar")])
        self.assertEqual(disks.x_batch_id, self.seller)
        for seats in (4, 6):  # the second adds to the first
            form = self._open_dialog(deal)
            with form.line_ids.edit(0) as line:
                line.quantity = seats
                line.x_room = f"For {seats}"
            form.save().action_deliver()
        geo = deal.equipment_ids - disks
        self.assertEqual((geo.seat_count, geo.x_room), (10, "For 4"))

    def test_the_one_that_is_chosen_arrives(self):
        deal = self._sell({"product_id": self.server.id, "quantity": 4})
        form = self._open_dialog(deal)
        for rank in (0, 2, 3):
            with form.line_ids.edit(rank) as line:
                line.is_delivered_now = False
        form.save().action_deliver()
        self.assertEqual((deal.equipment_ids.x_room, deal.equipment_ids.usage), ("Room 2", "backup"))

    def test_without_the_dialog_it_arrives_as_it_is_proposed(self):
        deal = self._sell({"product_id": self.server.id, "quantity": 2})
        servers = deal.with_user(self.support)._create_equipment()
        self.assertEqual(servers.mapped("x_room"), ["Room 1", "Room 2"])
        self.assertEqual(servers.x_batch_id, self.seller)

    def test_a_proposal_has_no_name_of_a_field_by_chance(self):
        deal = self._sell({"product_id": self.server.id})
        [proposal] = deal._get_proposals()
        for model in ("pemba.equipment", "pemba.equipment.proposal.line"):
            names = {name for name in proposal if name in self.env[model]._fields}
            self.assertLessEqual(names, {"x_room", "x_batch_id", "usage"}, model)

    # ------------------------------------------------------------
    # List, statement and import
    # ------------------------------------------------------------

    def test_it_is_listed_and_stated(self):
        server = self._create_server(
            x_batch_id=self.seller.id, state="in_service", in_service_date=self._day(-9)
        )
        server.x_room = "B2"
        view = self.env["pemba.equipment"].with_user(self.support).get_view(view_type="list")
        self.assertIn('name="x_room"', view["arch"])
        statements = self.env["pemba.equipment.statement"].with_user(self.accountant)
        for day, room in ((self.today, "B2"), (self._day(-1), "A1")):
            preview = statements.create({"partner_id": self.customer.id, "date": day}).preview
            for text in ("<th>Version</th>", "<th>Room</th>", f"<td>{room}</td>"):
                self.assertIn(text, preview)
            self.assertIn(self.seller.name, preview)

    def test_it_is_imported_once(self):
        names = ["id", "name", "partner_id", "product_id", "state", "in_service_date", "x_room"]
        row = ["__import__.srv", "S-1", "Customer", "Server", "in_service", str(self._day(-5)), "A1"]
        load = self.env["pemba.equipment"].with_user(self.manager).load
        first = load(names, [row])
        self.assertFalse(first["messages"])
        server = self.env["pemba.equipment"].browse(first["ids"])
        self.assertEqual(server.event_ids.description, "Server +1, Customer, A1")
        load(names, [row])
        load(names, [[*row[:-1], ""]])  # an empty cell says nothing of what the ledger keeps
        self.assertEqual((server.x_room, len(server.event_ids)), ("A1", 1))
        load(names, [[*row[:-1], "B2"]])
        events = server.event_ids.sorted("id")
        self.assertEqual(events.mapped("description"), ["Server +1, Customer, A1", "B2"])

    # ------------------------------------------------------------
    # Ledger and rules
    # ------------------------------------------------------------

    def test_the_ledger_knows_it(self):
        server = self._create_server(state="in_service", in_service_date=self._day(-50))
        server._correct({"x_room": "B2"}, self._day(-30))
        server._correct({"x_room": "C3"}, self._day(-40), note="It was moved twice")
        self.assertEqual(server.x_room, "B2")  # what was recorded late does not pass what came after
        self.assertEqual(self._get_rooms(server, -50, -40, -30, 0), ["A1", "C3", "B2", "B2"])
        changes = self.env["pemba.equipment.change"].with_user(self.support)
        changes.create({"equipment_ids": server.ids, "kind": "correct", "x_room": "D4"}).action_record()
        self.assertEqual((server.x_room, server.event_ids.sorted("id")[-1:].description), ("D4", "D4"))
        server._correct_service_date(self._day(-60))
        self.assertEqual(self._get_rooms(server, -60, -45, -40), ["A1", "A1", "C3"])
        with self._refused(ValidationError, "Room: in service, it is replaced and not emptied"):
            server.x_room = False
        states = server._get_states_query(self.today, server._as_query().subselect())
        self.assertEqual([row["x_room"] for row in self.env.execute_query_dict(states)], ["D4"])

    def test_what_is_settled_stays_once_in_service(self):
        server = self._create_server(x_batch_id=self.seller.id)
        server.x_batch_id = self.other
        server.action_start()
        server.x_batch_id = self.other
        with self._refused(ValidationError, "Batch of: it was settled when it went into service"):
            server.x_batch_id = self.customer
        self.assertEqual(server.x_batch_id, self.other)

    def test_the_rule_of_what_comes_into_the_base_has_one_condition_more(self):
        deal = self._sell({"product_id": self.server.id, "x_is_lent": True}, {"product_id": self.disk.id})
        lent, sold = deal.opportunity_line_ids
        self.assertEqual((lent.comes_into_base, sold.comes_into_base), (False, True))
        self.assertEqual(deal._create_equipment().product_id, self.disk)
        self.assertFalse(deal.is_to_deliver)
        lent.x_is_lent = False
        self.assertTrue(deal.is_to_deliver)
        lent.x_is_lent = True
        self.server.pemba_equipment_policy = "per_line"
        self.assertFalse(lent.comes_into_base or deal.is_to_deliver)
