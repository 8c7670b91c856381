"""Who may what: held against ``security/rights.md``, and what hangs on an opportunity follows its rules."""

import logging
from pathlib import Path

from freezegun import freeze_time
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged

from .access_common import DAY, AccessCommon
from .common import PembaContractCommon

_logger = logging.getLogger(__name__)

TABLE = Path(__file__).parents[1] / "security" / "rights.md"
OPERATIONS = {"create": "C", "read": "R", "write": "U", "unlink": "D"}


@tagged("post_install", "-at_install")
class TestRightsTable(AccessCommon):
    def _get_cell(self, records, user):
        """The letters of what a user may do with records: small where it may with some of them only."""
        records = records.with_user(user)
        cell = ""
        for operation, letter in OPERATIONS.items():
            if not records.browse().has_access(operation):
                continue
            if not records._auto:  # what is seen of a report is said by its query, too
                count = records.search_count([("id", "in", records.ids)])
            else:
                count = len(records._filtered_access(operation))
                if operation == "read":
                    self.assertEqual(count, records.search_count([("id", "in", records.ids)]))
            if count or not records:
                cell += letter if count == len(records) else letter.lower()
        return cell or "–"

    def _get_rows(self):
        for name in self._get_models():
            rows = {}
            for whose, records in self._get_samples(name).items():
                cells = tuple(self._get_cell(records, user) for user in self.roles.values())
                rows.setdefault(cells, []).append(whose)
            for cells, whose in rows.items():
                owner = "any" if len(rows) == 1 else ", ".join(whose)
                yield " | ".join((f"| `{name}`", owner, *cells)) + " |"

    def test_the_table_is_what_holds(self):
        """Shown as a difference: what holds is written into the file once it was decided."""
        self.maxDiff = None
        written = [line for line in TABLE.read_text().splitlines() if line.startswith("| `")]
        rows = list(self._get_rows())
        self.assertEqual("\n".join(rows), "\n".join(written))
        _logger.info("%s cells of %s models", len(rows) * len(self.roles), len(self._get_models()))

    def test_every_model_has_a_sample(self):
        without = {
            name
            for name in self._get_models()
            if not self.env[name]._transient and not any(self._get_samples(name).values())
        }
        self.assertEqual(without, set())

    def test_every_group_has_a_rule_of_its_own(self):
        """Where groups have rules: what they may is the same, read as a union of permissions."""
        rules = self.env["ir.rule"].search([("model_id.model", "in", self._get_models())])
        missing = [
            f"{access.model_id.model}: {access.group_id.full_name}, {operation}"
            for access in self.env["ir.model.access"].search([("group_id", "!=", False)])
            for operation in ("read", "write", "create", "unlink")
            if access[f"perm_{operation}"]
            and (own := rules.filtered(lambda one, on=access.model_id: one.model_id == on).filtered("groups"))
            and access.group_id.get_external_id()[access.group_id.id].startswith("pemba_crm.")
            and not own.filtered(
                lambda one, to=access.group_id, perm=operation: to in one.groups and one[f"perm_{perm}"]
            )
        ]
        self.assertEqual(missing, [])


@tagged("post_install", "-at_install")
class TestFollowedRules(PembaContractCommon):
    """A rule that an integrator adds for opportunities holds for what hangs on them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.colleague = cls._create_user("pemba_colleague_rules", "sales_team.group_sale_salesman")
        rival = cls.env["pemba.competitor.product"].create({"name": "Rival", "competitor_id": cls.other.id})
        cls.team = cls.env["crm.team"].create(
            {"name": "Team", "member_ids": (cls.salesperson | cls.colleague).ids}
        )
        cls.theirs = cls._create_opportunity(
            "M",
            partner_id=cls.customer.id,
            user_id=cls.colleague.id,
            team_id=cls.team.id,
            competitor_product_ids=rival.ids,
            opportunity_configuration_ids=[Command.create({"configuration_id": cls.ready.id})],
        )
        cls.theirs.opportunity_configuration_ids.action_apply()
        snapshots = cls.env["pemba.forecast.snapshot"]
        with freeze_time(f"{DAY} 12:00:00"):
            snapshots._take()
        cls.theirs.opportunity_line_ids[0].quantity += 5
        snapshots._take()
        cls.env.flush_all()

    def _add_rule(self, **vals):
        """The documents of the team."""
        self.env["ir.rule"].create(
            {
                "name": "Team",
                "model_id": self.env["ir.model"]._get_id("crm.lead"),
                "domain_force": "[('team_id.member_ids', 'in', user.ids)]",
                "groups": self.env.ref("sales_team.group_sale_salesman").ids,
                **vals,
            }
        )

    def _get_hanging(self):
        for name in (
            "pemba.opportunity.line",
            "pemba.opportunity.configuration",
            "pemba.forecast.snapshot",
            "pemba.forecast.movement",
            "pemba.competitor.report",
            "pemba.customer.history",
            "pemba.sale.report",
        ):
            records = self.env[name].search([("lead_id", "=", self.theirs.id)])
            self.assertTrue(records, name)
            yield records

    def test_what_hangs_on_it_is_seen_with_it(self):
        for records in self._get_hanging():
            seen = records.with_user(self.salesperson)
            self.assertFalse(seen.search([("id", "in", records.ids)]), records)
        self._add_rule()
        for records in self._get_hanging():
            seen = records.with_user(self.salesperson)
            self.assertEqual(seen.search([("id", "in", records.ids)]), records)
            self.assertTrue(seen.has_access("read"))

    def test_what_may_be_read_alone_is_not_written(self):
        self._add_rule(perm_write=False)
        line = self.theirs.opportunity_line_ids[0].with_user(self.salesperson)
        self.assertTrue(line.quantity)
        for attempt in (
            lambda: line.write({"quantity": 7}),
            lambda: line.create({"lead_id": self.theirs.id, "product_id": self.licence.id}),
            line.unlink,
        ):
            with self.assertRaises(AccessError), self.cr.savepoint():
                attempt()
        self._add_rule(name="Writes")
        line.quantity = 7
        self.assertEqual(line.quantity, 7)

    def test_a_rule_for_everybody_narrows_it(self):
        """Managers as well, who see all."""
        line = self.theirs.opportunity_line_ids[0].with_user(self.manager)
        self.assertTrue(line.has_access("write"))
        self._add_rule(groups=False, domain_force="[('team_id', '=', False)]")
        self.assertFalse(line.has_access("read"))
        with self.assertRaisesRegex(AccessError, "top-secret"):
            line.read(["quantity"])

    def test_the_rule_that_refuses_is_found(self):
        """Odoo names it in debug mode."""
        self._add_rule(groups=False, name="Narrow", domain_force="[('team_id', '=', False)]")
        rules = self.env["ir.rule"].with_user(self.manager)
        self.assertEqual(rules._get_failing(self.theirs.opportunity_line_ids[0]).sudo().name, "Narrow")

    def test_what_is_left_of_one_that_is_gone_is_of_who_was_in_charge(self):
        snapshot = self.env["pemba.forecast.snapshot"].search([("lead_id", "=", self.theirs.id)])
        self.theirs.sudo().unlink()
        self.env.invalidate_all()
        for user, expected in (
            (self.salesperson, 0),
            (self.colleague, len(snapshot)),
            (self.manager, len(snapshot)),
        ):
            found = snapshot.with_user(user).search_count([("id", "in", snapshot.ids)])
            self.assertEqual(found, expected, user.login)
