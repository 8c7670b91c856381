"""What a client may call: all public methods, called with what they do not expect."""

import inspect
import logging
from copy import deepcopy
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

from odoo import fields
from odoo.exceptions import UserError
from odoo.sql_db import Cursor
from odoo.tests import HttpCase, tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from .access_common import AccessCommon
from .common import PembaContractCommon

_logger = logging.getLogger(__name__)

SNAPSHOT = Path(__file__).parent / "public_methods.txt"
ADDON = "odoo.addons.pemba_crm."
ROLES = ("Salesperson", "Manager", "Support", "Accountant")
# Of every type that JSON has, and some that look like what is asked for.
JUNK = (None, False, True, 7, 0, -7, 1.5, 10**30, "", "7", "x", "01/02/2026", 20270131)
JUNK += ([], [7], [[7]], ["x"], [None], {}, {"x": 7})
LOCK = "UPDATE IR_MODEL SET MODEL = MODEL"  # of who may write
CHANGES = ("INSERT", "UPDATE", "DELETE")
NO_IDS = ((), [0], [-1], [2**31 - 1], ["7"], ["x"], [None], [True], [1.5], [[7]], [{}])
# Odoo's own, on every model: tried by who gets furthest.
STANDARD = {"create", "write", "unlink", "copy", "copy_data", "default_get", "onchange", "get_view"}
STANDARD |= {"get_values", "set_values", "search_panel_select_multi_range"}
# What needs no record: without one, it does for who may what it does with one.
WITHOUT_RECORDS = {("pemba.forecast.snapshot", "action_take"), ("pemba.renewal.estimate", "action_freeze")}


def get_public_methods(env):
    """``[(model, method, function)]`` of what our classes define and a client may call."""
    methods = [
        (name, method, value)
        for name, model in env.registry.items()
        for definition in model.mro()
        if definition.__module__.startswith(ADDON) and definition._name == name
        for method, value in vars(definition).items()
        if not method.startswith("_")
        and inspect.isfunction(value)
        and not getattr(getattr(model, method), "_api_private", False)
    ]
    return sorted(methods, key=lambda one: (*one[:2], one[2].__module__))


