"""A year of two customers, played by chance in the add-on and in a ledger, and compared figure by figure."""

import heapq
import logging
import random
from collections import Counter
from datetime import date
from fractions import Fraction

from odoo.tests import freeze_time

from .common import PembaContractCommon
from .year_acts import YearActs
from .year_figures import Different, YearFigures
from .year_plain import DAY, Account, Kind, add_months
from .year_renewal import RenewalLedger

_logger = logging.getLogger(__name__)
SILENT = {"tracking_disable": True, "mail_notrack": True, "mail_create_nosubscribe": True}
RATES = {"EUR": ("1", 2), "USD": ("1.25", 2), "JPY": ("160", 0), "TND": ("3.4", 3)}
STARTS = (date(2025, 1, 29), date(2025, 1, 30), date(2025, 1, 31), date(2025, 3, 31), date(2025, 4, 30))
LAST_DAY = date(2026, 6, 30)
# How often each act is tried, by the side of the others.
ACTS = {
    "_offer_by_hand": 1.5,
    "_offer_by_configuration": 0.7,
    "_quote": 5,
    "_update": 3,
    "_add_to_quotation": 2,
    "_confirm": 8,
    "_order_at_once": 2,
    "_win": 1.5,
    "_win_all": 1,
    "_postpone": 1.5,
    "_negotiate": 2,
    "_reopen": 3,
    "_reinstate": 3,
    "_amend": 1,
    "_lose": 1,
    "_correct": 4,
    "_cancel": 1.5,
    "_start_contracts": 20,
    "_reduce": 3,
    "_terminate": 0.4,
    "_hold": 0.6,
    "_deliver": 10,
    "_retire": 2,
    "_transfer": 1,
    "_publish": 2,
}


