from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class PembaReconciliationLine(models.Model):
    """What was done about a difference, from whatever run: asked, answered, being sold, recorded."""

    _inherit = "pemba.reconciliation.line"

    asked_user_id = fields.Many2one(
        "res.users",
        string="Asked",
        compute="_compute_settlements",
        search="_search_asked_user_id",
        help="Who was asked to settle it; of several, who was asked last.",
    )
    answered_date = fields.Date(
        string="Answered On", compute="_compute_settlements", search="_search_answered_date"
    )
    answer = fields.Text(
        compute="_compute_settlements",
        search="_search_answer",
        help="What was said when the request was done.",
    )
    fix_lead_id = fields.Many2one(
        "crm.lead",
        string="Sale Opened",
        compute="_compute_settlements",
        search="_search_fix_lead_id",
        help="The opportunity that was opened to settle it.",
    )

    # What is done about it changes without its line: settlements have it read again.
    @api.depends("reconciliation_id.state", "date", "partner_id", "product_id", "answer_text")
    def _compute_settlements(self):
        """What was done by their days, whatever run it was done from; of several the newest."""
        settlements = self.env["pemba.reconciliation.settlement"]._get_of_lines(self)
        for line in self:
            done = settlements[line].filtered(lambda one, day=line.date: one._holds_on(day))
            requests = done.activity_id
            asked = (requests.filtered("active") or requests)[:1]
            answered = requests.filtered("date_done")[:1]
            line.asked_user_id = asked.user_id
            line.answered_date = answered.date_done
            line.answer = line.answer_text if line.state == "signed" else answered.feedback
            line.fix_lead_id = done.lead_id[:1]

    def _search_asked_user_id(self, operator, value):
        return self._search_settled("activity_id.user_id", operator, value)

    def _search_answered_date(self, operator, value):
        return self._search_settled("activity_id.date_done", operator, value)

    def _search_answer(self, operator, value):
        return self._search_settled("activity_id.feedback", operator, value)

    def _search_fix_lead_id(self, operator, value):
        return self._search_settled("lead_id", operator, value)

    def _search_settled(self, name, operator, value):
        """Lines that something was done about by their day, of which a field says so."""
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented  # Odoo inverts the search
        if operator == "in" and False in value:
            others = [one for one in value if one]
            return ~self._get_settled_domain(Domain(name, "!=", False)) | self._get_settled_domain(
                Domain(name, "in", others)
            )
        return self._get_settled_domain(Domain(name, operator, value))

    def _get_settled_domain(self, domain):
        settlements = self.env["pemba.reconciliation.settlement"].sudo()  # lines say it to who reads them
        settlements.flush_model()
        self.env["res.partner"].flush_model(["commercial_partner_id"])
        found = settlements.with_context(active_test=False)._search(domain)

        def to_sql(_model, alias, _query):
            return SQL(
                """
                EXISTS (
                    SELECT FROM pemba_reconciliation_settlement settlement
                      JOIN pemba_reconciliation run ON run.company_id = settlement.company_id
                 LEFT JOIN res_partner customer ON customer.id = settlement.partner_id
                 LEFT JOIN res_partner own ON own.id = %(partner)s
                     WHERE settlement.id IN %(found)s AND run.id = %(run)s
                       AND customer.commercial_partner_id IS NOT DISTINCT FROM own.commercial_partner_id
                       AND COALESCE(settlement.product_id, 0) = COALESCE(%(product)s, 0)
                       AND settlement.date <= %(date)s
                       AND (settlement.ended_date IS NULL OR settlement.ended_date > %(date)s))
                """,
                found=found.subselect(),
                run=SQL.identifier(alias, "reconciliation_id"),
                partner=SQL.identifier(alias, "partner_id"),
                product=SQL.identifier(alias, "product_id"),
                date=SQL.identifier(alias, "date"),
            )

        return Domain.custom(to_sql=to_sql)
