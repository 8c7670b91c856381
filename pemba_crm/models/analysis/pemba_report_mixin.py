from odoo import api, models
from odoo.tools import SQL


class PembaReportMixin(models.AbstractModel):
    """What our reports have in common.

    Amounts of several companies in one total: Odoo converts them where the currencies differ. Where all the
    user's companies have one currency there is nothing to convert, and the total is the sum.
    """

    _name = "pemba.report.mixin"
    _description = "Amounts of Several Companies"

    @api.model
    def _get_ordered_selections(self):
        """Selections whose groups come in the order of their values, and not of the alphabet."""
        return []

    def _read_group_select(self, aggregate_spec, query):
        name, _separator, function = aggregate_spec.partition(":")
        if function == "sum_currency" and len(self.env.companies.currency_id) == 1:
            return super()._read_group_select(f"{name}:sum", query)
        return super()._read_group_select(aggregate_spec, query)

    def _read_group_orderby(self, order, groupby_terms, query):
        ordered = [name for name in self._get_ordered_selections() if name in groupby_terms]
        kept = {name: groupby_terms[name] for name in ordered}
        for name, term in kept.items():
            codes = [code for code, _label in self._fields[name].selection]
            groupby_terms[name] = SQL("ARRAY_POSITION(%s::varchar[], %s)", codes, term)
        try:
            return super()._read_group_orderby(order, groupby_terms, query)
        finally:
            groupby_terms |= kept
