"""The list of what waits is read with as many queries for ten rows as for one."""

from odoo.tests import freeze_time, tagged

from .renewal_common import RenewalCommon

KINDS = [
    *("deliver", "service", "start", "uncovered", "gone", "unsold", "hold", "index", "offer", "answer"),
    *("order", "win", "cancelled", "signed", "owner"),
]


@tagged("post_install", "-at_install")
class TestToDoQueries(RenewalCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.licence.pemba_equipment_policy = "per_line"
        cls.index = cls._create_index({"2024-06": 100})

    def _wait(self):
        """One more row of each kind, of another customer."""
        customer = self.env["res.partner"].create({"name": "Another", "is_company": True, "email": "a@b.c"})
        own = {"partner_id": customer.id}
        licence, maintenance = {"product_id": self.licence.id}, {"product_id": self.maintenance.id}

        def deal(*lines, **vals):
            return self._create_deal(*lines, **own, user_id=self.salesperson.id, **vals)

        def year(**vals):
            return self._create_contract(maintenance | {"price_unit": 100}, **own, **vals)

        with freeze_time("2025-03-01"):
            deal(licence).action_set_won()  # deliver
            planned = deal(licence)
            planned.action_set_won()
            planned._create_equipment()  # service
            year(state="draft")  # start
            uncovered = deal(licence, licence, maintenance)
            uncovered.action_set_won()
            uncovered._create_equipment().action_start()
            uncovered.contract_ids.action_start()
            gone = deal(licence, maintenance)
            gone.action_set_won()
            equipment = gone._create_equipment()
            equipment.action_start()
            gone.contract_ids.action_start()
            equipment._retire()
            unsold = deal(maintenance)
            unsold.action_set_won()
            unsold.contract_ids.filtered(lambda one: one.state == "draft").action_start()
            unsold.stage_id = self.stages["M"][:1]
            year()._hold("Unpaid")
            sent = deal(licence)._make_quotation()
            sent.action_quotation_sent()  # answer
            won = deal(licence)
            order = won._make_quotation()
            order.action_confirm()
            won.stage_id = self.stages["M"][:1]  # win
            cancelled = deal(licence)
            order = cancelled._make_quotation()
            order.action_confirm()
            order._action_cancel()
            signed = deal(maintenance, date_deadline="2025-03-01")._make_quotation()
            year(user_id=False)  # owner
        with freeze_time("2025-04-01"):
            signed.signed_on = "2025-03-02 10:00:00"
            signed.action_confirm()
        year(date_start="2024-10-01", index_id=self.index.id, index_base_month="2024-06-01")
        year(date_start="2024-10-15")._open_renewals()  # offer
        year(date_start="2024-03-01", date_end="2025-02-28")._open_renewals()  # order

    def _count(self, kind):
        """How many queries its rows take, and how many there are."""
        self.env.flush_all()
        self.env.invalidate_all()
        rows = self.env["pemba.to.do"].with_user(self.manager)
        spec = {"name": {}, "since": {}, "worth": {}, "partner_id": {"fields": {"display_name": {}}}}
        spec |= {"may_settle": {}, "user_id": {"fields": {"display_name": {}}}}
        before = self.env.cr.sql_log_count
        found = rows.web_search_read([("kind", "=", kind)], spec)["records"]
        return self.env.cr.sql_log_count - before, len(found)

    def test_each_step(self):
        self._wait()
        with freeze_time("2025-05-01"):
            for kind in KINDS:  # what is asked for once
                self._count(kind)
            few = {kind: self._count(kind) for kind in KINDS}
        for _number in range(6):
            self._wait()
        with freeze_time("2025-05-01"):
            for kind in KINDS:
                with self.subTest(kind=kind):
                    queries, count = few[kind]
                    self.assertTrue(count)
                    now, rows = self._count(kind)
                    if kind != "index":  # one row for all of an index
                        self.assertGreaterEqual(rows, 7)
                    self.assertLessEqual(now, queries)

    def test_of_many_rows_the_steps_are_shown(self):
        """Opened one by one, none is waited for."""
        self._wait()
        rows = self.env["pemba.to.do"].with_user(self.manager)

        def open_groups(most):
            self.patch(type(rows), "_get_most_unfolded", lambda self: most)
            found = rows.web_read_group(
                [], ["kind"], auto_unfold=True, unfold_read_specification={"name": {}}
            )
            return [group for group in found["groups"] if "__records" in group]

        with freeze_time("2025-05-01"):
            self.assertTrue(open_groups(200))
            self.assertFalse(open_groups(3))
