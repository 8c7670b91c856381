from collections import defaultdict
from typing import NamedTuple

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.models import BaseModel
from odoo.tools import SQL


class UnderWay(NamedTuple):
    """What is done already about what a line is of, from whatever run; with all rights."""

    requests: BaseModel  # settlements that did not end, of whom was asked
    sale: BaseModel  # the opportunity by which it is being sold
    won: BaseModel  # opportunities that were won since the line's run was compared
    recorded: float  # the quantity of opening sales since then


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
        settlements = self._get_settlements()
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

    # ------------------------------------------------------------
    # What is done already
    # ------------------------------------------------------------

    def _get_settlement_key(self):
        return self.company_id, *self._get_key()

    def _get_settlements(self):
        """All that was done about what they are of: ``{line: settlements}``, newest first, with sudo."""
        lines = self.sudo()  # whoever reads a line
        settlements = lines.env["pemba.reconciliation.settlement"].search(
            Domain("company_id", "in", lines.company_id.ids)
            & lines._get_of_customer()
            & Domain("product_id", "in", [line.product_id.id for line in lines])
        )
        settlements.activity_id.fetch(["active", "user_id", "date_done", "feedback"])  # of all at once
        settlements.lead_id.fetch(["active", "won_status", "date_closed"])  # as above
        by_key = settlements.grouped(lambda one: one._get_key())
        return {
            line.with_env(self.env): by_key.get(line._get_settlement_key(), settlements.browse())
            for line in lines
        }

    def _get_under_way(self):
        """What is done already about what they are of, from whatever run; nobody else does until we are done.

        :return: ``{line: UnderWay}``
        """
        self._lock_customers()
        recorded = self._get_recorded()
        under_way = {}
        for line, settlements in self._get_settlements().items():
            compared = line.reconciliation_id.computed_date
            leads = settlements.lead_id
            under_way[line] = UnderWay(
                requests=settlements.filtered(lambda one: one.activity_id and not one.ended_date),
                sale=leads.filtered(lambda one: one.active and one.won_status == "pending")[:1],
                won=leads.filtered(
                    lambda one, since=compared: (
                        one.won_status == "won" and one.date_closed and one.date_closed >= since
                    )
                ),
                recorded=recorded[line],
            )
        return under_way

    def _lock_customers(self):
        """One at a time settles what is of a customer: several runs may have found the same."""
        self.partner_id.sudo().lock_for_update(allow_referencing=True)  # nothing of them is written

    def _get_recorded(self):
        """The quantity of opening sales since their runs were compared: ``{line: quantity}``."""
        runs = self.reconciliation_id
        of_key = defaultdict(list)
        openings = self.env["pemba.opening.sale"].sudo()  # whoever settles it
        since = [("id", ">", min(runs.mapped("last_opening"), default=0))]
        for opening in openings.search(
            Domain(since)
            & Domain("company_id", "in", runs.company_id.ids)
            & Domain("product_id", "in", self.product_id.ids)
            & self._get_of_customer()
        ):
            customer = opening.partner_id.commercial_partner_id
            of_key[opening.company_id, customer, opening.product_id].append(opening)
        return {
            line: sum(
                opening.quantity
                for opening in of_key[line._get_settlement_key()]
                if opening.id > line.reconciliation_id.last_opening
            )
            for line in self
        }

    def _prepare_settlement(self, check, **vals):
        return {
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "product_id": self.product_id.id,
            "check": check,
            "date": self.date,
            "reconciliation_id": self.reconciliation_id.id,
            **vals,
        }
