import random
from datetime import timedelta

from freezegun import freeze_time
from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.fields import Command
from odoo.service.model import call_kw
from odoo.tests import tagged
from odoo.tools import SQL

from .common import PembaSoftwareCommon

PLACES = ("sale_type_id", "user_id", "zone_id", "distributor_id", "nature", "date_deadline:month")
FIRST, SECOND, THIRD = "2031-03-03", "2031-03-10", "2031-03-17"


class ForecastCommon(PembaSoftwareCommon):
    """Snapshots on days to come, of opportunities that are there since a while."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.snapshot = cls.env["pemba.forecast.snapshot"]
        cls.zone, cls.dollar = cls._create_dollar_zone(1.25)
        cls.colleague = cls._create_user("pemba_colleague", "sales_team.group_sale_salesman")
        cls.risks = cls.env["pemba.risk.level"].search([])
        cls.env["crm.lead"].search([("type", "=", "opportunity")]).active = False

    def _take(self, day):
        """A snapshot of a day to come, when all opportunities that are there have been for long."""
        with freeze_time(f"{day} 12:00:00"):
            return self.snapshot._take()

    def _make_new(self, lead, day=SECOND):
        """The opportunity was created on a day to come."""
        self.env.flush_all()
        self.env.cr.execute(SQL("UPDATE crm_lead SET create_date = %s WHERE id = %s", day, lead.id))

    def _get_movements(self, first=FIRST, last=SECOND, user=None):
        """``{kind: (revenue, weighted revenue)}`` between two snapshots."""
        report = self._get_report(first, last, user)
        return {
            kind: (round(revenue, 2), round(weighted, 2))
            for kind, revenue, weighted in report._read_group(
                [], ["kind"], ["revenue:sum", "weighted_revenue:sum"]
            )
        }

    def _get_report(self, first=FIRST, last=SECOND, user=None):
        report = self.env["pemba.forecast.movement"].with_user(user or self.env.user)
        return report.with_context(pemba_from=first, pemba_until=last)


@tagged("post_install", "-at_install")
class TestForecastSnapshot(ForecastCommon):
    """What was open on a day stays as it was."""

    def test_the_rows_of_an_opportunity_add_up_to_it(self):
        lead = self._create_deal(
            self._line(price_unit=100.01, quantity=1),
            self._line(product_id=self.training.id, price_unit=33.33),
            self._line(product_id=self.maintenance.id, price_unit=7.77),
            maturity=33.3,
            risk_level_id=self.env.ref("pemba_crm.risk_level_medium").id,
        )
        rows = self._take(FIRST)
        self.assertEqual(len(rows), 3)
        self.assertEqual(rows.lead_id, lead)
        self.assertAlmostEqual(sum(rows.mapped("revenue")), lead.expected_revenue, 9)
        self.assertAlmostEqual(sum(rows.mapped("weighted_revenue")), lead.weighted_revenue, 9)
        self.assertAlmostEqual(sum(rows.mapped("margin")), lead.margin, 9)
        for row in rows:
            self.assertEqual(row.weighted_revenue, round(row.weighted_revenue, 2), "whole cents")
        training = rows.filtered(lambda row: row.sale_type_id == self.types["training"])
        self.assertEqual((training.deal_amount, training.revenue), (33.33, 33.33))

    def test_what_is_not_open_is_left_out(self):
        won, lost, archived = (self._create_deal(self._line()) for _number in range(3))
        self.env["crm.lead"].create({"name": "Lead", "type": "lead"})
        won.action_set_won()
        lost.action_set_lost()
        archived.probability = 30  # at 0 it would be lost
        archived.active = False
        self.assertFalse(self._take(FIRST))

    def test_once_more_on_a_day_replaces_the_first(self):
        lead = self._create_opportunity("P", expected_revenue=10)
        gone = self._create_opportunity("P", expected_revenue=20)
        self._take(FIRST)
        lead.expected_revenue = 11
        gone.action_set_lost()
        rows = self._take(FIRST)
        self.assertEqual((rows.lead_id, rows.revenue), (lead, 11))
        self.assertEqual(self.snapshot.search_count([("date", "=", FIRST)]), 1)

    def test_it_is_always_of_today(self):
        self._create_opportunity("P", expected_revenue=10)
        rows = self.snapshot._take()
        self.assertEqual(set(rows.mapped("date")), {fields.Date.context_today(self.snapshot)})

    def test_nobody_writes_it(self):
        self._create_opportunity("P", expected_revenue=10)
        rows = self._take(FIRST)
        with self._refused(UserError, "stays as it was"):
            rows.write({"revenue": 1})
        with self._refused(UserError, "are taken, not written"):
            self.snapshot.create({"date": FIRST, "lead_key": 1, "company_id": self.env.company.id})
        for user in (self.salesperson, self.manager):
            with self.assertRaises(AccessError):
                rows.with_user(user).unlink()

    def test_the_name_stays_when_the_opportunity_goes(self):
        lead = self._create_opportunity("P", expected_revenue=10)
        name, key = lead.name, lead.id
        rows = self._take(FIRST)
        lead.unlink()
        rows.invalidate_recordset()
        self.assertEqual((rows.lead_id.id, rows.lead_name, rows.lead_key), (False, name, key))
        with self._refused(UserError, f"{name} does not exist any more"):
            rows.action_open_opportunity()

    def test_managers_take_it_and_salespeople_do_not(self):
        self._create_opportunity("P", expected_revenue=10)
        second = self._create_company("Second", "JPY")
        self._create_opportunity("P", company_id=second.id, team_id=False, user_id=False)
        with self.assertRaises(AccessError):
            call_kw(self.snapshot.with_user(self.salesperson), "action_take", [[]], {})
        action = call_kw(self.snapshot.with_user(self.manager), "action_take", [[]], {})  # as the button does
        self.assertIn("2 opportunities of all companies are kept", action["params"]["message"])

    def test_salespeople_see_theirs_and_no_margin(self):
        own = self._create_deal(self._line())
        self._create_deal(self._line(), user_id=self.colleague.id)
        self._take(FIRST)
        rows = self.snapshot.with_user(self.salesperson).search([])
        self.assertEqual(rows.lead_id, own)
        with self.assertRaises(AccessError):
            rows.read(["margin"])
        self.assertEqual(len(self.snapshot.with_user(self.manager).search([])), 2)

    def test_other_companies_are_frozen_and_hidden(self):
        second = self._create_company("Second", "JPY")
        self._create_opportunity(
            "P", expected_revenue=1000, company_id=second.id, team_id=False, user_id=False
        )
        row = self._take(FIRST)
        self.assertEqual((row.company_id, row.currency_id.name), (second, "JPY"))
        self.assertFalse(self.snapshot.with_user(self.manager).search([]))

    def test_everybodys_day_is_the_same(self):
        self._create_opportunity("P", expected_revenue=10)
        for zone in ("Pacific/Kiritimati", "Pacific/Pago_Pago"):
            self.snapshot.with_context(tz=zone)._take()
        self.assertEqual(len(self.snapshot.search([])), 1)

    def test_an_opportunity_without_company_is_of_the_same_company_whoever_takes_it(self):
        second = self._create_company("Second", "EUR")
        self._create_opportunity("P", expected_revenue=10, company_id=False, team_id=False, user_id=False)
        row = self.snapshot.with_company(second)._take()
        self.assertEqual(row.company_id, self.env.ref("base.user_root").company_id)

    def test_the_weekly_job_takes_it_and_forgets_old_ones(self):
        self._create_opportunity("P", expected_revenue=10)
        self._take("2030-01-07")
        self._take("2031-01-06")
        job = self.env.ref("pemba_crm.ir_cron_take_snapshot")
        self.assertEqual((job.interval_number, job.interval_type), (1, "weeks"))
        with freeze_time(f"{FIRST} 12:00:00"):
            job.ir_actions_server_id.run()
        self.assertEqual(len(self.snapshot.search([])), 3, "all are kept")
        self.env["res.config.settings"].create({"pemba_snapshot_months": 12}).execute()
        with freeze_time(f"{FIRST} 12:00:00"):
            self.snapshot._cron_take()
        days = set(self.snapshot.search([]).mapped("date"))
        self.assertEqual(days, {fields.Date.to_date("2031-01-06"), fields.Date.to_date(FIRST)})

    def test_it_takes_as_many_queries_for_many_opportunities(self):
        for number in range(3):
            self._create_opportunity("P", expected_revenue=number)
        self._take(FIRST)
        with self.assertQueryCount(8):
            self.snapshot._take()
        for number in range(30):
            self._create_opportunity("P", expected_revenue=number)
        self.env.flush_all()
        with self.assertQueryCount(8):
            self.snapshot._take()


@tagged("post_install", "-at_install")
class TestForecastMovement(ForecastCommon):
    """How one snapshot came from another, to the cent."""

    maxDiff = None

    def test_every_kind_of_movement(self):
        medium = self.env.ref("pemba_crm.risk_level_medium")
        low = self.env.ref("pemba_crm.risk_level_low")
        same = {"maturity": 50, "risk_level_id": low.id, "zone_id": self.zone.id}

        def create(name, revenue=100.0, **vals):
            return self._create_opportunity("E", name=name, deal_amount=revenue, **{**same, **vals})

        up, down, ripe, risky, late, moved, won, lost, archived, deleted, back, still = (
            create(name)
            for name in (
                *("up", "down", "ripe", "risky", "late", "moved"),
                *("won", "lost", "archived", "deleted", "back", "still"),
            )
        )
        rated = create("rated", deal_currency_id=self.dollar.id)
        back.action_set_lost()
        self._take(FIRST)
        up.deal_amount = 150
        down.deal_amount = 90
        rated.write({"deal_rate": 1})
        ripe.maturity = 80
        risky.risk_level_id = medium
        late.date_deadline = "2031-12-31"
        moved.user_id = self.colleague
        won.action_set_won()
        lost.action_set_lost()
        archived.probability = 30  # at 0 it would be lost
        archived.active = False
        deleted.unlink()
        back.action_unarchive()
        back.write({"maturity": 50})
        self._make_new(create("new", 40.0))
        self._take(SECOND)
        opening = (12 * 80.0, 12 * 40.0)
        self.assertEqual(back.won_status, "pending")
        self.assertEqual(
            self._get_movements(),
            {
                "opening": opening,
                "new": (32, 16),
                "reopened": (80, 40),
                "up": (40, 20),
                "down": (-8, -4),
                "rate": (20, 10),
                "maturity": (0, 24),
                "risk": (0, -8),
                "slipped": (0, 0),
                "moved": (0, 0),
                "won": (-80, -40),
                "lost": (-80, -40),
                "removed": (-160, -80),
            },
        )
        self.assertIn(still, self.snapshot.search([("date", "=", SECOND)]).lead_id)

    def test_kinds_come_in_the_order_of_the_waterfall(self):
        lead = self._create_opportunity("E", expected_revenue=100)
        lost = self._create_opportunity("E", expected_revenue=100)
        self._take(FIRST)
        lead.expected_revenue = 110
        lost.action_set_lost()
        self._make_new(self._create_opportunity("E", expected_revenue=5))
        self._take(SECOND)
        groups = self._get_report().formatted_read_group([], ["kind"], ["revenue:sum"])
        self.assertEqual([group["kind"] for group in groups], ["opening", "new", "up", "lost"])

    def test_effects_of_several_changes_follow_each_other(self):
        lead = self._create_opportunity(
            "E",
            deal_amount=1000,
            deal_currency_id=self.dollar.id,
            zone_id=self.zone.id,
            maturity=40,
            risk_level_id=self.env.ref("pemba_crm.risk_level_low").id,
        )
        self.assertEqual((lead.expected_revenue, lead.weighted_revenue), (800, 320))
        self._take(FIRST)
        lead.write(
            {
                "deal_amount": 1500,
                "deal_rate": 1,
                "maturity": 60,
                "risk_level_id": self.env.ref("pemba_crm.risk_level_high").id,
            }
        )
        self._take(SECOND)
        self.assertEqual(
            self._get_movements(),
            {
                "opening": (800, 320),
                "up": (400, 160),  # 500 dollars at 1.25, at 40 %
                "rate": (300, 120),  # 1,500 instead of 1,200, at 40 %
                "maturity": (0, 300),  # 20 % of 1,500
                "risk": (0, -450),  # half of 900
            },
        )

    def test_what_slips_leaves_its_month_and_comes_to_another(self):
        lead = self._create_opportunity("E", expected_revenue=100, maturity=50, date_deadline="2031-04-30")
        self._take(FIRST)
        lead.date_deadline = "2031-06-15"
        self._take(SECOND)
        groups = self._get_report()._read_group(
            [("kind", "=", "slipped")], ["date_deadline:month"], ["weighted_revenue:sum"]
        )
        self.assertEqual(
            [(str(month), amount) for month, amount in groups], [("2031-04-01", -50), ("2031-06-01", 50)]
        )

    def test_what_was_handed_over_is_seen_by_who_sees_it_now(self):
        lead = self._create_opportunity("E", expected_revenue=100, maturity=50)
        self._take(FIRST)
        lead.user_id = self.colleague
        self._take(SECOND)
        self.assertEqual(self._get_movements(user=self.salesperson), {})
        self.assertEqual(self._get_movements(user=self.colleague), {"opening": (100, 50), "moved": (0, 0)})

    def test_another_sale_type_is_a_move_and_more_is_a_rise(self):
        retyped = self._create_opportunity("E", expected_revenue=100, sale_type_id=self.types["software"].id)
        extended = self._create_deal(self._line(price_unit=100))
        self._take(FIRST)
        retyped.sale_type_id = self.types["study"]
        extended.write(
            {"opportunity_line_ids": [Command.create({"product_id": self.training.id, "price_unit": 30})]}
        )
        self._take(SECOND)
        movements = self._get_movements()
        self.assertEqual((movements["moved"][0], movements["up"][0]), (0, 30))
        self.assertEqual(set(movements), {"opening", "moved", "up"})

    def test_what_closed_between_is_what_it_left_as(self):
        self._create_opportunity("E", name="Other", expected_revenue=0)
        lead = self._create_opportunity("E", expected_revenue=100, maturity=50)
        self._take(FIRST)
        lead.action_set_won()
        self._take(SECOND)
        lead.stage_id = self.stages["M"][:1]
        lead.maturity = 50
        lead.action_set_lost()
        self._take(THIRD)
        self.assertEqual(self._get_movements(FIRST, THIRD), {"opening": (100, 50), "won": (-100, -50)})

    def test_the_last_two_are_compared_where_none_are_chosen(self):
        lead = self._create_opportunity("E", expected_revenue=100, maturity=50)
        report = self.env["pemba.forecast.movement"]
        self.assertFalse(report.search([]))
        for day, revenue in ((FIRST, 100), (SECOND, 120), (THIRD, 150)):
            lead.expected_revenue = revenue
            self._take(day)
        groups = report._read_group([("kind", "=", "up")], [], ["revenue:sum"])
        self.assertEqual(groups, [(30,)])

    def test_the_dialog_compares_two_days(self):
        lead = self._create_opportunity("E", expected_revenue=100, maturity=50)
        for day, revenue in ((FIRST, 100), (SECOND, 120), (THIRD, 150)):
            lead.expected_revenue = revenue
            self._take(day)
        dialog = self.env["pemba.forecast.comparison"].with_user(self.salesperson).create({})
        self.assertEqual((dialog.date_from, dialog.date_until), (SECOND, THIRD))
        dialog.write({"date_from": THIRD, "date_until": FIRST})
        context = dialog.action_compare()["context"]
        self.assertEqual(context, {"pemba_from": FIRST, "pemba_until": THIRD})
        dialog.date_until = THIRD
        with self._refused(UserError, "Choose two snapshots of different days"):
            dialog.action_compare()

    def test_movements_balance_over_random_changes(self):
        """By each place and in all: what was open, and the movements, are what is open, to the cent."""
        for seed in range(4):
            with self.subTest(seed=seed):
                self._check_balance(random.Random(seed))

    def _check_balance(self, dice):
        self.snapshot.search([]).unlink()
        leads = self.env["crm.lead"]
        for _number in range(20):
            leads |= self._create_random(dice)
        days = [fields.Date.to_date(FIRST) + timedelta(days=7 * week) for week in range(4)]
        for day in days:
            self._take(day)
            for lead in leads.exists().with_context(active_test=False):
                if dice.random() < 0.7:
                    self._change(dice, lead)
            leads |= self._create_random(dice)
        for first, last in ((0, 1), (1, 2), (0, 2), (0, 3)):
            self._assert_balanced(days[first], days[last])
        leads.exists().active = False

    def _create_random(self, dice):
        lines = [
            self._line(
                product_id=dice.choice((self.licence, self.maintenance, self.training)).id,
                price_unit=dice.randint(1, 999999) / 100,
            )
            for _line in range(dice.choice((0, 0, 1, 3)))
        ]
        return self._create_deal(
            *lines,
            zone_id=dice.choice((False, self.zone.id)),
            deal_currency_id=self.env.company.currency_id.id,
            expected_revenue=dice.randint(0, 999999) / 100,
            maturity=dice.choice((10, 33.3, 66.67)),
            sale_type_id=dice.choice((self.types["software"].id, False)),
            date_deadline=f"2031-0{dice.randint(4, 9)}-15",
        )

    def _change(self, dice, lead):
        """Something that happens to an opportunity; several things may."""
        happens = dice.sample((0, 1, 3, 4, 5, 6, 7, 8), dice.choice((1, 2, 3)))
        self._open_again(lead)
        if 0 in happens and not lead.opportunity_line_ids:
            lead.deal_amount = dice.randint(1, 999999) / 100
        if 0 in happens and lead.opportunity_line_ids:
            lead.opportunity_line_ids[0].price_unit = dice.randint(1, 999999) / 100
        if 1 in happens:
            lead.write(
                {"maturity": dice.choice((20, 33.3, 77.7)), "risk_level_id": dice.choice(self.risks).id}
            )
        if 3 in happens:
            lead.date_deadline = dice.choice((False, f"2031-0{dice.randint(4, 9)}-15"))
        if 4 in happens:
            lead.user_id = dice.choice((self.salesperson, self.colleague))
        if 5 in happens and lead.zone_id == self.zone:
            lead.deal_currency_id = dice.choice((self.dollar, self.env.company.currency_id))
        if 6 in happens and lead.deal_currency_id == self.dollar:
            lead.write({"deal_rate": dice.choice((0.9, 1.1111, 1.37))})
        if 7 in happens:
            lead.write({"opportunity_line_ids": [Command.create(self._line(price_unit=12.34))]})
        if 8 in happens:
            dice.choice(
                (lead.action_set_won, lead.action_set_lost, lead.action_archive, lead.unlink, lambda: None)
            )()

    def _open_again(self, lead):
        if lead.won_status == "lost" or not lead.active:
            lead.action_unarchive()
        elif lead.won_status == "won":
            lead.stage_id = self.stages["M"][:1]

    def _assert_balanced(self, first, last):
        report = self._get_report(first, last)
        measures = ["revenue:sum", "weighted_revenue:sum"]
        for place in ([], *([place] for place in PLACES)):
            moved = {
                tuple(key): (round(revenue or 0, 2), round(weighted or 0, 2))
                for *key, revenue, weighted in report._read_group([], place, measures)
            }
            at_last = {
                tuple(key): (round(revenue or 0, 2), round(weighted or 0, 2))
                for *key, revenue, weighted in self.snapshot._read_group(
                    [("date", "=", last)], place, measures
                )
            }
            nothing = (0, 0)
            self.assertEqual(
                {key: sums for key, sums in moved.items() if sums != nothing},
                {key: sums for key, sums in at_last.items() if sums != nothing},
                place,
            )
