"""A company after some years with the add-on: what an update has to leave as it is.

Made with whatever version is installed, beside its demo data; always the same, for its numbers are seeded.
"""

import random
from datetime import timedelta

from odoo import fields
from odoo.fields import Command

CUSTOMERS = (
    "Acme",
    "Betasoloin",
    "Cancity",
    "Codehow",
    "Dontquadtech",
    "Finhigh",
    "Groovestreet",
    "Hottechi",
)
CUSTOMERS += ("Isdom", "Kan-code", "Labdrill", "Mathtouch")  # of the CRM Sales Opportunities files, as these:
PRODUCTS = {"GTX Basic": 550, "GTX Pro": 4821, "GTX Plus Basic": 1096, "MG Special": 55, "MG Advanced": 3393}
DEALS = 72
CONTRACTS = 16


def make_world(env):
    """Make it in the database of an environment."""
    World(env).make()
    env.cr.commit()


class World:
    def __init__(self, env):
        self.env = env(context={**env.context, "lang": "en_US", "tracking_disable": True})
        self.random = random.Random(1)
        self.today = fields.Date.today()
        self.sellers = self._ref("user_sales") | self._ref("user_commercial") | self._ref("user_manager")
        self.distributor = self._ref("res_partner_distributor")

    def make(self):
        self._make_customers()
        self._make_products()
        deals = [self._make_deal(number) for number in range(DEALS)]
        for number, deal in enumerate(deals):
            self._settle(deal, number % 6)
        self._deliver()
        self._make_contracts()
        self._follow_contracts()
        self._freeze()

    def _ref(self, name):
        return self.env.ref(f"pemba_crm.{name}")

    def _day(self, first, last):
        """A day at random, so many days from today."""
        return self.today + timedelta(days=self.random.randint(first, last))

    def _make_customers(self):
        """Half in America, half in Europe: deals are in the currency of the zone."""
        countries = [self.env.ref(f"base.{code}") for code in ("us", "fr", "de", "ca")]
        self.customers = self.env["res.partner"].create(
            [
                {"name": name, "is_company": True, "country_id": countries[number % 4].id}
                for number, name in enumerate(CUSTOMERS)
            ]
        )
        self.contacts = self.env["res.partner"].create(
            [{"name": f"Contact at {one.name}", "parent_id": one.id} for one in self.customers]
        )

    def _make_products(self):
        self.products = self.env["product.product"].create(
            [
                {
                    "name": name,
                    "type": "service",
                    "list_price": price,
                    "standard_price": price // 3 if len(name) % 2 else 0,
                    "pemba_sale_type_id": self._ref("sale_type_software").id,
                    "pemba_equipment_policy": "per_line",
                    "taxes_id": [],
                }
                for name, price in PRODUCTS.items()
            ]
        )
        self.maintenance = self._ref("product_maintenance")

    def _make_deal(self, number):
        """An opportunity with lines; each third through the distributor, each fourth with a configuration."""
        contact = self.random.choice(self.contacts)
        deal = self.env["crm.lead"].create(
            {
                "name": f"{contact.parent_id.name} {number}",
                "type": "opportunity",
                "partner_id": contact.id,
                "user_id": self.random.choice(self.sellers).id,
                "date_deadline": self._day(-60, 180),
                "distributor_id": self.distributor.id if number % 3 == 0 else False,
                "stage_id": self.env.ref(f"crm.stage_lead{self.random.randint(1, 3)}").id,
                "opportunity_line_ids": [
                    Command.create(
                        {
                            "product_id": product.id,
                            "quantity": self.random.randint(1, 9),
                            "discount": self.random.choice((0, 0, 5, 12.5)),
                        }
                    )
                    for product in self.random.sample(self.products, self.random.randint(1, 3))
                ],
            }
        )
        if number % 4 == 0:
            self.env["pemba.opportunity.configuration"].create(
                {
                    "lead_id": deal.id,
                    "configuration_id": self._ref("configuration_accounting_small").id,
                    "seat_count": self.random.randint(3, 40),
                }
            ).action_apply()
        return deal

    def _settle(self, deal, outcome):
        """Won by an order, invoiced or not, or without one; lost; quoted; else it stays open."""
        if outcome in (0, 3):
            deal.action_new_quotation()
            order = deal._make_quotation()
        if outcome == 0:
            order.action_confirm()
            if order.amount_total > 10000:
                order._create_invoices().action_post()
        elif outcome == 1:
            deal.action_set_won()
        elif outcome == 2:
            deal.action_set_lost()
        if outcome < 3 and deal.won_status != "pending":
            deal.close_date = self._day(-400, -10)

    def _deliver(self):
        """Of three sales one is delivered, one planned, one not there yet; some of the first is retired."""
        won = self.env["crm.lead"].search([("won_status", "=", "won")], order="id")
        for number, deal in enumerate(won):
            equipment = deal._create_equipment() if number % 3 else self.env["pemba.equipment"]
            if number % 3 == 1:
                equipment.action_start(self._day(-300, -100))
                if number % 2:
                    equipment[:1]._retire(self._day(-90, -1))

    def _make_contracts(self):
        kinds = self._ref("contract_type_maintenance"), self._ref("contract_type_indexed")
        self.contracts = self.env["pemba.contract"]
        for number in range(CONTRACTS):
            start = self._day(-360, -20)
            self.contracts |= self.contracts.create(
                {
                    "partner_id": self.customers[number % len(self.customers)].id,
                    "contract_type_id": kinds[number % 2].id,
                    "distributor_id": self.distributor.id if number % 4 == 0 else False,
                    "user_id": self.random.choice(self.sellers).id,
                    "date_start": start,
                    "index_base_month": (start - timedelta(days=150)).replace(day=1),
                    "line_ids": [
                        Command.create(
                            {
                                "product_id": self.maintenance.id,
                                "quantity": self.random.randint(1, 5),
                                "price_unit": self.random.randint(100, 3000),
                                "discount": self.random.choice((0, 10)),
                            }
                        )
                        for _line in range(self.random.randint(1, 2))
                    ],
                    "state": "running",
                }
            )

    def _follow_contracts(self):
        """A third is renewed, one is to end early; the daily jobs have run."""
        for contract in self.contracts[::3]:
            contract._renew()
        self.contracts[1]._terminate(self.today + timedelta(days=1), "Moves elsewhere")
        self.env["pemba.contract"]._cron_follow()
        self.env["pemba.contract"]._cron_open_renewals()

    def _freeze(self):
        """A reconciliation that is signed off and one that is not; two snapshots; an estimate."""
        runs = self.env["pemba.reconciliation"].create(
            [{"date": self.today - timedelta(days=days)} for days in (30, 0)]
        )
        for run in runs:
            run.action_compute()
        signed = runs[0].with_user(self._ref("user_accountant"))
        signed.line_ids.reason_id = self.env["pemba.reconciliation.reason"].search([], limit=1)
        signed.action_sign_off()
        snapshots = self.env["pemba.forecast.snapshot"]
        snapshots._take()
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE pemba_forecast_snapshot SET date = date - 7 WHERE date = %s", [self.today]
        )
        pending = self.env["crm.lead"].search([("won_status", "=", "pending")], order="id")
        for deal in pending[::4]:
            deal.maturity += 5
            deal.opportunity_line_ids[:1].quantity += 1
        snapshots._take()
        self.env["pemba.renewal.estimate"].action_freeze()
