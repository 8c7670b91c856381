from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo import SUPERUSER_ID, api, fields
from odoo.fields import Command
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name, tagged
from odoo.tools import mute_logger

COUNT = 12


@contextmanager
def environment():
    with Registry(get_db_name()).cursor() as cr:
        yield api.Environment(cr, SUPERUSER_ID, {})


class Killed(BaseException):
    """As a worker that is killed: nothing catches it."""


@tagged("post_install", "-at_install")
class TestWorkers(BaseCase):
    """The daily jobs with several workers and after a crash, on what is really committed."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self._clean_up)
        with environment() as env:
            today = fields.Date.today()
            self.today = today
            self.partner_id = env["res.partner"].create({"name": "Worker", "is_company": True}).id
            self.kind_id = env["pemba.contract.type"].create({"name": "Worker", "sequence": 9999}).id
            product = env["product.product"].create({"name": "Worker", "type": "service"})
            self.product_id = product.id
            contracts = env["pemba.contract"].create(
                [
                    {
                        "partner_id": self.partner_id,
                        "contract_type_id": self.kind_id,
                        "date_start": today - timedelta(days=300),
                        "line_ids": [Command.create({"product_id": product.id, "price_unit": rank + 1})],
                        "state": "running",
                    }
                    for rank in range(COUNT)
                ]
            )
            self.contract_ids = contracts.ids

    def _clean_up(self):
        with environment() as env:
            contracts = env["pemba.contract"].browse(self.contract_ids)
            contracts.with_context(active_test=False).renewal_lead_ids.unlink()
            for term in (contracts.successor_ids, contracts):
                term._set(state="draft")
                term.unlink()
            env["product.product"].browse(self.product_id).product_tmpl_id.unlink()
            env["pemba.contract.type"].browse(self.kind_id).unlink()
            env["res.partner"].browse(self.partner_id).unlink()

    def _get_renewals(self):
        """How many renewals each contract has, and their amounts."""
        with environment() as env:
            leads = env["crm.lead"].search([("renewal_contract_id", "in", self.contract_ids)])
            return [
                (len(leads.filtered(lambda lead, one=one: lead.renewal_contract_id.id == one)), rank + 1)
                for rank, one in enumerate(self.contract_ids)
            ], sorted(leads.mapped("deal_amount"))

    def _check_renewals(self):
        counts, amounts = self._get_renewals()
        self.assertEqual(counts, [(1, rank + 1) for rank in range(COUNT)])
        self.assertEqual(amounts, [float(rank + 1) for rank in range(COUNT)])

    def _run(self, method="_cron_open_renewals", has_time=True, **vals):
        """As the scheduler runs it, on the job's own progress.

        :return: what was done and what remains
        """
        with environment() as env:
            cron = env.ref("pemba_crm.ir_cron_follow_contracts")
            progress = env["ir.cron.progress"].create({"cron_id": cron.id, "remaining": 0, "done": 0})
            env.cr.commit()  # as the scheduler does: a worker that is refused rolls back
            job = env["pemba.contract"].with_context(
                ir_cron_progress_id=progress.id,
                cron_id=cron.id,
                cron_end_time=float("inf") if has_time else 0,
            )
            getattr(job, method)(**vals)
            return progress.done, progress.remaining

    def _run_by_two(self, method, **vals):
        # A lock that comes too late is tried again, and PostgreSQL's refusal told in the log.
        with mute_logger("odoo.sql_db"), ThreadPoolExecutor(2) as workers:
            running = [workers.submit(self._run, method, **vals) for _worker in range(2)]
        for worker in running:
            worker.result()  # raises what it raised
        for _again in range(2):
            self._run(method, **vals)

    @contextmanager
    def _killed(self, name, call):
        """Killed when a method of contracts is called for the nth time."""
        model = Registry(get_db_name())["pemba.contract"]
        original, calls = getattr(model, name), []

        def method(contracts, *args, **kwargs):
            calls.append(1)
            if len(calls) == call:
                raise Killed
            return original(contracts, *args, **kwargs)

        with patch.object(model, name, method), self.assertRaises(Killed):
            yield

    def test_two_workers_open_each_renewal_once(self):
        self._run_by_two("_cron_open_renewals", batch_size=2)
        self._check_renewals()

    def test_what_a_crash_left_is_opened_by_the_next_run(self):
        with self._killed("_prepare_renewal", 8):
            self._run(batch_size=3)
        counts, _amounts = self._get_renewals()
        self.assertEqual(sum(count for count, _rank in counts), 6)  # two batches of three
        self._run(batch_size=3)
        self._check_renewals()

    def _end_tacitly(self):
        with environment() as env:
            env["pemba.contract.type"].browse(self.kind_id).is_tacit = True
            contracts = env["pemba.contract"].browse(self.contract_ids)
            contracts.date_end = self.today - timedelta(days=1)

    def _get_successors(self):
        """How many contracts follow each, and whether any was set aside."""
        with environment() as env:
            contracts = env["pemba.contract"].browse(self.contract_ids)
            return [
                (len(contract.successor_ids), contract.renewal_error, contract.state)
                for contract in contracts
            ]

    def test_two_workers_renew_each_contract_tacitly_once(self):
        self._end_tacitly()
        self._run_by_two("_cron_renew_tacitly", batch_size=2)
        self.assertEqual(self._get_successors(), [(1, False, "renewed")] * COUNT)

    def test_what_a_crash_left_is_renewed_by_the_next_run(self):
        self._end_tacitly()
        with self._killed("_prepare_successor", 8):
            self._run("_cron_renew_tacitly", batch_size=3)
        self.assertEqual(sum(count for count, _error, _state in self._get_successors()), 6)
        self._run("_cron_renew_tacitly", batch_size=3)
        self.assertEqual(self._get_successors(), [(1, False, "renewed")] * COUNT)

    def test_a_job_that_has_no_time_left_comes_back(self):
        self._end_tacitly()
        with patch.object(Registry(get_db_name())["pemba.contract"], "_cron_expire") as following:
            self.assertEqual(self._run("_cron_renew_tacitly", has_time=False, batch_size=5), (5, COUNT - 5))
            done, remaining = self._run("_cron_follow", has_time=False)
            following.assert_called()  # all of the rest fitted in a batch
        self.assertEqual((done, remaining), (COUNT - 5, 0))
        self.assertEqual(self._get_successors(), [(1, False, "renewed")] * COUNT)

    def _await_orders(self):
        """Orders that three people wait for since yesterday."""
        with environment() as env:
            users = env["res.users"].create(
                [
                    {"name": f"Worker {rank}", "login": f"pemba_worker_{rank}", "notification_type": "inbox"}
                    for rank in range(3)
                ]
            )
            partner_ids = users.partner_id.ids
            for rank, contract_id in enumerate(self.contract_ids):
                contract = env["pemba.contract"].browse(contract_id)
                contract.with_context(mail_auto_subscribe_no_notify=True).write(
                    {"expected_order_date": self.today - timedelta(days=8), "user_id": users[rank % 3].id}
                )

        def clean_up():
            with environment() as env:
                env["pemba.contract"].browse(self.contract_ids).user_id = False
                partners = env["res.partner"].browse(partner_ids)
                env["mail.message"].search([("notified_partner_ids", "in", partner_ids)]).unlink()
                partners.with_context(active_test=False).user_ids.unlink()
                partners.unlink()

        self.addCleanup(clean_up)
        return partner_ids

    def _count_messages(self, partner_ids):
        """How many messages each person had, and of how many contracts."""
        with environment() as env:
            messages = env["mail.message"].search([("notified_partner_ids", "in", partner_ids)])
            return sorted(
                (message.notified_partner_ids.ids, message.body.count("<li>")) for message in messages
            )

    def test_two_workers_remind_each_person_once(self):
        partner_ids = self._await_orders()
        self._run_by_two("_cron_remind_orders")
        self.assertEqual(self._count_messages(partner_ids), [([one], COUNT // 3) for one in partner_ids])

    def test_who_was_not_reminded_before_a_crash_is_by_the_next_run(self):
        partner_ids = self._await_orders()
        with self._killed("_send_reminder", 2):
            self._run("_cron_remind_orders")
        self.assertEqual(len(self._count_messages(partner_ids)), 1)
        self._run("_cron_remind_orders")
        self.assertEqual(self._count_messages(partner_ids), [([one], COUNT // 3) for one in partner_ids])
