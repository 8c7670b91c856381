from odoo import api, fields, models
from odoo.tools import SQL


class CrmLead(models.Model):
    """What zones, stages, risks and installing change in many deals at once: each one SQL statement."""

    _inherit = "crm.lead"

    @api.model
    def _get_open_sql(self):
        """Condition on ``lead``: see ``_is_open``."""
        return SQL("lead.type = 'opportunity' AND lead.active AND lead.won_status = 'pending'")

    @api.model
    def _get_weighted_sql(self, expected, maturity):
        """The weight of an open deal, from its ``lead``, ``risk`` and ``currency``."""
        return SQL(
            """ROUND(%(expected)s * (%(maturity)s)::numeric / 100 * COALESCE(risk.factor, 1)::numeric
                     / currency.rounding) * currency.rounding""",
            expected=expected,
            maturity=maturity,
        )

    @api.model
    def _update_weighted_revenue(self, condition, maturity=None):
        """Weigh open deals again, in one statement.

        :param condition: SQL on ``lead``
        :param maturity: the maturity that these take, and those that are not open yet; each keeps its
            own if none is given
        """
        self.env.flush_all()
        maturity = SQL("lead.maturity") if maturity is None else SQL("%s::numeric", maturity)
        self.env.cr.execute(
            SQL(
                """UPDATE crm_lead changed
                      SET maturity = %(maturity)s,
                          weighted_revenue = CASE WHEN %(open)s THEN %(weighted)s ELSE 0 END
                     FROM crm_lead lead
                     JOIN res_company company ON company.id = COALESCE(lead.company_id, %(company)s)
                     JOIN res_currency currency ON currency.id = company.currency_id
                LEFT JOIN pemba_risk_level risk ON risk.id = lead.risk_level_id
                    WHERE changed.id = lead.id AND lead.won_status = 'pending' AND %(condition)s""",
                maturity=maturity,
                weighted=self._get_weighted_sql(SQL("lead.expected_revenue"), maturity),
                company=self.env.company.id,
                open=self._get_open_sql(),
                condition=condition,
            )
        )
        self.invalidate_model(["maturity", "weighted_revenue"])

    @api.model
    def _update_steps(self, stages):
        """The deals in stages are at the steps of these, in one statement."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """UPDATE crm_lead lead
                      SET pemba_step = stage.pemba_step,
                          last_open_step = CASE WHEN lead.won_status = 'pending' THEN stage.pemba_step
                                                ELSE lead.last_open_step END
                     FROM crm_stage stage
                    WHERE stage.id = lead.stage_id AND stage.id IN %s""",
                tuple(stages.ids),
            )
        )
        self.invalidate_model(["pemba_step", "last_open_step"])

    # ------------------------------------------------------------
    # Following contacts and zones, in SQL
    # ------------------------------------------------------------

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

    # ------------------------------------------------------------
    # Installing on a database that has opportunities
    # ------------------------------------------------------------

    def _auto_init(self):
        # Made here, so that no opportunity is computed in Python; _fill_deals gives them their values.
        self.env.cr.execute(
            "ALTER TABLE crm_lead"
            " ADD COLUMN IF NOT EXISTS customer_id int4, ADD COLUMN IF NOT EXISTS zone_id int4,"
            " ADD COLUMN IF NOT EXISTS channel varchar, ADD COLUMN IF NOT EXISTS pemba_step varchar,"
            " ADD COLUMN IF NOT EXISTS maturity numeric, ADD COLUMN IF NOT EXISTS weighted_revenue numeric,"
            " ADD COLUMN IF NOT EXISTS last_open_step varchar,"
            " ADD COLUMN IF NOT EXISTS maturity_stage_id int4"
        )
        return super()._auto_init()

    @api.model
    def _fill_deals(self):
        """Give the opportunities that were there before the add-on their values, in one statement."""
        self.env.flush_all()
        expected = SQL("COALESCE(lead.expected_revenue, 0)")
        self.env.cr.execute(
            SQL(
                """UPDATE crm_lead changed
                      SET customer_id = partner.commercial_partner_id,
                          channel = 'direct',
                          pemba_step = stage.pemba_step,
                          maturity = COALESCE(stage.maturity, 0),
                          maturity_stage_id = lead.stage_id,
                          last_open_step = CASE WHEN lead.won_status != 'won' THEN stage.pemba_step END,
                          risk_level_id = risk.id,
                          deal_currency_id = company.currency_id,
                          deal_rate = 1,
                          deal_amount = %(expected)s,
                          is_rate_locked = lead.won_status IN ('won', 'lost'),
                          close_date = CASE WHEN lead.won_status IN ('won', 'lost') THEN (
                              COALESCE(lead.date_closed, lead.date_last_stage_update, lead.write_date)
                              AT TIME ZONE 'UTC' AT TIME ZONE COALESCE(own.tz, hours.tz, 'UTC'))::date END,
                          weighted_revenue = CASE
                              WHEN %(open)s THEN %(weighted)s
                              WHEN lead.type = 'opportunity' AND lead.active AND lead.won_status = 'won'
                                  THEN %(expected)s
                              ELSE 0 END
                     FROM crm_lead lead
                     JOIN res_company company ON company.id = COALESCE(lead.company_id, %(company)s)
                     JOIN res_currency currency ON currency.id = company.currency_id
                     JOIN res_partner own ON own.id = company.partner_id
                LEFT JOIN resource_calendar hours ON hours.id = company.resource_calendar_id
                LEFT JOIN pemba_risk_level risk ON risk.id = %(risk)s
                LEFT JOIN crm_stage stage ON stage.id = lead.stage_id
                LEFT JOIN res_partner partner ON partner.id = lead.partner_id
                    WHERE changed.id = lead.id""",
                expected=expected,
                open=self._get_open_sql(),
                weighted=self._get_weighted_sql(expected, SQL("COALESCE(stage.maturity, 0)")),
                company=self.env.company.id,
                risk=self.env.ref("pemba_crm.risk_level_low").id,
            )
        )
        self.env.invalidate_all()

    # ------------------------------------------------------------
    # The rates of zones, in SQL
    # ------------------------------------------------------------

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
        rates = self.env["pemba.zone"]._get_rates(keys, fields.Date.context_today(self))
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
    def _cron_update_open_rates(self):
        """Every day: rates that became valid today, and Odoo's own where a zone has none."""
        self._update_open_rates()
