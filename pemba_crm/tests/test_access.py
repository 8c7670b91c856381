"""Who may what: held against ``security/rights.md``, and what hangs on an opportunity follows its rules."""

import logging
from pathlib import Path

from freezegun import freeze_time
from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import new_test_user, tagged

from .common import PembaContractCommon

_logger = logging.getLogger(__name__)

TABLE = Path(__file__).parents[1] / "security" / "rights.md"
OPERATIONS = {"create": "C", "read": "R", "write": "U", "unlink": "D"}
WORLDS = ("own", "colleague's", "other company's")
DAY = "2031-03-03"
REPORTED = ("pemba.forecast.snapshot",)  # taken for all at once


@tagged("post_install", "-at_install")
class TestRightsTable(PembaContractCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.roles = {
            "Employee": cls._create_user("pemba_employee_table", "base.group_user"),
            "Salesperson": cls.salesperson,
            "All documents": cls._create_user("pemba_all_table", "sales_team.group_sale_salesman_all_leads"),
            "Manager": cls.manager,
            "Support": cls.support,
            "Accountant": cls.accountant,
            "Margins": cls._create_user("pemba_margins_table", "pemba_crm.group_margin"),
            "Portal": new_test_user(
                cls.env, "pemba_portal_table", "base.group_portal", partner_id=cls._create_contact().id
            ),
        }
        cls._create_shared()
        colleague = cls._create_user("pemba_colleague_table", "sales_team.group_sale_salesman")
        elsewhere = cls.env["res.company"].create({"name": "Elsewhere"})
        cls.env.user.company_ids |= elsewhere
        vals = {"name": "There", "is_company": True, "company_id": elsewhere.id}
        there = cls.env["res.partner"].create(vals)
        cls.worlds = []
        for user, customer, company in (
            (cls.salesperson, cls.customer, cls.env.company),
            (colleague, cls.other, cls.env.company),
            (cls.env["res.users"], there, elsewhere),
        ):
            before = cls._get_all()
            leads = cls._create_world(user, customer, company)
            after = cls._get_all()
            cls.worlds.append(
                {name: ids - before[name] for name, ids in after.items()}
                | {"leads": leads, "customer": customer}
            )
        snapshots = cls.env["pemba.forecast.snapshot"]
        with freeze_time(f"{DAY} 12:00:00"):
            snapshots._take()
        cls.worlds[0]["leads"][0].expected_revenue += 100
        snapshots._take()
        cls.env.flush_all()

    @classmethod
    def _create_contact(cls):
        return cls.env["res.partner"].create({"name": "Contact", "parent_id": cls.customer.id})

    @classmethod
    def _create_shared(cls):
        """What belongs to no one."""
        env = cls.env
        cls.zone, _dollar = cls._create_dollar_zone(1.25)
        cls.rival = env["pemba.competitor.product"].create({"name": "Rival", "competitor_id": cls.other.id})
        cls._create_index({"2025-01": 100})
        env["pemba.margin.rule"].create({"rate": 30})
        env["pemba.software.suite"].create({"name": "Suite"})
        env["pemba.contact.role"].create({"name": "Role"})
        env["crm.tag"].create({"name": "Tag"})

    @classmethod
    def _create_world(cls, user, customer, company):
        """A deal that is open and one that was won, and all that follows, of a user in a company.

        :return: the deals
        """
        cls.env.flush_all()
        env = cls.env(context=dict(cls.env.context, allowed_company_ids=company.ids))
        vals = {"name": "Deal", "type": "opportunity", "partner_id": customer.id, "company_id": company.id}
        vals |= {"user_id": user.id, "team_id": False, "stage_id": cls.stages["M"][:1].id}
        vals["opportunity_configuration_ids"] = [Command.create({"configuration_id": cls.ready.id})]
        vals["competitor_product_ids"] = cls.rival.ids
        deals = env["crm.lead"].create([vals, dict(vals)])
        for deal in deals:
            deal.opportunity_configuration_ids.action_apply()
        deals[1]._make_quotation().action_confirm()
        equipment = env["pemba.equipment"].create(
            {
                "partner_id": customer.id,
                "company_id": company.id,
                "software_id": cls.software.id,
                "version_id": cls.old.id,
                "deployment_type_id": cls.on_premise.id,
                "seat_count": 10,
                "state": "in_service",
                "in_service_date": "2020-01-01",
            }
        )
        line = {"product_id": cls.maintenance.id, "price_unit": 1200, "equipment_id": equipment.id}
        contract = {
            "partner_id": customer.id,
            "company_id": company.id,
            "contract_type_id": cls.kind.id,
            "currency_id": company.currency_id.id,
            "line_ids": [Command.create(line)],
        }
        ended = {"date_start": "2024-01-01", "date_end": "2024-12-31"}
        for dates in ({}, ended):
            env["pemba.contract"].create(contract | dates | {"state": "running"})
        env["pemba.contract"]._cron_expire()
        env["pemba.competitor.installation"].create(
            {"partner_id": customer.id, "competitor_product_id": cls.rival.id, "seen_date": "2026-01-01"}
        )
        env["pemba.zone.rate"].create(
            {
                "zone_id": cls.zone.id,
                "currency_id": cls._currency("USD").id,
                "rate": 1.3,
                "date": f"2026-01-0{len(cls.worlds) + 1}",
                "company_id": company.id,
            }
        )
        year = {"date_start": "2026-01-01", "date_end": "2026-12-31"}
        env["pemba.target"].create(
            [
                {"name": "T", "amount": 5, "user_id": user.id, "company_id": company.id, **year},
                {
                    "name": "M",
                    "amount": 5,
                    "user_id": user.id,
                    "company_id": company.id,
                    "metric": "margin",
                    **year,
                },
            ]
        )
        right = env["pemba.right"].search([], limit=1)
        env["pemba.right.grant"].create(
            {"partner_id": customer.id, "right_id": right.id, "reason": "Why not", **year}
        )
        sale = {"partner_id": customer.id, "product_id": cls.licence.id, "quantity": 9, "date": "2020-01-01"}
        env["pemba.opening.sale"].create(sale | {"company_id": company.id})
        run = env["pemba.reconciliation"].create({"company_id": company.id})
        run.action_compute()
        env["pemba.reconciliation.settlement"].create(
            {
                "company_id": company.id,
                "partner_id": customer.id,
                "product_id": cls.licence.id,
                "check": "installed",
                "date": run.date,
            }
        )
        env["pemba.renewal.estimate"]._freeze()
        env.flush_all()
        return deals

    @classmethod
    def _get_models(cls):
        """Ours, and those of Odoo's that we give a right or a rule for."""
        data = cls.env["ir.model.data"].search(
            [("module", "=", "pemba_crm"), ("model", "in", ("ir.model.access", "ir.rule"))]
        )
        given = {cls.env[one.model].browse(one.res_id).model_id.model for one in data}
        ours = {name for name, model in cls.env.items() if name.startswith("pemba.") and not model._abstract}
        return sorted(given | ours)

    @classmethod
    def _get_all(cls):
        cls.env.flush_all()
        return {
            name: set(cls.env[name].sudo().with_context(active_test=False).search([]).ids)
            for name in cls._get_models()
            if not cls.env[name]._transient and cls.env[name]._auto
        }

    def _get_samples(self, name):
        """``{whose: records}`` of a model, or rows of a report."""
        model = self.env[name].with_context(active_test=False)
        if model._transient:
            return {"any": model}
        if name in REPORTED or not model._auto:
            link, key = ("lead_id", "leads") if "lead_id" in model else ("partner_id", "customer")
            samples = [model.search([(link, "in", one[key].ids)]) for one in self.worlds]
        else:
            samples = [model.browse(sorted(one[name])) for one in self.worlds]
        if all(samples):
            return dict(zip(WORLDS, samples, strict=True))
        return {"any": model.search([], limit=1)}

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
        rival = cls.env["pemba.competitor.product"].create(
            {"name": "Rival", "competitor_id": cls.other.id}
        )
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
