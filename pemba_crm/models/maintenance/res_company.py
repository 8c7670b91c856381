from odoo import models

from ..scalars import clear


class ResCompany(models.Model):
    _inherit = "res.company"

    def _follow_currency(self, old):
        """Contracts that are not over keep their figures, too."""
        result = super()._follow_currency(old)
        contracts = self.env["pemba.contract"].sudo()  # those of everybody
        contracts = contracts.search(
            [
                ("company_id", "=", self.id),
                ("currency_id", "=", old.id),
                ("state", "in", ("draft", "running", "renewed")),
            ]
        ).filtered(lambda one: one.state == "draft" or one._is_open())
        contracts._set(currency_id=self.currency_id.id)
        clear(contracts.line_ids, ["rounding_amount"])
        names = ["amount", "amount_annual"]
        for records in (contracts.line_ids, contracts):
            clear(records, names)
            for name in names:
                self.env.add_to_compute(records._fields[name], records)
            records.flush_recordset(names)
        contracts.line_ids._follow_rounding()
        return result
