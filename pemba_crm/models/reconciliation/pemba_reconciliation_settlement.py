from odoo import api, fields, models
from odoo.fields import Domain

# What a line says of what is settled.
RESULT_OF = {
    "installed": "installed_result",
    "covered": "covered_result",
    "invoiced": "invoiced_result",
    "correction": "installed_result",
}


class PembaReconciliationSettlement(models.Model):
    """What was done about a difference: somebody was asked, or a sale was opened.

    Lines come and go with their runs; this is of a company, a customer and a product, whatever run found that
    they differ. Written by what is done with lines alone. What is asked again as of an earlier day is one
    request, with a settlement for each day.
    """

    _name = "pemba.reconciliation.settlement"
    _description = "Settlement of a Difference"
    _order = "id desc"
    _rec_name = "product_id"

    company_id = fields.Many2one("res.company", required=True, ondelete="cascade")
    partner_id = fields.Many2one("res.partner", string="Customer", ondelete="cascade")
    product_id = fields.Many2one("product.product", index="btree_not_null", ondelete="cascade")
    check = fields.Selection(
        selection=[
            ("installed", "Installed Base"),
            ("covered", "Contracts"),
            ("invoiced", "Invoices"),
            ("correction", "Correction of the Installed Base"),
        ],
        required=True,
    )
    date = fields.Date(string="As Of", required=True, help="The day of the run it was done from.")
    ended_date = fields.Date(
        string="Ended",
        help="The day of the run that did not find the difference, or from which it was asked again.",
    )
    reconciliation_id = fields.Many2one(
        "pemba.reconciliation", string="Run", index="btree_not_null", ondelete="set null"
    )
    activity_id = fields.Many2one(
        "mail.activity", string="Request", index="btree_not_null", ondelete="set null"
    )
    lead_id = fields.Many2one("crm.lead", string="Sale Opened", index="btree_not_null", ondelete="set null")

    _key_idx = models.Index("(partner_id, product_id, company_id)")

    @api.model_create_multi
    def create(self, vals_list):
        settlements = super().create(vals_list)
        self._refresh_lines()
        return settlements

    def write(self, vals):
        result = super().write(vals)
        self._refresh_lines()
        return result

    def _refresh_lines(self):
        """Lines say what was done: it is read again."""
        self.env["pemba.reconciliation.line"].invalidate_model(
            ["asked_user_id", "answered_date", "answer", "fix_lead_id"], flush=False
        )

    def _get_key(self):
        """What it is of; of a customer that became part of another, the other."""
        return self.company_id, self.partner_id.commercial_partner_id, self.product_id

    def _holds_on(self, day):
        return self.date <= day and not (self.ended_date and self.ended_date <= day)

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
        later = Domain("date", ">", run.date) & Domain("date", "<=", fields.Date.context_today(run))
        lines = self.env["pemba.reconciliation.line"].search(  # not all of a run
            (Domain("reconciliation_id", "=", run.id) | later)
            & Domain("company_id", "=", run.company_id.id)
            & Domain("partner_id", "in", [one.partner_id.commercial_partner_id.id for one in self])
            & Domain("product_id", "in", [one.product_id.id for one in self])
        )
        return {
            (line._get_settlement_key(), check)
            for line in lines
            for check, result in RESULT_OF.items()
            if line[result] not in (False, "matched")
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
