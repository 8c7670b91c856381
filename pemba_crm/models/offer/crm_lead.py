from odoo import api, fields, models
from odoo.tools import SQL

from ..deferral import deferring
from ..marks import OPENING, STARTING, Pass, is_in_scope
from ..pipeline.crm_lead import CLOSED
from ..public import VALUES, public

# What is offered: it needs the deal's currency and rate, and gives its amounts.
OFFER_FIELDS = frozenset({"opportunity_configuration_ids", "opportunity_line_ids"})
# Who sees costs and margins.
MARGIN = "pemba_crm.group_margin"
# What is shown of lines and of their sums, in the deal's currency.
SHOWN = ("price_subtotal", "distributor_margin", "net_amount", "margin")
# What decides on a deal's result.
CLOSING_FIELDS = ("stage_id", "active", "probability", "lost_reason_id")


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
    uncosted_revenue = fields.Monetary(
        string="Revenue of Unknown Cost",
        currency_field="company_currency",
        readonly=True,
        copy=False,
        groups=MARGIN,
        help="What the lines bring of which no cost is known: no margin is counted for it.",
    )
    margin_percent = fields.Float(
        string="Margin (%)",
        digits=0,
        readonly=True,
        copy=False,
        aggregator="avg",
        groups=MARGIN,
        help="Margin ÷ expected revenue, without what has no known cost.",
    )

    is_margin_rule_over = fields.Boolean(
        string="Margin Rule Ended",
        compute="_compute_is_margin_rule_over",
        help="Today another rule holds for a distributor's margin of the offer, or none.",
    )
    offer_totals = fields.Html(
        string="Totals by Sale Type",
        compute="_compute_offer_totals",
        sanitize=False,
        export_string_translation=False,
    )

    offer_lock = fields.Selection(
        selection=[("closed", "Closed")],
        compute="_compute_offer_lock",
        help="Why the lines cannot be changed here: they are those of orders, or the deal is closed.",
    )

    def _read_group_select(self, aggregate_spec, query):
        # Of many deals: their margin ÷ the revenue of those with lines, and not the mean of percentages.
        sql = super()._read_group_select(aggregate_spec, query)
        if aggregate_spec == "margin_percent:avg":
            return SQL(
                "SUM(%s) / NULLIF(SUM(%s - COALESCE(%s, 0)) FILTER (WHERE %s > 0), 0)",
                *(
                    self._field_to_sql(self._table, name, query)
                    for name in ("margin", "expected_revenue", "uncosted_revenue", "opportunity_line_count")
                ),
            )
        return sql

    @api.depends(
        *(f"opportunity_line_ids.{name}" for name in ("margin_rule_id", "distributor_margin_rate")),
        *(f"opportunity_line_ids.{name}" for name in ("is_distributor_margin_typed", "sale_type_id")),
        *("won_status", "distributor_id", "zone_id"),
    )
    def _compute_is_margin_rule_over(self):
        for lead in self:
            lines = lead.opportunity_line_ids if lead.distributor_id and lead.won_status not in CLOSED else ()
            lead.is_margin_rule_over = any(line._has_other_margin_rule() for line in lines)

    @api.depends("won_status")
    @api.depends_context("uid")
    def _compute_offer_lock(self):
        is_manager = self._is_by_manager()
        for lead in self:
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
                if licences and not (line._keeps_amounts() or line._has_negotiated_price()):
                    line.price_unit = configuration._get_maintenance_price(licences)
        lines = self.opportunity_line_ids
        if not (self.won_status in CLOSED or any(line._keeps_amounts() for line in lines)):
            (position,) = self._get_tax_positions([self._get_taxed_buyer()]).values()
            for line, share in zip(lines, self._get_offer_rounding(lines, position), strict=True):
                line.rounding_amount = share
        if self.opportunity_line_ids or self._origin.opportunity_line_count:
            self.deal_amount = sum(self.opportunity_line_ids.mapped("net_amount"))
            self.expected_revenue = sum(self.opportunity_line_ids.mapped("net_amount_company"))

    @api.onchange("partner_id", "distributor_id")
    def _onchange_buyer(self):
        """Prices that nobody typed are those of the buyer, as the server will have them."""
        if not self._origin or self._get_price_key() != self._origin._get_price_key():
            self.opportunity_line_ids._compute_price_unit()

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

    @public(vals=VALUES)
    def write(self, vals):
        if not OFFER_FIELDS.isdisjoint(vals):
            return self._write_offer(vals)
        return super().write(vals)

    @api.model
    def _get_result_fields(self):
        sums = {"opportunity_line_count", "distributor_margin", "margin", "margin_percent"}
        sums |= {"uncosted_revenue"}
        return super()._get_result_fields() | sums | {"is_sale_type_typed"}

    def _get_all_lines(self):
        """The lines, those of alternatives and of what was not ordered too."""
        return self.with_context(active_test=False).opportunity_line_ids.with_env(self.env)

    @api.model
    def _split_details(self, vals_list):
        """Configurations and lines are created once there is a currency and a rate."""
        vals_list, details = super()._split_details(vals_list)
        offers = [{name: vals[name] for name in OFFER_FIELDS if vals.get(name)} for vals in vals_list]
        if any(offers):
            vals_list = [
                {name: value for name, value in vals.items() if name not in OFFER_FIELDS}
                for vals in vals_list
            ]
        return vals_list, [one | offer for one, offer in zip(details, offers, strict=True)]

    def _start_details(self, details, given):
        result = super()._start_details(details, given)
        self._start_offers(details, given)
        return result

    def _start_offers(self, offers, given):
        """Create what new opportunities offer, all in one go, now that they have a currency and a rate.

        :param offers: ``[{field: commands}]``, one for each opportunity
        :param given: ``{lead: values it was created with}``
        """
        if not any(offers):
            return
        kind = OPENING if is_in_scope(self, "opening") else STARTING
        for name in ("opportunity_configuration_ids", "opportunity_line_ids"):
            created = self._get_line_vals(offers, [name])
            configurations = created.get("pemba.opportunity.configuration")
            if configurations:
                created |= self.opportunity_configuration_ids._get_line_vals(configurations, ["line_ids"])
            with self._passing(Pass(kind, created=created)):
                commands = [
                    (lead, offer[name]) for lead, offer in zip(self, offers, strict=True) if name in offer
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
            results = {name: others.pop(name) for name in CLOSING_FIELDS if name in others}
        if others:
            self.write(others)
        with deferring(self, "sums"):
            super().write(offer)
        self._follow_lines()
        return self.write(results)
