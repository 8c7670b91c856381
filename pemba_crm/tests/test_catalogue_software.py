from datetime import timedelta
from itertools import pairwise

from odoo import fields
from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import Form

from .common import PembaCommon


class TestVersions(PembaCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accounting = cls._create_software("Accounting")
        cls.old = cls._create_version(cls.accounting, "12.0", -700)
        cls.new = cls._create_version(cls.accounting, "13.0", -200)

    def test_the_latest_is_the_highest_released(self):
        self.assertEqual(self.accounting.latest_version_id, self.new)
        self.assertEqual((self.old | self.new).mapped("is_latest"), [False, True])

    def test_a_version_released_today_is_the_latest(self):
        today = self._create_version(self.accounting, "14.0", 0)
        self.assertEqual(self.accounting.latest_version_id, today)

    def test_a_late_fix_of_an_old_branch_is_not_the_latest(self):
        fix = self._create_version(self.accounting, "12.1", -1, sequence=15)
        self.assertLess(fix.sequence, self.new.sequence)
        self.assertEqual(self.accounting.latest_version_id, self.new)

    def test_what_is_not_released_is_not_the_latest(self):
        self._create_version(self.accounting, "14.0", 1)
        self._create_version(self.accounting, "15.0")
        self.assertEqual(self.accounting.latest_version_id, self.new)

    def test_what_is_archived_is_not_the_latest(self):
        self.new.active = False
        self.assertEqual(self.accounting.latest_version_id, self.old)

    def test_a_software_without_a_released_version_has_no_latest(self):
        (self.old | self.new).unlink()
        self.assertFalse(self.accounting.latest_version_id)

    def test_the_latest_follows_a_date_and_a_rank(self):
        self.new.release_date = False
        self.assertEqual(self.accounting.latest_version_id, self.old)
        fix = self._create_version(self.accounting, "12.1", -1)
        self.assertEqual(self.accounting.latest_version_id, fix)
        fix.sequence = 5
        self.assertEqual(self.accounting.latest_version_id, self.old)

    def test_the_latest_versions_are_found(self):
        payroll = self._create_software("Payroll")
        six = self._create_version(payroll, "6.0", -10)
        self._create_version(payroll, "7.0", 10)
        versions = self.env["pemba.software.version"]
        ours = [("software_id", "in", (self.accounting | payroll).ids)]
        latest = versions.search([*ours, ("is_latest", "=", True)])
        self.assertEqual(latest, self.new | six)
        others = versions.search([*ours, ("is_latest", "=", False)])
        self.assertEqual(others, versions.search(ours) - latest)

    def test_software_is_found_by_its_latest_version(self):
        software = self.env["pemba.software"]
        planned = self._create_software("Planned")
        self.assertEqual(software.search([("latest_version_id", "=", self.new.id)]), self.accounting)
        self.assertFalse(software.search([("latest_version_id", "=", self.old.id)]))
        without = software.search([("latest_version_id", "=", False)])
        self.assertIn(planned, without)
        self.assertNotIn(self.accounting, without)

    def test_the_status_says_latest_supported_planned_or_unsupported(self):
        planned = self._create_version(self.accounting, "14.0", 30)
        first = self._create_version(
            self.accounting,
            "11.0",
            -1500,
            sequence=5,
            end_of_support_date=fields.Date.today() - timedelta(days=1),
        )
        self.assertEqual(
            (first | self.old | self.new | planned).mapped("status"),
            ["unsupported", "supported", "latest", "planned"],
        )

    def test_a_version_without_a_rank_comes_after_all_others(self):
        self.assertEqual((self.old | self.new).mapped("sequence"), [10, 20])
        self.new.active = False
        third, fourth = self.env["pemba.software.version"].create(
            [{"software_id": self.accounting.id, "name": name} for name in ("14.0", "15.0")]
        )
        self.assertEqual((third.sequence, fourth.sequence), (30, 40))

    def test_each_software_ranks_its_own_versions(self):
        payroll = self._create_software("Payroll")
        self.assertEqual(self._create_version(payroll, "1.0").sequence, 10)

    def test_a_version_is_found_by_its_whole_name(self):
        versions = self.env["pemba.software.version"]
        other = self._create_software("Accounting Plus")
        plus = self._create_version(other, "13.0", -1)
        self.assertEqual(versions.name_search("Accounting Plus 13.0", operator="=")[0][0], plus.id)
        self.assertEqual(
            [id_ for id_, _name in versions.name_search("Accounting 13.0", operator="=")], self.new.ids
        )

    def test_two_versions_of_a_software_have_two_names(self):
        message = "Another version of this software has this name."
        with self._refused_by_database("pemba.software.version", message):
            self._create_version(self.accounting, "12.0")

    def test_two_versions_of_a_software_have_two_ranks(self):
        message = "Another version of this software has this rank."
        with self._refused_by_database("pemba.software.version", message):
            self._create_version(self.accounting, "14.0", sequence=self.old.sequence)

    def test_support_does_not_end_before_the_release(self):
        message = "The support of a version cannot end before its release."
        with self._refused_by_database("pemba.software.version", message):
            self.old.end_of_support_date = self.old.release_date - timedelta(days=1)
            self.env.flush_all()


class TestModules(PembaCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.accounting = cls._create_software("Accounting", "Ledger Assets Treasury")
        cls.ledger, cls.assets, cls.treasury = (
            cls.accounting.module_ids.filtered(lambda module, name=name: module.name == name)
            for name in ("Ledger", "Assets", "Treasury")
        )
        cls.payslips = cls._create_software("Payroll", "Payslips").module_ids

    def test_a_module_requires_no_module_of_another_software(self):
        with self._refused(ValidationError, "Ledger: Payslips is a module of Payroll, not of Accounting"):
            self.ledger.requires_ids = self.payslips

    def test_a_module_excludes_no_module_of_another_software(self):
        with self._refused(ValidationError, "Ledger: Payslips is a module of Payroll, not of Accounting"):
            self.ledger.excludes_ids = self.payslips

    def test_nor_is_it_required_by_one_or_moved_away_from_what_requires_it(self):
        with self._refused(ValidationError, "is a module of"):
            self.payslips.required_by_ids = self.ledger
        self.assets.requires_ids = self.ledger
        with self._refused(ValidationError, "Assets: Ledger is a module of"):
            self.ledger.software_id = self.payslips.software_id

    def test_a_module_neither_requires_nor_excludes_itself(self):
        for field in ("requires_ids", "excludes_ids"):
            with self._refused(ValidationError, "Ledger: a module neither requires nor excludes itself"):
                self.ledger[field] = self.ledger

    def test_a_module_is_not_required_and_excluded_at_once(self):
        self.assets.requires_ids = self.ledger
        with self._refused(ValidationError, "Assets: Ledger is required and excluded at once"):
            self.assets.excludes_ids = self.ledger

    def test_what_is_required_requires_in_turn(self):
        self.treasury.requires_ids = self.assets
        self.assets.requires_ids = self.ledger
        self.ledger.requires_ids = self.treasury  # a circle comes to an end
        self.assertEqual(self.treasury._get_required(), self.assets | self.ledger)

    def test_two_modules_of_a_software_have_two_codes(self):
        message = "Another module of this software has this code."
        with self._refused_by_database("pemba.software.module", message):
            self.ledger.code = "Assets"
            self.env.flush_all()

    def test_modules_of_two_software_may_have_one_code(self):
        self.payslips.code = "Ledger"
        self.env.flush_all()

    def test_a_software_opens_its_modules_in_a_list(self):
        action = self.accounting.action_open_modules()
        self.assertEqual(
            self.env["pemba.software.module"].search(action["domain"]), self.accounting.module_ids
        )
        self.assertEqual(self.accounting.module_count, 3)

    def test_reading_many_modules_costs_what_few_cost(self):
        product = self.env["product.product"].create({"name": "Module"})

        def read(count):
            software = self._create_software(f"Software {count}")
            modules = self.env["pemba.software.module"].create(
                [
                    {"software_id": software.id, "name": f"Module {number}", "product_id": product.id}
                    for number in range(count)
                ]
            )
            for one, other in pairwise(modules):
                one.requires_ids = other
                other.excludes_ids = one
            self.env.flush_all()
            self.env.invalidate_all()
            named = {"fields": {"display_name": {}}}
            start = self.env.cr.sql_log_count
            rows = modules.with_user(self.salesperson).web_search_read(
                [("software_id", "=", software.id)],
                {
                    "name": {},
                    "code": {},
                    "software_id": named,
                    "suite_id": named,
                    "product_id": named,
                    "requires_ids": named,
                    "excludes_ids": named,
                },
                limit=count,
            )
            self.assertEqual(len(rows["records"]), count)
            return self.env.cr.sql_log_count - start

        read(1)
        self.assertEqual(read(30), read(300))


class TestSoftware(PembaCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.on_premise = cls.env.ref("pemba_crm.deployment_type_on_premise")
        cls.saas = cls.env.ref("pemba_crm.deployment_type_saas")
        cls.licence, cls.year, cls.part, cls.part_year = cls.env["product.product"].create(
            [{"name": name} for name in ("Licence", "Licence, a year", "Module", "Module, a year")]
        )
        cls.accounting = cls._create_software("Accounting", "Ledger", product_id=cls.licence.id, code="ACC")
        cls.ledger = cls.accounting.module_ids
        cls.ledger.product_id = cls.part

    def _bill(self, deployment_type, product, module=None):
        return self.env["pemba.deployment.product"].create(
            {
                "software_id": self.accounting.id,
                "module_id": module.id if module else False,
                "deployment_type_id": deployment_type.id,
                "product_id": product.id,
            }
        )

    def test_a_software_is_billed_with_its_product(self):
        self.assertEqual(self.accounting._get_product(self.saas), self.licence)

    def test_a_software_may_name_a_product_for_a_deployment_type(self):
        self._bill(self.saas, self.part_year, self.ledger)
        self._bill(self.saas, self.year)
        self.assertEqual(self.accounting._get_product(self.saas), self.year)
        self.assertEqual(self.accounting._get_product(self.on_premise), self.licence)

    def test_a_module_is_billed_with_its_product(self):
        self._bill(self.saas, self.year)
        self.assertEqual(self.ledger._get_product(self.saas), self.part)

    def test_a_module_may_name_a_product_for_a_deployment_type(self):
        self._bill(self.saas, self.part_year, self.ledger)
        self.assertEqual(self.ledger._get_product(self.saas), self.part_year)
        self.assertEqual(self.ledger._get_product(self.on_premise), self.part)

    def test_a_product_named_on_a_module_is_one_of_its_software(self):
        with Form(self.ledger.with_user(self.manager)) as form, form.deployment_product_ids.new() as line:
            line.deployment_type_id = self.saas
            line.product_id = self.part_year
        self.assertEqual(self.ledger.deployment_product_ids.software_id, self.accounting)

    def test_one_product_for_a_software_and_a_deployment_type(self):
        self._bill(self.saas, self.year)
        message = "A product is already named for this software or module and this deployment type."
        with self._refused_by_database("pemba.deployment.product", message):
            self._bill(self.saas, self.licence)

    def test_one_product_for_a_module_and_a_deployment_type(self):
        self._bill(self.saas, self.part_year, self.ledger)
        message = "A product is already named for this software or module and this deployment type."
        with self._refused_by_database("pemba.deployment.product", message):
            self._bill(self.saas, self.part, self.ledger)

    def test_a_product_is_named_for_a_module_of_the_software(self):
        payslips = self._create_software("Payroll", "Payslips").module_ids
        with self._refused(ValidationError, "Module, a year: Payslips is not a module of Accounting"):
            self._bill(self.saas, self.part_year, payslips)

    def test_a_copy_of_a_software_names_no_product_for_the_modules_it_lacks(self):
        self._bill(self.saas, self.part_year, self.ledger)
        copy = self.accounting.copy()
        self.assertFalse(copy.module_ids | copy.deployment_product_ids.module_id)

    def test_a_software_is_offered_in_every_way_unless_told_otherwise(self):
        self.assertEqual(self.accounting.deployment_type_ids, self.env["pemba.deployment.type"].search([]))

    def test_two_software_have_two_codes(self):
        with self._refused_by_database("pemba.software", "Another software has this code."):
            self._create_software("Other", code="ACC")

    def test_two_suites_have_two_codes(self):
        suites = self.env["pemba.software.suite"]
        suites.create({"name": "One", "code": "ONE"})
        with self._refused_by_database("pemba.software.suite", "Another software suite has this code."):
            suites.create({"name": "Other", "code": "ONE"})

    def test_two_deployment_types_have_two_codes(self):
        with self._refused_by_database("pemba.deployment.type", "Another deployment type has this code."):
            self.env["pemba.deployment.type"].create({"name": "Other", "code": "saas"})

    def test_the_maintenance_rate_is_a_percentage(self):
        message = "The yearly maintenance of a software is between 0 and 100 % of its licences."
        for rate in (-1, 101):
            with self._refused_by_database("pemba.software", message):
                self.accounting.maintenance_rate = rate
                self.env.flush_all()

    def test_a_suite_counts_its_software(self):
        suite = self.env["pemba.software.suite"].create(
            {"name": "Suite", "software_ids": [Command.link(self.accounting.id)]}
        )
        self.assertEqual(suite.software_count, 1)

    def test_everybody_in_the_house_reads_the_catalogue(self):
        version = self._create_version(self.accounting, "1.0", -1)
        for user in (self.salesperson, self.support, self.accountant, self.manager):
            software = self.accounting.with_user(user)
            self.assertEqual(software.module_ids.name, "Ledger", user.login)
            self.assertEqual(software.latest_version_id, version, user.login)

    def test_a_salesperson_does_not_write_the_catalogue(self):
        version = self._create_version(self.accounting, "1.0")
        line = self._bill(self.saas, self.year)
        for record in (self.accounting, self.ledger, version, line, self.saas):
            with self.assertRaises(AccessError, msg=record._name):
                record.with_user(self.salesperson).write({})

    def test_support_and_accountants_do_not_write_the_catalogue(self):
        for user in (self.support, self.accountant):
            with self.assertRaises(AccessError):
                self.accounting.with_user(user).name = "Mine"

    def test_a_manager_writes_the_catalogue(self):
        with Form(self.env["pemba.software"].with_user(self.manager)) as form:
            form.name = "Payroll"
            with form.module_ids.new() as module:
                module.name = "Payslips"
            with form.version_ids.new() as version:
                version.name = "1.0"
        self.assertEqual((form.record.module_ids.name, form.record.version_ids.sequence), ("Payslips", 10))
