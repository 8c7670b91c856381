from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ...models.public import public

PROFILES = [("even", "Evenly"), ("last_year", "As Last Year Was Won")]


class PembaTargetSplit(models.TransientModel):
    """Split the target of a year, whenever it begins, over months or quarters."""

    _name = "pemba.target.split"
    _description = "Split a Target"
    _inherit = ["pemba.values"]

    target_id = fields.Many2one("pemba.target", required=True, ondelete="cascade")
    company_id = fields.Many2one(related="target_id.company_id")
    currency_id = fields.Many2one(related="target_id.currency_id")
    amount = fields.Monetary(related="target_id.amount", string="Amount to Split")
    months = fields.Selection(
        selection=[("1", "Months"), ("3", "Quarters"), ("6", "Half-Years")],
        string="Into",
        default="1",
        required=True,
    )
    profile = fields.Selection(
        selection=PROFILES,
        string="How",
        default="even",
        required=True,
        help="Alike, or by what was won in the same periods a year before.",
    )
    line_ids = fields.One2many(
        "pemba.target.split.line",
        "split_id",
        compute="_compute_line_ids",
        store=True,
        readonly=False,
        precompute=True,
    )
    difference = fields.Monetary(
        string="Not Split", compute="_compute_difference", help="The target less the parts."
    )

    @api.depends("target_id", "months", "profile")
    def _compute_line_ids(self):
        for split in self:
            target = split.target_id
            periods = get_periods(target.date_start, target.date_end, int(split.months)) if target else []
            weights = [1] * len(periods)
            if target and split.profile == "last_year":
                weights = target._get_last_year(periods)
            amounts = split_by_weights(target.amount, weights, target.currency_id)
            split.line_ids = [
                Command.clear(),
                *(
                    Command.create({"date_start": start, "date_end": end, "amount": amount})
                    for (start, end), amount in zip(periods, amounts, strict=True)
                ),
            ]

    @api.depends("line_ids.amount", "amount")
    def _compute_difference(self):
        for split in self:
            split.difference = split.amount - sum(split.line_ids.mapped("amount"))

    @public(one=True)
    def action_split(self):
        """Make the parts and show them.

        :raise UserError: when the target is split already, or the parts do not add up to it
        """
        target = self.target_id
        if target.with_context(active_test=False).child_ids:
            raise UserError(
                self.env._("%s is split already: delete or change its parts instead.", target.display_name)
            )
        if not target.currency_id.is_zero(self.difference):
            raise UserError(
                self.env._(
                    "%(target)s, amounts: the parts differ from the target by %(difference)s.",
                    target=target.display_name,
                    difference=target.currency_id.format(self.difference),
                )
            )
        lines = self.line_ids.filtered("amount")
        if len(lines) < 2:
            raise UserError(
                self.env._("%s would have a single part: choose shorter ones.", target.display_name)
            )
        target._split([(line.date_start, line.date_end, line.amount) for line in lines])
        return {"type": "ir.actions.act_window_close"}  # the target behind shows them


class PembaTargetSplitLine(models.TransientModel):
    """A part of a target."""

    _name = "pemba.target.split.line"
    _description = "Part of a Target"
    _inherit = ["pemba.values"]
    _order = "date_start"

    split_id = fields.Many2one("pemba.target.split", required=True, ondelete="cascade")
    currency_id = fields.Many2one(related="split_id.currency_id")
    date_start = fields.Date(string="From", required=True)
    date_end = fields.Date(string="Until", required=True)
    amount = fields.Monetary(required=True)


def split_by_weights(amount, weights, currency):
    """Share an amount out by weights; the rounded parts add up to it.

    :return: as many amounts as weights, equal ones where all weights are 0
    """
    if not any(weights):
        weights = [1] * len(weights)
    total, parts, given, until_here = sum(weights), [], 0.0, 0.0
    for weight in weights:
        until_here += weight
        part = currency.round(amount * until_here / total - given)
        parts.append(part)
        given = currency.round(given + part)
    return parts


def get_periods(start, end, months):
    """The periods of so many months from a first day to a last one: ``[(first day, last day)]``."""
    periods, day, count = [], start, 0
    while day <= end:
        count += months
        following = fields.Date.add(start, months=count)
        periods.append((day, min(end, following - timedelta(days=1))))
        day = following
    return periods
