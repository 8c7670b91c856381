from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..company_day import get_today
from ..scalars import clear


class CrmLead(models.Model):
    """What reaches many open deals at once: new rates of zones, new zones of their customers, and another
    currency of their company, which Odoo allows before the first entry.
    """

    _inherit = "crm.lead"

    @api.model
    def _update_open_rates(self, condition=None):
        """Open deals take the rates of today, in one statement; neither pinned nor locked ones.

        Revenue, also weighted and prorated, follows. What their histories say of these stays silent.

        Those without a company follow the current one's.

        :param condition: SQL on ``lead`` and ``customer`` (a partner); all deals if none is given
        """
        self.env.flush_all()
        following = SQL(
            "%s AND lead.is_rate_typed IS NOT TRUE AND lead.is_rate_locked IS NOT TRUE AND (%s)",
            self._get_open_sql(),
            condition or SQL("TRUE"),
        )
        company = SQL("COALESCE(lead.company_id, %s)", self.env.company.id)
        keys = self.env.execute_query(
            SQL(
                """SELECT DISTINCT lead.zone_id, lead.deal_currency_id, %s
                     FROM crm_lead lead
                LEFT JOIN res_partner customer ON customer.id = lead.customer_id
                    WHERE lead.deal_currency_id IS NOT NULL AND %s""",
                company,
                following,
            )
        )
        if not keys:
            return
        rates = self.env["pemba.zone"]._get_rates(keys, get_today(self))
        values = SQL(", ").join(
            SQL("(%s::int, %s, %s, %s::numeric)", zone or None, currency, of_company, rate)
            for (zone, currency, of_company), rate in rates.items()
        )
        expected = SQL("ROUND(lead.deal_amount / new.rate / currency.rounding) * currency.rounding")
        self.env.cr.execute(
            SQL(
                """UPDATE crm_lead changed
                      SET deal_rate = new.rate,
                          expected_revenue = %(expected)s,
                          weighted_revenue = %(weighted)s,
                          prorated_revenue = ROUND(%(expected)s * lead.probability::numeric / 100, 2)
                     FROM crm_lead lead
                     JOIN (VALUES %(values)s) new (zone_id, currency_id, company_id, rate)
                       ON lead.zone_id IS NOT DISTINCT FROM new.zone_id
                      AND lead.deal_currency_id = new.currency_id
                      AND %(company)s = new.company_id
                     JOIN res_company company ON company.id = new.company_id
                     JOIN res_currency currency ON currency.id = company.currency_id
                LEFT JOIN pemba_risk_level risk ON risk.id = lead.risk_level_id
                LEFT JOIN res_partner customer ON customer.id = lead.customer_id
                    WHERE changed.id = lead.id
                      AND lead.deal_rate IS DISTINCT FROM new.rate AND %(following)s
                RETURNING changed.id""",
                expected=expected,
                weighted=self._get_weighted_sql(expected, SQL("lead.maturity")),
                values=values,
                company=company,
                following=following,
            )
        )
        changed = self.sudo().browse(lead for (lead,) in self.env.cr.fetchall())  # whoever sees them
        self.invalidate_model(["deal_rate", "expected_revenue", "weighted_revenue", "prorated_revenue"])
        changed._follow_new_rates()

    def _follow_new_zones(self):
        """What hangs on the zones of deals that moved in SQL, for later rooms."""

    def _follow_new_rates(self):
        """What hangs on the rates of deals that changed in SQL, for later rooms."""

    @api.model
    def _follow_company_currency(self, company, old):
        """Open deals in a company's currency keep their figures in its new one; others take rates again.

        :param old: the company's currency before
        """
        self.env.flush_all()
        own = Domain("company_id", "=", company.id)
        if company == self._get_shared_company():
            own |= Domain("company_id", "=", False)
        leads = self.search(own & Domain("won_status", "=", "pending"))
        in_currency = leads.filtered(lambda lead: lead.deal_currency_id == old)
        in_currency._set(deal_currency_id=company.currency_id.id)
        leads.filtered("is_rate_typed")._set(is_rate_typed=False)
        leads.filtered("is_rate_locked")._set(is_rate_locked=False)
        amounts = {lead: lead.deal_amount for lead in leads}
        clear(leads, ["deal_amount", "expected_revenue"])
        new_vals = {}
        for lead, rate in leads._get_deal_rates().items():
            amount = lead.deal_currency_id.round(amounts[lead])
            vals = {
                "deal_rate": rate,
                "deal_amount": amount,
                "expected_revenue": lead._to_company(amount, rate),
            }
            new_vals[lead] = {name: value for name, value in vals.items() if lead[name] != value}
        leads._write_by_values(new_vals)
        leads._follow_new_company_currency()

    def _follow_new_company_currency(self):
        """What hangs on the currency of their company, for later rooms."""

    @api.model
    def _cron_update_open_rates(self):
        """Every day: rates that became valid today, and Odoo's own where a zone has none."""
        self._update_open_rates()

    @api.model
    def _follow_customers(self, condition):
        """Deals that are not closed take the zone of their customer and country again, in SQL.

        Not those whose zone was chosen by hand. The rates follow.

        :param condition: SQL on ``lead`` and ``customer`` (a partner)
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """UPDATE crm_lead changed SET zone_id = COALESCE(customer.zone_id, country.zone_id)
                     FROM crm_lead lead
                LEFT JOIN res_partner customer ON customer.id = lead.customer_id
                LEFT JOIN pemba_zone_res_country_rel country ON country.country_id = lead.country_id
                    WHERE changed.id = lead.id
                      AND lead.is_zone_manual IS NOT TRUE
                      AND lead.won_status = 'pending'
                      AND lead.zone_id IS DISTINCT FROM COALESCE(customer.zone_id, country.zone_id)
                      AND (%s)
                RETURNING changed.id""",
                condition,
            )
        )
        moved = [lead for (lead,) in self.env.cr.fetchall()]
        self.invalidate_model(["zone_id"])
        self._update_open_rates(condition)
        self.sudo().browse(moved)._follow_new_zones()  # also of deals the user does not see
