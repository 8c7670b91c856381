"""What several people write beside each other, really committed."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from unittest.mock import patch

from odoo import SUPERUSER_ID, api
from odoo.exceptions import UserError
from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import mute_logger
from psycopg2 import OperationalError

WRITERS = 8
YEAR = {"date_start": "2031-01-01", "date_end": "2031-12-31"}


@contextmanager
def environment():
    with Registry(get_db_name()).cursor() as cr:
        yield api.Environment(cr, SUPERUSER_ID, {})


@tagged("post_install", "-at_install")
class TestBeside(BaseCase):
    def setUp(self):
        super().setUp()
        self.created = []
        self.addCleanup(self._clean_up)

    def _clean_up(self):
        with environment() as env:
            for model, ids in reversed(self.created):
                env[model].browse(ids).exists().unlink()

    def _create(self, env, model, vals_list):
        records = env[model].create(vals_list)
        self.created.append((model, records.ids))
        return records

    @staticmethod
    def _get_currency(env):
        """Not the company's."""
        currencies = env["res.currency"].with_context(active_test=False)
        return currencies.search([("id", "!=", env.company.currency_id.id)], limit=1)

    def _write_beside(self, write):
        """As eight requests at once.

        :return: how many were taken
        """

        def request(_number):
            try:
                with environment() as env:
                    retrying(partial(write, env), env)
            except (UserError, OperationalError):
                return 0
            return 1

        waiting = patch("odoo.service.model.random.uniform", return_value=0.02)
        quiet = mute_logger("odoo.sql_db", "odoo.service.model")
        with quiet, waiting, ThreadPoolExecutor(WRITERS) as pool:
            return sum(pool.map(request, range(WRITERS)))

    def _create_again(self, model, vals, env):
        self._create(env, model, dict(vals))

    def test_one_of_eight_is_taken(self):
        with environment() as env:
            country = self._create(env, "res.country", {"name": "Utopia", "code": "QU"})
            zone = self._create(env, "pemba.zone", {"name": "Beside", "code": "BESIDE"}).id
            currency = self._get_currency(env).id
        for model, vals in (
            ("pemba.target", {"name": "Target", "amount": 5, **YEAR}),
            ("pemba.margin.rule", {"zone_id": zone, "rate": 30, **YEAR}),
            ("pemba.zone.rate", {"zone_id": zone, "currency_id": currency, "rate": 2, "date": "2031-01-01"}),
            ("pemba.risk.level", {"name": "Beside", "code": "beside"}),
        ):
            with self.subTest(model):
                self.assertEqual(self._write_beside(partial(self._create_again, model, vals)), 1)
                made = [one for created, ids in self.created if created == model for one in ids]
                with environment() as env:
                    self.assertEqual(len(env[model].browse(made).exists()), 1)

        def create_zone(env):
            vals = {"name": "Other", "code": f"B{id(env)}", "country_ids": country.ids}
            self._create(env, "pemba.zone", vals)

        self.assertEqual(self._write_beside(create_zone), 1)

    def test_targets_and_rules_of_others_are_taken_as_well(self):
        """Who waits for another begins again, and is not refused."""
        with environment() as env:
            zone = self._create(env, "pemba.zone", {"name": "Beside", "code": "BESIDE"}).id
        years = iter(range(2031, 2031 + WRITERS * 10))

        def create(env):
            year = next(years)
            days = {"date_start": f"{year}-01-01", "date_end": f"{year}-12-31"}
            self._create(env, "pemba.margin.rule", {"zone_id": zone, "rate": 30, **days})

        with environment() as one, environment() as other:
            create(one)
            with self.assertRaises(OperationalError), mute_logger("odoo.sql_db"):
                other.cr.execute("SET LOCAL lock_timeout = '50ms'")
                create(other)
            other.cr.rollback()
            one.cr.commit()
            create(other)

    # ------------------------------------------------------------
    # A deal beside a change of what it takes
    # ------------------------------------------------------------

    def _get_places(self, env):
        """A stage, a risk and a zone of their own, and what a deal of them is made of."""
        stage = self._create(env, "crm.stage", {"name": "Beside", "maturity": 50, "pemba_step": "M"})
        risk = self._create(env, "pemba.risk.level", {"name": "Beside", "code": "beside", "factor": 0.5})
        currency = self._get_currency(env)
        currency.active = True
        zone = self._create(
            env, "pemba.zone", {"name": "Beside", "code": "BESIDE", "currency_id": currency.id}
        )
        rate = {"zone_id": zone.id, "currency_id": currency.id, "rate": 2, "date": "2020-01-01"}
        rate = self._create(env, "pemba.zone.rate", rate)
        vals = {"name": "Beside", "type": "opportunity", "stage_id": stage.id, "risk_level_id": risk.id}
        vals |= {"zone_id": zone.id, "deal_currency_id": currency.id, "deal_amount": 2000}
        return vals, {
            "factor": (risk, {"factor": 0.25}),
            "maturity": (stage, {"maturity": 80}),
            "step": (stage, {"pemba_step": "B"}),
            "rate": (rate, {"rate": 4}),
        }

    def _get_values(self, env, lead):
        lead = env["crm.lead"].browse(lead)
        return lead.expected_revenue, lead.maturity, lead.weighted_revenue, lead.pemba_step

    def test_a_deal_beside_a_change_ends_with_what_is_committed(self):
        with environment() as env:
            vals, changes = self._get_places(env)
            changes = {name: (one._name, one.id, new) for name, (one, new) in changes.items()}
        expected = {
            "factor": (1000, 50, 125, "M"),
            "maturity": (1000, 80, 200, "M"),
            "step": (1000, 80, 200, "B"),
            "rate": (500, 80, 100, "B"),
        }
        for name, (model, record, new) in changes.items():
            with self.subTest(name):
                with environment() as changing:
                    changing[model].browse(record).write(new)
                    changing.flush_all()
                    with environment() as env:  # the change is not committed yet
                        lead = self._create(env, "crm.lead", dict(vals)).id
                with environment() as env:
                    self.assertEqual(self._get_values(env, lead), expected[name])
                    later = self._create(env, "crm.lead", dict(vals)).id
                    self.assertEqual(self._get_values(env, later), expected[name])

    def test_what_is_rolled_back_changes_nothing(self):
        """A savepoint, as an import that is only tried; and back again in one transaction."""
        with environment() as env:
            vals, changes = self._get_places(env)
            stage = changes["maturity"][0].id
            lead = self._create(env, "crm.lead", dict(vals)).id
            before = self._get_values(env, lead)
        with environment() as env:
            savepoint = env.cr.savepoint(flush=False)
            env["crm.stage"].browse(stage).maturity = 80
            env.flush_all()
            savepoint.rollback()
            env.invalidate_all(flush=False)
        with environment() as env:
            self.assertEqual(self._get_values(env, lead), before)
            typed = self._create(env, "crm.lead", vals | {"maturity": 80}).id
        with environment() as env:
            env["crm.stage"].browse(stage).maturity = 80
            env["crm.stage"].browse(stage).maturity = 50
        with environment() as env:
            self.assertEqual(self._get_values(env, lead), before)
            self.assertEqual(self._get_values(env, typed)[1], 50)  # as it does without anybody beside

    def test_who_writes_for_long_is_not_waited_for_for_ever(self):
        with environment() as env:
            vals, changes = self._get_places(env)
            risk = changes["factor"][0].id
        with environment() as long:
            self._create(long, "crm.lead", dict(vals))
            long.flush_all()
            with patch("odoo.addons.pemba_crm.models.beside.MOST_WAITING", "50ms"), environment() as env:
                env["pemba.risk.level"].browse(risk).factor = 0.25
        with environment() as env:
            self.assertEqual(env["pemba.risk.level"].browse(risk).factor, 0.25)

    def test_an_import_waits_before_it_begins(self):
        """Then Odoo repeats it; in the middle of it, each of its rows would fail."""
        with environment() as env:
            zone = self._create(env, "pemba.zone", {"name": "Beside", "code": "BESIDE"}).id
        rows = [["BESIDE", "30", "2032-01-01", "2032-12-31"]]
        with environment() as env:
            env.cr.execute("SELECT 1")  # it has begun
            with environment() as other:
                self._create(other, "pemba.margin.rule", {"zone_id": zone, "rate": 30, **YEAR})
            with mute_logger("odoo.sql_db"), self.assertRaises(OperationalError):
                env["pemba.margin.rule"].load(["zone_id/code", "rate", "date_start", "date_end"], rows)
            env.cr.rollback()

    def test_a_deal_that_began_before_and_comes_after_begins_again(self):
        with environment() as env:
            vals, changes = self._get_places(env)
            risk = changes["factor"][0].id
        with environment() as late:
            late.cr.execute("SELECT 1")  # what it sees is decided
            with environment() as env:
                env["pemba.risk.level"].browse(risk).factor = 0.25
            with mute_logger("odoo.sql_db"), self.assertRaises(OperationalError):
                late["crm.lead"].create(dict(vals)).flush_recordset()
            late.cr.rollback()
            lead = self._create(late, "crm.lead", dict(vals)).id
            late.cr.commit()
            self.assertEqual(self._get_values(late, lead)[2], 125)
