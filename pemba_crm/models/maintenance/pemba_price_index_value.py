from odoo import api, fields, models
from odoo.tools import format_date


class PembaPriceIndexValue(models.Model):
    """The value of an index for a month, as it was published."""

    _name = "pemba.price.index.value"
    _description = "Value of a Price Index"
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
            value.display_name = f"{value.index_id.name} {month or ''} {value.value:g}"

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._with_first_day(vals) for vals in vals_list])

    def write(self, vals):
        return super().write(self._with_first_day(vals))

    @api.model
    def _with_first_day(self, vals):
        if not vals.get("month"):
            return vals
        return vals | {"month": self.env["pemba.price.index"]._get_month(vals["month"])}
