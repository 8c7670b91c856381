from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .crm_lead import CLOSED, MARGIN, OFFER_FIELDS, OURS, SHOWN

# Of the lines, in the company's currency: see _prepare_sums.
SUMMED = ("net_amount", "distributor_margin", "margin")
# What is never written but by the lines, the stage, the weights and the contact.
SUMS = frozenset(
    {
        *("opportunity_line_count", "distributor_margin", "margin", "margin_percent", "is_sale_type_typed"),
        *("won_status", "weighted_revenue", "customer_id"),
    }
)
# What decides on a deal's result.
RESULT_FIELDS = ("stage_id", "active", "probability", "lost_reason_id")


class CrmLead(models.Model):
    """What an opportunity offers: its lines, their sums and margins."""

    _inherit = "crm.lead"

    opportunity_line_ids = fields.One2many("pemba.opportunity.line", "lead_id", string="Lines", copy=False)
    opportunity_configuration_ids = fields.One2many(
        "pemba.opportunity.configuration", "lead_id", string="Configurations", copy=False
    )
    opportunity_line_count = fields.Integer(
        string="Lines in the Offer",
        readonly=True,
        copy=False,
        aggregator=None,
        help="Of these lines the amounts of the opportunity are the sums.",
    )
    sale_type_id = fields.Many2one(inverse="_inverse_sale_type_id")
    is_sale_type_typed = fields.Boolean(
        string="Sale Type Typed",
        readonly=True,
        copy=False,
        help="The sale type was chosen, and stays when others become dominant among the lines.",
    )
    distributor_margin = fields.Monetary(
        currency_field="company_currency",
        readonly=True,
        copy=False,
        help="What the distributor keeps of what the end customer pays.",
    )
    margin = fields.Monetary(
        currency_field="company_currency",
        readonly=True,
        copy=False,
        groups=MARGIN,
        help="What the lines bring, less what they cost us.",
    )
    margin_percent = fields.Float(
        string="Margin (%)",
        digits=0,
        readonly=True,
        copy=False,
        aggregator="avg",
        groups=MARGIN,
        help="Margin ÷ expected revenue.",
    )

    offer_totals = fields.Html(
        string="Totals by Sale Type",
        compute="_compute_offer_totals",
        sanitize=False,
        export_string_translation=False,
    )

    offer_lock = fields.Selection(
        selection=[("ordered", "Ordered"), ("closed", "Closed")],
        compute="_compute_offer_lock",
        help="Why the lines cannot be changed here: they are those of orders, or the deal is closed.",
    )

    def _read_group_select(self, aggregate_spec, query):
        # Of many deals: their margin ÷ the revenue of those with lines, and not the mean of percentages.
        sql = super()._read_group_select(aggregate_spec, query)
        if aggregate_spec == "margin_percent:avg":
            return SQL(
                "SUM(%s) / NULLIF(SUM(%s) FILTER (WHERE %s > 0), 0)",
                self._field_to_sql(self._table, "margin", query),
                self._field_to_sql(self._table, "expected_revenue", query),
                self._field_to_sql(self._table, "opportunity_line_count", query),
            )
        return sql

    @api.depends("won_status", "opportunity_line_ids.is_aligned")
    @api.depends_context("uid")
    def _compute_offer_lock(self):
        is_manager = self._is_by_manager()
        for lead in self:
            if any(lead.opportunity_line_ids.mapped("is_aligned")):
                lead.offer_lock = "ordered"
            else:
                lead.offer_lock = lead.won_status in CLOSED and not is_manager and "closed"

    @api.depends(*(f"opportunity_line_ids.{name}" for name in (*SHOWN, "sale_type_id", "active")))
    @api.depends_context("uid", "lang")
    def _compute_offer_totals(self):
        sees_margin = self.env.user.has_group(MARGIN)
        for lead in self:
            lines = lead.opportunity_line_ids
            rows = [
                {"label": sale_type.name} | of_type._get_amounts()
                for sale_type, of_type in lines.sorted("sale_type_id").grouped("sale_type_id").items()
            ]
            lead.offer_totals = len(rows) > 0 and self.env["ir.qweb"]._render(
                "pemba_crm.crm_lead_offer_totals",
                {
                    "rows": rows,
                    "total": lines._get_amounts(),
                    "currency": lead.deal_currency_id,
                    "is_distributed": lead.distributor_id,
                    "sees_margin": sees_margin,
                },
            )

    @api.onchange("opportunity_line_ids", "deal_rate", "deal_currency_id")
    def _onchange_opportunity_line_ids(self):
        """The amounts on the form, as the server will have them."""
        for configuration, lines in self.opportunity_line_ids.grouped("configuration_id").items():
            licences = configuration and configuration._get_counting_licences(lines)
            for line in lines.filtered(lambda line: line.configuration_role == "maintenance"):
                if licences and not (line.is_aligned or line._has_negotiated_price()):
                    line.price_unit = configuration._get_maintenance_price(licences)
        if self.opportunity_line_ids or self._origin.opportunity_line_count:
            self.deal_amount = sum(self.opportunity_line_ids.mapped("net_amount"))
            self.expected_revenue = sum(self.opportunity_line_ids.mapped("net_amount_company"))

    @api.onchange("deal_currency_id")
    def _onchange_line_prices(self):
        """Lines in another currency, as the server will have them; new ones at their list prices."""
        if not self.deal_currency_id or not self.opportunity_line_ids:
            return
        if not (self.is_rate_typed or self.is_rate_locked):
            self.deal_rate = self._get_deal_rates()[self]
        old_rate = self._origin.deal_rate
        for line in self.opportunity_line_ids.sudo():  # costs too
            if line._origin and old_rate:
                line.price_unit = line._origin.price_unit / old_rate * self.deal_rate
                line.unit_cost = line._origin.unit_cost / old_rate * self.deal_rate
            else:
                line._compute_price_unit()
                line._compute_unit_cost()

    # ------------------------------------------------------------
    # Creating and writing
    # ------------------------------------------------------------

    def _without_sums(self, vals_list):
        """What follows from lines, stage and contact is never written by a client."""
        if self.env.context.get("pemba_following") is OURS:
            return vals_list
        return [
            vals
            if SUMS.isdisjoint(vals)
            else {name: value for name, value in vals.items() if name not in SUMS}
            for vals in vals_list
        ]

    def _get_all_lines(self):
        """The lines, those of alternatives and of what was not ordered too."""
        return self.with_context(active_test=False).opportunity_line_ids.with_env(self.env)

    @api.model
    def _split_offers(self, vals_list):
        """Take configurations and lines out of the values of new opportunities.

        :return: the other values, and the commands taken: ``[{field: commands}]``
        """
        offers = [{name: vals[name] for name in OFFER_FIELDS if vals.get(name)} for vals in vals_list]
        if any(offers):
            vals_list = [
                {name: value for name, value in vals.items() if name not in OFFER_FIELDS}
                for vals in vals_list
            ]
        return vals_list, offers

    def _start_offers(self, offers, given):
        """Create what new opportunities offer, all in one go, now that they have a currency and a rate.

        :param offers: ``[{field: commands}]``, one for each opportunity
        :param given: ``{lead: values it was created with}``
        """
        if not any(offers):
            return
        starting = self.with_context(pemba_starting=OURS, pemba_defers_sums=OURS)
        for name in sorted(OFFER_FIELDS):  # configurations first
            commands = [
                (lead, offer[name]) for lead, offer in zip(starting, offers, strict=True) if name in offer
            ]
            self._fields[name].create(commands)
        self._write_by_values(
            {
                lead: {"is_sale_type_typed": True}
                for lead, offer in zip(self, offers, strict=True)
                if offer.get("opportunity_line_ids") and given[lead].get("sale_type_id")
            }
        )
        self._follow_lines()

    def _write_offer(self, vals):
        """Write the deal, configurations and lines, and the sums once for all of these; then its result.

        A deal that is won in the same go is won with its new lines; a closed one is opened first.
        """
        offer = {name: vals[name] for name in sorted(OFFER_FIELDS) if name in vals}
        others = {name: value for name, value in vals.items() if name not in OFFER_FIELDS}
        results = {}
        if not any(lead.won_status in CLOSED for lead in self):
            results = {name: others.pop(name) for name in RESULT_FIELDS if name in others}
        if others:
            self.write(others)
        self.with_context(pemba_defers_sums=OURS).write(offer)
        self._follow_lines()
        return self.write(results)

    def _follow_terms(self, before, vals):
        """What a change of the deal means for its lines.

        In another currency their prices and costs are what the rates make of them; a deal that moves to
        a company with another currency keeps its figures, as one without lines does.

        :param before: ``{lead: state before the change}``
        :param vals: the values that were written
        """
        is_merged = self.env.context.get("pemba_keeps_currency") is OURS
        converted = self.filtered(
            lambda lead: (
                lead.deal_currency_id != before[lead]["deal_currency_id"]
                and lead._get_deal_company() == before[lead]["company"]
                and not is_merged
            )
        )
        for lead in converted:
            lead._get_all_lines()._convert_prices(before[lead]["deal_rate"], lead.deal_rate)
        leads = self.filtered("opportunity_line_count")
        if leads and not (set(vals) <= {"stage_id", "user_id", "team_id", "maturity", "risk_level_id"}):
            leads._follow_lines()
            leads._align_again()

    def _follow_reopening(self, before):
        """Lines of deals that are open again have the distributor and the zone of these.

        Nor is a deal that is not won any more asked about its cancelled orders.

        :param before: ``{lead: state before the change}``
        """
        reopened = self.filtered(
            lambda lead: (
                lead.opportunity_line_count
                and before[lead]["won_status"] in CLOSED
                and lead.won_status not in CLOSED
            )
        )
        if reopened:
            reopened._follow_margin_rules()
        self.filtered(
            lambda lead: before[lead]["won_status"] == "won" and lead.won_status != "won"
        )._answer_about_cancelled_orders()

    def _follow_lines(self):
        """Amounts, margins and dominant sale type of opportunities are those of their lines.

        Those whose last line went end at nothing.
        """
        if not self:
            return
        of_lead = {}
        lines = self.env["pemba.opportunity.line"].sudo()  # costs too, whoever writes
        for lead, sale_type, *sums in lines._read_group(
            [("lead_id", "in", self.ids), ("active", "=", True)],
            ["lead_id", "sale_type_id"],
            ["__count", "net_amount:sum", *(f"{name}_company:sum" for name in SUMMED)],
        ):
            of_lead.setdefault(lead.id, {})[sale_type.id] = sums
        new_vals = {}
        for lead in self.sudo():  # margins too, whoever writes
            of_type = of_lead.get(lead.id, {})
            if of_type or lead.opportunity_line_count:
                new_vals[lead] = lead._prepare_sums(of_type)
        self.sudo()._write_by_values(new_vals)  # margins too
        self.invalidate_recordset(self._get_offered_axes(), flush=False)

    def _prepare_sums(self, of_type):
        """What differs of the sums of the lines.

        :param of_type: ``{sale type: (count, net, net, distributor's margin and margin)}``, ids and
            amounts, the last three in the company's currency
        """
        totals = [sum(column) for column in zip(*of_type.values(), strict=True)] or [0, 0.0, 0.0, 0.0, 0.0]
        count, net, *of_company = totals
        currency = self._get_deal_company().currency_id
        revenue, distributor_margin, margin = map(currency.round, of_company)
        vals = {
            "opportunity_line_count": count,
            "deal_amount": (self.deal_currency_id or currency).round(net),
            "expected_revenue": revenue,
            "distributor_margin": distributor_margin,
            "margin": margin,
            "margin_percent": margin / revenue if revenue else 0.0,
        }
        vals = {name: value for name, value in vals.items() if value != self[name]}
        dominant = self._get_dominant_type({sale_type: sums[1] for sale_type, sums in of_type.items()})
        if dominant and not self.is_sale_type_typed and dominant != self.sale_type_id.id:
            vals["sale_type_id"] = dominant
        return vals

    def _inverse_sale_type_id(self):
        """A type that is not the dominant one of the lines was typed, and stays."""
        if self.env.context.get("pemba_following") is OURS:
            return  # it is the dominant one
        for lead in self.with_context(pemba_following=OURS).filtered("opportunity_line_count"):
            amounts = {}
            for line in lead.opportunity_line_ids:
                amounts[line.sale_type_id.id] = amounts.get(line.sale_type_id.id, 0.0) + line.net_amount
            is_typed = lead.sale_type_id.id != self._get_dominant_type(amounts)
            if lead.is_sale_type_typed != is_typed:
                lead.is_sale_type_typed = is_typed

    @api.model
    def _get_dominant_type(self, amounts):
        """The sale type that brings most; of equal ones the older.

        :param amounts: ``{sale type's id: net amount}``
        """
        return max(amounts, key=lambda sale_type: (amounts[sale_type], -sale_type), default=False)

    def action_refresh_lines(self):
        """Take the products' costs, the types' margins and the distributors' margins of today.

        Prices and discounts stay, and so do typed margins of distributors.

        :raise UserError: naming a closed opportunity
        """
        self._check_offer_is_open()
        self._get_all_lines()._take_again("unit_cost", "type_margin_rate")
        self._follow_margin_rules()
        return True

    def _follow_margin_rules(self):
        """Distributors' margins that were not typed are those of the rules again."""
        self._get_all_lines()._take_again("is_distributed", "distributor_margin_rate", "margin_rule_id")
        self._follow_lines()
        self._align_again()

    def _check_offer_is_open(self):
        closed = self.filtered(lambda lead: lead.won_status in CLOSED)[:1]
        if closed:
            raise UserError(self.env._("%s is closed: what it was agreed on stays.", closed.display_name))
