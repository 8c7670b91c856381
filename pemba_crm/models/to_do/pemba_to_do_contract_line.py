from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from .pemba_to_do import NOTHING

# It was reduced from a day to come on, and waits for nothing more.
GOING_ON = SQL(
    "NOT (pemba_contract_line.is_amended IS TRUE AND pemba_contract_line.date_end < pemba_contract.date_end)"
)
OF_LINE = SQL(
    "JOIN pemba_contract ON pemba_contract.id = pemba_contract_line.contract_id"
    " LEFT JOIN crm_lead sold ON sold.id = pemba_contract.lead_id"
)


class PembaToDo(models.Model):
    """What waits at lines of contracts: of equipment that is not there or not told, of deals not won."""

    _inherit = "pemba.to.do"

    @api.model
    def _get_lists(self):
        return [
            *super()._get_lists(),
            ("uncovered", self._get_uncovered),
            ("gone", self._get_gone),
            ("unsold", self._get_unsold),
        ]

    def _select_lines(self, domain, joins=NOTHING, **columns):
        """Rows of contract lines that run: what is terminated or over is left out."""
        running = self._by_day(
            lambda today: (
                Domain("date_end", ">=", today)
                & Domain("contract_id.state", "in", ("running", "renewed"))
                & Domain("contract_id.date_end", ">=", today)
            )
        )
        of_line = {
            "contract_line_id": SQL("pemba_contract_line.id"),
            "equipment_id": SQL("pemba_contract_line.equipment_id"),
            "worth": SQL("pemba_contract_line.amount_annual"),
            "since": SQL("pemba_contract_line.date_start"),
        }
        return self._select_rows(
            "pemba.contract.line",
            running & domain,
            SQL("%s %s", OF_LINE, joins),
            **self._get_contract_columns() | of_line | columns,
        )

    def _get_uncovered(self):
        """Lines that cover no equipment, where some of what their deal sold is covered by nothing.

        One row for all lines that a contract has of a deal.
        """
        return self._select_lines(
            Domain("equipment_id", "=", False) & Domain("opportunity_line_id", "!=", False),
            SQL(
                """
                JOIN pemba_opportunity_line sale ON sale.id = pemba_contract_line.opportunity_line_id
                JOIN LATERAL (
                    SELECT MIN(equipment.id) AS id
                      FROM pemba_opportunity_line line
                      JOIN pemba_equipment_component component ON component.opportunity_line_id = line.id
                      JOIN pemba_equipment equipment ON equipment.id = component.equipment_id
                     WHERE line.lead_id = sale.lead_id AND line.active AND line.delivered_quantity > 0
                       AND equipment.partner_id = pemba_contract.partner_id
                       AND equipment.state IN ('planned', 'in_service', 'suspended')
                       AND NOT EXISTS (
                            SELECT FROM pemba_contract_line other
                             WHERE other.equipment_id = equipment.id
                               AND other.date_end >= pemba_contract_line.date_start)
                ) uncovered ON uncovered.id IS NOT NULL
                """
            ),
            where=SQL(
                """NOT EXISTS (
                    SELECT FROM pemba_contract_line earlier
                      JOIN pemba_opportunity_line of_deal ON of_deal.id = earlier.opportunity_line_id
                     WHERE earlier.contract_id = pemba_contract.id AND earlier.equipment_id IS NULL
                       AND of_deal.lead_id = sale.lead_id AND earlier.id < pemba_contract_line.id
                       AND earlier.date_end >= pemba_contract_line.date_start)"""
            ),
            equipment_id=SQL("uncovered.id"),
            limit=7,
        )

    def _get_gone(self):
        """Lines of equipment that was retired or is another customer's by now: paid for, and not renewed."""
        return self._select_lines(
            Domain("is_equipment_gone", "=", True),
            where=GOING_ON,
            joins=SQL(
                """
                JOIN pemba_equipment equipment ON equipment.id = pemba_contract_line.equipment_id
                LEFT JOIN LATERAL (
                    SELECT MAX(event.date) AS date FROM pemba_equipment_event event
                     WHERE event.equipment_id = equipment.id AND event.kind = 'transfer'
                ) moved ON TRUE
                """
            ),
            since=SQL(
                "CASE WHEN equipment.state = 'retired' THEN equipment.retired_date ELSE moved.date END"
            ),
            limit=7,
        )

    def _get_unsold(self):
        """Lines of deals that are not won any more."""
        return self._select_lines(
            Domain("is_unsold", "=", True),
            where=GOING_ON,
            joins=SQL(
                """
                LEFT JOIN pemba_opportunity_line sale ON sale.id = pemba_contract_line.opportunity_line_id
                LEFT JOIN crm_lead deal ON deal.id = sale.lead_id
                %s
                """,
                self._join_seen("sale.lead_id"),
            ),
            lead_id=SQL("seen.id"),
            since=self._get_day_of(
                "COALESCE(deal.date_last_stage_update, pemba_contract_line.write_date)",
                "pemba_contract.company_id",
            ),
        )

    # ------------------------------------------------------------
    # What they say
    # ------------------------------------------------------------

    @api.model
    def _get_texts(self):
        return super()._get_texts() | {
            "uncovered": type(self)._say_uncovered,
            "gone": type(self)._say_gone,
            "unsold": type(self)._say_unsold,
        }

    def _say_uncovered(self):
        return self.env._(
            "%(contract)s: which equipment does %(product)s cover?",
            contract=self.contract_id.name,
            product=self.contract_line_id.product_id.display_name,
        )

    def _say_gone(self):
        values = {"contract": self.contract_id.name, "equipment": self.equipment_id.display_name}
        if self.equipment_id.state == "retired":
            return self.env._("%(contract)s covers %(equipment)s, which was retired", **values)
        return self.env._(
            "%(contract)s covers %(equipment)s, which is %(owner)s's by now",
            **values,
            owner=self.equipment_id.partner_id.display_name,
        )

    def _say_unsold(self):
        return self.env._(
            "%(contract)s covers %(product)s, whose deal is not won any more",
            contract=self.contract_id.name,
            product=self.contract_line_id.product_id.display_name,
        )
