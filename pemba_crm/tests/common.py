from contextlib import contextmanager
from datetime import timedelta

from odoo import fields
from odoo.addons.base.tests.common import BaseCommon
from odoo.fields import Command
from odoo.tests import new_test_user, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError
from psycopg2.extensions import TRANSACTION_STATUS_INERROR


@tagged("post_install", "-at_install")
class PembaCommon(BaseCommon):
    """The people and the pipeline that tests start from; nothing of it is demo data."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_and_install_lang("fr_FR")
        cls.stages = cls.env["crm.stage"].search([("pemba_step", "!=", False)]).grouped("pemba_step")
        cls.salesperson = cls._create_user("pemba_sales", "sales_team.group_sale_salesman")
        cls.manager = cls._create_user("pemba_manager", "sales_team.group_sale_manager")
        cls.support = cls._create_user("pemba_support", "pemba_crm.group_support")
        cls.accountant = cls._create_user("pemba_accountant", "pemba_crm.group_accountant")

    @classmethod
    def _create_user(cls, login, groups):
        return new_test_user(cls.env, login=login, groups=f"base.group_user,{groups}", lang="en_US")

    @contextmanager
    def _refused(self, exception, message):
        """What is done in it is refused with a message (a pattern) and undone."""
        with self.assertRaises(exception) as refusal:
            yield
        self.assertRegex(str(refusal.exception), message)

    @contextmanager
    def _refused_by_database(self, model, message):
        """What is done in it breaks a constraint of a model, whose message is this one."""
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError) as refusal:
            yield
        self.assertEqual(self.env[model]._sql_error_to_message(refusal.exception), message)

    @classmethod
    def _currency(cls, name):
        """A currency by its code, active."""
        currency = cls.env["res.currency"].with_context(active_test=False).search([("name", "=", name)])
        currency.active = True
        return currency

    @classmethod
    def _create_company(cls, name, currency):
        """A company in the time zone UTC, which the salesperson and the manager work for too."""
        return cls.env["res.company"].create({"name": name, "currency_id": cls._currency(currency).id})

    @classmethod
    def _create_zone(cls, name, countries=None, **vals):
        return cls.env["pemba.zone"].create(
            {"name": name, "code": name.upper(), "country_ids": (countries or cls.env["res.country"]).ids}
            | vals
        )

    @classmethod
    def _create_software(cls, name, modules="", **vals):
        """A software with modules named by single words."""
        return cls.env["pemba.software"].create(
            {
                "name": name,
                "module_ids": [
                    Command.create({"name": module, "code": module}) for module in modules.split()
                ],
                **vals,
            }
        )

    @classmethod
    def _create_version(cls, software, name, days=None, **vals):
        """A version released a number of days from today; None: not at all."""
        date = False if days is None else fields.Date.today() + timedelta(days=days)
        return cls.env["pemba.software.version"].create(
            {"software_id": software.id, "name": name, "release_date": date, **vals}
        )

    @classmethod
    def _create_opportunity(cls, step="P", **vals):
        """An opportunity of the salesperson's at a step of the method."""
        return cls.env["crm.lead"].create(
            {
                "name": f"Opportunity at {step}",
                "type": "opportunity",
                "stage_id": cls.stages[step][:1].id,
                "user_id": cls.salesperson.id,
                **vals,
            }
        )


