from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.tools import sql

from ..company_day import get_today
from ..pipeline.crm_lead import CLOSED
from ..public import VALUES, VALUES_LIST, public

DATES = ("date_start", "date_end")
# What its period follows from.
PERIOD = {*DATES, "contract_id", "is_period_typed"}


class PembaOpportunityLine(models.Model):
    """The period that a recurring line is sold for, until a person types another one.

    It starts on the expected closing day, and never before today; won later, it starts on that day.
    It lasts for a term of its contract's type, or ends with the contract that it adds to.
    """

    _inherit = "pemba.opportunity.line"

    is_period_typed = fields.Boolean(
        string="Period Typed", help="Its dates were given: they stay whenever it is ordered."
    )
    is_signed_late = fields.Boolean(
        string="Signed Late",
        readonly=True,
        copy=False,
        help="The customer signed a period that began before the day of the order.",
    )

    _signed_late_idx = models.Index("(lead_id) WHERE is_signed_late IS TRUE")

    def _auto_init(self):
        # On a database that has lines it is made and filled here: what has dates keeps them.
        has_lines = sql.table_exists(self.env.cr, self._table)
        if has_lines and not sql.column_exists(self.env.cr, self._table, "is_period_typed"):
            sql.create_column(self.env.cr, self._table, "is_period_typed", "bool")
            self.env.cr.execute(
                """UPDATE pemba_opportunity_line SET is_period_typed = TRUE
                    WHERE date_start IS NOT NULL OR date_end IS NOT NULL"""
            )
        return super()._auto_init()

    def _get_outcome_fields(self):
        return [*super()._get_outcome_fields(), "is_period_typed", "is_signed_late"]

    @api.model
    def _get_result_fields(self):
        return super()._get_result_fields() | {"is_signed_late"}

    @api.depends(
        *("contract_id.date_start", "contract_id.date_end", "is_contracted", "product_id"),
        *("is_period_typed", "lead_id.date_deadline"),
    )
    def _compute_dates(self):
        result = super()._compute_dates()
        default = None
        for line in self:
            contract = line.contract_id
            if line._follows_period():
                default = default or self.env["pemba.contract.type"].search([], limit=1)
                line.date_start, line.date_end = line._get_period(line._get_first_day(), default)
            elif contract:
                start, end = line._get_period(line._get_first_day())
                line.date_start, line.date_end = line.date_start or start, line.date_end or end
        return result

    def _follows_period(self):
        """Whether its dates are its own, not typed, ordered or closed, and no contract runs by them."""
        is_free = self._has_own_period() and not (self._keeps_terms() or self._keeps_amounts())
        covered = self.sudo().contracted_ids if is_free else ()  # linked by us alone
        return is_free and all(line.state == "draft" for line in covered)

    def _has_own_period(self):
        """Whether it has dates, which nobody typed."""
        return bool(self.is_contracted and self.lead_id) and not self.is_period_typed

    def _is_quoted_by_days(self):
        """Whether an order of other days than it was quoted for is met."""
        return self._has_own_period()

    def _waits_for_order(self):
        """Whether its deal was won by orders that left it out, so that another one may still bring it."""
        is_left_out = not (self.active or self.is_aligned) and self._keeps_terms()
        return is_left_out and self._has_own_period() and not self.lead_id._is_settled()

    def _get_first_day(self):
        lead = self.lead_id
        if lead.won_status in CLOSED and lead.close_date:
            return lead.close_date
        today = get_today(lead._get_deal_company())
        return max(lead.date_deadline or today, today)

    def _get_period(self, day, default=None):
        """Its first day and its last, if it starts on a day.

        :param default: the type of contract where the product says none, if it is known already
        """
        contract = self.contract_id
        if contract:
            return min(max(day, contract.date_start), contract.date_end), contract.date_end
        kind = self.product_id.pemba_contract_type_id or default or self._get_contract_type()
        return day, day + relativedelta(months=kind.duration_months or 12, days=-1)

    @api.onchange("date_start")
    def _onchange_date_start(self):
        """Typed, it stays, and takes an end along that nobody typed."""
        if self.is_contracted and self.lead_id:
            before = self._origin.date_start
            if self.date_start and (not self.is_period_typed or self._ends_with_term(before)):
                self.date_end = self._get_period(self.date_start)[1]
            self._onchange_date_end()

    @api.onchange("date_end")
    def _onchange_date_end(self):
        if self.is_contracted and self.lead_id:
            own = self._get_period(self._get_first_day())
            is_given = bool(self.date_start or self.date_end)
            self.is_period_typed = is_given and (self.date_start, self.date_end) != own

    def _ends_with_term(self, start):
        """Whether it ends as it would by itself from a first day."""
        return bool(start) and self.date_end == self._get_period(start)[1]

    def _add_precomputed_values(self, vals_list):
        for vals in vals_list:
            for name in DATES:
                if not vals.get(name, True):  # an empty cell says nothing
                    del vals[name]
            if "is_period_typed" not in vals:
                vals["is_period_typed"] = not vals.keys().isdisjoint(DATES)
        return super()._add_precomputed_values(vals_list)

    @api.model_create_multi
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):
        """A first day that comes alone brings the last one along, as it does when it is written."""
        alone = [bool(vals.get("date_start")) and not vals.get("date_end") for vals in vals_list]
        lines = super().create(vals_list)
        for line, is_alone in zip(lines, alone, strict=True):
            if is_alone and line.is_contracted and not line._keeps_amounts():
                line._set(date_end=line._get_period(line.date_start)[1])
        return lines

    @public(default=VALUES)
    def copy_data(self, default=None):
        """Dates that nobody typed are those of the copy."""
        vals_list = super().copy_data(default)
        for line, vals in zip(self, vals_list, strict=True):
            vals.pop("is_period_typed", None)
            if not line.is_period_typed and not line._keeps_terms():
                for name in DATES:
                    vals.pop(name, None)
        return vals_list

    @public(vals=VALUES)
    def write(self, vals):
        granted = self._get_passing()
        if not PERIOD & vals.keys() or (granted and granted.is_for(self, vals)):
            return super().write(vals)
        before = {line: line.date_start for line in self}
        result = super().write(vals)
        if not vals.keys().isdisjoint(DATES):
            self._follow_typed_dates(before, vals)
        self._follow_deals(self.lead_id)
        return result

    def _follow_typed_dates(self, before, vals):
        """Dates that a person wrote stay; emptied, they are its own again.

        :param before: ``{line: its first day before}``
        :param vals: what was written
        """
        contracted = self.filtered("is_contracted")
        for line in contracted:
            own = line._get_period(line._get_first_day())  # a form sends those, too
            is_typed = (line.date_start, line.date_end) not in (own, (False, False))
            if "date_end" not in vals and line.date_start and line._ends_with_term(before[line]):
                line._set(date_end=line._get_period(line.date_start)[1])
            if "is_period_typed" not in vals and line.is_period_typed != is_typed:
                line._set(is_period_typed=is_typed)
        self._accept_period()
        contracted._take_again(*DATES)

    def _accept_period(self):
        """Its dates are what holds, late or not."""
        late = self.filtered("is_signed_late")
        if late:
            late._set(is_signed_late=False)

    def _leave_terms(self):
        """What is another customer's by now, or starts after the end of its contract, does not add to it.

        It is for another contract that runs then, else for a year of its own.
        """
        adding = self.filtered("contract_id")
        left = adding.filtered(
            lambda line: (
                not line._belongs_to(line.contract_id)
                or (line._follows_period() and line._get_first_day() > line.contract_id.date_end)
            )
        )
        left._set(contract_id=False)
        left._propose_contracts()

    # ------------------------------------------------------------
    # Ordered later than it was to start
    # ------------------------------------------------------------

    def _is_late(self, day):
        """Whether it is to start before a day, or on none, by dates that nobody typed."""
        is_free = bool(self) and (self._follows_period() or self._waits_for_order())
        return is_free and not (self.date_start and self.date_start >= day)

    def _start_as_signed(self, start, end):
        """Its days are those that the customer signed, as far as its contract runs on them.

        :param start: the first day that was signed
        :param end: the last one
        """
        contract, covered = self.contract_id.sudo(), self.sudo().contracted_ids  # linked by us alone
        is_within = not contract or contract.date_start <= start <= end <= contract.date_end
        if is_within and not (covered or self.lead_id._is_settled()):
            self._set(date_start=start, date_end=end)
            self.lead_id._follow_lines()

    def _start_as_quoted(self, day, start, end):
        """What was quoted for a day that is to come starts on it, where that is a period of its own still.

        :param day: of the order
        :param start: the first day that was quoted
        :param end: the last one
        """
        is_free = self._follows_period() or self._waits_for_order()
        is_to_come = bool(start) and start >= day and start != self.date_start
        if is_free and is_to_come and self._get_period(start) == (start, end):
            self._set(date_start=start, date_end=end)
            self.lead_id._follow_lines()

    def _start_by(self, day):
        """What nobody typed starts on a day at the earliest, in the term that runs then.

        :return: those that start on another day now
        """
        moved = self.browse()
        for line in self:
            if not line._is_late(day):
                continue
            before = line.date_start, line.date_end
            term = line.contract_id.sudo()._get_running_term()  # linked by who may read it
            if not term._is_extensible():  # nothing follows what is over: a year of its own
                term = term.browse()
            if term.id != line.contract_id.id:
                line._set(contract_id=term.id)
            period = line._get_period(day)
            if period != (line.date_start, line.date_end):
                line._set(date_start=period[0], date_end=period[1])
            if period != before:
                moved |= line
        return moved
