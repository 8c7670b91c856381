from odoo import api, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from psycopg2 import IntegrityError, OperationalError

from ..company_day import by_day
from ..pipeline.crm_lead import SILENT

# What is wrong with one record, and keeps no other from being done.
FAILURES = (UserError, ValidationError, IntegrityError, ValueError, TypeError)
# How often a batch is tried again that another worker was changing.
TRIES = 3


class PembaContract(models.Model):
    """What time does to contracts, once a day."""

    _inherit = "pemba.contract"

    @api.model
    def _cron_follow(self):
        """The steps of the day, each batch of which is committed."""
        for step in self._get_daily_steps():
            if not step():  # no time left: the scheduler comes back
                break

    @api.model
    def _get_daily_steps(self):
        """What is done every day, in this order.

        :return: a new list of methods, each of which says whether there was time for all
        """
        return [self._cron_expire]

    @api.model
    def _by_day_everywhere(self, get_domain):
        """See ``by_day``, for a job, which is for all companies."""
        companies = self.env["res.company"].sudo().search([], limit=None)  # whoever runs it
        return by_day(companies, get_domain)

    @api.model
    def _is_in_job(self):
        return bool(self.env.context.get("ir_cron_progress_id"))

    @api.model
    def _work_off(self, due, step, batch_size=200):
        """Do a step of a daily job on the contracts that are due, in batches committed one after the other.

        What another worker holds is left to it, and what it has just changed is looked at again; what a
        crash leaves is done by the next run. By hand, the last batch is the caller's to commit.

        :param due: a domain, which is not true any more of what is done
        :param step: what to do: a method of the contracts of a batch, which it may lock in part only
        :param batch_size: how many contracts are locked together
        :return: whether there was time for all
        """
        remaining = self.search_count(due)
        last, tries = 0, 0
        while remaining:
            batch = self.search(due & Domain("id", ">", last), order="id", limit=batch_size)
            if not batch:
                break
            try:
                with self.env.cr.savepoint():
                    step(batch.try_lock_for_update(allow_referencing=True))
            except OperationalError:  # another worker has just changed some of these
                tries += 1
                if tries == TRIES or not self._is_in_job():  # by hand, not all that was done before
                    raise
                self.env.cr.rollback()
                self.env.invalidate_all()
                continue
            last, tries = batch[-1].id, 0
            remaining = max(remaining - len(batch), 0)
            if self._is_in_job() or remaining:
                time_left = self.env["ir.cron"]._commit_progress(len(batch), remaining=remaining)
                self.env.invalidate_all()
                if not time_left:
                    return not remaining
        return True

    @api.model
    def _cron_expire(self):
        """Contracts whose last day has passed are expired.

        :return: whether there was time for all
        """
        return self._work_off(
            self._by_day_everywhere(self._get_expired_domain),
            lambda batch: batch.with_context(**SILENT)._set(state="expired"),
        )

    @api.model
    def _get_expired_domain(self, today):
        """The contracts that are over."""
        return Domain("state", "=", "running") & Domain("date_end", "<", today)