class PembaOfferCommon(PembaCommon):
    """A company in euros, the four sale types, a distributor, a licence at 1,000 without a cost."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env.company.currency_id = cls._currency("EUR")
        cls.types = cls.env["pemba.sale.type"].search([]).grouped("code")
        cls.types["software"].margin_rate = 30
        cls.licence = cls._create_product("Licence")
        cls.distributor = cls.env["res.partner"].create(
            {"name": "Distributor", "is_company": True, "is_distributor": True}
        )

    def setUp(self):
        super().setUp()
        self.addCleanup(self._check_all_sums)

    def _check_all_sums(self):
        """After whatever a test did, the amounts of every deal are those of its lines."""
        if self.env.cr.closed or self.env.cr._cnx.get_transaction_status() == TRANSACTION_STATUS_INERROR:
            return
        # These alone: what else waits is not the test's any more.
        self.env["crm.lead"].flush_model(["deal_amount", "expected_revenue"])
        self.env["pemba.opportunity.line"].flush_model(["net_amount", "net_amount_company", "active"])
        self.env.cr.execute(
            """SELECT lead.name, lead.deal_amount, SUM(line.net_amount),
                      lead.expected_revenue, SUM(line.net_amount_company)
                 FROM crm_lead lead
                 JOIN pemba_opportunity_line line ON line.lead_id = lead.id AND line.active
                GROUP BY lead.id
               HAVING ABS(lead.deal_amount - SUM(line.net_amount)) > 1e-6
                   OR ABS(lead.expected_revenue - SUM(line.net_amount_company)) > 1e-6"""
        )
        self.assertEqual(self.env.cr.fetchall(), [], "a deal is what its lines add up to")

    @classmethod
    def _create_product(cls, name, code="software", price=1000.0, cost=0.0, **vals):
        return cls.env["product.product"].create(
            {
                "name": name,
                "type": "service",
                "list_price": price,
                "standard_price": cost,
                "pemba_sale_type_id": cls.types[code].id,
                "taxes_id": [],
                **vals,
            }
        )

    @classmethod
    def _line(cls, **vals):
        """Values of a line: one licence."""
        return {"product_id": cls.licence.id, **vals}

    @classmethod
    def _create_deal(cls, *lines, **vals):
        """An opportunity with lines, each given by its values."""
        return cls._create_opportunity("M", opportunity_line_ids=[(0, 0, line) for line in lines], **vals)

    @classmethod
    def _create_dollar_zone(cls, rate):
        """A zone in US dollars, at a rate since long ago."""
        dollar = cls._currency("USD")
        zone = cls._create_zone("Dollars", currency_id=dollar.id)
        cls.env["pemba.zone.rate"].create(
            {"zone_id": zone.id, "currency_id": dollar.id, "rate": rate, "date": "2020-01-01"}
        )
        return zone, dollar


class PembaSoftwareCommon(PembaOfferCommon):
    """The software Geo with three modules, its maintenance at 18 %, and a ready-made configuration."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.saas = cls.env.ref("pemba_crm.deployment_type_saas")
        cls.on_premise = cls.env.ref("pemba_crm.deployment_type_on_premise")
        cls.maintenance = cls._create_product("Maintenance", "maintenance", 0)
        cls.subscription = cls._create_product("Subscription", price=300)
        cls.software = cls.env["pemba.software"].create(
            {
                "name": "Geo",
                "product_id": cls.licence.id,
                "maintenance_product_id": cls.maintenance.id,
                "maintenance_rate": 18,
                "deployment_type_ids": [Command.set((cls.saas | cls.on_premise).ids)],
                "version_ids": [Command.create({"name": "4.2", "release_date": "2020-01-01"})],
                "module_ids": [
                    Command.create({"name": name, "product_id": cls._create_product(name, price=price).id})
                    for name, price in (("Maps", 200), ("Routes", 100), ("Legacy", 50))
                ],
                "deployment_product_ids": [
                    Command.create({"deployment_type_id": cls.saas.id, "product_id": cls.subscription.id})
                ],
            }
        )
        cls.maps, cls.routes, cls.legacy = cls.software.module_ids
        cls.routes.requires_ids = cls.maps
        cls.legacy.excludes_ids = cls.routes
        cls.training = cls._create_product("Training", "training", 700)
        cls.ready = cls.env["pemba.configuration"].create(
            {
                "name": "Geo for ten",
                "software_id": cls.software.id,
                "version_id": cls.software.version_ids.id,
                "deployment_type_id": cls.on_premise.id,
                "module_ids": [Command.set(cls.maps.ids)],
                "seat_count": 10,
                "line_ids": [Command.create({"product_id": cls.training.id, "quantity": 2})],
            }
        )


class PembaEquipmentCommon(PembaSoftwareCommon):
    """A customer with two addresses, and the software Geo in three versions."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = fields.Date.today()
        partners = cls.env["res.partner"]
        cls.customer = partners.create({"name": "Customer", "is_company": True})
        cls.plant = partners.create({"name": "Plant", "parent_id": cls.customer.id, "type": "delivery"})
        cls.other = partners.create({"name": "Other", "is_company": True})
        cls.old = cls.software.version_ids
        cls.new = cls._create_version(cls.software, "5.0", -30, sequence=30)
        cls.server = cls._create_product("Server", type="consu")

    @classmethod
    def _day(cls, days):
        return cls.today + timedelta(days=days)

    @classmethod
    def _create_equipment(cls, **vals):
        """Ten seats of Geo 4.2 on premise at the customer's, planned."""
        vals = {
            "partner_id": cls.customer.id,
            "software_id": cls.software.id,
            "version_id": cls.old.id,
            "deployment_type_id": cls.on_premise.id,
            "seat_count": 10,
            **vals,
        }
        return cls.env["pemba.equipment"].create(vals)


class PembaContractCommon(PembaEquipmentCommon):
    """A contract type of a year, with every right, and equipment in service at the customer's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kind = cls.env["pemba.contract.type"].create(
            {
                "name": "Yearly",
                "sequence": 0,
                "right_ids": [Command.set(cls.env["pemba.right"].search([], limit=None).ids)],
            }
        )
        cls.maintenance.pemba_contract_type_id = cls.kind
        cls.customer.email = "customer@example.com"
        cls.geo = cls._create_equipment(state="in_service", in_service_date="2020-01-01")

    @classmethod
    def _create_contract(cls, *lines, state="running", **vals):
        """A contract of the customer; without lines it covers Geo for 1,200 a year."""
        vals = {
            "partner_id": cls.customer.id,
            "contract_type_id": cls.kind.id,
            "currency_id": cls.env.company.currency_id.id,
            "line_ids": [
                Command.create({"product_id": cls.maintenance.id} | line)
                for line in lines or ({"price_unit": 1200, "equipment_id": cls.geo.id},)
            ],
            "state": state,
            **vals,
        }
        return cls.env["pemba.contract"].create(vals)

    @classmethod
    def _create_index(cls, values, **vals):
        """An index with final values: ``{month: value}``."""
        return cls.env["pemba.price.index"].create(
            {
                "name": "Index",
                "value_ids": [
                    Command.create({"month": f"{month}-01", "value": value})
                    for month, value in values.items()
                ],
                **vals,
            }
        )
