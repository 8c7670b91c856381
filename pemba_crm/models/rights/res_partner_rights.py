from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from ..company_day import get_today
from ..public import DAY, TEXT, public


class ResPartner(models.Model):
    """What a contact is entitled to, by its company's contracts, its roles and managers' exceptions."""

    _inherit = "res.partner"

    contact_role_ids = fields.Many2many(
        "pemba.contact.role",
        string="Roles for Rights",
        help="Which of the company's rights the person may use.",
    )
    right_grant_ids = fields.One2many(
        "pemba.right.grant",
        "partner_id",
        string="Rights Granted",
        groups="pemba_crm.group_user,pemba_crm.group_support,pemba_crm.group_accountant",
    )
    right_status = fields.Selection(
        selection=[
            ("open", "Entitled"),
            ("expiring", "Expiring"),
            ("grace", "Grace"),
            ("suspended", "Suspended"),
            ("expired", "Expired"),
            ("never", "No Right"),
        ],
        string="Rights",
        compute="_compute_right_status",
        groups="base.group_user",
        help="The best of what the contact is entitled to today.",
    )
    right_info = fields.Html(
        string="Rights in Detail",
        compute="_compute_right_status",
        sanitize=False,
        export_string_translation=False,
        groups="base.group_user",
    )

    @api.depends("contact_role_ids", "commercial_partner_id", "right_grant_ids")
    @api.depends_context("lang", "allowed_company_ids")
    def _compute_right_status(self):
        sees = self.env["pemba.contract"].has_access("read")
        rights = self.env["pemba.right"].search([], limit=None) if sees else ()
        for partner in self:
            checks = partner._check_rights(rights) if sees and partner._origin else []
            ranks = list(self._get_right_statuses())
            partner.right_status = min(
                (check["status"] for _right, check in checks), key=ranks.index, default=False
            )
            known = any(check["status"] != "never" or check["contract"] for _right, check in checks)
            partner.right_info = known and self.env["ir.qweb"]._render(
                "pemba_crm.res_partner_rights", {"checks": checks, "labels": self._get_status_labels()}
            )

    @api.model
    def _get_right_statuses(self):
        """From the best to the worst, with each whether the right is given: a new dict."""
        given = dict.fromkeys(("open", "expiring", "grace"), True)
        return given | dict.fromkeys(("suspended", "expired", "never"), False)

    @api.model
    def _get_status_labels(self):
        return dict(self._fields["right_status"]._description_selection(self.env))

    # ------------------------------------------------------------
    # The check
    # ------------------------------------------------------------

    @api.readonly
    @public(one=True, code=TEXT, equipment="pemba.equipment", date=DAY)
    def check_right(self, code, equipment=None, date=None):
        """What this contact is entitled to. It only reads.

        :param code: of the right: ``support``, ``hotline``, ``update``, ``upgrade``, ``download`` or another
        :param equipment: the equipment (or its id) that it is about; without one, whatever the contact's
            company has in a contract
        :param date: the day (or its ISO date), else today
        :return: ``{allowed, status, reason, valid_until, contract, max_version}``: a boolean; ``open``,
            ``expiring``, ``grace``, ``suspended``, ``expired`` or ``never``; a sentence; the last day as an
            ISO date or False; the ids of the contract and of the highest version of the equipment's software
            that was released while maintenance ran, or False
        :raise UserError: for a code that is no right's, or equipment that does not exist
        """
        self.check_access("read")
        right = self.env["pemba.right"].search([("code", "=", code)], limit=1)
        if not right:
            raise UserError(self.env._("There is no right with the code %s.", code))
        check = self._check_right(right, equipment, date)
        return check | {
            "valid_until": fields.Date.to_string(check["valid_until"]) or False,
            "contract": check["contract"].id,
            "max_version": check["max_version"].id,
        }

    def _check_right(self, right, equipment=None, date=None):
        """As ``check_right``, with records and days."""
        [(_right, check)] = self._check_rights(right, equipment, date)
        return check

    def _check_rights(self, rights, equipment=None, date=None):
        """Several rights of a contact at once.

        :return: ``[(right, check)]``, see ``check_right``, with records and days
        """
        date = date or get_today(self)
        lines = self._get_right_lines(equipment, date)
        grants = self._get_grants(date)
        return [(right, self._check_one(right, lines, grants, equipment, date)) for right in rights]

    def _check_one(self, right, lines, grants, equipment, date):
        check = {
            "allowed": False,
            "status": "never",
            "reason": self._get_reason_without_contract(equipment),
            "valid_until": False,
            "contract": self.env["pemba.contract"],
            "max_version": self.env["pemba.software.version"],
        }
        lines = lines.filtered(lambda line: right in line.contract_id.contract_type_id.right_ids)
        if lines:
            ranks = list(self._get_right_statuses())
            check |= min(
                (self._judge(of_contract, date) for of_contract in lines.grouped("contract_id").values()),
                key=lambda one: (ranks.index(one["status"]), -one["valid_until"].toordinal()),
            )
            check["max_version"] = self._get_max_version(lines, equipment, date)
        missing = self._get_missing_role(right)
        if missing and check["status"] != "never":
            check |= {"status": "never", "reason": missing, "valid_until": False}
        check["allowed"] = self._get_right_statuses()[check["status"]]
        grant = grants.filtered(lambda one: one.right_id == right)[:1]
        if grant and not check["allowed"]:
            check |= {
                "allowed": True,
                "status": "open",
                "reason": self.env._(
                    "Granted by %(manager)s until %(date)s: %(reason)s",
                    manager=grant.create_uid.name,
                    date=format_date(self.env, grant.date_end),
                    reason=grant.reason,
                ),
                "valid_until": grant.date_end,
            }
        return check

    def _get_right_lines(self, equipment, date):
        """The contract lines that may give rights: those of an equipment, else of the contact's company."""
        entity = self.commercial_partner_id
        domain = Domain("contract_id.state", "!=", "draft") & Domain("date_start", "<=", date)
        own = Domain("contract_id.partner_id", "in", (self | entity).ids)  # or what it has alone still
        if equipment:
            domain &= Domain("equipment_id", "=", equipment.id)
            own |= Domain("contract_id.distributor_id.commercial_partner_id", "=", entity.id)
            own |= Domain("contract_id.authorized_partner_ids", "in", (self | entity).ids)
        lines = self.env["pemba.contract.line"].search(domain & own)
        # What went to another customer is not covered by the contract of the one before.
        return lines.filtered(
            lambda line: not equipment or line.contract_id.partner_id == equipment.partner_id
        )

    def _get_reason_without_contract(self, equipment):
        if equipment:
            return self.env._(
                "No contract of %(customer)s covers %(equipment)s with this right.",
                customer=self.commercial_partner_id.display_name,
                equipment=equipment.display_name,
            )
        return self.env._("%s has no contract with this right.", self.commercial_partner_id.display_name)

    def _judge(self, lines, date):
        """What the lines of one contract give on a day.

        :return: ``{status, reason, valid_until, contract}``
        """
        contract = lines.contract_id
        end = self._get_last_day(lines)
        following = contract.successor_id
        has_started = following.state not in (False, "draft")
        goes_on = has_started and end == contract.date_end
        until = format_date(self.env, end)
        verdict = {"contract": contract, "valid_until": end}
        if date <= end:
            if contract.is_on_hold:
                reason = self.env._(
                    "%(contract)s is on hold: %(reason)s", contract=contract.name, reason=contract.hold_reason
                )
                return verdict | {"status": "suspended", "reason": reason}
            reason = self.env._("%(contract)s runs until %(date)s.", contract=contract.name, date=until)
            lead_days = contract.contract_type_id.renewal_lead_days
            if not goes_on and end <= date + timedelta(days=lead_days):
                return verdict | {"status": "expiring", "reason": reason}
            return verdict | {"status": "open", "reason": reason}
        grace = end + timedelta(days=contract.contract_type_id.grace_days)
        is_renewed = contract.state in ("running", "expired", "renewed") and not contract.close_reason
        reason = self.env._("%(contract)s ended on %(date)s.", contract=contract.name, date=until)
        may_wait = is_renewed and end == contract.date_end and not (has_started or contract.is_on_hold)
        if date <= grace and may_wait:
            reason = self.env._(
                "%(contract)s ended on %(date)s, and is being renewed: until %(grace)s.",
                contract=contract.name,
                date=until,
                grace=format_date(self.env, grace),
            )
            return verdict | {"status": "grace", "reason": reason, "valid_until": grace}
        return verdict | {"status": "expired", "reason": reason}

    def _get_last_day(self, lines):
        """The last day of lines of a contract, and of what goes on of them without a gap."""
        end = max(lines.mapped("date_end"))
        going_on = lines.contract_id.line_ids
        if lines.equipment_id:
            going_on = going_on.filtered(lambda line: line.equipment_id in lines.equipment_id)
        for line in going_on.sorted("date_start"):
            if line.date_start <= end + timedelta(days=1):
                end = max(end, line.date_end)
        return end

    def _get_max_version(self, lines, equipment, date):
        """The highest version of the equipment's software that was released by the last day covered."""
        software = equipment.software_id if equipment else lines.equipment_id.software_id
        if len(software) != 1:
            return software.version_ids.browse()
        covered = min(max(lines.mapped("date_end")), date)
        released = software.with_context(active_test=False).version_ids.filtered(
            lambda version: version.release_date and version.release_date <= covered
        )
        return released.sorted("sequence")[-1:]

    def _get_missing_role(self, right):
        """Why the contact's roles do not allow a right; nothing where they do."""
        if self == self.commercial_partner_id:
            return ""
        if self.contact_role_ids:
            if right in self.contact_role_ids.right_ids:
                return ""
            return self.env._(
                "The roles of %(contact)s (%(roles)s) do not include it.",
                contact=self.display_name,
                roles=", ".join(self.contact_role_ids.mapped("name")),
            )
        parameters = self.env["ir.config_parameter"].sudo()  # a setting
        if parameters.get_param("pemba_crm.roles_required"):
            return self.env._("%s has no role.", self.display_name)
        return ""

    def _get_grants(self, date):
        """Managers' exceptions for the contact, or for the company."""
        return self.env["pemba.right.grant"].search(
            [
                ("partner_id", "in", (self | self.commercial_partner_id).ids),
                ("date_start", "<=", date),
                ("date_end", ">=", date),
            ],
            order="date_end desc",
        )
