from odoo import api, models
from odoo.tools import SQL


class PembaReportMixin(models.AbstractModel):
    """Amounts of several companies in one total: Odoo converts them where the currencies differ.

    Where all the user's companies have one currency there is nothing to convert, and the total is the sum.
    """

    _name = "pemba.report.mixin"
    _description = "Amounts of Several Companies"

    def _read_group_select(self, aggregate_spec, query):
        name, _separator, function = aggregate_spec.partition(":")
        if function == "sum_currency" and len(self.env.companies.currency_id) == 1:
            return super()._read_group_select(f"{name}:sum", query)
        return super()._read_group_select(aggregate_spec, query)

    @api.model
    def _get_share_sql(self, part, whole, query):
        """Of many rows: the sum of a part ÷ the sum of the whole, and not the mean of shares.

        :param part: the name of a field, and ``whole`` of one or of several that are added
        """
        return SQL(
            "SUM(%s) / NULLIF(%s, 0)",
            self._field_to_sql(self._table, part, query),
            SQL(" + ").join(SQL("SUM(%s)", self._field_to_sql(self._table, name, query)) for name in whole),
        )

    @api.model
    def _get_shared_company(self):
        """The company of opportunities without one, where it must be the same whoever looks.

        Elsewhere they are of the current company, as Odoo has it.
        """
        return self.env.ref("base.user_root").company_id
