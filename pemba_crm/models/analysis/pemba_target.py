from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date

from ..beside import write_alone
from ..company_day import get_today
from ..public import VALUES, public


class PembaTarget(models.Model):
    """What is to be won in a period, by whom, where and of what; and what of it is won by now.

    Amounts are before tax and in the currency of the company. What is achieved is what was won and closed in
    the period, of the whole company whoever looks; a zone's counts what was won in its sub-zones.
    """

    _name = "pemba.target"
    _description = "Target"
    _is_written_alone = True
    _inherit = ["pemba.axis.mixin", "pemba.guarded"]
    _order = "date_start desc, date_end desc, id"
    _check_company_auto = True
    _allow_sudo_commands = False

    name = fields.Char(help="Empty: whose target it is, of what, and the period.")
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        ondelete="cascade",
        default=lambda self: self.env.company,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    date_start = fields.Date(string="From", required=True, default=lambda self: self._get_fiscal_year()[0])
    date_end = fields.Date(
        string="Until", required=True, index=True, default=lambda self: self._get_fiscal_year()[1]
    )
    metric = fields.Selection(
        selection=[("revenue", "Revenue"), ("margin", "Margin")], default="revenue", required=True
    )
    amount = fields.Monetary(string="Target", required=True)
    user_id = fields.Many2one(
        "res.users",
        string="Salesperson",
        domain="[('share', '=', False)]",
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    team_id = fields.Many2one(
        "crm.team",
        string="Sales Team",
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    zone_id = fields.Many2one("pemba.zone", string="Sales Zone", index="btree_not_null", ondelete="restrict")
    sale_type_id = fields.Many2one("pemba.sale.type", index="btree_not_null", ondelete="restrict")
    nature = fields.Selection(
        selection=[("new", "New Business"), ("extension", "Extension"), ("renewal", "Renewal")]
    )
    distributor_id = fields.Many2one(
        "res.partner",
        domain="[('is_distributor', '=', True)]",
        check_company=True,
        index="btree_not_null",
        ondelete="restrict",
    )
    parent_id = fields.Many2one(
        "pemba.target", string="Part of", readonly=True, index="btree_not_null", ondelete="cascade"
    )
    child_ids = fields.One2many("pemba.target", "parent_id", string="Split Into")
    split_gap = fields.Monetary(
        string="Not Split",
        compute="_compute_split_gap",
        help="The target less what it is split into; nothing where it is not split.",
    )

    _period = models.Constraint("check(date_end >= date_start)", "A target ends before it begins.")
    _amount_positive = models.Constraint("check(amount > 0)", "The amount of a target must be above zero.")

    @property
    def _rec_names_search(self):
        return ["name", *(name for name in self._get_scope() if self._fields[name].relational)]

    @api.model
    def _get_scope(self):
        """What a target may be narrowed to, in the order of its name; what is empty counts all."""
        own = ["user_id", "team_id", "zone_id", "sale_type_id", "nature", "distributor_id"]
        return own + [name for name in self._get_axes() if name not in own]

    def _get_scope_values(self):
        """What it is narrowed to: ``{name: value}`` of all its scope, as they are written."""
        return self._convert_to_write({name: self[name] for name in self._get_scope()})

    @api.depends(lambda self: ["name", "metric", "date_start", "date_end", *self._get_scope()])
    @api.depends_context("lang")
    def _compute_display_name(self):
        for target in self:
            target.display_name = target.name or target._get_own_name()

    def _get_own_name(self):
        """Whose target it is, of what, and the period."""
        named = self.sudo()  # a name is no secret
        labels = [
            self._fields[name].convert_to_export(named[name], named)
            for name in self._get_scope()
            if self[name]
        ]
        labels = labels or [self.env._("All sales")]
        if self.metric == "margin":
            labels.insert(0, self.env._("Margin"))
        period = " - ".join(format_date(self.env, day) for day in (self.date_start, self.date_end) if day)
        return ", ".join([*labels, period])

    @api.model
    def _get_fiscal_year(self):
        """The first and the last day of the fiscal year of today."""
        dates = self.env.company.compute_fiscalyear_dates(get_today(self))
        return dates["date_from"], dates["date_to"]

    @api.depends("amount", "child_ids.amount")
    def _compute_split_gap(self):
        for target in self:
            parts = target.child_ids
            target.split_gap = target.amount - sum(parts.mapped("amount")) if parts else 0.0

    # ------------------------------------------------------------
    # Rules
    # ------------------------------------------------------------

    @api.constrains(lambda self: ["active", *self._get_key_fields()])
    def _check_is_only_one(self):
        """One target for the same period and scope: what is imported twice is refused.

        In Python: the database refuses no merge of two distributors.
        """
        write_alone(self.sudo())  # it is written already
        names = self._get_key_fields()
        days = [*self.mapped("date_start")]
        targets = self.sudo().search([("date_start", "in", days)])  # also of colleagues
        seen = {}
        for target in targets:
            key = tuple(target[name] for name in names)
            if key in seen and (target in self or seen[key] in self):
                raise ValidationError(
                    self.env._(
                        "%(target)s: there is a target for the same period and scope, of %(amount)s.",
                        target=target.display_name,
                        amount=target.currency_id.format(seen[key].amount),
                    )
                )
            seen[key] = target

    @api.model
    def _get_key_fields(self):
        """The fields that no two targets have alike."""
        return ["company_id", "date_start", "date_end", "metric", *self._get_scope()]

    @public(vals=VALUES)
    def write(self, vals):
        """Parts are archived with the whole, and come back with it."""
        result = super().write(vals)
        if "active" in vals:
            parts = self.with_context(active_test=False).child_ids - self
            if parts:
                parts.write({"active": vals["active"]})
        return result

    # ------------------------------------------------------------
    # Splitting
    # ------------------------------------------------------------

    def _split(self, periods):
        """Split into parts, which add up to it.

        :param periods: ``[(first day, last day, amount)]``
        :return: the parts
        """
        scope = self._get_scope_values()
        return self._put(
            [
                {
                    **scope,
                    "company_id": self.company_id.id,
                    "metric": self.metric,
                    "date_start": start,
                    "date_end": end,
                    "amount": amount,
                    "parent_id": self.id,
                }
                for start, end, amount in periods
            ]
        )

    @public(one=True)
    def action_split(self):
        """Ask how to split it."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Split %s", self.display_name),
            "res_model": "pemba.target.split",
            "view_mode": "form",
            "target": "new",
            "context": {"default_target_id": self.id},
        }

    @api.model
    @public
    def get_import_templates(self):
        """A file to start from, on the import screen."""
        return [
            {
                "label": self.env._("Import Template for Targets"),
                "template": "/pemba_crm/static/csv/pemba_target.csv",
            }
        ]
