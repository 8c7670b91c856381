from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..marks import take
from ..pipeline.crm_lead import CLOSED
from ..public import public
from ..scalars import clear
from .crm_lead import SHOWN

# Of the lines, in the company's currency: see _prepare_sums.
SUMMED = ("net_amount", "distributor_margin", "margin", "cost")


class CrmLead(models.Model):
    """Amounts, margins and sale type of an opportunity are those of its lines, whatever changes these."""

    _inherit = "crm.lead"

    def _has_own_amounts(self):
        return not self.opportunity_line_count and super()._has_own_amounts()

    def _has_typed_amounts(self):
        return not self.opportunity_line_ids and super()._has_typed_amounts()

    def _follow_terms(self, before, vals):
        """What a change of the deal means for its lines.

        In another currency their prices and costs are what the rates make of them; a deal that moves to
        a company with another currency keeps its figures, as one without lines does.

        :param before: ``{lead: state before the change}``
        :param vals: the values that were written
        """
        result = super()._follow_terms(before, vals)
        converted = self.filtered(
            lambda lead: (
                lead.deal_currency_id != before[lead]["deal_currency_id"]
                and lead._get_deal_company() == before[lead]["company"]
            )
        )
        converted -= take(converted, "merging")  # whose lines come in it
        for lead in converted:
            lead._get_all_lines()._convert_prices(before[lead]["deal_rate"], lead.deal_rate)
        self._follow_buyers(before)
        leads = self.filtered("opportunity_line_count")
        if leads and not (set(vals) <= {"stage_id", "user_id", "team_id", "maturity", "risk_level_id"}):
            leads._settle_lines()
        return result

    def _follow_buyers(self, before):
        """Prices that nobody typed are those of the new buyer: of its pricelist, and before its taxes."""
        names = ("partner_id", "distributor_id")
        for lead in self.filtered("opportunity_line_count"):
            partners = {name: before[lead][name] for name in names}
            if all(lead[name] == partners[name] for name in names):
                continue
            if lead._get_price_key() != lead._get_price_key(**partners):
                lines = lead._get_all_lines().filtered(lambda line: line._follows_list_price())
                for line, price in lines._get_list_prices().items():
                    line._set(price_unit=price)

    def _follow_reopening(self, before):
        """Lines of deals that are open again have the distributor and the zone of these."""
        result = super()._follow_reopening(before)
        reopened = self.filtered(
            lambda lead: (
                lead.opportunity_line_count
                and before[lead]["won_status"] in CLOSED
                and lead.won_status not in CLOSED
            )
        )
        if reopened:
            reopened._follow_margin_rules()
        return result

    def _follow_new_zones(self):
        """Margin rules of distributors may be other ones."""
        result = super()._follow_new_zones()
        self.filtered("distributor_id")._follow_margin_rules()
        return result

    def _follow_new_company_currency(self):
        """Lines are in the new currency as well; what they cost keeps its figures, as their prices do."""
        result = super()._follow_new_company_currency()
        leads = self.filtered("opportunity_line_count")
        lines = leads._get_all_lines()
        clear(lines.filtered(lambda line: not line._keeps_amounts()), [*SHOWN, "cost", "rounding_amount"])
        lines._take_again("company_currency_id", "net_amount")
        leads._settle_lines()
        return result

    def _settle_lines(self):
        """The lines have other terms than before: the sums follow."""
        self._follow_lines()

    def _follow_lines(self, is_corrected=False):
        """Amounts, margins and dominant sale type of opportunities are those of their lines.

        Those whose last line went end at nothing.

        :param is_corrected: see ``_follow_rounding``
        """
        if not self:
            return
        self._follow_rounding(is_corrected)
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

        :param of_type: ``{sale type: (count, net, net, distributor's margin, margin and cost)}``, ids and
            amounts, the last four in the company's currency
        """
        totals = [sum(column) for column in zip(*of_type.values(), strict=True)] or [0, *[0.0] * 5]
        count, net, *of_company = totals
        currency = self._get_deal_company().currency_id
        revenue, distributor_margin, margin, cost = map(currency.round, of_company)
        costed = currency.round(margin + cost)
        vals = {
            "opportunity_line_count": count,
            "deal_amount": (self.deal_currency_id or currency).round(net),
            "expected_revenue": revenue,
            "distributor_margin": distributor_margin,
            "margin": margin,
            "uncosted_revenue": currency.round(revenue - costed),
            "margin_percent": margin / costed if costed else 0.0,
        }
        vals = {name: value for name, value in vals.items() if value != self[name]}
        dominant = self._get_dominant_type({sale_type: sums[1] for sale_type, sums in of_type.items()})
        if dominant and not self.is_sale_type_typed and dominant != self.sale_type_id.id:
            vals["sale_type_id"] = dominant
        return vals

    def _follow_choices(self, vals):
        """A sale type that is not the dominant one of the lines was typed, and stays."""
        result = super()._follow_choices(vals)
        if "sale_type_id" not in vals:
            return result
        new_vals = {}
        for lead in self.filtered("opportunity_line_count"):
            amounts = {}
            for line in lead.opportunity_line_ids:
                amounts[line.sale_type_id.id] = amounts.get(line.sale_type_id.id, 0.0) + line.net_amount
            is_typed = lead.sale_type_id.id != self._get_dominant_type(amounts)
            if lead.is_sale_type_typed != is_typed:
                new_vals[lead] = {"is_sale_type_typed": is_typed}
        self._write_by_values(new_vals)
        return result

    @api.model
    def _get_dominant_type(self, amounts):
        """The sale type that brings most; of equal ones the older.

        :param amounts: ``{sale type's id: net amount}``
        """
        return max(amounts, key=lambda sale_type: (amounts[sale_type], -sale_type), default=False)

    @public
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
        self._settle_lines()

    def _check_offer_is_open(self):
        closed = self.filtered(lambda lead: lead.won_status in CLOSED)[:1]
        if closed:
            raise UserError(self.env._("%s is closed: what it was agreed on stays.", closed.display_name))

    def _follow_new_rates(self):
        """Convert the lines of open deals at their new rates and sum them up, in two statements."""
        result = super()._follow_new_rates()
        leads = self.filtered("opportunity_line_count")
        if not leads:
            return result
        company_currency = SQL(
            """JOIN res_company company ON company.id = COALESCE(lead.company_id, %s)
               JOIN res_currency currency ON currency.id = company.currency_id""",
            self.env.company.id,
        )
        names = ("net_amount", "distributor_margin", "cost")
        self.env.cr.execute(
            SQL(
                """UPDATE pemba_opportunity_line changed
                      SET net_amount_company = new.net_amount,
                          distributor_margin_company = new.distributor_margin,
                          cost_company = new.cost,
                          margin_company = CASE WHEN changed.is_cost_unknown THEN 0
                                                ELSE new.net_amount - new.cost END
                     FROM (SELECT line.id, %(converted)s
                             FROM pemba_opportunity_line line
                             JOIN crm_lead lead ON lead.id = line.lead_id
                                  %(company_currency)s
                            WHERE lead.id IN %(leads)s) new
                    WHERE changed.id = new.id""",
                converted=SQL(", ").join(
                    SQL(
                        "ROUND(line.%(name)s / lead.deal_rate / currency.rounding) * currency.rounding"
                        " AS %(name)s",
                        name=SQL.identifier(name),
                    )
                    for name in names
                ),
                company_currency=company_currency,
                leads=tuple(leads.ids),
            )
        )
        self.env.cr.execute(
            SQL(
                """UPDATE crm_lead changed
                      SET expected_revenue = new.expected,
                          weighted_revenue = %(weighted)s,
                          prorated_revenue = ROUND(new.expected * lead.probability::numeric / 100, 2),
                          distributor_margin = new.distributor_margin,
                          margin = new.margin,
                          uncosted_revenue = new.expected - new.costed,
                          margin_percent = COALESCE(new.margin / NULLIF(new.costed, 0), 0)
                     FROM crm_lead lead
                     JOIN (SELECT lead_id, SUM(net_amount_company) AS expected,
                                  SUM(distributor_margin_company) AS distributor_margin,
                                  SUM(margin_company) AS margin,
                                  SUM(margin_company + cost_company) AS costed
                             FROM pemba_opportunity_line
                            WHERE active AND lead_id IN %(leads)s
                         GROUP BY lead_id) new ON new.lead_id = lead.id
                          %(company_currency)s
                LEFT JOIN pemba_risk_level risk ON risk.id = lead.risk_level_id
                    WHERE changed.id = lead.id""",
                weighted=self._get_weighted_sql(SQL("new.expected"), SQL("lead.maturity")),
                company_currency=company_currency,
                leads=tuple(leads.ids),
            )
        )
        self.env.invalidate_all()
        return result
