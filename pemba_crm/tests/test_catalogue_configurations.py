from odoo.exceptions import AccessError, ValidationError
from odoo.fields import Command
from odoo.tests import Form

from .common import PembaCommon


class TestConfigurations(PembaCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.on_premise = cls.env.ref("pemba_crm.deployment_type_on_premise")
        cls.saas = cls.env.ref("pemba_crm.deployment_type_saas")
        cls.accounting = cls._create_software(
            "Accounting", "Ledger Assets Group Single", deployment_type_ids=cls.on_premise.ids
        )
        cls.payroll = cls._create_software("Payroll", "Payslips")
        modules = (cls.accounting | cls.payroll).module_ids.grouped("name")
        cls.ledger, cls.assets, cls.group = modules["Ledger"], modules["Assets"], modules["Group"]
        cls.single, cls.payslips = modules["Single"], modules["Payslips"]
        cls.assets.requires_ids = cls.ledger
        cls.single.excludes_ids = cls.group  # told on one side only
        cls.version = cls._create_version(cls.accounting, "13.0", -1)
        cls.other_version = cls._create_version(cls.payroll, "6.0", -1)
        cls.configurations = cls.env["pemba.configuration"].with_user(cls.manager)
        # What is refused: its values, and the pattern of what it says.
        cls.refusals = {
            "a module of another software": (
                {"module_ids": cls.payslips.ids},
                "Offer: Payslips belongs to Payroll, not to Accounting",
            ),
            "a version of another software": (
                {"version_id": cls.other_version.id},
                "Offer: Payroll 6.0 belongs to Payroll, not to Accounting",
            ),
            "a deployment that is not offered": (
                {"deployment_type_id": cls.saas.id},
                "Offer: Accounting is not offered as SaaS",
            ),
            "a required module that is missing": (
                {"module_ids": cls.assets.ids},
                "Offer: Assets requires Ledger",
            ),
            "two modules that exclude each other": (
                {"module_ids": (cls.group | cls.single).ids},
                "Offer: Single and Group exclude each other",
            ),
            "no seats": ({"seat_count": 0}, "Offer: Seats must be above zero"),
            "less than no seats": ({"seat_count": -1}, "Offer: Seats must be above zero"),
        }

    def _create_configuration(self, **vals):
        return self.configurations.create({"name": "Offer", "software_id": self.accounting.id, **vals})

    def _import_configuration(self, **columns):
        columns = {"name": "Offer", "software_id": "Accounting", **columns}
        return self.configurations.load(list(columns), [list(columns.values())])

    def test_a_configuration_may_name_no_more_than_a_software(self):
        configuration = self._create_configuration()
        self.assertEqual(configuration.seat_count, 1)
        self.assertFalse(configuration.configuration_issue)

    def test_what_goes_together_is_accepted(self):
        configuration = self._create_configuration(
            version_id=self.version.id,
            deployment_type_id=self.on_premise.id,
            module_ids=(self.ledger | self.assets | self.group).ids,
            seat_count=5,
        )
        self.assertFalse(configuration.configuration_issue)

    def test_creating_refuses_what_does_not_go_together(self):
        for case, (vals, message) in self.refusals.items():
            with self.subTest(case), self._refused(ValidationError, message):
                self._create_configuration(**vals)

    def test_writing_refuses_what_does_not_go_together(self):
        configuration = self._create_configuration()
        for case, (vals, message) in self.refusals.items():
            with self.subTest(case), self._refused(ValidationError, message):
                configuration.write(vals)

    def test_changing_the_software_refuses_what_the_new_one_lacks(self):
        configuration = self._create_configuration(module_ids=self.ledger.ids)
        with self._refused(ValidationError, "Offer: Ledger belongs to Accounting, not to Payroll"):
            configuration.software_id = self.payroll

    def test_a_file_is_refused_where_it_does_not_go_together(self):
        for case, columns in {
            "a module of another software": {"module_ids": "Payslips"},
            "a version of another software": {"version_id": "Payroll 6.0"},
            "a deployment that is not offered": {"deployment_type_id": "SaaS"},
            "a required module that is missing": {"module_ids": "Assets"},
            "two modules that exclude each other": {"module_ids": "Group,Single"},
            "no seats": {"seat_count": "0"},
            "less than no seats": {"seat_count": "-1"},
        }.items():
            with self.subTest(case):
                result = self._import_configuration(**columns)
                self.assertFalse(result["ids"])
                self.assertRegex(result["messages"][0]["message"], self.refusals[case][1])

    def test_a_file_is_read_where_it_goes_together(self):
        result = self._import_configuration(
            version_id="Accounting 13.0",
            deployment_type_id="On-Premise",
            module_ids="Ledger,Assets",
            seat_count="3",
        )
        self.assertFalse(result["messages"])
        configuration = self.configurations.browse(result["ids"])
        self.assertEqual(configuration.version_id, self.version)
        self.assertEqual(configuration.module_ids, self.ledger | self.assets)

    def test_a_form_refuses_what_does_not_go_together(self):
        form = Form(self.configurations)
        form.name = "Offer"
        form.software_id = self.accounting
        form.module_ids.add(self.group)
        form.module_ids.add(self.single)
        self.assertEqual(form.configuration_issue, "Single and Group exclude each other.")
        with self._refused(ValidationError, "Offer: Single and Group exclude each other"):
            form.save()

    def test_a_form_refuses_a_module_of_another_software(self):
        form = Form(self.configurations)
        form.name = "Offer"
        form.software_id = self.accounting
        form.module_ids.add(self.payslips)
        with self._refused(ValidationError, "Offer: Payslips belongs to Payroll, not to Accounting"):
            form.save()

    def test_a_form_refuses_a_version_of_another_software(self):
        form = Form(self.configurations)
        form.name = "Offer"
        form.software_id = self.accounting
        form.version_id = self.other_version
        with self._refused(ValidationError, "Offer: Payroll 6.0 belongs to Payroll, not to Accounting"):
            form.save()

    def test_a_form_refuses_a_deployment_that_is_not_offered(self):
        form = Form(self.configurations)
        form.name = "Offer"
        form.software_id = self.accounting
        form.deployment_type_id = self.saas
        with self._refused(ValidationError, "Offer: Accounting is not offered as SaaS"):
            form.save()

    def test_a_form_tells_at_once_what_does_not_go_together(self):
        form = Form(self._create_configuration(module_ids=(self.ledger | self.assets).ids))
        self.ledger.with_user(self.manager).excludes_ids = self.group
        form.module_ids.add(self.group)
        self.assertRegex(form.configuration_issue, "Ledger and Group exclude each other")

    def test_a_form_refuses_zero_and_negative_seats(self):
        for seats in (0, -1):
            form = Form(self._create_configuration())
            form.seat_count = seats
            with self._refused(ValidationError, "Offer: Seats must be above zero"):
                form.save()

    def test_a_form_adds_what_a_module_requires(self):
        self.group.requires_ids = self.assets
        form = Form(self.configurations)
        form.name = "Offer"
        form.software_id = self.accounting
        form.module_ids.add(self.group)
        self.assertEqual(form.save().module_ids, self.ledger | self.assets | self.group)

    def test_a_form_proposes_the_latest_version_and_the_only_deployment(self):
        form = Form(self.configurations)
        form.software_id = self.accounting
        self.assertEqual((form.version_id, form.deployment_type_id), (self.version, self.on_premise))
        form.software_id = self.payroll
        self.assertEqual((form.version_id, form.deployment_type_id), (self.other_version, self.on_premise))
        self.payroll.deployment_type_ids = self.saas | self.env.ref("pemba_crm.deployment_type_hosted")
        form.software_id = self.accounting
        form.software_id = self.payroll
        self.assertFalse(form.deployment_type_id)

    def test_a_form_drops_the_modules_of_the_former_software(self):
        form = Form(self._create_configuration(module_ids=self.ledger.ids))
        form.software_id = self.payroll
        self.assertFalse(form.save().module_ids)

    def test_a_rule_made_later_shows_on_what_exists(self):
        configuration = self._create_configuration(module_ids=(self.ledger | self.group).ids)
        self.ledger.excludes_ids = self.group
        configuration.invalidate_recordset()
        self.assertRegex(configuration.configuration_issue, "Ledger and Group exclude each other")

    def test_a_copy_brings_modules_and_services(self):
        day = self.env["product.product"].create({"name": "Day"})
        copy = self._create_configuration(
            module_ids=self.ledger.ids,
            line_ids=[Command.create({"product_id": day.id, "quantity": 2})],
        ).copy()
        self.assertEqual(copy.module_ids, self.ledger)
        self.assertEqual((copy.line_ids.product_id, copy.line_ids.quantity), (day, 2))

    def test_a_service_has_a_quantity(self):
        day = self.env["product.product"].create({"name": "Day"})
        with self._refused_by_database(
            "pemba.configuration.line", "The quantity of a service must be above zero."
        ):
            self._create_configuration(line_ids=[Command.create({"product_id": day.id, "quantity": 0})])

    def test_a_salesperson_reads_and_does_not_write(self):
        configuration = self._create_configuration().with_user(self.salesperson)
        self.assertEqual((configuration.name, configuration.licence_metric), ("Offer", "user"))
        with self.assertRaises(AccessError):
            configuration.name = "Mine"
        with self.assertRaises(AccessError):
            configuration.create({"name": "Mine", "software_id": self.accounting.id})

    def test_support_and_accountants_read_and_do_not_write(self):
        for user in (self.support, self.accountant):
            configuration = self._create_configuration().with_user(user)
            self.assertEqual(configuration.software_id.name, "Accounting")
            with self.assertRaises(AccessError):
                configuration.name = "Mine"

    def test_checking_many_configurations_costs_what_few_cost(self):
        def check(count):
            self.env.flush_all()
            self.env.invalidate_all()
            start = self.env.cr.sql_log_count
            self.configurations.create(
                [
                    {
                        "name": f"Offer {number}",
                        "software_id": self.accounting.id,
                        "version_id": self.version.id,
                        "deployment_type_id": self.on_premise.id,
                        "module_ids": (self.ledger | self.assets | self.single).ids,
                    }
                    for number in range(count)
                ]
            )
            self.env.flush_all()
            return self.env.cr.sql_log_count - start

        check(1)
        self.assertEqual(check(10), check(50))
