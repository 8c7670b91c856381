import logging

from markupsafe import Markup
from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ..company_day import by_day, get_day_sql, get_today
from ..maintenance.pemba_contract_job import FAILURES
from ..pipeline.crm_lead import SILENT

_logger = logging.getLogger(__name__)

# The states of a contract whose order may still come: after it, once it was renewed tacitly, too.
AWAITING = ("running", "renewed", "expired")


class PembaContract(models.Model):
    """The customer's order for the renewal of a contract: when it is expected, and whether it came."""

    _inherit = "pemba.contract"

    expected_order_date = fields.Date(
        string="Order Expected",
        groups="base.group_user",
        copy=False,
        index="btree_not_null",
        tracking=True,
        help="When the customer's order for the renewal is expected; the end of the contract unless changed.",
    )
    order_received_date = fields.Date(
        string="Order Received", copy=False, tracking=True, groups="base.group_user"
    )
    order_reference = fields.Char(
        string="Customer's Reference",
        copy=False,
        tracking=True,
        groups="base.group_user",
        help="Of the customer's order for the renewal.",
    )
    expected_order_amount = fields.Monetary(
        string="Order Amount",
        compute="_compute_expected_order_amount",
        compute_sudo=True,
        store=True,
        groups="base.group_user",
        currency_field="order_currency_id",
        help="What the renewal offers, in its currency, before tax.",
    )
    order_currency_id = fields.Many2one(
        "res.currency",
        compute="_compute_expected_order_amount",
        compute_sudo=True,
        store=True,
        groups="base.group_user",
    )
    order_state = fields.Selection(
        selection=[
            ("expected", "Expected"),
            ("late", "Late"),
            ("received", "Received"),
            ("none", "No Order"),
        ],
        string="Order",
        compute="_compute_order_state",
        compute_sudo=True,  # the customer may know, but not when we expect it
        search="_search_order_state",
        help="Of the customer's order for the renewal. It is late once the day has passed without it.",
    )
    order_color = fields.Integer(
        compute="_compute_order_color", groups="base.group_user", export_string_translation=False
    )
    reminded_days = fields.Integer(
        readonly=True,
        copy=False,
        default=-9999,
        groups="base.group_user",
        help="The last reminder, in days from the expected order.",
    )

    @api.depends("expected_order_date", "order_received_date", "state", "close_reason")
    def _compute_order_state(self):
        for contract in self:
            if contract.order_received_date:
                contract.order_state = "received"
            elif not contract.expected_order_date or contract.state not in AWAITING or contract.close_reason:
                contract.order_state = "none"
            else:
                is_late = contract.expected_order_date < get_today(contract)
                contract.order_state = "late" if is_late else "expected"

    @api.depends("renewal_lead_ids.deal_amount", "renewal_lead_ids.deal_currency_id", "currency_id")
    def _compute_expected_order_amount(self):
        for contract in self:
            lead = contract.renewal_lead_id
            contract.expected_order_amount = lead.deal_amount
            contract.order_currency_id = lead.deal_currency_id or contract.currency_id

    def _prepare_vals(self, vals):
        """Of another day it is reminded again."""
        vals = super()._prepare_vals(vals)
        return vals | {"reminded_days": -9999} if "expected_order_date" in vals else vals

    def _get_order_deadline(self):
        """By when the customer is asked to order: the day expected, else the end; none that is past."""
        today = get_today(self)
        days = (self.expected_order_date, self.date_end)
        return next((day for day in days if day and day >= today), False)

    @api.depends("order_state")
    def _compute_order_color(self):
        """Of Odoo's colours: red, blue and green."""
        colors = {"late": 1, "expected": 4, "received": 10}
        for contract in self:
            contract.order_color = colors.get(contract.order_state, 0)

    def _search_order_state(self, operator, value):
        if operator != "in":
            return NotImplemented
        received = Domain("order_received_date", "!=", False)
        awaited = self._get_awaited_domain()
        domains = {
            "received": received,
            "expected": awaited & self._by_order_day(">="),
            "late": awaited & self._by_order_day("<"),
            "none": ~received & ~awaited,
        }
        return Domain.OR([domains[state] for state in value if state in domains])

    @api.model
    def _by_order_day(self, operator):
        """Whether the day of the order is before today, or not."""
        return by_day(self.env.companies, lambda today: Domain("expected_order_date", operator, today))

    def _field_to_sql(self, alias, field_expr, query=None):
        """Whether an order is late is of today; lists and cards group by it all the same."""
        if field_expr != "order_state":
            return super()._field_to_sql(alias, field_expr, query)

        def column(name):
            return super(PembaContract, self)._field_to_sql(alias, name, query)

        return SQL(
            "(CASE WHEN %s IS NOT NULL THEN 'received' WHEN %s IS NULL OR %s != ALL(%s) OR %s IS NOT NULL"
            " THEN 'none' WHEN %s < %s THEN 'late' ELSE 'expected' END)",
            column("order_received_date"),
            column("expected_order_date"),
            column("state"),
            list(AWAITING),
            column("close_reason"),
            column("expected_order_date"),
            get_day_sql(self.env.companies, column("company_id")),
        )

    @api.model
    def _get_awaited_domain(self):
        return (
            Domain("order_received_date", "=", False)
            & Domain("expected_order_date", "!=", False)
            & Domain("state", "in", AWAITING)
            & Domain("close_reason", "=", False)
        )

    # ------------------------------------------------------------
    # Reminders
    # ------------------------------------------------------------

    @api.model
    def _cron_remind_orders(self):
        """Remind who is in charge of the orders that are expected, as the contract's type says.

        Each reminder is sent once; all that are due to one person on a day make one message, and of several
        that were missed only the last one counts.

        :return: whether there was time for all
        """
        awaited = self._get_awaited_domain()
        due = self.browse(contract.id for contract in self.search(awaited)._get_reminders_due())
        for contracts in due.grouped(type(self)._get_reminded_user).values():
            of_user = awaited & Domain("id", "in", contracts.ids)
            if not self._work_off(of_user, type(self)._remind, len(contracts)):
                return False
        return True

    def _get_reminders_due(self):
        """:return: ``{contract: the last of its reminders that was passed}``, where it was not sent yet"""
        due = {}
        for contract in self:
            days = (get_today(contract) - contract.expected_order_date).days
            passed = [offset for offset in contract.contract_type_id._get_reminders() if offset <= days]
            last = max(passed, default=None)
            if last is not None and last > contract.reminded_days and contract._get_reminded_user():
                due[contract] = last
        return due

    def _remind(self):
        """Remind the one person who is in charge of all of these."""
        due = self._get_reminders_due()
        contracts = self.browse(contract.id for contract in due)
        if not contracts:
            return
        user = contracts[0]._get_reminded_user()
        try:
            with self.env.cr.savepoint():
                for last, reminded in contracts.grouped(due.get).items():
                    reminded.with_context(**SILENT)._set(reminded_days=last)
                contracts._send_reminder(user)
        except FAILURES as error:  # the others are reminded all the same
            self.env.invalidate_all()
            _logger.info("%s is not reminded. %s", user.name, error)

    def _get_reminded_user(self):
        """Who is in charge: the salesperson, else the manager of the zone."""
        return (self.user_id | self.zone_id.user_id).filtered("active")[:1]

    def _send_reminder(self, user):
        """One message about all of these contracts to a person, in that person's language."""
        of_user = self.with_context(lang=user.lang)
        rows = Markup().join(
            Markup("<li><a href='/odoo/pemba-contracts/%s'>%s</a>: %s</li>")
            % (contract.id, contract.display_name, contract._describe_awaited())
            for contract in of_user.sorted("expected_order_date")
        )
        self.env["mail.thread"].sudo().message_notify(  # nobody writes it
            partner_ids=user.partner_id.ids,
            subject=of_user.env._("Renewal orders expected: %s", len(self)),
            body=Markup("<ul>%s</ul>") % rows,
        )

    def _describe_awaited(self):
        """When the order is expected, and whether the customer has an offer to order by."""
        date = format_date(self.env, self.expected_order_date)
        is_late = self.order_state == "late"
        leads = self.sudo().renewal_lead_ids  # whoever is in charge of the renewal
        sent = leads.order_ids.filtered(lambda order: order.state == "sent")
        if not sent:
            if is_late:
                return self.env._("the order was expected on %s, but no offer was sent", date)
            return self.env._("the order is expected on %s, but no offer was sent", date)
        values = {"date": date, "offers": ", ".join(sent.mapped("name"))}
        if is_late:
            return self.env._("the order was expected on %(date)s, by the offer %(offers)s", **values)
        return self.env._("the order is expected on %(date)s, by the offer %(offers)s", **values)