class YearCommon(YearActs, YearFigures, PembaContractCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, **SILENT))
        # Who takes the cents of a document is said nowhere: random prices look after these.
        cls.env.company.tax_calculation_rounding_method = "round_per_line"
        cls.reason = cls.env["crm.lost.reason"].create({"name": "Too expensive"})
        cls.hotline = cls._create_product("Hotline", "maintenance", 0)
        cls.hotline.pemba_contract_type_id = cls.kind
        cls.sold = {"Maintenance": cls.maintenance, "Hotline": cls.hotline, "Licence": cls.licence}
        cls.zones = {}
        for name, (rate, _digits) in RATES.items():
            currency = cls._currency(name)
            cls.zones[name] = cls._create_zone(name.title(), currency_id=currency.id)
            if currency != cls.env.company.currency_id:
                cls.env["pemba.zone.rate"].create(
                    {
                        "zone_id": cls.zones[name].id,
                        "currency_id": currency.id,
                        "rate": float(rate),
                        "date": "2020-01-01",
                    }
                )

    # ------------------------------------------------------------
    # The world
    # ------------------------------------------------------------

    def _set_up(self):
        self.records, self.currencies, self.added = {}, {}, {}
        self.delivered, self.history = set(), []
        months = [add_months(date(2024, 1, 1), number) for number in range(30)]
        known = self.rng.randint(8, 22)
        index = {month: Fraction(self.rng.randint(9000, 13000), 100) for month in months[:known]}
        self.unpublished = months[known:]
        kind = self._pick_kind()
        self.ledger = RenewalLedger(
            kind, [Fraction(int(self.stages[step][:1].maturity)) for step in "MP"], index
        )
        self.index = self._create_index_of(index)
        self.kind.write(
            {
                "duration_months": kind.months,
                "notice_months": kind.notice_months,
                "renewal_lead_days": kind.lead_days,
                "is_tacit": kind.is_tacit,
                "index_id": kind.has_index and self.index.id,
                "index_lag_months": kind.lag,
                "fixed_share": float(kind.fixed_share),
                "has_cap": kind.cap is not None,
                "cap_rate": float(kind.cap or 0),
                "has_floor": kind.floor is not None,
                "floor_rate": float(kind.floor or 0),
            }
        )
        self.stranger = self._create_account("Stranger", "EUR", Fraction(0))
        for name in "AB":
            margin = Fraction(self.rng.choice(["0", "0", "30", "33.33"]))
            self.ledger.accounts.append(self._create_account(name, self.rng.choice(list(RATES)), margin))

    def _pick_kind(self):
        pick = self.rng.choice
        cap = pick([None, Fraction(3), Fraction("7.5")])
        return Kind(
            months=pick([12, 12, 6]),
            notice_months=pick([0, 1, 3]),
            lead_days=pick([0, 10, 30]),
            is_tacit=pick([True, False, False]),
            has_index=pick([True, False]),
            lag=pick([0, 1, 2, 3]),
            fixed_share=Fraction(pick([0, 15, 50])),
            cap=cap,
            floor=pick([None, Fraction(0), Fraction("1.5")]),
        )

    def _create_account(self, name, currency, margin):
        rate, digits = RATES[currency]
        account = Account(name, digits, Fraction(rate), margin)
        self.currencies[account] = self._currency(currency)
        self.records[account] = self.env["res.partner"].create(
            {
                "name": name,
                "is_company": True,
                "zone_id": self.zones[currency].id,
                "email": f"{name}@example.com",
            }
        )
        return account

    # ------------------------------------------------------------
    # The year
    # ------------------------------------------------------------

    def _play(self, seed):
        """Play a year.

        :raise Different: when a figure is another one than the ledger's, with all that happened
        """
        self.rng = random.Random(f"year {seed}")
        self._set_up()
        days = self._plan()
        seen = set()
        with freeze_time("2025-01-01 12:00:00") as clock:
            while days:
                day, account = heapq.heappop(days)
                clock.move_to(f"{day} 12:00:00")
                try:
                    self._play_day(day, account)
                except Exception as error:
                    raise self._tell(seed, day, error) from error
                for due in self._get_due_days():
                    if day < due <= LAST_DAY and due not in seen:
                        seen.add(due)
                        heapq.heappush(days, (due, -1))

    def _plan(self):
        """Days on which something is done with a customer: ``[(day, the number of its account)]``."""
        days = []
        for number in range(len(self.ledger.accounts)):
            start = self.rng.choice([*STARTS, date(2025, 1, 1) + self.rng.randint(0, 100) * DAY])
            days += [(start, number), (start, number)]
            kind = self.ledger.kind
            end = add_months(start, kind.months)
            opening = add_months(end, -kind.notice_months) - DAY - kind.lead_days * DAY
            around = [(start, 1, 30), (start, 5, 180), (opening, -5, 20), (opening, 0, 60)]
            around += [(end, -40, 0), (end, -10, 5), (end, 0, 60), (end, 10, 180)]
            for _time in range(self.rng.randint(6, 9)):
                day, least, most = self.rng.choice(around)
                day += self.rng.randint(least, most) * DAY
                days.append((min(max(day, start), LAST_DAY - DAY), number))
        days.append((LAST_DAY, -1))
        heapq.heapify(days)
        return days

    def _get_due_days(self):
        """Days on which the daily jobs have something to do."""
        for contract in self.ledger.get_contracts():
            yield contract.last + DAY
            yield self.ledger.kind.get_opening(contract)

    def _play_day(self, day, number):
        """The jobs of the night, if they run, and what is done with an account."""
        self.env.invalidate_all()
        accounts = self.ledger.accounts
        is_last = day == LAST_DAY
        if is_last or self.rng.random() < (0.4 if number >= 0 else 0.85):
            self._run_jobs(day)
        elif number < 0:
            return  # the jobs come later
        if number >= 0:
            accounts = [accounts[number]]
            self._do_something(accounts[0], day)
            self.ledger.refresh(accounts[0], day)
        for account in accounts:
            self._check_account(account, day)
            if is_last:
                self._check_reports(account, day)

    def _run_jobs(self, day):
        self.env["pemba.contract"]._cron_open_renewals()
        self.env["pemba.contract"]._cron_follow()
        self.ledger.open_renewals(day)
        self.ledger.follow_the_day(day)
        self.history.append(f"{day} the daily jobs run")
        for account in self.ledger.accounts:
            self._link(account)

    def _do_something(self, account, day):
        """The first time it is sold to, later whatever is possible."""
        names = list(ACTS)
        if not account.deals:
            names = ["_offer_by_hand", "_offer_by_configuration"]
        elif not account.contracts:
            names = ["_order_at_once", "_win"]
        while names:
            name = self.rng.choices(names, [ACTS[name] for name in names])[0]
            names.remove(name)
            told = getattr(self, name)(account, day)
            if told:
                self.counts[name.strip("_").replace("_", " ")] += 1
                self.history.append(f"{day} {account.name} {told}")
                return

    def _tell(self, seed, day, error):
        kind = "".join(f"\n  {name}: {value}" for name, value in vars(self.ledger.kind).items())
        accounts = "".join(
            f"\n  {one.name}: {self.currencies[one].name}, distributor {one.margin} %"
            for one in self.ledger.accounts
        )
        what = error if isinstance(error, Different) else f"{type(error).__name__}: {error}"
        history = "\n  ".join(self.history)
        return Different(
            f"Seed {seed}, {day}: {what}\nContracts:{kind}\nCustomers:{accounts}\nHistory:\n  {history}"
        )

    def _check_years(self, first, last):
        """Play the years of these numbers, the last one not."""
        self.counts, self.figures = Counter(), 0
        for seed in range(first, last):
            with self.subTest(seed=seed), self.env.cr.savepoint() as savepoint:
                try:
                    self._play(seed)
                finally:
                    savepoint.rollback()
                    self.env.invalidate_all()
        told = ", ".join(f"{count} {act}" for act, count in sorted(self.counts.items()))
        _logger.info("Years: %s years, %s figures, %s", last - first, self.figures, told)
