from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from unittest.mock import patch

from odoo import SUPERUSER_ID, api, fields
from odoo.fields import Command
from odoo.modules.registry import Registry
from odoo.tests import BaseCase, get_db_name, tagged

COUNT = 12


@contextmanager
def environment():
    with Registry(get_db_name()).cursor() as cr:
        yield api.Environment(cr, SUPERUSER_ID, {})


class Killed(BaseException):
    """As a worker that is killed: nothing catches it."""


@tagged("post_install", "-at_install")
class TestWorkers(BaseCase):
    """The daily job with several workers and after a crash, on what is really committed."""

    def setUp(self):
        super().setUp()
        self.addCleanup(self._clean_up)
        with environment() as env:
            today = fields.Date.today()
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
            contracts._set(state="draft")
            contracts.unlink()
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

    def _run(self, **vals):
        with environment() as env:
            env["pemba.contract"]._cron_open_renewals(**vals)

    def test_two_workers_open_each_renewal_once(self):
        with ThreadPoolExecutor(2) as workers:
            running = [workers.submit(self._run, batch_size=2) for _worker in range(2)]
        for worker in running:
            worker.result()  # raises what it raised
        for _again in range(2):
            self._run()
        self._check_renewals()

    def test_what_a_crash_left_is_opened_by_the_next_run(self):
        model = Registry(get_db_name())["pemba.contract"]
        original, seen = model._prepare_renewal, []

        def prepare(contract):
            seen.append(contract.id)
            if len(seen) == 8:
                raise Killed
            return original(contract)

        with patch.object(model, "_prepare_renewal", prepare), self.assertRaises(Killed):
            self._run(batch_size=3)
        counts, _amounts = self._get_renewals()
        self.assertEqual(sum(count for count, _rank in counts), 6)  # two batches of three
        self._run(batch_size=3)
        self._check_renewals()
