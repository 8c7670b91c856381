from odoo import api, fields, models
from odoo.fields import Domain
from odoo.orm.domains import DomainAnd, DomainCondition
from odoo.tools import SQL

from ..company_day import get_day_of_sql, get_day_sql
from ..ir_rule import search_seen

NOTHING, EVERYTHING = SQL(), SQL("TRUE")
# More than there are lists of rows: an id is that of the record × this + the number of the list.
MOST_LISTS = 64


class PembaToDo(models.Model):
    """What waits for a person: one row for each thing that one act settles, gone once it is settled.

    Its rows are those of records that the user sees. Each kind of row is a method, named by ``_get_lists``;
    what it says is in ``_get_texts``, what settles it in ``_get_acts``, who may in ``_get_allowed_kinds``. An
    add-on adds its own to the four, and a value to ``kind``; a record of its own is one more of
    ``_get_columns``.
    """

    _name = "pemba.to.do"
    _description = "To Do in the Flow"
    _inherit = ["pemba.report.mixin"]
    _auto = False
    _order = "since, id"
    _depends = {
        "crm.lead": [
            *(
                "type",
                "active",
                "won_status",
                "company_id",
                "customer_id",
                "partner_id",
                "user_id",
                "team_id",
            ),
            *("expected_revenue", "deal_amount", "deal_currency_id", "close_date", "renewal_contract_id"),
            "date_last_stage_update",
        ],
        "crm.team": ["user_id"],
        "mail.activity": ["res_model", "res_id", "activity_type_id", "active"],
        "pemba.contract": [
            *("state", "date_start", "date_end", "notice_date", "renewal_date", "contract_type_id"),
            *("partner_id", "company_id", "user_id", "lead_id", "currency_id", "amount_annual", "hold_date"),
            *("index_id", "index_base_month", "successor_id", "close_reason", "expected_order_date"),
            *("expected_order_amount", "order_currency_id"),
        ],
        "pemba.contract.line": [
            *("contract_id", "equipment_id", "opportunity_line_id", "date_start", "date_end"),
            *("amount_annual", "is_equipment_gone", "is_unsold"),
        ],
        "pemba.contract.type": ["index_lag_months"],
        "pemba.equipment": ["state", "partner_id", "company_id", "delivery_date", "retired_date"],
        "pemba.equipment.component": ["equipment_id", "opportunity_line_id", "sold_quantity"],
        "pemba.equipment.event": ["equipment_id", "date", "kind"],
        "pemba.price.index.value": ["index_id", "month", "state"],
        "pemba.zone": ["user_id", "team_id"],
        "pemba.opportunity.line": ["lead_id", "active", "quantity", "net_amount_company", "is_signed_late"],
        "res.company": ["currency_id", "pemba_asked_user_id"],
        "res.partner": ["zone_id"],
        "res.users": ["active", "share"],
        "sale.order": [
            *("state", "opportunity_id", "date_order", "validity_date", "user_id", "partner_id"),
            *("amount_untaxed", "currency_id", "company_id"),
        ],
        "sale.order.line": ["order_id", "opportunity_line_id"],
    }

    kind = fields.Selection(
        selection=[
            ("win", "Ordered, Not Won"),
            ("deliver", "Deliver"),
            ("order", "Get the Order"),
            ("offer", "Send the Offer"),
            ("answer", "Get an Answer"),
            ("index", "Enter an Index Value"),
            ("start", "Start the Contract"),
            ("hold", "On Hold"),
            ("gone", "Take Off the Contract"),
            ("unsold", "Deal Not Won"),
            ("service", "Put into Service"),
            ("uncovered", "Cover Equipment"),
            ("cancelled", "Orders Cancelled"),
            ("signed", "Signed, Ordered Later"),
            ("owner", "Put Someone in Charge"),
        ],
        string="Step",
        readonly=True,
    )
    name = fields.Char(string="What", compute="_compute_name", search="_search_name")
    since = fields.Date(readonly=True, help="The day since which it waits, or on which it is needed.")
    due_date = fields.Date(string="Due", readonly=True, help="After that day it is late.")
    is_late = fields.Boolean(string="Late", readonly=True)
    worth = fields.Monetary(
        readonly=True, help="What it is about, before tax: a year of a contract, an order."
    )
    currency_id = fields.Many2one("res.currency", readonly=True)
    user_id = fields.Many2one(
        "res.users",
        string="Person",
        readonly=True,
        help="The salesperson, else who leads the team or the zone, else whom the settings name.",
    )
    in_charge_id = fields.Many2one("res.users", string="Salesperson", readonly=True)
    team_id = fields.Many2one("crm.team", readonly=True)
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    zone_id = fields.Many2one("pemba.zone", string="Sales Zone", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    lead_id = fields.Many2one("crm.lead", string="Opportunity", readonly=True)
    contract_id = fields.Many2one("pemba.contract", readonly=True)
    contract_line_id = fields.Many2one("pemba.contract.line", readonly=True)
    equipment_id = fields.Many2one("pemba.equipment", readonly=True)
    order_id = fields.Many2one("sale.order", string="Quotation or Order", readonly=True)
    index_id = fields.Many2one("pemba.price.index", readonly=True)
    count = fields.Integer(string="Renewals", readonly=True, aggregator=None)

    # ------------------------------------------------------------
    # The rows
    # ------------------------------------------------------------

    @property
    def _table_query(self):
        """Who is there first: who is in charge, leads the team, the zone or its team, the company names."""
        rows = SQL(" UNION ALL ").join(SQL("(%s)", rows) for rows in self._get_numbered_lists())
        return SQL(
            """
            WITH present AS (SELECT id FROM res_users WHERE active AND NOT share)
            SELECT row.*, partner.zone_id, row.due_date < %(today)s AS is_late,
                   COALESCE(own.id, leader.id, of_zone.id, of_zone_team.id, named.id) AS user_id
              FROM (%(rows)s) row
              JOIN res_company company ON company.id = row.company_id
         LEFT JOIN res_partner partner ON partner.id = row.partner_id
         LEFT JOIN crm_team team ON team.id = row.team_id
         LEFT JOIN pemba_zone zone ON zone.id = partner.zone_id
         LEFT JOIN crm_team zone_team ON zone_team.id = zone.team_id
         LEFT JOIN present own ON own.id = row.in_charge_id
         LEFT JOIN present leader ON leader.id = team.user_id
         LEFT JOIN present of_zone ON of_zone.id = zone.user_id
         LEFT JOIN present of_zone_team ON of_zone_team.id = zone_team.user_id
         LEFT JOIN present named ON named.id = company.pemba_asked_user_id
            """,
            rows=rows,
            today=self._get_day("row.company_id"),
        )

    @api.model
    def _get_columns(self):
        """The columns of a row, with their types in the database: a new dict."""
        return {
            **dict.fromkeys(("lead_id", "contract_id", "contract_line_id", "equipment_id"), "int"),
            **dict.fromkeys(("order_id", "index_id", "count", "partner_id", "company_id"), "int"),
            **dict.fromkeys(("in_charge_id", "team_id", "currency_id"), "int"),
            **dict.fromkeys(("since", "due_date"), "date"),
            "worth": "numeric",
        }

    @api.model
    def _get_lists(self):
        """``[(kind, method that gives its rows as SQL)]``, a new list; see ``_select_rows``."""
        return []

    def _get_numbered_lists(self):
        """The rows of each list, with ids of their own: of those alone that are asked for."""
        wanted, kinds = {}, self._get_asked_for("pemba_to_do_kinds")
        for row_id in self._get_asked_for("pemba_to_do_ids") or ():
            wanted.setdefault(row_id % MOST_LISTS, []).append(row_id // MOST_LISTS)
        lists = list(enumerate(self._get_lists()))
        asked = [
            one for one in lists if (not wanted or one[0] in wanted) and (kinds is None or one[1][0] in kinds)
        ]
        for number, (kind, get_rows) in asked or lists[:1]:  # a query needs one: none of its rows then
            yield SQL(
                "SELECT rows.id::bigint * %s + %s AS id, %s AS kind, %s FROM (%s) rows WHERE %s",
                MOST_LISTS,
                number,
                kind,
                SQL(", ").join(SQL.identifier("rows", name) for name in self._get_columns()),
                get_rows(),
                SQL("rows.id = ANY(%s)", wanted.get(number, [])) if wanted else SQL("%s", bool(asked)),
            )

    def _get_asked_for(self, name):
        """What our own search or read asks for, if it does: a frozenset, which no client can send."""
        value = self.env.context.get(name)
        return value if isinstance(value, frozenset) else None

    @api.model
    def _search(self, domain, *args, **kwargs):
        """Where steps are asked for, no other list is read."""
        whole = Domain(domain).optimize(self)
        parts = whole.children if isinstance(whole, DomainAnd) else [whole]
        asked = [
            frozenset(part.value)
            for part in parts
            if isinstance(part, DomainCondition) and (part.field_expr, part.operator) == ("kind", "in")
        ]
        rows = self.with_context(pemba_to_do_kinds=frozenset.intersection(*asked)) if asked else self
        return super(PembaToDo, rows)._search(domain, *args, **kwargs)

    def _open_groups(self, *, groups, auto_unfold, **kwargs):
        """Of many rows the steps are shown, and those of one once it is opened."""
        is_short = sum(group["__count"] for group in groups) <= self._get_most_unfolded()
        return super()._open_groups(groups=groups, auto_unfold=auto_unfold and is_short, **kwargs)

    @api.model
    def _get_most_unfolded(self):
        return 200

    @api.private
    def fetch(self, field_names=None):
        """Rows that are known are looked for in their own lists alone."""
        return super(PembaToDo, self._with_own_lists()).fetch(field_names)

    @api.private
    def exists(self):
        return super(PembaToDo, self._with_own_lists()).exists().with_env(self.env)

    def _with_own_lists(self):
        return self.with_context(pemba_to_do_ids=frozenset(self.ids))

    @api.model
    def _select_rows(self, model, domain, joins=NOTHING, where=EVERYTHING, limit=0, **columns):
        """The rows of records that the user sees.

        :param domain: which of them
        :param joins: tables beside that of the model, which goes by its own name
        :param where: a condition on these
        :param limit: how many days it may wait, where no ``due_date`` says it
        :param columns: what its columns are, those left out are empty
        """
        query = search_seen(self.env[model], domain)
        columns.setdefault("due_date", SQL("(%s)::date + %s", columns["since"], limit))
        return SQL(
            "SELECT %s, %s FROM %s %s WHERE %s AND %s",
            columns.pop("id", SQL.identifier(self.env[model]._table, "id")),
            SQL(", ").join(
                SQL("(%s)::%s AS %s", columns.get(name, SQL("NULL")), SQL(kind), SQL.identifier(name))
                for name, kind in self._get_columns().items()
            ),
            query.from_clause,
            joins,
            query.where_clause or SQL("TRUE"),
            where,
        )

    @api.model
    def _get_companies(self):
        """Whose days are asked for: a job's are those of all."""
        return self.env["res.company"].search([], limit=None) if self.env.su else self.env.companies

    @api.model
    def _get_day(self, column):
        """The day where a company is, in SQL: see ``company_day``."""
        return get_day_sql(self._get_companies(), SQL(column))

    @api.model
    def _get_day_of(self, moment, column):
        """The day where a company is that a moment is of, both in SQL: see ``company_day``."""
        return get_day_of_sql(self._get_companies(), SQL(column), SQL(moment))

    @api.model
    def _get_ordered_selections(self):
        return [*super()._get_ordered_selections(), "kind"]

    # ------------------------------------------------------------
    # What it says
    # ------------------------------------------------------------

    @api.depends("kind", "lead_id", "contract_id", "equipment_id", "order_id", "index_id", "count")
    @api.depends_context("lang")
    def _compute_name(self):
        texts = self._get_texts()
        self.fetch(["kind", *self._get_columns()])  # the rows are the user's, what they name is everybody's
        for row in self.sudo():  # whoever sees the row may read what it says
            get_text = texts.get(row.kind)
            row.name = get_text(row) if get_text else row._get_record().display_name

    @api.model
    def _search_name(self, operator, value):
        """By what it is about, which it names."""
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        names = ("partner_id", "lead_id", "contract_id", "equipment_id", "order_id", "index_id")
        return Domain.OR(
            Domain(f"{name}.display_name", operator, value)
            for name in names
            if self.env[self._fields[name].comodel_name].has_access("read")
        )

    @api.model
    def _get_texts(self):
        """``{kind: method of a row that says what is missing}``, a new dict."""
        return {}

    def _get_record(self):
        """What is opened to settle it."""
        return self.equipment_id or self.order_id or self.index_id or self.contract_id or self.lead_id
