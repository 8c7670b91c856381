from odoo import api, fields, models
from odoo.tools import SQL, sql

from ..company_day import get_today
from ..public import VALUES, VALUES_LIST, public

# What decides on which equipment a line covers, and when.
COVERAGE = {"equipment_id", "contract_id", "date_start", "date_end"}

# How the columns are filled on a database that has lines: what computes them, in SQL.
FILLED = {
    "is_equipment_gone": SQL(
        """UPDATE pemba_contract_line line SET is_equipment_gone = TRUE
             FROM pemba_equipment equipment, pemba_contract contract
            WHERE equipment.id = line.equipment_id AND contract.id = line.contract_id
              AND (equipment.state = 'retired' OR equipment.partner_id != contract.partner_id)"""
    ),
    "is_unsold": SQL(
        """UPDATE pemba_contract_line line SET is_unsold = TRUE
             FROM pemba_opportunity_line sale, crm_lead deal
            WHERE sale.id = line.opportunity_line_id AND deal.id = sale.lead_id
              AND (deal.won_status IS DISTINCT FROM 'won' OR sale.active IS NOT TRUE)"""
    ),
}


class PembaContractLine(models.Model):
    """What a line covers: what is not there or not sold any more is to be taken off, and nothing is twice."""

    _inherit = "pemba.contract.line"

    is_equipment_gone = fields.Boolean(
        string="Equipment Gone",
        compute="_compute_is_equipment_gone",
        compute_sudo=True,
        store=True,
        precompute=True,
        groups="base.group_user",
        help="Its equipment was retired, or is another customer's by now.",
    )
    is_unsold = fields.Boolean(
        string="No Longer Sold",
        compute="_compute_is_unsold",
        compute_sudo=True,
        store=True,
        recursive=True,
        groups="base.group_user",
        help="The opportunity that sold it is not won any more, or sells something else.",
    )

    is_sale_deleted = fields.Boolean(
        readonly=True, copy=False, groups="base.group_user", help="What sold it was deleted."
    )

    _gone_idx = models.Index("(equipment_id) WHERE is_equipment_gone IS TRUE")
    _unsold_idx = models.Index("(opportunity_line_id) WHERE is_unsold IS TRUE")
    _without_equipment_idx = models.Index(
        "(opportunity_line_id) WHERE equipment_id IS NULL AND opportunity_line_id IS NOT NULL"
    )

    def _auto_init(self):
        for name, fill in FILLED.items():
            if sql.table_exists(self.env.cr, self._table) and not sql.column_exists(
                self.env.cr, self._table, name
            ):
                sql.create_column(self.env.cr, self._table, name, "bool")
                self.env.cr.execute(fill)
        return super()._auto_init()

    @api.depends("equipment_id.state", "equipment_id.partner_id", "contract_id.partner_id")
    def _compute_is_equipment_gone(self):
        for line in self:
            equipment = line.equipment_id
            is_elsewhere = equipment.partner_id != line.contract_id.partner_id
            line.is_equipment_gone = bool(equipment) and (equipment.state == "retired" or is_elsewhere)

    @api.depends(
        *(f"opportunity_line_id.{name}" for name in ("active", "is_contracted", "is_returned")),
        *("opportunity_line_id.lead_id.won_status", "rest_of_id.is_unsold", "is_sale_deleted"),
    )
    def _compute_is_unsold(self):
        """What is left of a line is sold as long as that is."""
        for line in self:
            sale = line.opportunity_line_id
            is_sold = sale._get_contracted() and sale.lead_id.won_status == "won"
            line.is_unsold = not is_sold if sale else line.is_sale_deleted or line.rest_of_id.is_unsold

    def _is_to_take_off(self):
        """Whether it is not sold any more, and goes on all the same."""
        is_ending = self.is_amended and self.date_end < self.contract_id.date_end
        return self.is_unsold and not is_ending and self.date_end >= get_today(self)

    @public
    def unlink(self):
        contracts = self.contract_id
        result = super().unlink()
        contracts.exists()._answer_about_unsold()
        return result

    @api.model
    def _get_result_fields(self):
        return super()._get_result_fields() | {"is_equipment_gone", "is_unsold"}

    # ------------------------------------------------------------
    # Once
    # ------------------------------------------------------------

    @api.model_create_multi
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._tell_covered_twice()
        return lines

    @public(vals=VALUES)
    def write(self, vals):
        if COVERAGE.isdisjoint(vals):
            return super().write(vals)
        before = {line: line._get_coverage() for line in self}
        result = super().write(vals)
        self.filtered(lambda line: line._covers_more(*before[line]))._tell_covered_twice()
        return result

    def _get_coverage(self):
        return self.equipment_id, self.contract_id, self.date_start, self.date_end

    def _covers_more(self, equipment, contract, start, end):
        """Whether it covers other equipment than before, or on days on which it did not."""
        is_other = (self.equipment_id, self.contract_id) != (equipment, contract)
        return is_other or self.date_start < start or self.date_end > end

    def _tell_covered_twice(self):
        """Whoever is in charge is told of equipment that another contract covers on the same days."""
        covering = self.filtered(lambda line: line.equipment_id and line.state != "draft")
        if not covering:
            return
        others = self.sudo().search(  # of all salespeople
            [
                ("equipment_id", "in", covering.equipment_id.ids),
                ("contract_id.state", "!=", "draft"),
                ("date_end", ">=", min(covering.mapped("date_start"))),
            ]
        )
        for line in covering:
            equipment = line.equipment_id
            twice = others.filtered(
                lambda one, line=line: (
                    one.equipment_id.id == line.equipment_id.id
                    and one.contract_id.id != line.contract_id.id
                    and one.date_start <= line.date_end
                    and one.date_end >= line.date_start
                )
            )
            if twice:
                line.contract_id._ask(
                    lambda env, equipment=equipment: env._("%s is covered twice", equipment.name),
                    lambda _env, twice=twice: ", ".join(twice.contract_id.mapped("display_name")),
                )
