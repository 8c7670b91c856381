from datetime import timedelta

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.tools import sql

from ..company_day import get_today
from ..offer.crm_lead_price import PriceKey

# A contract in one of these is over, or will be: nothing of it changes.
CLOSED = ("renewed", "expired", "terminated")


class PembaContract(models.Model):
    """A maintenance contract or subscription: one term of what a customer pays for every year.

    Whether it is in force is decided by its dates. What happens to it is in ``pemba_contract_state``, what
    follows it comes with the room *renewal*.
    """

    _name = "pemba.contract"
    _description = "Contract"
    _inherit = ["pemba.customer.mixin", "pemba.rules"]
    _is_owned = True
    _order = "date_end desc, id desc"
    _check_company_auto = True

    name = fields.Char(
        string="Reference", required=True, copy=False, default=lambda self: self.env._("New"), index="trigram"
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    state = fields.Selection(
        selection=[
            ("draft", "Draft"),
            ("running", "Running"),
            ("renewed", "Renewed"),
            ("expired", "Expired"),
            ("terminated", "Terminated"),
        ],
        default="draft",
        required=True,
        copy=False,
        index=True,
        tracking=True,
    )
    contract_type_id = fields.Many2one(
        "pemba.contract.type",
        required=True,
        index=True,
        ondelete="restrict",
        tracking=True,
        default=lambda self: self.env["pemba.contract.type"].search([], limit=1),
    )

    # Who
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        tracking=True,
        domain="['|', ('is_company', '=', True), ('parent_id', '=', False)]",
        help="The company that is covered; of a contact, the contact's company.",
    )
    contact_id = fields.Many2one(
        "res.partner",
        domain="[('id', 'child_of', partner_id)]",
        ondelete="restrict",
        check_company=True,
        help="Who the renewal offer is sent to; the customer itself if empty.",
    )
    invoice_partner_id = fields.Many2one(
        "res.partner", string="Invoiced to", ondelete="restrict", check_company=True
    )
    distributor_id = fields.Many2one(
        "res.partner",
        domain="[('is_distributor', '=', True)]",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
        tracking=True,
        help="Who sells it to the customer, and whom we invoice.",
    )
    authorized_partner_ids = fields.Many2many(
        "res.partner",
        string="Also Authorized",
        check_company=True,
        help="Who may use its rights on the equipment that it covers besides the customer and the"
        " distributor, such as an integrator.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Salesperson",
        default=lambda self: self.env.user,
        index="btree_not_null",
        domain="[('share', '=', False)]",
        tracking=True,
        groups="base.group_user",
    )
    zone_id = fields.Many2one(related="partner_id.zone_id", string="Sales Zone")

    # When
    date_start = fields.Date(string="From", required=True, default=get_today, tracking=True)
    date_end = fields.Date(
        string="Until",
        compute="_compute_date_end",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        index=True,
        tracking=True,
        help="The last day.",
    )
    anchor_date = fields.Date(
        string="First Term From",
        compute="_compute_anchor_date",
        store=True,
        precompute=True,
        help="Where its years begin: the first day of the first of the terms that follow each other.",
    )
    notice_date = fields.Date(
        compute="_compute_notice_date",
        store=True,
        precompute=True,
        help="The last day on which it may be terminated for its end.",
    )
    is_in_force = fields.Boolean(
        string="In Force", compute="_compute_is_in_force", search="_search_is_in_force"
    )

    # What
    currency_id = fields.Many2one(
        "res.currency", required=True, ondelete="restrict", default=lambda self: self.env.company.currency_id
    )
    line_ids = fields.One2many("pemba.contract.line", "contract_id", string="Lines", copy=True)
    amount_annual = fields.Monetary(
        string="Annual Amount",
        compute="_compute_amounts",
        store=True,
        groups="base.group_user",
        help="A full year of what runs to its end, net of the distributor's margin and before tax.",
    )
    amount = fields.Monetary(
        string="Amount of the Term",
        compute="_compute_amounts",
        store=True,
        groups="base.group_user",
        help="Its lines for their own dates, net of the distributor's margin and before tax.",
    )
    index_id = fields.Many2one(
        "pemba.price.index",
        tracking=True,
        compute="_compute_index_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    index_base_month = fields.Date(
        string="Base Month",
        tracking=True,
        help="The month whose index value its prices are of; its first day is kept.",
    )

    # Where it comes from
    lead_id = fields.Many2one(
        "crm.lead",
        string="Sold by",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        groups="base.group_user",
        help="The opportunity that it came from.",
    )

    # Holds and ends
    is_on_hold = fields.Boolean(
        readonly=True,
        copy=False,
        tracking=True,
        help="A payment is disputed: rights are suspended.",
    )
    hold_date = fields.Date(string="On Hold Since", readonly=True, copy=False, groups="base.group_user")
    hold_reason = fields.Char(readonly=True, copy=False, groups="base.group_user", tracking=True)
    close_reason = fields.Char(
        readonly=True,
        copy=False,
        groups="base.group_user",
        tracking=True,
        help="Why it was terminated, or not renewed.",
    )
    termination = fields.Json(
        readonly=True,
        copy=False,
        groups="base.group_user",
        export_string_translation=False,
        help="What it was before it was terminated.",
    )

    _name_uniq = models.Constraint("unique(company_id, name)", "Another contract has this reference.")
    _in_order = models.Constraint("check(date_end >= date_start)", "A contract cannot end before it starts.")

    def _auto_init(self):
        # On a database that has contracts it is made and filled here: none of them is computed in Python.
        has_contracts = sql.table_exists(self.env.cr, self._table)
        if has_contracts and not sql.column_exists(self.env.cr, self._table, "anchor_date"):
            sql.create_column(self.env.cr, self._table, "anchor_date", "date")
            self.env.cr.execute("UPDATE pemba_contract SET anchor_date = date_start")
        return super()._auto_init()

    def _get_price_keys(self):
        """What list prices of the contracts depend on, at the rates of today: see ``crm.lead``.

        :return: ``{contract: PriceKey}``
        """
        leads, today = self.env["crm.lead"], get_today(self)
        found = {}
        for contract in self:
            company = contract.company_id or self.env.company
            found[contract] = company, contract.currency_id or company.currency_id
        asked = {one: (one.zone_id.id, currency.id, company.id) for one, (company, currency) in found.items()}
        rates = self.env["pemba.zone"]._get_rates(asked.values(), today)
        positions = self._get_tax_positions()
        return {
            one: PriceKey(
                company,
                leads._get_pricelist(one.partner_id, company, currency),
                currency,
                rates[asked[one]],
                positions[one],
            )
            for one, (company, currency) in found.items()
        }

    def _get_tax_positions(self):
        """The fiscal positions of those who order: ``{contract: position}``, see ``crm.lead``."""
        buyers = {
            one: (one.company_id or self.env.company, one.distributor_id or one.partner_id) for one in self
        }
        found = self.env["crm.lead"]._get_tax_positions(buyers.values())
        return {one: found[buyer] for one, buyer in buyers.items()}

    @api.depends("name", "partner_id")
    def _compute_display_name(self):
        for contract in self:
            contract.display_name = " ".join(filter(None, (contract.name, contract.partner_id.name)))

    @api.depends("date_start", "contract_type_id")
    def _compute_date_end(self):
        for contract in self:
            is_agreed = contract._origin and contract.state != "draft"
            if contract.date_start and not is_agreed:
                months = contract.contract_type_id.duration_months or 12
                contract.date_end = contract.date_start + relativedelta(months=months, days=-1)

    @api.depends("date_start")
    def _compute_anchor_date(self):
        for contract in self:
            contract.anchor_date = contract.date_start

    @api.depends("date_end", "contract_type_id.notice_months")
    def _compute_notice_date(self):
        for contract in self:
            end = contract.date_end
            # Months are those to the first day that is not covered any more: three before 1 January.
            following = end and end + timedelta(days=1)
            months = contract.contract_type_id.notice_months
            contract.notice_date = end and following - relativedelta(months=months, days=1)

    @api.depends("line_ids.amount_annual", "line_ids.amount", "line_ids.date_end", "date_end")
    def _compute_amounts(self):
        for contract in self:
            going_on = contract._get_lines_going_on()
            contract.amount_annual = sum(going_on.mapped("amount_annual"))
            contract.amount = sum(contract.line_ids.mapped("amount"))

    def _is_left_empty(self):
        """Whether it is a draft of which nothing is left."""
        return not self.line_ids

    def _get_lines_going_on(self):
        """The lines that run to its end; those without one, which are not saved yet, do."""
        return self.line_ids.filtered(lambda line: line.date_end in (False, line.contract_id.date_end))

    @api.depends("contract_type_id")
    def _compute_index_id(self):
        for contract in self:
            contract.index_id = contract.contract_type_id.index_id or contract.index_id
