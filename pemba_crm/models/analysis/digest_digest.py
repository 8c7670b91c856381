from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain


class DigestDigest(models.Model):
    """Odoo's digest e-mail says what was won, renewed, lost and newly opened, in the company's currency."""

    _inherit = "digest.digest"

    kpi_pemba_won_revenue = fields.Boolean(string="Revenue Won")
    kpi_pemba_won_revenue_value = fields.Monetary(compute="_compute_kpi_pemba_won_revenue_value")
    kpi_pemba_renewed_revenue = fields.Boolean(string="Renewals Won")
    kpi_pemba_renewed_revenue_value = fields.Monetary(compute="_compute_kpi_pemba_renewed_revenue_value")
    kpi_pemba_lost_revenue = fields.Boolean(string="Revenue Lost")
    kpi_pemba_lost_revenue_value = fields.Monetary(compute="_compute_kpi_pemba_lost_revenue_value")
    kpi_pemba_new_revenue = fields.Boolean(string="New Opportunities")
    kpi_pemba_new_revenue_value = fields.Monetary(compute="_compute_kpi_pemba_new_revenue_value")

    @api.model
    def _get_opportunity_figures(self):
        """What each figure sums up; an add-on may add its own, with its two fields.

        :return: ``{field: (the field of its day, the domain of the opportunities that count)}``
        """
        won, renewed = Domain("won_status", "=", "won"), Domain("nature", "=", "renewal")
        return {
            "kpi_pemba_won_revenue": ("close_date", won),
            "kpi_pemba_renewed_revenue": ("close_date", won & renewed),
            "kpi_pemba_lost_revenue": ("close_date", Domain("won_status", "=", "lost")),
            "kpi_pemba_new_revenue": ("create_date", Domain.TRUE),
        }

    def _compute_kpi_pemba_won_revenue_value(self):
        self._sum_opportunities("kpi_pemba_won_revenue")

    def _compute_kpi_pemba_renewed_revenue_value(self):
        self._sum_opportunities("kpi_pemba_renewed_revenue")

    def _compute_kpi_pemba_lost_revenue_value(self):
        self._sum_opportunities("kpi_pemba_lost_revenue")

    def _compute_kpi_pemba_new_revenue_value(self):
        self._sum_opportunities("kpi_pemba_new_revenue")

    def _sum_opportunities(self, name):
        """The expected revenue of opportunities that the reader sees.

        :raise AccessError: for those who do not sell; Odoo leaves the figure out of their e-mail
        """
        if not self.env.user.has_group("pemba_crm.group_user"):
            raise AccessError(self.env._("Do not have access, skip this data for user's digest email"))
        date_field, domain = self._get_opportunity_figures()[name]
        digests = self.with_context(active_test=False)  # what is lost is archived
        digests._calculate_company_based_kpi(
            "crm.lead",
            f"{name}_value",
            date_field=date_field,
            additional_domain=self.env["pemba.sale.report"]._get_lead_domain() & domain,
            sum_field="expected_revenue",
        )

    def _compute_kpis_actions(self, company, user):
        actions = super()._compute_kpis_actions(company, user)
        menu = self.env.ref("pemba_crm.pemba_crm_menu_root").id
        for name in self._get_opportunity_figures():
            actions[name] = f"pemba_crm.pemba_sale_report_action?menu_id={menu}"
        actions["kpi_pemba_new_revenue"] = f"pemba_crm.crm_lead_action?menu_id={menu}"
        return actions
