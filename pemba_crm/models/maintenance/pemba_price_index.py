from dateutil.relativedelta import relativedelta
from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date


class PembaPriceIndex(models.Model):
    """An index that the prices of contracts follow, such as Syntec, and the values published for it."""

    _name = "pemba.price.index"
    _description = "Price Index"
    _inherit = ["pemba.guarded"]
    _order = "name, id"

    name = fields.Char(required=True)
    active = fields.Boolean(default=True)
    publisher = fields.Char(help="Who publishes it, and where.")
    predecessor_id = fields.Many2one(
        "pemba.price.index",
        string="Continues",
        index="btree_not_null",
        ondelete="restrict",
        domain="[('id', '!=', id)]",
        copy=False,
        help="The series that this one replaces.",
    )
    link_coefficient = fields.Float(
        digits=0,
        default=1.0,
        help="What a value of the old series is multiplied by to be compared with values of this one.",
    )
    expected_rate = fields.Float(
        string="Expected Rise (% a year)",
        min_display_digits=2,
        help="For estimates of the revenue to come alone; no price is ever computed with it.",
    )
    value_ids = fields.One2many("pemba.price.index.value", "index_id", string="Values")
    last_value_id = fields.Many2one("pemba.price.index.value", compute="_compute_last_value_id")

    _link_coefficient_positive = models.Constraint(
        "check(link_coefficient > 0)", "The coefficient that links two series is above zero."
    )

    @api.depends("value_ids.month", "value_ids.state")
    def _compute_last_value_id(self):
        for index in self:
            final = index.value_ids.filtered(lambda value: value.state == "final")
            index.last_value_id = final.sorted("month")[-1:]

    @api.constrains("expected_rate")
    def _check_expected_rate(self):
        for index in self:
            if not -100 < index.expected_rate <= 1000:
                index._refuse_value(
                    "expected_rate", index.expected_rate, self.env._("it is between −100 and 1,000 %.")
                )

    @api.constrains("predecessor_id")
    def _check_predecessor(self):
        if self._has_cycle("predecessor_id"):
            raise ValidationError(self.env._("%s cannot continue itself.", self[:1].display_name))

    def _revalue(self, amount, base_date, date, fixed_share=0, cap=None, floor=None, currency=None):
        """What a price becomes from one month to another: P1 = P0 × (a + (1 − a) × S1 / S0).

        That is the usual clause of French contracts, with a the share of the price that is fixed. Only the
        final values of exactly these two months are taken.

        :param amount: P0
        :param base_date: a day of the month of S0
        :param date: a day of the month of S1
        :param fixed_share: a, 0 to 100
        :param cap: the most that the price may rise by, in %
        :param floor: the least that it rises by, in %; 0: it does not fall
        :param currency: what the price is rounded in; the company's if not given
        :return: ``{price, coefficient, base_value, base_index, base_month, value, index, month, ratio,
            fixed_share, cap, floor}``: the coefficient is that of the price, the ratio S1 / S0 with linked
            series compared
        :raise UserError: naming the index and the month that has no final value
        """
        self.ensure_one()
        facts = self._get_facts(base_date, date) | {"fixed_share": fixed_share, "cap": cap, "floor": floor}
        coefficient = self._limit(self._get_formula_coefficient(facts), cap, floor)
        currency = currency or self.env.company.currency_id
        return facts | {"coefficient": coefficient, "price": currency.round(amount * coefficient)}

    def _get_facts(self, base_date, date):
        """What the formula uses, and what the printed computation shows; an add-on may add its own.

        :raise UserError: naming the index and the month that has no final value
        """
        months = self._get_month(base_date), self._get_month(date)
        (base, base_link), (value, link) = (self._get_final_value(month) for month in months)
        return {
            "base_value": base.value,
            "base_index": base.index_id,
            "base_month": months[0],
            "value": value.value,
            "index": value.index_id,
            "month": months[1],
            "ratio": value.value * link / (base.value * base_link),
        }

    @api.model
    def _get_formula_coefficient(self, facts):
        """P1 / P0 by the formula alone, before cap and floor.

        :param facts: see ``_get_facts``, and the conditions of the contract
        """
        share = facts["fixed_share"] / 100
        return share + (1 - share) * facts["ratio"]

    @api.model
    def _get_formula_rows(self, facts):
        """What the printed computation says: a list of ``(label, text)``, in the language of the context.

        :param facts: what ``_revalue`` gave, as JSON
        """
        return []

    @api.model
    def _limit(self, coefficient, cap=None, floor=None):
        """A coefficient within cap and floor, in % of the rise; None: without."""
        if cap is not None:
            coefficient = min(coefficient, 1 + cap / 100)
        if floor is not None:
            coefficient = max(coefficient, 1 + floor / 100)
        return coefficient

    def _get_final_value(self, month):
        """The final value of a month, in this series or in one that it continues.

        :param month: its first day
        :return: ``(value, what it is multiplied by to be compared with values of this series)``
        :raise UserError: naming index and month where there is none
        """
        for index, link in self._get_series():
            value = index.value_ids.filtered(lambda one: one.month == month and one.state == "final")
            if value:
                return value, link
        raise UserError(
            self.env._(
                "%(index)s has no final value for %(month)s.",
                index=self.display_name,
                month=format_date(self.env, month, date_format="MMMM yyyy"),
            )
        )

    def _get_newest_month(self, date):
        """The newest month up to a day that has a final value, in this series or one that it continues."""
        return max((month for month in self._get_final_months() if month <= date), default=None)

    def _get_final_months(self):
        """The months that have a final value, in this series or in one that it continues: a new set."""
        return {
            value.month
            for index, _link in self._get_series()
            for value in index.value_ids
            if value.state == "final"
        }

    def _get_missing_month(self, base, limit):
        """The month whose value is entered next for prices to be revised: that of the base, else a newer one.

        :param base: the month that prices are of
        :param limit: the newest month that is old enough
        """
        months = self._get_final_months()
        if base not in months:
            return base
        following = max(months) + relativedelta(months=1)
        return limit if base < limit < following else following

    def _get_series(self):
        """The series and those that it continues: ``[(index, coefficient to this one)]``."""
        series, index, link = [], self, 1.0
        while index:
            series.append((index, link))
            link *= index.link_coefficient
            index = index.predecessor_id
        return series

    def _get_expected_coefficient(self, years):
        """What an estimate multiplies a price by, some years from now."""
        return (1 + self.expected_rate / 100) ** years

    @api.model
    def _get_month(self, date):
        """The first day of the month of a day."""
        return fields.Date.to_date(date).replace(day=1)
