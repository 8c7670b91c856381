from datetime import date

from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.tests import freeze_time, tagged

from .common import PembaContractCommon


@tagged("post_install", "-at_install")
class TestRights(PembaContractCommon):
    """What contacts are entitled to."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rights = cls.env["pemba.right"].search([], limit=None).grouped("code")
        cls.kind.write({"renewal_lead_days": 30, "grace_days": 15})
        cls.contract = cls._create_contract(date_start="2026-01-01")
        partners = cls.env["res.partner"]
        cls.ann = partners.create({"name": "Ann", "parent_id": cls.customer.id, "phone": "+33 1 44 55 66 77"})
        cls.dealer = partners.create({"name": "Dan", "parent_id": cls.distributor.id})
        cls.stranger = partners.create({"name": "Stan", "parent_id": cls.other.id})
        roles = cls.env["pemba.contact.role"]
        cls.admin = roles.create(
            {"name": "Administrator", "right_ids": [Command.set(cls.rights["hotline"].ids)]}
        )
        cls.buyer = roles.create({"name": "Buyer"})

    def _check(self, partner, code="hotline", equipment=None, day="2026-06-01"):
        check = partner.with_user(self.support).check_right(code, equipment and equipment.id, day)
        return check["status"]

    def test_the_truth_table(self):
        """Contract dates × hold × role × grant × who calls."""
        for day, on_hold, role, granted, calls, equipment, status in (
            ("2025-12-31", False, None, False, "ann", False, "never"),
            ("2026-01-01", False, None, False, "ann", False, "open"),
            ("2026-12-01", False, None, False, "ann", False, "expiring"),
            ("2026-12-31", False, None, False, "ann", False, "expiring"),
            ("2027-01-01", False, None, False, "ann", False, "grace"),
            ("2027-01-15", False, None, False, "ann", False, "grace"),
            ("2027-01-16", False, None, False, "ann", False, "expired"),
            ("2026-06-01", True, None, False, "ann", False, "suspended"),
            ("2027-01-05", True, None, False, "ann", False, "expired"),
            ("2027-02-01", True, None, False, "ann", False, "expired"),
            ("2026-06-01", False, "admin", False, "ann", False, "open"),
            ("2026-06-01", False, "buyer", False, "ann", False, "never"),
            ("2026-06-01", True, "admin", False, "ann", False, "suspended"),
            ("2026-06-01", False, "buyer", True, "ann", False, "open"),
            ("2026-06-01", True, None, True, "ann", False, "open"),
            ("2027-02-01", False, None, True, "ann", False, "open"),
            ("2026-06-01", False, None, False, "customer", False, "open"),
            ("2026-06-01", False, None, False, "ann", True, "open"),
            ("2026-06-01", False, None, False, "dealer", False, "never"),
            ("2026-06-01", False, None, False, "dealer", True, "open"),
            ("2026-06-01", True, None, False, "dealer", True, "suspended"),
            ("2026-06-01", False, None, False, "stranger", False, "never"),
            ("2026-06-01", False, None, False, "stranger", True, "never"),
            ("2026-06-01", False, None, False, "authorized", True, "open"),
            ("2026-06-01", False, None, False, "authorized", False, "never"),
        ):
            with self.subTest(
                day=day, on_hold=on_hold, role=role, granted=granted, calls=calls, eq=equipment
            ):
                savepoint = self.env.cr.savepoint()
                self.contract._set(
                    is_on_hold=on_hold,
                    hold_reason=on_hold and "Unpaid",
                    distributor_id=self.distributor.id,
                    authorized_partner_ids=[Command.set(self.stranger.ids if calls == "authorized" else [])],
                )
                caller = self.stranger if calls == "authorized" else getattr(self, calls)
                caller.contact_role_ids = getattr(self, role) if role else False
                if granted:
                    self.env["pemba.right.grant"].with_user(self.manager).create(
                        {
                            "partner_id": caller.id,
                            "right_id": self.rights["hotline"].id,
                            "date_start": "2026-01-01",
                            "date_end": "2027-12-31",
                            "reason": "They are moving",
                        }
                    )
                check = caller.with_user(self.support).check_right(
                    "hotline", self.geo.id if equipment else None, day
                )
                self.assertEqual(check["status"], status, check["reason"])
                self.assertEqual(check["allowed"], status in ("open", "expiring", "grace"))
                self.assertTrue(check["reason"])
                savepoint.rollback()
                self.env.invalidate_all()

    def test_a_right_that_the_contract_does_not_give(self):
        self.kind.right_ids = self.rights["support"]
        self.assertEqual(self._check(self.ann, "support"), "open")
        self.assertEqual(self._check(self.ann, "hotline"), "never")
        with self._refused(UserError, "no right with the code coffee"):
            self._check(self.ann, "coffee")

    def test_the_answer_is_json(self):
        check = self.ann.with_user(self.support).check_right("hotline", self.geo.id, "2026-06-01")
        self.assertEqual(
            check,
            {
                "allowed": True,
                "status": "open",
                "reason": f"{self.contract.name} runs until 12/31/2026.",
                "valid_until": "2026-12-31",
                "contract": self.contract.id,
                "max_version": self.old.id,
            },
        )

    def test_the_highest_version_is_the_last_released_while_maintenance_ran(self):
        self.new.unlink()
        released = {
            "5.1": self._version("5.1", "2026-11-01", 51),
            "5.0.9": self._version("5.0.9", "2026-12-20", 50),  # a late fix of the old branch
            "6.0": self._version("6.0", "2027-02-01", 60),
        }
        for day, name in (("2026-06-01", "4.2"), ("2026-11-01", "5.1"), ("2027-06-01", "5.1")):
            check = self.ann.with_user(self.support).check_right("upgrade", self.geo.id, day)
            highest = self.software.version_ids.browse(check["max_version"])
            self.assertEqual(highest.name, name, day)
        self.assertTrue(released)

    def _version(self, name, day, sequence):
        return self.env["pemba.software.version"].create(
            {"software_id": self.software.id, "name": name, "release_date": day, "sequence": sequence}
        )

    def test_the_successor_goes_on(self):
        with freeze_time("2026-12-15"):
            self.contract._renew()
        for day in ("2026-12-20", "2027-01-01", "2027-06-01"):
            self.assertEqual(self._check(self.ann, day=day), "open", day)
        self.assertEqual(self._check(self.ann, day="2027-12-20"), "expiring")

    def test_a_lost_renewal_has_no_grace(self):
        self.contract._set(close_reason="Too expensive")
        self.assertEqual(self._check(self.ann, day="2027-01-02"), "expired")

    def test_rights_go_on_after_a_reduction(self):
        contract = self._create_contract(
            {"price_unit": 100, "quantity": 5, "equipment_id": self.geo.id}, date_start="2026-01-01"
        )
        with freeze_time("2026-06-01"):
            contract._reduce(contract.line_ids, 2, "2026-06-10")
            check = self.customer.check_right("hotline", self.geo)
            self.assertEqual((check["status"], str(check["valid_until"])), ("open", "2026-12-31"))

    def test_without_a_role_by_the_setting(self):
        self.assertEqual(self._check(self.ann), "open")
        self.env["res.config.settings"].create({"pemba_roles_required": True}).execute()
        self.assertEqual(self._check(self.ann), "never")
        self.assertEqual(self._check(self.customer), "open")
        self.ann.contact_role_ids = self.admin
        self.assertEqual(self._check(self.ann), "open")

    def test_the_tab_of_the_contact(self):
        self.kind.right_ids = self.rights["hotline"] | self.rights["support"]
        with freeze_time("2026-12-20"):
            contacts = (self.ann | self.stranger).with_user(self.support)
            self.assertEqual(contacts.mapped("right_status"), ["expiring", "never"])
            self.assertIn("Hotline", contacts[0].right_info)
            self.assertFalse(contacts[1].right_info)
            self.assertEqual(contacts.mapped("pemba_contract_count"), [1, 0])

    def test_the_hotline_finds_who_calls(self):
        self.geo.write({"serial_number": "SN-4711", "licence_key": "ABCD-EFGH-IJKL"})
        hotline = self.env["pemba.hotline"].with_user(self.support)
        for query, found in (
            ("ann", self.ann),
            ("44556677", self.ann),
            ("SN-4711", self.customer),
            ("sn-4711", self.customer),
            ("ABCD-EFGH-IJKL", self.customer),
            (self.geo.name, self.customer),
        ):
            with self.subTest(query=query):
                [row] = hotline._find(query)
                self.assertEqual(row["partner"], found.with_user(self.support))
                [equipment] = row["equipment"]
                self.assertEqual(equipment["equipment"].id, self.geo.id)
                self.assertTrue(equipment["rights"])
        self.assertFalse(hotline._find("ABCD"))
        html = hotline.new({"query": "SN-4711"}).result
        self.assertIn(self.geo.name, html)
        self.assertNotIn("ABCD-EFGH", html)
        self.assertIn("Nobody and nothing found", hotline.new({"query": "nobody at all"}).result)

    def test_only_managers_grant(self):
        vals = {
            "partner_id": self.ann.id,
            "right_id": self.rights["hotline"].id,
            "date_end": date(2030, 1, 1),
            "reason": "Trial",
        }
        for user in (self.support, self.salesperson):
            with self._refused(AccessError, "."):
                self.env["pemba.right.grant"].with_user(user).create(vals)
        self.env["pemba.right.grant"].with_user(self.manager).create(vals)
