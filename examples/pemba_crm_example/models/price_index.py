from odoo import api, fields, models


class PembaPriceIndex(models.Model):
    """Another formula: P1 = P0 × (a + (1 − a) × ((1 − b) × S1/S0 + b × T1/T0)), with a second index T."""

    _inherit = "pemba.price.index"

    second_index_id = fields.Many2one("pemba.price.index", domain="[('id', '!=', id)]", ondelete="restrict")
    second_share = fields.Float(string="Share of the Second Index (%)")

    def _get_facts(self, base_date, date):
        facts = super()._get_facts(base_date, date)
        if not self.second_index_id:
            return facts
        second = self.second_index_id._get_facts(base_date, date)
        return facts | {
            "second_index": second["index"],
            "second_share": self.second_share,
            "second_ratio": second["ratio"],
        }

    @api.model
    def _get_formula_coefficient(self, facts):
        if "second_ratio" not in facts:
            return super()._get_formula_coefficient(facts)
        share = facts["second_share"] / 100
        mixed = (1 - share) * facts["ratio"] + share * facts["second_ratio"]
        return super()._get_formula_coefficient(facts | {"ratio": mixed})

    @api.model
    def _get_formula_rows(self, facts):
        rows = super()._get_formula_rows(facts)
        if "second_ratio" in facts:
            share = self.env._(
                "%(share)g %% by %(ratio).6f", share=facts["second_share"], ratio=facts["second_ratio"]
            )
            rows.append((facts["second_index"], share))
        return rows
