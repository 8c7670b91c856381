from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..company_day import get_day_sql
from ..public import VALUES_LIST, public

STATES = ("covered", "expiring", "expired", "never")


class PembaEquipment(models.Model):
    """Whether a contract covers equipment, by the day on which one looks."""

    _inherit = "pemba.equipment"

    contract_line_ids = fields.One2many(
        "pemba.contract.line", "equipment_id", string="Contract Lines", groups="base.group_user"
    )
    contract_id = fields.Many2one(
        "pemba.contract",
        compute="_compute_coverage",
        groups="base.group_user",
        help="The contract that covers it, else the last that did.",
    )
    coverage_end_date = fields.Date(
        string="Covered Until", compute="_compute_coverage", help="The last day that contracts cover."
    )
    coverage_state = fields.Selection(
        selection=[
            ("covered", "Covered"),
            ("expiring", "Expiring"),
            ("expired", "Coverage Expired"),
            ("never", "Never Covered"),
        ],
        string="Coverage",
        compute="_compute_coverage",
        search="_search_coverage_state",
        help="Expiring within the days by which its contract's renewal opens before the notice.",
    )

    def _compute_coverage(self):
        coverage = {}
        if self.ids:
            self.env["pemba.contract"].flush_model(["state", "contract_type_id", "partner_id"])
            self.env["pemba.contract.line"].flush_model(
                ["equipment_id", "contract_id", "date_start", "date_end"]
            )
            self.env["pemba.equipment"].flush_model(["partner_id"])
            query = SQL("%s WHERE equipment_id = ANY(%s)", self._get_coverage_sql(), list(self.ids))
            rows = self.env.execute_query(
                SQL("SELECT equipment_id, contract_id, date_end, state FROM %s", query)
            )
            coverage = {equipment: values for equipment, *values in rows}
        for equipment in self:
            contract, end, state = coverage.get(equipment._origin.id, (False, False, "never"))
            equipment.contract_id, equipment.coverage_end_date = contract, end
            equipment.coverage_state = state

    @api.model
    def _get_coverage_sql(self):
        """A row for each equipment that is or was covered: ``(equipment_id, contract_id, date_end, state)``.

        It expires at the end of the last line that follows the one of today without a gap.
        """
        return SQL(
            """(
            SELECT equipment_id, contract_id, date_end,
                   CASE WHEN NOT is_covered THEN 'expired'
                        WHEN date_end <= today + lead_days THEN 'expiring'
                        ELSE 'covered' END AS state
              FROM (
                SELECT DISTINCT ON (line.equipment_id)
                       line.equipment_id,
                       line.contract_id,
                       GREATEST(line.date_end, (
                            SELECT MAX(later.date_end)
                              FROM pemba_contract_line later
                              JOIN pemba_contract following ON following.id = later.contract_id
                             WHERE later.equipment_id = line.equipment_id
                               AND following.partner_id = contract.partner_id
                               AND following.state != 'draft'
                               AND later.date_start <= line.date_end + 1)) AS date_end,
                       line.date_end >= %(today)s AS is_covered,
                       kind.renewal_lead_days AS lead_days,
                       %(today)s AS today
                  FROM pemba_contract_line line
                  JOIN pemba_contract contract ON contract.id = line.contract_id
                  JOIN pemba_contract_type kind ON kind.id = contract.contract_type_id
                  JOIN pemba_equipment equipment ON equipment.id = line.equipment_id
                 WHERE contract.partner_id = equipment.partner_id
                   AND contract.state != 'draft'
                   AND line.date_start <= %(today)s
                 ORDER BY line.equipment_id, line.date_end DESC, line.id DESC
              ) last
            ) coverage""",
            today=get_day_sql(self.env.companies, SQL("contract.company_id")),
        )

    def _search_coverage_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        self.env["pemba.contract"].flush_model(["state", "contract_type_id", "partner_id"])
        self.env["pemba.contract.line"].flush_model(["equipment_id", "contract_id", "date_start", "date_end"])
        wanted = [state for state in value if state in STATES]
        domain = Domain.FALSE
        known = self._get_coverage_sql()
        if "never" in wanted:
            domain |= Domain("id", "not in", SQL("(SELECT equipment_id FROM %s)", known))
        states = [state for state in wanted if state != "never"]
        if states:
            domain |= Domain(
                "id", "in", SQL("(SELECT equipment_id FROM %s WHERE state = ANY(%s))", known, states)
            )
        return domain

    def _is_subscription(self):
        return self.deployment_type_id.is_subscription

    @api.model_create_multi
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):
        """What was sold with a contract is covered by it once it is there; see ``_get_covered_equipment``."""
        equipment = super().create(vals_list)
        known = equipment.sudo()  # support need not see what was sold
        of_configuration = known.filtered("opportunity_configuration_id").grouped(
            "opportunity_configuration_id"
        )
        if of_configuration:
            lines = self.env["pemba.contract.line"].sudo()  # as above
            for line in lines.search(
                [
                    ("equipment_id", "=", False),
                    ("opportunity_line_id.configuration_id", "in", [one.id for one in of_configuration]),
                ]
            ):
                line.equipment_id = of_configuration[line.opportunity_line_id.configuration_id][:1].with_env(
                    line.env
                )
        known.component_ids.opportunity_line_id.lead_id._cover_by_hand()
        return equipment
