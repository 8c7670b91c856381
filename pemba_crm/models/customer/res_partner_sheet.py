from collections import defaultdict

from odoo import api, fields, models
from odoo.fields import Domain

from ..company_day import get_today
from ..public import public

SALES = "pemba_crm.group_user"
STAFF = "pemba_crm.group_user,pemba_crm.group_support,pemba_crm.group_accountant"


class ResPartner(models.Model):
    """The sheet of a customer: what a contact's company was sold, runs, pays for, and has of others."""

    _inherit = "res.partner"

    # Of the contact's company, so that every contact shows the whole story.
    sheet_open_lead_ids = fields.Many2many(
        "crm.lead", string="Open Sales", compute="_compute_sheet_leads", groups=SALES
    )
    sheet_won_lead_ids = fields.Many2many(
        "crm.lead",
        string="Won Sales",
        compute="_compute_sheet_leads",
        context={"active_test": False},
        groups=SALES,
    )
    sheet_lost_lead_ids = fields.Many2many(
        "crm.lead",
        string="Lost Sales",
        compute="_compute_sheet_leads",
        context={"active_test": False},
        groups=SALES,
    )
    sheet_currency_id = fields.Many2one(
        "res.currency", string="Currency of the Totals", compute="_compute_sheet_leads", groups=SALES
    )
    sheet_open_amount = fields.Monetary(
        string="Open",
        compute="_compute_sheet_leads",
        currency_field="sheet_currency_id",
        groups=SALES,
        help="In the company's currency.",
    )
    sheet_won_amount = fields.Monetary(
        string="Won", compute="_compute_sheet_leads", currency_field="sheet_currency_id", groups=SALES
    )
    sheet_lost_amount = fields.Monetary(
        string="Lost", compute="_compute_sheet_leads", currency_field="sheet_currency_id", groups=SALES
    )
    sheet_equipment_ids = fields.Many2many(
        "pemba.equipment", string="Company's Equipment", compute="_compute_sheet_base", groups=STAFF
    )
    sheet_contract_ids = fields.Many2many(
        "pemba.contract", string="Company's Contracts", compute="_compute_sheet_base", groups=STAFF
    )
    sheet_history_ids = fields.Many2many(
        "pemba.customer.history", string="History", compute="_compute_sheet_base", groups=STAFF
    )
    sheet_installation_ids = fields.Many2many(
        "pemba.competitor.installation",
        string="Competitors at the Company",
        compute="_compute_sheet_base",
        groups=STAFF,
    )
    competitor_product_ids = fields.One2many(
        "pemba.competitor.product", "competitor_id", string="Products of the Competitor", groups=STAFF
    )
    competitor_installation_ids = fields.One2many(
        "pemba.competitor.installation", "partner_id", string="Competitors' Products", groups=STAFF
    )

    distributed_customer_ids = fields.Many2many(
        "res.partner", string="Distributed Customers", compute="_compute_distribution", groups=SALES
    )
    distributed_contract_ids = fields.Many2many(
        "pemba.contract",
        string="Distributed Contracts",
        compute="_compute_distribution",
        groups=SALES,
        help="Those that run, and those whose order is awaited.",
    )
    distributed_open_amount = fields.Monetary(
        string="Open Distributed",
        compute="_compute_distribution",
        currency_field="sheet_currency_id",
        groups=SALES,
    )
    distributed_won_amount = fields.Monetary(
        string="Won Distributed",
        compute="_compute_distribution",
        currency_field="sheet_currency_id",
        groups=SALES,
    )
    distributed_lost_amount = fields.Monetary(
        string="Lost Distributed",
        compute="_compute_distribution",
        currency_field="sheet_currency_id",
        groups=SALES,
    )
    distributed_margin = fields.Monetary(
        string="Kept by the Distributor",
        compute="_compute_distribution",
        currency_field="sheet_currency_id",
        groups=SALES,
        help="On what was won.",
    )
    distributed_own_margin = fields.Monetary(
        string="Our Margin",
        compute="_compute_own_margin",
        currency_field="sheet_currency_id",
        groups="pemba_crm.group_margin",
        help="On what was won.",
    )

    @api.depends_context("uid", "su", "allowed_company_ids")
    def _compute_sheet_leads(self):
        """Amounts of other companies of ours are converted at the rate of today."""
        leads = self.env["crm.lead"].with_context(active_test=False)
        company = self.env.company
        of_entities = self._get_counted_domain() & Domain(
            "customer_id", "in", self.commercial_partner_id._origin.ids
        )
        by_status = {}
        for status, order in (
            ("pending", "date_deadline, id"),
            ("won", "close_date desc, id desc"),
            ("lost", "close_date desc, id desc"),
        ):
            found = leads.search(of_entities & Domain("won_status", "=", status), order=order)
            by_status[status] = found.grouped("customer_id")
        totals = self._sum_by_status(of_entities, "customer_id", ["expected_revenue"])
        for partner in self:
            entity = partner.commercial_partner_id._origin
            partner.sheet_currency_id = company.currency_id
            partner.sheet_open_lead_ids = by_status["pending"].get(entity)
            partner.sheet_won_lead_ids = by_status["won"].get(entity)
            partner.sheet_lost_lead_ids = by_status["lost"].get(entity)
            partner.sheet_open_amount = totals[entity, "pending"][0]
            partner.sheet_won_amount = totals[entity, "won"][0]
            partner.sheet_lost_amount = totals[entity, "lost"][0]

    @api.model
    def _sum_by_status(self, domain, name, measures):
        """Sums of opportunities, in the currency of the current company at the rate of today.

        :param name: the field of the partner that they are summed by
        :param measures: fields in the currency of the opportunity's company
        :return: ``{(partner, won status): [sum]}``, zeros where there is none
        """
        company, today = self.env.company, get_today(self)
        totals = defaultdict(lambda: [0.0] * len(measures))
        groups = (
            self.env["crm.lead"]
            .with_context(active_test=False)
            ._read_group(
                domain, [name, "won_status", "company_id"], [f"{measure}:sum" for measure in measures]
            )
        )
        for partner, status, owner, *amounts in groups:
            currency = (owner or company).currency_id
            sums = totals[partner, status]
            for rank, amount in enumerate(amounts):
                sums[rank] += currency._convert(amount, company.currency_id, company, today)
        return totals

    @api.model
    def _get_counted_domain(self):
        """Opportunities that count: none that was archived open."""
        is_closed = Domain("won_status", "in", ("won", "lost"))
        return Domain("type", "=", "opportunity") & (is_closed | Domain("active", "=", True))

    def _get_distributed_domain(self):
        return self._get_counted_domain() & Domain("distributor_id", "in", self.ids)

    @api.depends_context("uid", "su", "allowed_company_ids")
    def _compute_distribution(self):
        """Customers, sales, margins and renewals of a distributor."""
        distributors = self.filtered("is_distributor")
        leads = self.env["crm.lead"]
        domain = distributors._get_distributed_domain()
        totals = self._sum_by_status(domain, "distributor_id", ["expected_revenue", "distributor_margin"])
        customers = defaultdict(self.browse)
        contracts = self.env["pemba.contract"]
        of_contracts = Domain("distributor_id", "in", distributors.ids)
        for model, name, condition in (
            (leads, "customer_id", domain),
            (contracts, "partner_id", of_contracts),
        ):
            groups = model.with_context(active_test=False)._read_group(
                condition & Domain(name, "!=", False), ["distributor_id"], [f"{name}:recordset"]
            )
            for distributor, found in groups:
                customers[distributor] |= found
        renewed = contracts.search(
            of_contracts & (Domain("state", "=", "running") | contracts._get_awaited_domain()),
            order="date_end, id",
        ).grouped("distributor_id")
        for partner in self:
            partner.distributed_customer_ids = customers[partner].with_env(self.env)
            partner.distributed_contract_ids = renewed.get(partner)
            partner.distributed_open_amount = totals[partner, "pending"][0]
            partner.distributed_lost_amount = totals[partner, "lost"][0]
            partner.distributed_won_amount, partner.distributed_margin = totals[partner, "won"]

    @api.depends_context("uid", "su", "allowed_company_ids")
    def _compute_own_margin(self):
        won = self._get_distributed_domain() & Domain("won_status", "=", "won")
        totals = self._sum_by_status(won, "distributor_id", ["margin"])
        for partner in self:
            [partner.distributed_own_margin] = totals[partner, "won"]

    @api.depends("commercial_partner_id")
    @api.depends_context("uid", "su", "allowed_company_ids")
    def _compute_sheet_base(self):
        for name, model in (
            ("sheet_equipment_ids", "pemba.equipment"),
            ("sheet_contract_ids", "pemba.contract"),
            ("sheet_history_ids", "pemba.customer.history"),
            ("sheet_installation_ids", "pemba.competitor.installation"),
        ):
            records = self.env[model]
            found = {}
            if records.has_access("read"):
                domain = [("partner_id", "in", self.commercial_partner_id._origin.ids)]
                found = records.search(domain).grouped("partner_id")
            for partner in self:
                partner[name] = found.get(partner.commercial_partner_id._origin)

    @public
    def action_open_equipped(self):
        """The customers that have products of this competitor."""
        return self.competitor_product_ids.action_open_installations()

    @public
    def action_open_history(self):
        """All that happened with the contact's company."""
        action = self.env["ir.actions.act_window"]._for_xml_id("pemba_crm.pemba_customer_history_action")
        return action | {"domain": [("partner_id", "=", self.commercial_partner_id.id)]}
