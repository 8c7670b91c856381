"""What a client may send: numbers and days that are none, results, and links to what is not its own."""

import logging
import math
from contextlib import suppress

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools import SQL, mute_logger
from psycopg2.errors import CheckViolation

from ..models.scalars import NUMBERS
from .common import PembaContractCommon
from .values_common import APPEND_ONLY, SentCommon

_logger = logging.getLogger(__name__)

NO_NUMBERS = (math.nan, math.inf, -math.inf, 5e-324, "nan", "Infinity", "abc", 10**400)


@tagged("post_install", "-at_install")
class TestSent(SentCommon):
    def test_every_model_has_a_sample(self):
        """So that a new one is not left out below."""
        without = {model for model in self._get_models() if not self._get_sample(model)}
        self.assertEqual(without, {"pemba.reconciliation.settlement"})

    def test_every_number_is_one(self):
        """Written to any field of any model, by the ORM and by SQL."""
        count = 0
        for model in self._get_models():
            sample = self._get_sample(model)
            names = self._get_fields(model, lambda f: f.type in NUMBERS and f.store and f.column_type)
            for name in names if sample else ():
                with self.subTest(field=f"{model}.{name}"):
                    is_integer = sample._fields[name].type == "integer"
                    before = sample[name]
                    is_result = name in self._get_results(model)
                    for value in (*NO_NUMBERS[4:], 10**12) if is_integer else NO_NUMBERS:
                        refused = suppress(UserError) if is_result else self._refused(UserError, ".")
                        with refused, self.cr.savepoint():
                            sample.write({name: value})
                        self.assertEqual(sample[name], before)
                    count += 1
                    self._assert_refused_by_database(sample, name)
        _logger.info("%s numbers of %s models", count, len(self._get_models()))

    def _assert_refused_by_database(self, sample, name):
        if sample._fields[name].column_type[0] not in ("float8", "numeric"):
            return
        statement = SQL(
            "UPDATE %s SET %s = 'NaN' WHERE id = %s",
            SQL.identifier(sample._table),
            SQL.identifier(name),
            sample.id,
        )
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(CheckViolation, msg=f"{sample._name}.{name}"),
            self.cr.savepoint(),
        ):
            self.env.execute_query(statement)

    def test_a_refusal_names_record_field_and_value(self):
        for record, vals, text in (
            (self.deal, {"deal_amount": math.nan}, f"{self.deal.display_name}, Deal Amount: nan"),
            (self.deal.opportunity_line_ids[0], {"quantity": math.inf}, "Quantity: inf"),
            (self.contract, {"date_end": "9999-12-31"}, "9999-12-31: this is no day between"),
            (self.contract, {"date_end": "0001-01-01"}, "0001-01-01: this is no day between"),
            (self.contract, {"date_end": "31/12/2026"}, "31/12/2026: this is no day between"),
        ):
            with self._refused(ValidationError, text):
                record.write(vals)

    def test_what_makes_no_sense_is_refused_where_it_is_entered(self):
        index = self.env["pemba.price.index"].search([], limit=1)
        for record, vals, text in (
            (self.kind, {"duration_months": 1200000}, "Yearly, Duration .*: 1200000: at most 600"),
            (self.kind, {"grace_days": 1000000000}, "Yearly, Grace .*: 1000000000: at most 18300"),
            (self.kind, {"reminder_days": "-30, 99999999"}, "reminders: -30, 99999999 is no list"),
            (self.kind, {"cap_rate": -50}, "Cap .*: -50.0: a cap is not negative"),
            (self.kind, {"floor_rate": -100}, "Floor .*: -100.0: a floor is above"),
            (self.kind, {"cap_rate": 2, "floor_rate": 3}, "Cap .*: 2.0: it is below the floor, 3.0 %"),
            (index, {"expected_rate": -150}, "Index, Expected Rise .*: -150.0: it is between"),
            (self.geo, {"warranty_end_date": "2019-12-31"}, "is before it went into service"),
        ):
            with self._refused(ValidationError, text), self.cr.savepoint():
                record.write(vals)
        self.kind.write({"duration_months": 600, "cap_rate": 3, "floor_rate": 3, "grace_days": 18300})
        self.geo.warranty_end_date = "2020-01-01"

    def test_the_end_of_nothing_is_none(self):
        """What other systems write for no end, on create and on write; the year before it is a mistake."""
        rules = self.env["pemba.margin.rule"]
        rule = rules.create({"rate": 30, "distributor_id": self.other.id, "date_end": "9999-12-31"})
        self.assertFalse(rule.date_end)
        self.new.end_of_support_date = "9999-12-31"
        self.assertFalse(self.new.end_of_support_date)
        with self._refused(ValidationError, "9998-12-31: this is no day between"):
            rule.date_end = "9998-12-31"

    def test_a_form_says_the_same(self):
        """While it is filled in: dates are computed from dates there."""
        spec = {"date_end": {}, "notice_date": {}}
        for name in ("date_start", "date_end"):
            with self._refused(ValidationError, "9999-12-31: this is no day between"):
                self.contract.onchange({name: "9999-12-31"}, [name], spec)
            with self._refused(ValidationError, "9999-12-31: this is no day between"):
                self.contract.browse().onchange({name: "9999-12-31"}, [name], spec)
        lines = [[1, self.contract.line_ids.id, {"price_unit": 1e30}]]
        with self._refused(ValidationError, "Price.*: 1e.30: this is no number"):
            self.contract.onchange({"line_ids": lines}, ["line_ids"], spec)

    def test_an_import_names_the_row(self):
        zone, currency = self.zone.name, self.zone.secondary_currency_id.name or self.zone.currency_id.name
        result = self.env["pemba.zone.rate"].load(
            ["zone_id", "currency_id", "date", "rate"],
            [[zone, currency, "2026-01-01", "1.5"], [zone, currency, "2026-02-01", "nan"]],
        )
        self.assertFalse(result["ids"])
        message = result["messages"][-1]  # Odoo says it of the batch's first row too
        self.assertEqual(message["rows"], {"from": 1, "to": 1})
        self.assertIn("nan", message["message"])

    def test_no_result_is_a_clients(self):
        """Whatever three roles write to any result of any model, it stays."""
        count = 0
        for user in (self.salesperson, self.manager, self.accountant, self.support):
            for model in self._get_models():
                sample = self._get_sample(model)
                results = self._get_results(model)
                own = set(self._get_fields(model, lambda f: f.store and f.readonly and f.column_type))
                imported = sample.with_user(user)._get_imported_results(is_new=False) if results else set()
                names = sorted((own | set(results)) - imported)
                for name in names if sample else ():
                    field = sample._fields[name]
                    value = self._get_other_value(field, sample)
                    if value is None or not field.store or not field.column_type:
                        continue
                    before = sample.sudo()[name]
                    try:
                        with self.cr.savepoint():
                            sample.with_user(user).write({name: value})
                            self.env.flush_all()
                    except (AccessError, UserError, ValidationError):
                        self.env.invalidate_all()
                    count += 1
                    self.assertEqual(sample.sudo()[name], before, f"{model}.{name} by {user.login}")
        _logger.info("%s writes of results by four roles", count)

    def _get_other_value(self, field, sample):
        value = sample.sudo()[field.name]
        if field.type in ("float", "monetary", "integer"):
            return (value or 0) + 7
        if field.type == "boolean":
            return not value
        if field.type in ("char", "text"):
            return "Something else"
        if field.type == "date":
            return "2031-03-03"
        if field.type == "selection":
            others = [key for key, _label in field._description_selection(self.env) if key != value]
            return others[0] if others else None
        if field.type == "many2one":
            other = self.env[field.comodel_name].sudo().search([("id", "!=", value.id)], limit=1)
            return other.id or None
        return None

    def test_a_default_that_is_none_is_refused(self):
        for key, value in (
            ("default_quantity", math.nan),
            ("default_lead_id", "x"),
            ("default_date_start", "x"),
            ("default_lead_id", [[1.5]]),
        ):
            with self._refused(ValidationError, "this is no"):
                self.env["pemba.opportunity.line"].with_context(**{key: value}).default_get([key[8:]])
        for value in ("x", [["x"]], {"a": 1}, [1.5], [-1]):
            wizards = self.env["pemba.equipment.campaign"].with_context(
                active_ids=value, active_model="pemba.equipment"
            )
            with self._refused(UserError, "is no number of a record"):
                wizards.default_get(["equipment_ids"])

    def test_what_odoo_keeps_and_ours_follows_from(self):
        """Numbers of an order, of a deal without lines, a currency's rate, a product's price."""
        with self._refused(ValidationError, "this is no number"):
            self.order.order_line[:1].price_unit = math.nan
        with self._refused(ValidationError, "this is no number"):
            self.deal.write({"expected_revenue": 1e308})
        franc = self._currency("CHF")
        self.env["res.currency.rate"].create({"currency_id": franc.id, "name": "2020-01-01", "rate": 5e-324})
        with self._refused(UserError, "CHF has no rate that can be used"):
            self.zone._get_rate(franc, "2026-01-01")
        company = self.env.company
        with self._refused(ValidationError, "no day between the years"):
            company.pemba_sales_closed_date = "0001-01-01"
        settings = self.env["res.config.settings"]
        for months in (-5, 10**9):
            with self._refused(ValidationError, "not between 0 and 1200"):
                settings.create({"pemba_snapshot_months": months})

    def test_no_default_in_the_context_gives_a_result(self):
        leads = self.env["crm.lead"].with_user(self.salesperson)
        lead = leads.with_context(default_weighted_revenue=5, default_last_open_step="B").create(
            {"name": "New", "type": "opportunity"}
        )
        self.assertEqual((lead.weighted_revenue, lead.last_open_step), (0, "P"))

    def test_no_default_of_a_user_gives_a_result_or_a_link(self):
        defaults = self.env["ir.default"].with_user(self.salesperson)
        defaults.set("crm.lead", "last_open_step", "B", True)
        lead = self.env["crm.lead"].with_user(self.salesperson).create({"name": "L", "type": "opportunity"})
        self.assertEqual(lead.last_open_step, "P")
        colleague = self._create_user("pemba_colleague_default", "sales_team.group_sale_salesman")
        self.deal.user_id = colleague
        defaults.set("sale.order", "opportunity_id", self.deal.id, True)
        with self.assertRaises(AccessError):
            self.env["sale.order"].with_user(self.salesperson).create({"partner_id": self.customer.id})

    def test_readonly_columns_are_results(self):
        """A new one is a result without anybody saying so, unless its model is append-only."""
        for model in set(self._get_models()) - APPEND_ONLY:
            readonly = self._get_fields(
                model, lambda f: f.store and f.readonly and f.column_type and not f.inverse
            )
            if readonly:
                self.assertLessEqual(set(readonly), self._get_results(model), model)