@tagged("post_install", "-at_install")
class TestPublicMethods(AccessCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.methods = get_public_methods(cls.env)
        cls.called = {method[:2]: method[2] for method in cls.methods}.items()
        cls.samples = {name: list(cls._get_samples(name).values()) for name in cls._get_models()}

    def test_all_are_known(self):
        """A new one is added to the list on purpose, and says what it takes."""
        self.maxDiff = None
        lines = {f"{name} {method}{inspect.signature(function)}" for name, method, function in self.methods}
        self.assertEqual("\n".join(sorted(lines)), SNAPSHOT.read_text().rstrip())

    def test_all_check_what_they_take(self):
        unmarked = [
            f"{name} {method}"
            for name, method, function in self.methods
            if not getattr(function, "_is_public", False)
        ]
        self.assertEqual(unmarked, [])

    def _call(self, model, method, ids, **kwargs):
        """As a client does, and undone.

        :return: whether anything was written
        :raise Exception: where it is not refused in words
        """
        written = []
        execute = Cursor.execute

        def recorded(cursor, query, *args, **options):
            execute(cursor, query, *args, **options)
            text = str(getattr(query, "code", query)).lstrip().upper()
            if (
                text.startswith(CHANGES)
                and cursor.rowcount
                and not text.startswith(LOCK)
                and "IR_CRON" not in text
            ):
                written.append(text[:80])

        savepoint = self.cr.savepoint()
        function = getattr(type(model), method)
        records = model if hasattr(function, "_api_model") else model.browse(ids)
        try:
            with patch.object(Cursor, "execute", recorded), mute_logger("odoo.sql_db"):
                function(records, **kwargs)
                self.env.flush_all()
        except (UserError, IntegrityError):  # which Odoo puts into words
            written.clear()
        except Exception as error:
            error.add_note(f"{model._name}.{method} of {ids} with {kwargs} by {self.env.uid}")
            raise
        finally:
            self.env.invalidate_all(flush=False)
            savepoint.rollback()
            savepoint.close()
        return written

    def _get_arguments(self, function):
        """Arguments that make sense, by name."""
        known = {"code": "support", "version": self.new.id, "vals": {}, "vals_list": [], "values": {}}
        known |= {
            "fields": [],
            "data": [],
            "field_names": [],
            "fields_spec": {},
            "fields_list": [],
            "field_name": "user_id",
        }
        names = inspect.signature(function).parameters
        return {name: known[name] for name in names if name in known}

    def _get_callers(self, name, method):
        """``(role, the model as it)``; what is Odoo's is tried by who gets furthest."""
        for role in ROLES if method not in STANDARD else ("Manager",):
            yield role, self.env[name].with_user(self.roles[role])

    def test_odoos_own_code_is_not_refused(self):
        """It hands over what comes in its order, and several records."""
        lines = self.env["sale.order.line"]
        self.assertIn("product_uom_qty", lines.default_get(lines._fields.keys()))
        self.env["crm.lead"].default_get({"stage_id", "risk_level_id"})
        deals = self.env["crm.lead"].create({1: {"name": "A"}, 2: {"name": "B"}}.values())
        self.assertEqual(len(deals), 2)
        orders = self.env["sale.order"].create([{"partner_id": self.customer.id} for _one in range(2)])
        self.assertTrue(orders.action_quotation_send())

    @staticmethod
    def _is_seen(record):
        """Rows of a report may have other numbers by now."""
        seen = record.browse().has_access("read") and record.search([("id", "=", record.id)])
        return bool(seen)

    def test_records_that_are_none(self):
        """No record, ids of another type, of nothing, and a thousand: nothing is done, and it is said why."""
        count = 0
        for (name, method), function in self.called:
            arguments = self._get_arguments(function)
            with self.subTest(method=f"{name}.{method}"):
                for role, model in self._get_callers(name, method):
                    for ids in (*NO_IDS, range(1, 1001)):
                        written = self._call(model, method, ids, **arguments)
                        if len(ids) < 1000 and (name, method) not in WITHOUT_RECORDS:
                            self.assertFalse(written, (role, ids))
                        count += 1
        _logger.info("%s calls of %s public methods with ids", count, len(self.called))

    def test_records_that_are_not_ones_own(self):
        """Of another company, or a colleague's: nothing is changed by who may not even read it."""
        count = 0
        for (name, method), function in self.called:
            arguments = self._get_arguments(function)
            with self.subTest(method=f"{name}.{method}"):
                for records in self.samples.get(name, [])[1:]:
                    for role in ROLES:
                        own = records[:2].with_user(self.roles[role])
                        for one in own:
                            written = self._call(own, method, one.ids, **arguments)
                            if not self._is_seen(one):
                                self.assertFalse(written, (role, one))
                        self._call(own, method, own.ids, **arguments)
                        count += 1 + len(own)
        _logger.info("%s calls with records of others", count)

    @staticmethod
    def _is_odoos(name, method, value):
        """What Odoo's own methods take and refuse on its own models is theirs."""
        is_view = method in ("get_view", "search_panel_select_multi_range")
        return not name.startswith("pemba.") and (is_view or (method in STANDARD and value == {"x": 7}))

    def test_arguments_of_another_type(self):
        count = 0
        for (name, method), function in self.called:
            names = inspect.signature(function).parameters.values()
            arguments = self._get_arguments(function)
            samples = self.samples.get(name) or [self.env[name].browse()]
            for argument in [one.name for one in names if one.kind == one.POSITIONAL_OR_KEYWORD][1:]:
                with self.subTest(method=f"{name}.{method}", argument=argument):
                    for _role, model in self._get_callers(name, method):
                        for value in deepcopy(JUNK):  # Odoo adds defaults to values
                            if not self._is_odoos(name, method, value):
                                self._call(model, method, samples[0][:1].ids, **arguments | {argument: value})
                                count += 1
        _logger.info("%s calls with arguments of another type", count)


@tagged("post_install", "-at_install")
class TestPublicMethodsOverHttp(HttpCase, PembaContractCommon):
    """By JSON-2: what is not meant is the client's mistake, and not the server's."""

    def test_a_refusal_is_the_clients_mistake(self):
        self.manager.group_ids |= self.env.ref("pemba_crm.group_support")
        keys = self.env["res.users.apikeys"].with_user(self.manager)
        tomorrow = fields.Datetime.now() + timedelta(days=1)
        header = {"Authorization": f"Bearer {keys._generate('rpc', 'Test', tomorrow)}"}
        planned = self._create_equipment()
        for method, values, text in (
            ("res.partner/check_right", {"equipment": "7"}, "equipment: 7 is not what is asked for"),
            ("res.partner/check_right", {"date": 20270131}, "a day such as 2027-01-31"),
            ("res.partner/check_right", {"date": "9999-12-31"}, "a day such as 2027-01-31"),
            ("res.partner/check_right", {"code": ["support"]}, "is not what is asked for: a text"),
            ("res.partner/check_right", {"ids": []}, "choose one first"),
            ("res.partner/check_right", {"ids": [self.customer.id, self.other.id]}, "not for 2"),
            ("res.partner/check_right", {"ids": ["x"]}, "x is no number of a record"),
            ("pemba.equipment/action_start", {"date": "01/02/2026"}, "a day such as 2027-01-31"),
            ("pemba.equipment/action_start", {"date": True}, "a day such as 2027-01-31"),
            ("pemba.equipment/action_upgrade", {"version": "x"}, "Software Version"),
            ("pemba.equipment/action_upgrade", {"version": 0}, "Software Version"),
            ("pemba.equipment/write", {"vals": "x"}, "values by their names"),
        ):
            body = {"ids": self.customer.ids if "partner" in method else planned.ids}
            if method.endswith("check_right"):
                body["code"] = "support"
            with self.subTest(method=method, **values):
                with mute_logger("odoo.http"):
                    response = self.url_open(f"/json/2/{method}", headers=header, json=body | values)
                self.assertEqual(response.status_code, 422, response.text)
                self.assertIn(text, response.json()["message"])
        self.assertEqual(planned.state, "planned")
        body = {"ids": self.customer.ids, "code": "support", "equipment": self.geo.id, "date": "2027-01-31"}
        answer = self.url_open("/json/2/res.partner/check_right", headers=header, json=body)
        self.assertEqual(answer.json()["status"], "never")
