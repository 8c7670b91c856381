from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.exceptions import ValidationError

MOST_MONTHS = 600
MOST_DAYS = 18_300


class PembaContractType(models.Model):
    """The conditions of a kind of contract: its duration, renewal, prices and rights."""

    _name = "pemba.contract.type"
    _description = "Contract Type"
    _inherit = ["pemba.guarded"]
    _order = "sequence, name, id"

    name = fields.Char(required=True, translate=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    duration_months = fields.Integer(string="Duration (months)", default=12, required=True)
    notice_months = fields.Integer(
        string="Notice (months)",
        default=3,
        help="How long before its end a contract may still be terminated.",
    )
    renewal_lead_days = fields.Integer(
        string="Renewal Opens (days before the notice)",
        default=30,
        help="The renewal opportunity is opened so many days before the last day of notice; as many days "
        "before the end, rights are shown as expiring.",
    )
    grace_days = fields.Integer(
        string="Grace (days)", help="For how long after its end rights are still given while it is renewed."
    )
    is_tacit = fields.Boolean(
        string="Tacit Renewal", help="Without notice, the next contract starts by itself."
    )
    make_quotation = fields.Boolean(
        string="Quotation at Once", help="The renewal opportunity is opened with its quotation."
    )
    index_id = fields.Many2one("pemba.price.index", ondelete="restrict", index="btree_not_null")
    index_lag_months = fields.Integer(
        string="Index Lag (months)",
        help="The newest final value at least so many months before the new term is taken.",
    )
    fixed_share = fields.Float(
        string="Fixed Share (%)", min_display_digits=2, help="The share of the price that no index changes."
    )
    has_cap = fields.Boolean(
        string="Capped", compute="_compute_has_cap", store=True, readonly=False, precompute=True
    )
    cap_rate = fields.Float(
        string="Cap (%)", min_display_digits=2, help="The most that prices rise by at a renewal."
    )
    has_floor = fields.Boolean(
        string="With a Floor", compute="_compute_has_floor", store=True, readonly=False, precompute=True
    )
    floor_rate = fields.Float(
        string="Floor (%)",
        min_display_digits=2,
        help="The least that prices rise by at a renewal; 0: they never fall.",
    )
    reminder_days = fields.Char(
        string="Reminders (days)",
        default="-30, -7, 7, 30",
        help="When whoever is in charge is reminded, in days from the planned order date; negative: before.",
    )

    _duration_positive = models.Constraint("check(duration_months > 0)", "A contract lasts a month or more.")
    _not_negative = models.Constraint(
        "check(notice_months >= 0 AND renewal_lead_days >= 0 AND grace_days >= 0 AND index_lag_months >= 0)",
        "Notice, renewal, grace and index lag are not negative.",
    )
    _fixed_share_range = models.Constraint(
        "check(fixed_share >= 0 AND fixed_share <= 100)", "The fixed share is between 0 and 100 %."
    )

    @api.depends("cap_rate")
    def _compute_has_cap(self):
        for contract_type in self:
            contract_type.has_cap = bool(contract_type.cap_rate)

    @api.depends("floor_rate")
    def _compute_has_floor(self):
        for contract_type in self:
            contract_type.has_floor = bool(contract_type.floor_rate)

    def _get_cap(self):
        """The most that prices rise by, in %; None without a cap."""
        return self.cap_rate if self.has_cap else None

    def _get_floor(self):
        """The least that prices rise by, in %; None without a floor."""
        return self.floor_rate if self.has_floor else None

    def _get_last_month(self, start):
        """The newest month whose index value is old enough for a term that starts on a day."""
        return start.replace(day=1) - relativedelta(months=self.index_lag_months)

    @api.model
    def _get_longest(self):
        """The most that durations make sense for: ``{field: value}``, in months or days."""
        days = dict.fromkeys(("renewal_lead_days", "grace_days"), MOST_DAYS)
        return days | dict.fromkeys(("duration_months", "notice_months", "index_lag_months"), MOST_MONTHS)

    @api.constrains(lambda self: list(self._get_longest()))
    def _check_durations(self):
        for contract_type in self:
            for name, most in self._get_longest().items():
                if contract_type[name] > most:
                    contract_type._refuse_value(
                        name, contract_type[name], self.env._("at most %s, which is 50 years.", most)
                    )

    @api.constrains("cap_rate", "floor_rate", "has_cap", "has_floor")
    def _check_limits(self):
        for contract_type in self:
            cap, floor = contract_type._get_cap(), contract_type._get_floor()
            if cap is not None and cap < 0:
                contract_type._refuse_value("cap_rate", cap, self.env._("a cap is not negative."))
            if floor is not None and floor <= -100:
                contract_type._refuse_value("floor_rate", floor, self.env._("a floor is above −100 %."))
            if None not in (cap, floor) and cap < floor:
                contract_type._refuse_value(
                    "cap_rate", cap, self.env._("it is below the floor, %s %%.", floor)
                )

    @api.constrains("reminder_days")
    def _check_reminder_days(self):
        for contract_type in self:
            try:
                if any(abs(days) > MOST_DAYS for days in contract_type._get_reminders()):
                    raise ValueError
            except ValueError as error:
                raise ValidationError(
                    self.env._(
                        "%(type)s, reminders: %(days)s is no list of numbers such as -30, 7.",
                        type=contract_type.display_name,
                        days=contract_type.reminder_days,
                    )
                ) from error

    def _get_reminders(self):
        """The days of its reminders, from the expected order."""
        return [int(part) for part in (self.reminder_days or "").replace(";", ",").split(",") if part.strip()]