@tagged("post_install", "-at_install")
class TestLinks(PembaContractCommon):
    """What a client links is what it may read, and of the company."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.colleague = cls._create_user("pemba_colleague_links", "sales_team.group_sale_salesman")
        cls.theirs = cls._create_opportunity(
            "M",
            partner_id=cls.customer.id,
            user_id=cls.colleague.id,
            opportunity_line_ids=[Command.create({"product_id": cls.licence.id, "price_unit": 3190})],
        )
        cls.mine = cls._create_opportunity(
            "M",
            partner_id=cls.customer.id,
            user_id=cls.salesperson.id,
            opportunity_line_ids=[Command.create({"product_id": cls.licence.id, "price_unit": 100})],
        )
        cls.elsewhere = cls.env["res.company"].create({"name": "Elsewhere"})

    def test_an_order_for_a_colleagues_deal_is_refused(self):
        orders = self.env["sale.order"].with_user(self.salesperson)
        line = Command.create({"product_id": self.licence.id, "price_unit": 1})
        vals = {"partner_id": self.customer.id, "order_line": [line]}
        own = orders.create(vals | {"opportunity_id": self.mine.id})
        for attempt in (
            lambda: orders.create(vals | {"opportunity_id": self.theirs.id}),
            lambda: orders.with_context(default_opportunity_id=self.theirs.id).create(dict(vals)),
            lambda: own.write({"opportunity_id": self.theirs.id}),
        ):
            with self.assertRaises(AccessError), self.cr.savepoint():
                attempt()
        result = orders.load(
            ["partner_id/.id", "opportunity_id/.id"], [[str(self.customer.id), str(self.theirs.id)]]
        )
        self.assertFalse(result["ids"])
        self.assertEqual(self.theirs.won_status, "pending")

    def test_who_may_only_read_a_deal_wins_none_by_an_order(self):
        """An accountant or a support agent who sells as well, and an integrator's rule for reading."""
        orders = self.env["sale.order"].with_user(self.salesperson)
        line = {"product_id": self.licence.id, "price_unit": 1}
        own = orders.create({"partner_id": self.customer.id, "order_line": [Command.create(line)]})
        for group in ("pemba_crm.group_accountant", "pemba_crm.group_support"):
            self.salesperson.group_ids |= self.env.ref(group)
        self.assertTrue(self.theirs.with_user(self.salesperson).has_access("read"))
        for attempt in (
            lambda: orders.create({"partner_id": self.customer.id, "opportunity_id": self.theirs.id}),
            lambda: own.write({"opportunity_id": self.theirs.id}),
            lambda: own.write({"opportunity_id": self.theirs}),
            lambda: own.order_line.write({"opportunity_line_id": self.theirs.opportunity_line_ids.id}),
        ):
            with self.assertRaises(AccessError), self.cr.savepoint():
                attempt()

    def test_whatever_stands_for_a_record_is_checked(self):
        """A dictionary, as forms send it, a record, or what is none."""
        line = self.theirs.opportunity_line_ids
        orders = self.env["sale.order"].with_user(self.salesperson)
        spec = {"order_line": {"fields": {"price_unit": {}, "discount": {}}}}
        for value in ({"id": line.id}, line, line.new(origin=line)):
            vals = {"product_id": line.product_id.id, "product_uom_qty": 1, "opportunity_line_id": value}
            values = {"partner_id": self.customer.id, "order_line": [(0, "v1", vals)]}
            with self.assertRaises(AccessError):
                orders.onchange(values, [], spec)
        lines = self.mine.opportunity_line_ids.with_user(self.salesperson)
        for value in ({"id": self.theirs.id}, self.theirs):
            with self.assertRaises(AccessError):
                lines.onchange({"lead_id": value}, ["lead_id"], {"customer_id": {}})
        contract = self._create_contract()
        for value in ("x", "7", 1.5, [[4]], [[4, [5]]], [[6, 0, 5]], [["x"]], {"id": "x"}):
            with self._refused(ValidationError, "this is no record"):
                contract.write({"authorized_partner_ids": value})
            with self._refused(ValidationError, "this is no record"):
                contract.write({"user_id": value})
        with self._refused(ValidationError, "none of its values"):
            contract.write({"state": [1]})

    def test_a_users_own_default_reaches_nothing_past_the_rights(self):
        """Here an order of a colleague's, which would come to a deal that is opened with all rights."""
        order = self.theirs._make_quotation()
        self.env["ir.default"].with_user(self.salesperson).set("crm.lead", "order_ids", [[4, order.id]], True)
        lead = (
            self.env["crm.lead"]
            .with_user(self.salesperson)
            .sudo()  # as the mail gateway does
            .create({"name": "Opened", "type": "opportunity"})
        )
        self.assertEqual((order.opportunity_id, lead.order_ids), (self.theirs, order.browse()))

    def test_a_default_of_the_context_is_kept_past_the_rights(self):
        """As the mail gateway gives it: nobody is in charge."""
        leads = self.env["crm.lead"].with_user(self.salesperson)
        self.env["ir.default"].with_user(self.salesperson).set(
            "crm.lead", "user_id", self.salesperson.id, True
        )
        leads = leads.sudo()  # as the mail gateway does
        lead = leads.with_context(default_user_id=False).create({"name": "By mail", "type": "lead"})
        self.assertFalse(lead.user_id)

    def test_a_dialog_shows_nothing_of_another_companys(self):
        target = self.env["pemba.target"].create(
            {
                "name": "Secret",
                "amount": 7777,
                "company_id": self.elsewhere.id,
                "date_start": "2026-01-01",
                "date_end": "2026-12-31",
            }
        )
        with self.assertRaises(AccessError):
            self.env["pemba.target.split"].with_user(self.manager).create({"target_id": target.id})
        partner = self.env["res.partner"].create({"name": "There", "company_id": self.elsewhere.id})
        with self.assertRaises(AccessError):
            self.env["pemba.equipment.statement"].with_user(self.manager).create({"partner_id": partner.id})

    def test_a_price_is_not_read_through_an_order_line(self):
        line = self.theirs.opportunity_line_ids
        orders = self.env["sale.order"].with_user(self.salesperson)
        vals = {"product_id": line.product_id.id, "opportunity_line_id": line.id}
        order = orders.create(
            {"partner_id": self.customer.id, "order_line": [Command.create({"product_id": self.licence.id})]}
        )
        for attempt in (
            lambda: orders.create({"partner_id": self.customer.id, "order_line": [Command.create(vals)]}),
            lambda: order.order_line.create(vals | {"order_id": order.id}),
            lambda: order.order_line.write({"opportunity_line_id": line.id}),
        ):
            with self.assertRaises(AccessError), self.cr.savepoint():
                attempt()
        values = {"partner_id": self.customer.id, "order_line": [Command.create(vals)]}
        spec = {"order_line": {"fields": {"price_unit": {}, "discount": {}, "name": {}}}}
        with self.assertRaises(AccessError):
            orders.onchange(values, ["order_line"], spec)

    def test_a_form_shows_nothing_of_what_is_linked(self):
        theirs = self._create_elsewhere(self._create_contract())
        line = {"product_id": self.maintenance.id, "contract_id": theirs.id}
        spec = {"opportunity_line_ids": {"fields": {"date_end": {}, "date_start": {}}}}
        deals = self.mine.with_user(self.salesperson)
        with self.assertRaises(AccessError):
            deals.onchange({"opportunity_line_ids": [Command.create(line)]}, ["opportunity_line_ids"], spec)
        with self.assertRaises(AccessError):
            deals.opportunity_line_ids.onchange(line, ["contract_id"], {"date_end": {}})

    def test_a_copy_links_no_more_than_its_user_sees(self):
        theirs = self._create_elsewhere(self._create_contract())
        line = self.mine.opportunity_line_ids.with_user(self.salesperson)
        with self.assertRaises(AccessError):
            line.with_context(default_contract_id=theirs.id).copy()
        order = self.mine._make_quotation()
        order.user_id = self.salesperson
        self.mine.user_id = self.colleague
        copied = order.with_user(self.salesperson).copy()
        self.assertFalse(copied.sudo().opportunity_id or copied.sudo().order_line.opportunity_line_id)
        order.with_user(self.salesperson).write({"opportunity_id": self.mine.id, "note": "It has it already"})

    def test_a_managers_deal_takes_no_contract_of_another_company(self):
        contract = self._create_contract()
        theirs = self._create_elsewhere(contract)
        with self.assertRaises(AccessError):
            self.mine.with_user(self.manager).write({"renewal_contract_id": theirs.id})
        both = self.manager.company_ids | self.elsewhere
        self.manager.company_ids = both
        self.mine.company_id = self.env.company
        with self.assertRaises(UserError), self.cr.savepoint():
            self.mine.with_user(self.manager).with_context(allowed_company_ids=both.ids).write(
                {"renewal_contract_id": theirs.id}
            )
        self.mine.with_user(self.salesperson).write({"renewal_contract_id": contract.id})
        self.assertFalse(self.mine.renewal_contract_id)
        line = self.mine.opportunity_line_ids
        line.with_user(self.salesperson).write({"contract_line_id": contract.line_ids.id})
        self.assertFalse(line.contract_line_id)
        with self.assertRaises(AccessError):
            line.with_user(self.salesperson).write({"contract_id": theirs.id})

    def _create_elsewhere(self, contract):
        partner = self.env["res.partner"].create({"name": "There", "company_id": self.elsewhere.id})
        vals = {"company_id": self.elsewhere.id, "partner_id": partner.id, "line_ids": False}
        return contract.copy(vals | {"contact_id": False, "invoice_partner_id": False})

    def test_links_are_of_the_company(self):
        partner = self.env["res.partner"].create({"name": "There", "company_id": self.elsewhere.id})
        contract = self._create_contract()
        with self.assertRaises(UserError):
            contract.authorized_partner_ids = partner
        theirs = self._create_elsewhere(contract)
        with self.assertRaises(UserError):
            self.mine.opportunity_line_ids.contract_id = theirs

    def test_a_wizard_links_what_its_user_may_read(self):
        contract = self._create_elsewhere(self._create_contract())
        changes = self.env["pemba.contract.change"].with_user(self.manager)
        with self.assertRaises(AccessError):
            changes.create({"contract_id": contract.id, "kind": "terminate"})

    def test_checking_links_costs_nothing(self):
        """Of what is known already."""
        orders = self.env["sale.order"].with_user(self.salesperson)
        lead = self.mine.with_user(self.salesperson)
        lead._make_quotation()
        self.env.flush_all()
        lead.read(["user_id", "team_id", "company_id"])
        lead.check_access("write")
        with self.assertQueryCount(0):
            orders._check_links([{"opportunity_id": lead.id}])
