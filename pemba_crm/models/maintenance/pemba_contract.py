from datetime import timedelta

from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..pipeline.crm_lead import OURS

# What a contract was agreed on.
TERMS = (
    "company_id",
    "partner_id",
    "distributor_id",
    "contract_type_id",
    "currency_id",
    "date_start",
    "date_end",
)
# A contract in one of these is over, or will be: nothing of it changes.
CLOSED = ("renewed", "expired", "terminated")
# What follows from what is done to a contract: never from a client.
RESULTS = frozenset(
    {
        "is_on_hold",
        "hold_reason",
        "close_reason",
        "successor_id",
        "lead_id",
        "reminded_days",
        "renewal_error",
    }
)
# What is opened and followed by thousands, for nobody who is waiting, is told nobody.
SILENT = {"tracking_disable": True, "mail_create_nolog": True, "mail_create_nosubscribe": True}


class PembaContract(models.Model):
    """A maintenance contract or subscription: one term of what a customer pays for every year.

    Whether it is in force is decided by its dates. What happens to it is in ``pemba_contract_state``, its
    renewal in ``pemba_contract_renewal``.
    """

    _name = "pemba.contract"
    _description = "Contract"
    _inherit = ["mail.thread", "mail.activity.mixin"]
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
        help="Who may use its rights besides the customer and the distributor, such as an integrator.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Salesperson",
        default=lambda self: self.env.user,
        index="btree_not_null",
        domain="[('share', '=', False)]",
        tracking=True,
    )
    zone_id = fields.Many2one(related="partner_id.zone_id", string="Sales Zone")

    # When
    date_start = fields.Date(string="From", required=True, default=fields.Date.context_today, tracking=True)
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
    notice_date = fields.Date(
        compute="_compute_notice_date",
        store=True,
        precompute=True,
        help="The last day on which it may be terminated for its end.",
    )
    renewal_date = fields.Date(
        string="Renewal Opens",
        compute="_compute_notice_date",
        store=True,
        precompute=True,
        help="The day on which its renewal opportunity is opened.",
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
        compute="_compute_index_id",
        store=True,
        readonly=False,
        precompute=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    index_base_month = fields.Date(
        string="Base Month", help="The month whose index value its prices are of; its first day is kept."
    )

    # Before and after it
    lead_id = fields.Many2one(
        "crm.lead",
        string="Sold by",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The opportunity that it came from.",
    )
    predecessor_id = fields.Many2one(
        "pemba.contract", readonly=True, copy=False, index="btree_not_null", ondelete="restrict"
    )
    successor_ids = fields.One2many("pemba.contract", "predecessor_id", string="Successors")
    successor_id = fields.Many2one("pemba.contract", compute="_compute_successor_id", store=True)

    # Holds and ends
    is_on_hold = fields.Boolean(
        readonly=True,
        copy=False,
        tracking=True,
        help="A payment is disputed: rights are suspended.",
    )
    hold_reason = fields.Char(readonly=True, copy=False, groups="base.group_user")
    close_reason = fields.Char(
        readonly=True, copy=False, groups="base.group_user", help="Why it was terminated, or not renewed."
    )

    _name_uniq = models.Constraint("unique(company_id, name)", "Another contract has this reference.")
    _in_order = models.Constraint("check(date_end >= date_start)", "A contract cannot end before it starts.")
    _successor_uniq = models.UniqueIndex(
        "(predecessor_id) WHERE predecessor_id IS NOT NULL", "This contract has a successor already."
    )
    _renewal_idx = models.Index("(renewal_date) WHERE state = 'running'")

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

    @api.depends("date_end", "contract_type_id.notice_months", "contract_type_id.renewal_lead_days")
    def _compute_notice_date(self):
        for contract in self:
            kind, end = contract.contract_type_id, contract.date_end
            # Months are those to the first day that is not covered any more: three before 1 January.
            following = end and end + timedelta(days=1)
            contract.notice_date = end and following - relativedelta(months=kind.notice_months, days=1)
            contract.renewal_date = end and contract.notice_date - timedelta(days=kind.renewal_lead_days)

    @api.depends("state", "date_start", "date_end")
    def _compute_is_in_force(self):
        today = fields.Date.context_today(self)
        for contract in self:
            contract.is_in_force = contract._is_in_force(today)

    def _is_in_force(self, date):
        return self.state != "draft" and self.date_start <= date <= self.date_end

    def _search_is_in_force(self, operator, value):
        if operator != "in":
            return NotImplemented
        return self._get_in_force_domain(fields.Date.context_today(self))

    @api.model
    def _get_in_force_domain(self, date):
        return (
            Domain("state", "!=", "draft") & Domain("date_start", "<=", date) & Domain("date_end", ">=", date)
        )

    @api.depends("line_ids.amount_annual", "line_ids.amount", "line_ids.date_end", "date_end")
    def _compute_amounts(self):
        for contract in self:
            going_on = contract._get_lines_going_on()
            contract.amount_annual = sum(going_on.mapped("amount_annual"))
            contract.amount = sum(contract.line_ids.mapped("amount"))

    def _is_open(self):
        """Whether it may be amended: it runs, or is renewed already and runs to its end."""
        today = fields.Date.context_today(self)
        return self.state == "running" or (self.state == "renewed" and self.date_end >= today)

    def _get_lines_going_on(self):
        """The lines that run to its end."""
        return self.line_ids.filtered(lambda line: line.date_end == line.contract_id.date_end)

    @api.depends("contract_type_id")
    def _compute_index_id(self):
        for contract in self:
            contract.index_id = contract.contract_type_id.index_id or contract.index_id

    @api.depends("successor_ids")
    def _compute_successor_id(self):
        for contract in self:
            contract.successor_id = contract.successor_ids[:1]

    # ------------------------------------------------------------
    # Rules
    # ------------------------------------------------------------

    @api.constrains("partner_id", "contact_id")
    def _check_contact(self):
        for contract in self:
            contact = contract.contact_id
            if contact and contact.commercial_partner_id != contract.partner_id:
                contract._refuse(
                    "contact_id",
                    self.env._(
                        "%(contact)s is not a contact of %(customer)s.",
                        contact=contact.display_name,
                        customer=contract.partner_id.display_name,
                    ),
                )

    def _refuse(self, name, reason):
        """:raise ValidationError: naming the contract, the field and the reason"""
        label = self.fields_get([name], ["string"])[name]["string"]
        raise ValidationError(
            self.env._(
                "%(contract)s, %(field)s: %(reason)s",
                contract=self.display_name,
                field=label,
                reason=reason,
            )
        )

    @api.model_create_multi
    def create(self, vals_list):
        """Created in a state other than draft, it is started; what closes a contract is done to it later."""
        if self.env.context.get("pemba_following") is not OURS:
            vals_list = [self._without_results(vals) for vals in vals_list]
        prepared = [self._prepare_vals(vals) for vals in vals_list]
        self._add_references(prepared)
        contracts = super().create([vals | {"state": "draft"} for vals in prepared])
        for contract, vals in zip(contracts, vals_list, strict=True):
            state = vals.get("state") or "draft"
            if state not in ("draft", "running"):
                contract._refuse("state", self.env._("a new contract is a draft, or running."))
        started = contracts.browse(
            contract.id
            for contract, vals in zip(contracts, vals_list, strict=True)
            if vals.get("state") == "running"
        )
        started.action_start()
        return contracts

    def _prepare_vals(self, vals):
        """Values with the customer's company, and the first day of the base month."""
        prepared = dict(vals)
        if vals.get("partner_id"):
            partner = self.env["res.partner"].browse(vals["partner_id"])
            prepared["partner_id"] = partner.commercial_partner_id.id
        if vals.get("index_base_month"):
            prepared["index_base_month"] = self.env["pemba.price.index"]._get_month(vals["index_base_month"])
        return prepared

    def _without_results(self, vals):
        return {name: value for name, value in vals.items() if name not in RESULTS}

    def _add_references(self, vals_list):
        new = self.env._("New")
        for vals in vals_list:
            if vals.get("name", new) == new:
                company = self.env["res.company"].browse(vals.get("company_id")) or self.env.company
                sequence = self.env["ir.sequence"].with_company(company).sudo()  # whoever creates contracts
                vals["name"] = sequence.next_by_code("pemba.contract")

    def write(self, vals):
        """Once it runs, only managers correct what was agreed on; once it is over, nobody does."""
        if self.env.context.get("pemba_following") is OURS:
            return super().write(vals)
        vals = self._prepare_vals(self._without_results(vals))
        vals.pop("predecessor_id", None)
        state = vals.pop("state", None)
        self._check_terms(vals)
        if "expected_order_date" in vals:  # of another day it is reminded again
            vals["reminded_days"] = -9999
        dates = {contract: (contract.date_start, contract.date_end) for contract in self}
        result = super().write(vals)
        if not {"date_start", "date_end", "contract_type_id"}.isdisjoint(vals):
            self._follow_dates(dates)
        if state:
            self._go_to(state)
        return result

    def _check_terms(self, vals):
        """:raise UserError: naming the contract and what may not be changed any more"""
        names = [name for name in TERMS if name in vals]
        for contract in self.filtered(lambda one: one.state != "draft") if names else self.browse():
            changed = [
                name
                for name in names
                if self._fields[name].convert_to_cache(vals[name], contract)
                != self._fields[name].convert_to_cache(contract[name], contract)
            ]
            if not changed:
                continue
            labels = self.fields_get(changed, ["string"])
            what = ", ".join(labels[name]["string"] for name in changed)
            if contract.state in CLOSED:
                raise UserError(
                    self.env._(
                        "%(contract)s is closed: %(fields)s stays.",
                        contract=contract.display_name,
                        fields=what,
                    )
                )
            if not contract._is_by_manager():
                raise UserError(
                    self.env._(
                        "%(contract)s is running: only sales managers correct %(fields)s.",
                        contract=contract.display_name,
                        fields=what,
                    )
                )

    def _is_by_manager(self):
        return self.env.su or self.env.user.has_group("pemba_crm.group_manager")

    def _follow_dates(self, before):
        """Lines that started and ended with their contract still do.

        :param before: ``{contract: (first day, last day)}``
        """
        for contract, (start, end) in before.items():
            for line in contract.line_ids:
                vals = {}
                if line.date_start == start != contract.date_start:
                    vals["date_start"] = contract.date_start
                if line.date_end == end != contract.date_end:
                    vals["date_end"] = contract.date_end
                if vals:
                    line.with_context(pemba_following=OURS).write(vals)
            contract.line_ids._check_dates()
            contract._move_renewal(end)

    def _mail_get_operation_for_mail_message_operation(self, message_operation):
        """Whoever works here and sees it may write about it."""
        operations = super()._mail_get_operation_for_mail_message_operation(message_operation)
        if message_operation == "create" and self.env.user._is_internal():
            return dict.fromkeys(operations, "read")
        return operations

    @api.ondelete(at_uninstall=False)
    def _unlink_except_running(self):
        for contract in self:
            if contract.state != "draft":
                raise UserError(
                    self.env._("%s was in force: it is terminated, not deleted.", contract.display_name)
                )

    def copy_data(self, default=None):
        vals_list = super().copy_data(default)
        for vals in vals_list:
            vals.pop("successor_id", None)
        return vals_list
