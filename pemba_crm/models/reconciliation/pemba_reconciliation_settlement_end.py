from odoo import api, models
from odoo.fields import Domain

from ..company_day import get_today


class PembaReconciliationSettlement(models.Model):
    """A settlement ends with its difference: each run tells what it does not find any more."""

    _inherit = "pemba.reconciliation.settlement"

    @api.model
    def _end(self, run):
        """End what a run does not find any more, and the requests of which nothing is left.

        What it cannot tell stays: customers who are not of its zone, what was asked as of a later day or is
        found by a run of one, and what it tolerates though the run that found it does not. Nor does the
        future tell anything.
        """
        if run._is_to_come():
            return
        everything = self.sudo()  # whoever was asked
        of_company = [("company_id", "=", run.company_id.id), ("ended_date", "=", False)]
        open_ones = everything.search([*of_company, ("date", "<=", run.date)])
        if not open_ones:
            return
        differing = open_ones._get_differing(run)
        customers = open_ones._get_customers_of(run.zone_id)
        ended = open_ones.filtered(
            lambda one: (
                (one._get_key(), one.check) not in differing
                and not one._is_tolerated_by(run)
                and (not run.zone_id or one.partner_id.commercial_partner_id in customers)
            )
        )
        ended.ended_date = run.date
        requests = ended.activity_id.filtered("active")
        requests -= everything.search([*of_company, ("activity_id", "in", requests.ids)]).activity_id
        if requests:
            requests.action_feedback(feedback=self.env._("Settled: %s", run.display_name))
            self._refresh_lines()

    def _get_differing(self, run):
        """What of these a run finds, or one of a later day that has come: ``{(key, check)}``."""
        later = Domain("date", ">", run.date) & Domain("date", "<=", get_today(run))
        lines = self.env["pemba.reconciliation.line"].search(  # not all of a run
            (Domain("reconciliation_id", "=", run.id) | later)
            & Domain("company_id", "=", run.company_id.id)
            & Domain("partner_id", "in", [one.partner_id.commercial_partner_id.id for one in self])
            & Domain("product_id", "in", [one.product_id.id for one in self])
        )
        checks = [code for code, _label in self._fields["check"].selection]
        return {
            (self._get_line_key(line), check) for line in lines for check in checks if line._differs_in(check)
        }

    def _is_tolerated_by(self, run):
        """Whether a run lets more pass than the one it was found by."""
        found_by = self.reconciliation_id
        return found_by not in (self.reconciliation_id.browse(), run) and any(
            run[name] > found_by[name] for name in ("quantity_tolerance", "amount_tolerance")
        )

    def _get_customers_of(self, zone):
        """Their customers who are of a zone or of one below it; all, where there is none."""
        customers = self.partner_id.commercial_partner_id
        return customers.filtered_domain([("zone_id", "child_of", zone.ids)]) if zone else customers
