from datetime import timedelta

from dateutil.relativedelta import relativedelta
from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ..company_day import by_day
from ..renewal.pemba_contract import MISSED_MONTHS
from .pemba_to_do import NOTHING

# How far ahead the index values of renewals are asked for.
DAYS_AHEAD = 60
# The deal that sold a contract, for its team.
SOLD = SQL("LEFT JOIN crm_lead sold ON sold.id = pemba_contract.lead_id")


class PembaToDo(models.Model):
    """What waits at contracts: drafts, holds, orders, index values, those of nobody."""

    _inherit = "pemba.to.do"

    @api.model
    def _get_lists(self):
        return [
            *super()._get_lists(),
            ("start", self._get_drafts),
            ("hold", self._get_held),
            ("index", self._get_index_values),
            ("order", self._get_late_orders),
            ("owner", self._get_contracts_of_nobody),
        ]

    @api.model
    def _by_day(self, get_domain):
        return by_day(self._get_companies(), get_domain)

    def _select_contracts(self, domain, joins=NOTHING, **columns):
        """Rows of contracts; see ``_select_rows``."""
        return self._select_rows(
            "pemba.contract", domain, SQL("%s %s", SOLD, joins), **self._get_contract_columns() | columns
        )

    @api.model
    def _get_contract_columns(self):
        """What all rows of contracts have: a new dict."""
        return {
            "contract_id": SQL("pemba_contract.id"),
            "partner_id": SQL("pemba_contract.partner_id"),
            "company_id": SQL("pemba_contract.company_id"),
            "in_charge_id": SQL("pemba_contract.user_id"),
            "team_id": SQL("sold.team_id"),
            "worth": SQL("pemba_contract.amount_annual"),
            "currency_id": SQL("pemba_contract.currency_id"),
        }

    # ------------------------------------------------------------
    # The lists
    # ------------------------------------------------------------

    def _get_drafts(self):
        """Drafts whose first day has come: who pays has no rights."""
        due = self._by_day(lambda today: Domain("date_start", "<=", today))
        return self._select_contracts(
            Domain("state", "=", "draft") & due, since=SQL("pemba_contract.date_start")
        )

    def _get_held(self):
        """Contracts on hold: no rights meanwhile, and no renewal is offered; once for all their terms."""
        lasting = self._by_day(lambda today: Domain("date_end", ">=", today))
        return self._select_contracts(
            Domain("is_on_hold", "=", True) & Domain("state", "in", ("running", "renewed")) & lasting,
            where=SQL(
                """NOT EXISTS (
                    SELECT FROM pemba_contract earlier
                     WHERE earlier.id = pemba_contract.predecessor_id AND earlier.is_on_hold
                       AND earlier.hold_reason = pemba_contract.hold_reason AND earlier.date_end >= %s)""",
                self._get_day("earlier.company_id"),
            ),
            since=SQL("pemba_contract.hold_date"),
            limit=14,
        )

    def _get_late_orders(self):
        """Orders for renewals that did not come by the day on which they were expected."""
        late = self._by_day(lambda today: Domain("expected_order_date", "<", today))
        return self._select_contracts(
            self.env["pemba.contract"]._get_awaited_domain() & late,
            since=SQL("pemba_contract.expected_order_date"),
            worth=SQL("COALESCE(NULLIF(pemba_contract.expected_order_amount, 0), amount_annual)"),
            currency_id=SQL("COALESCE(pemba_contract.order_currency_id, pemba_contract.currency_id)"),
        )

    def _get_contracts_of_nobody(self):
        """Contracts whose salesperson or customer is not there any more."""
        lasting = self._by_day(lambda today: Domain("date_end", ">=", today))
        return self._select_contracts(
            Domain("state", "in", ("draft", "running")) & lasting & self._get_nobody_domain(),
            since=self._get_day_of("pemba_contract.create_date", "pemba_contract.company_id"),
            limit=7,
        )

    @api.model
    def _get_nobody_domain(self):
        """Without a salesperson, or with one or a customer who was archived."""
        return (
            Domain("user_id", "=", False)
            | Domain("user_id.active", "=", False)
            | Domain("partner_id.active", "=", False)
        )

    def _get_index_values(self):
        """Values without which renewals of the next days are not priced: a row for each index."""
        due = self._by_day(
            lambda today: (
                Domain("renewal_date", "<=", today + timedelta(days=DAYS_AHEAD))
                & Domain("date_end", ">=", today - relativedelta(months=MISSED_MONTHS))
            )
        )
        grouped = SQL(
            """
            LEFT JOIN crm_lead renewal ON renewal.renewal_contract_id = pemba_contract.id
            JOIN pemba_contract_type kind ON kind.id = pemba_contract.contract_type_id
            """
        )
        rows = self._select_contracts(
            Domain("state", "in", ("running", "expired"))
            & Domain("index_id", "!=", False)
            & Domain("successor_id", "=", False)
            & Domain("close_reason", "=", False)
            & due,
            grouped,
            where=SQL(
                """(renewal.id IS NULL OR renewal.won_status = 'pending')
                AND NOT (
                    EXISTS (
                        SELECT FROM final WHERE final.index_id = pemba_contract.index_id
                           AND final.month = pemba_contract.index_base_month)
                    AND EXISTS (
                        SELECT FROM final WHERE final.index_id = pemba_contract.index_id
                           AND final.month > pemba_contract.index_base_month
                           AND final.month <= DATE_TRUNC('month', pemba_contract.date_end + 1)
                               - COALESCE(kind.index_lag_months, 0) * INTERVAL '1 month'))"""
            ),
            index_id=SQL("pemba_contract.index_id"),
            since=SQL("pemba_contract.renewal_date"),
            limit=-DAYS_AHEAD // 2,
        )
        given = {
            "contract_id": SQL("MIN(contract_id)"),
            "index_id": SQL("index_id"),
            "company_id": SQL("company_id"),
            "currency_id": SQL("currency_id"),
            "count": SQL("COUNT(*)"),
            "since": SQL("MIN(since)"),
            "due_date": SQL("MIN(due_date)"),
            "worth": SQL("SUM(worth)"),
        }
        return SQL(
            # A row of an index, a company and a currency has one id, whoever looks.
            "WITH final AS (%s)"
            " SELECT (index_id::bigint * 4096 + company_id %% 4096) * 256 + currency_id %% 256 AS id, %s"
            " FROM (%s) contracts GROUP BY index_id, company_id, currency_id",
            self._get_final_values(),
            SQL(", ").join(
                SQL("(%s)::%s AS %s", given.get(name, SQL("NULL")), SQL(kind), SQL.identifier(name))
                for name, kind in self._get_columns().items()
            ),
            rows,
        )

    @api.model
    def _get_final_values(self):
        """The months with a final value of each index, or of a series that it continues, in SQL."""
        indices = self.env["pemba.price.index"].sudo().with_context(active_test=False)  # read by all
        series = [
            (index.id, one.id)
            for index in indices.search([], limit=None)
            for one, _link in index._get_series()
        ]
        return SQL(
            """
            SELECT series.index_id, value.month
              FROM UNNEST(%s::int[], %s::int[]) AS series(index_id, own_id)
              JOIN pemba_price_index_value value ON value.index_id = series.own_id
             WHERE value.state = 'final'
            """,
            [index for index, _own in series],
            [own for _index, own in series],
        )

    # ------------------------------------------------------------
    # What they say
    # ------------------------------------------------------------

    @api.model
    def _get_texts(self):
        return super()._get_texts() | {
            "start": type(self)._say_start,
            "hold": type(self)._say_hold,
            "index": type(self)._say_index,
            "order": type(self)._say_order,
            "owner": type(self)._say_owner,
        }

    def _say_start(self):
        contract = self.contract_id
        if not contract.line_ids:
            return self.env._("%s has no line: what does it cover?", contract.name)
        return self.env._(
            "%(contract)s is a draft: no rights since %(date)s",
            contract=contract.name,
            date=format_date(self.env, contract.date_start),
        )

    def _say_hold(self):
        return self.env._(
            "%(contract)s is on hold: %(reason)s",
            contract=self.contract_id.name,
            reason=self.contract_id.hold_reason or "",
        )

    def _get_missing_month(self):
        """Of which the value is missing; none where a contract does not say what its prices are of."""
        contract = self.contract_id
        base = contract.index_base_month
        return contract.index_id._get_missing_month(base, contract._get_last_month()) if base else None

    def _say_index(self):
        month = self._get_missing_month()
        if not month:
            return self.env._("%s: the base month of its prices is not known", self.contract_id.name)
        return self.env._(
            "%(index)s: a final value is missing (%(month)s), renewals: %(count)s",
            index=self.index_id.display_name,
            month=self.contract_id._format_month(month),
            count=self.count,
        )

    def _say_price_to_revise(self):
        contract, month = self.contract_id, self._get_missing_month()
        if not month:
            return self.env._("%s: the base month of its prices is not known", contract.name)
        return self.env._(
            "%(contract)s: no offer before the value of %(index)s (%(month)s)",
            contract=contract.name,
            index=contract.index_id.display_name,
            month=contract._format_month(month),
        )

    def _say_order(self):
        return self.env._(
            "%(contract)s: %(state)s",
            contract=self.contract_id.name,
            state=self.contract_id._describe_awaited(),
        )

    def _say_owner(self):
        record = self.contract_id or self.lead_id
        values = {"record": record.display_name, "person": record.user_id.name or ""}
        if not record.user_id:
            return self.env._("%(record)s: nobody is in charge", **values)
        if not record.user_id.active:
            return self.env._("%(record)s: %(person)s is not there any more", **values)
        return self.env._(
            "%(record)s: the contact %(contact)s is archived",
            record=record.display_name,
            contact=record.partner_id.name or "",
        )
