from collections import defaultdict
from typing import NamedTuple

from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.models import BaseModel

from ..beside import write_alone


class UnderWay(NamedTuple):
    """What is done already about what a line is of, from whatever run; with all rights."""

    requests: BaseModel  # settlements that did not end, of whom was asked
    sale: BaseModel  # the opportunity by which it is being sold
    won: BaseModel  # opportunities that were won since the line's run was compared
    recorded: float  # the quantity of opening sales since then


class PembaReconciliationSettlement(models.Model):
    """What was done already about what lines are of, so that nothing is done twice."""

    _inherit = "pemba.reconciliation.settlement"

    @api.model
    def _get_line_key(self, line):
        """See ``_get_key``: what a line is of."""
        return line.company_id, *line._get_key()

    @api.model
    def _prepare(self, line, check, **vals):
        return {
            "company_id": line.company_id.id,
            "partner_id": line.partner_id.id,
            "product_id": line.product_id.id,
            "check": check,
            "date": line.date,
            "reconciliation_id": line.reconciliation_id.id,
            **vals,
        }

    @api.model
    def _get_of_lines(self, lines):
        """All that was done about what lines are of: ``{line: settlements}``, newest first, with sudo."""
        everything = self.sudo()  # whoever reads a line
        known = lines.sudo()  # as above
        settlements = everything.search(
            Domain("company_id", "in", known.company_id.ids)
            & known._get_of_customer()
            & Domain("product_id", "in", [line.product_id.id for line in known])
        )
        settlements.activity_id.fetch(["active", "user_id", "date_done", "feedback"])  # of all at once
        settlements.lead_id.fetch(["active", "won_status", "date_closed"])  # as above
        by_key = settlements.grouped(lambda one: one._get_key())
        return {
            line.with_env(lines.env): by_key.get(self._get_line_key(line), settlements.browse())
            for line in known
        }

    @api.model
    def _get_under_way(self, lines):
        """What is done already about what lines are of; until we are done, nobody else does anything.

        :return: ``{line: UnderWay}``
        """
        write_alone(self.sudo())  # several runs may have found the same; who may read lines settles them
        recorded = self._get_recorded(lines)
        under_way = {}
        for line, settlements in self._get_of_lines(lines).items():
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

    @api.model
    def _check_not_won(self, leads):
        """:raise UserError: naming a sale that was won since the run was compared"""
        for lead in leads[:1]:
            raise UserError(self.env._("%(lead)s was won since: compare again.", lead=lead.display_name))

    @api.model
    def _get_recorded(self, lines):
        """The quantity of opening sales since the runs of lines were compared: ``{line: quantity}``."""
        runs = lines.reconciliation_id
        of_key = defaultdict(list)
        openings = self.env["pemba.opening.sale"].sudo()  # whoever settles it
        since = [("id", ">", min(runs.mapped("last_opening"), default=0))]
        for opening in openings.search(
            Domain(since)
            & Domain("company_id", "in", runs.company_id.ids)
            & Domain("product_id", "in", lines.product_id.ids)
            & lines._get_of_customer()
        ):
            customer = opening.partner_id.commercial_partner_id
            of_key[opening.company_id, customer, opening.product_id].append(opening)
        return {
            line: sum(
                opening.quantity
                for opening in of_key[self._get_line_key(line)]
                if opening.id > line.reconciliation_id.last_opening
            )
            for line in lines
        }
