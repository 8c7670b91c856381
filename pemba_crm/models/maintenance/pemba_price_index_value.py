from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date

from ..public import VALUES, VALUES_LIST, public


class PembaPriceIndexValue(models.Model):
    """The value of an index for a month, as it was published."""

    _name = "pemba.price.index.value"
    _description = "Value of a Price Index"
    _inherit = ["pemba.guarded"]
    _order = "index_id, month desc, id desc"

    index_id = fields.Many2one("pemba.price.index", required=True, ondelete="cascade")
    month = fields.Date(required=True, help="Any day of the month; its first day is kept.")
    value = fields.Float(required=True, digits=0, aggregator=None)
    state = fields.Selection(
        selection=[("provisional", "Provisional"), ("final", "Final")],
        default="final",
        required=True,
        help="No price is computed with a provisional value.",
    )
    source = fields.Char(help="Where it was published.")

    _index_month_uniq = models.Constraint(
        "unique(index_id, month)", "This index has a value for that month already."
    )
    _value_positive = models.Constraint("check(value > 0)", "The value of an index is above zero.")

    @api.depends("index_id.name", "month", "value")
    def _compute_display_name(self):
        for value in self:
            month = value.month and format_date(self.env, value.month, date_format="MMM yyyy")
            value.display_name = f"{value.index_id.name} {month or ''} {value.value:.12g}"

    @api.model_create_multi
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):
        """A value that is published for good takes the place of the provisional one of its month."""
        vals_list = [self._with_first_day(vals) for vals in vals_list]
        provisional = self._get_of_months({self._get_key(vals) for vals in vals_list}).filtered(
            lambda one: one.state == "provisional"
        )
        of_key = {(one.index_id.id, one.month): one for one in provisional}
        taken = {
            rank: of_key.pop(self._get_key(vals))
            for rank, vals in enumerate(vals_list)
            if vals.get("state", "final") == "final" and self._get_key(vals) in of_key
        }
        for rank, value in taken.items():
            value.write(vals_list[rank] | {"state": "final"})
        others = {rank: vals for rank, vals in enumerate(vals_list) if rank not in taken}
        self._check_months({self._get_key(vals) for vals in others.values()})
        created = dict(zip(others, super().create(list(others.values())), strict=True))
        return self.browse((taken | created)[rank].id for rank in range(len(vals_list)))

    @api.model
    def _get_key(self, vals):
        return vals.get("index_id"), vals.get("month")

    @public(vals=VALUES)
    def write(self, vals):
        vals = self._with_first_day(vals)
        if not {"index_id", "month"}.isdisjoint(vals):
            pairs = {
                (vals.get("index_id") or value.index_id.id, vals.get("month") or value.month)
                for value in self
            }
            self._check_months(pairs)
        return super().write(vals)

    def _check_months(self, pairs):
        """:raise ValidationError: naming the index and the month that has a value already

        :param pairs: ``{(index's id, first of the month)}`` that these values are of
        """
        for other in self._get_of_months(pairs) - self:
            raise ValidationError(
                self.env._(
                    "%(index)s has the value %(value)s for %(month)s already: change that one.",
                    index=other.index_id.display_name,
                    value=f"{other.value:.12g}",
                    month=format_date(self.env, other.month, date_format="MMMM yyyy"),
                )
            )

    @api.model
    def _get_of_months(self, pairs):
        """The values that there are of ``{(index's id, first of the month)}``."""
        months = [month for _index, month in pairs if month]
        found = self.search([("month", "in", months)])
        return found.filtered(lambda one: (one.index_id.id, one.month) in pairs)

    @api.model
    def _with_first_day(self, vals):
        if not vals.get("month"):
            return vals
        return vals | {"month": self.env["pemba.price.index"]._get_month(vals["month"])}
