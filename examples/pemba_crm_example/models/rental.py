from odoo import api, models
from odoo.fields import Domain

RENTAL = "pemba_crm_example.sale_type_rental"


class PembaOpportunityLine(models.Model):
    """A sale type with a behaviour of its own: what is rented comes into the base, and into no contract."""

    _inherit = "pemba.opportunity.line"

    def _is_rented(self):
        return self.sale_type_id == self.env.ref(RENTAL)

    @api.model
    def _get_base_domain(self):
        return super()._get_base_domain() | Domain("sale_type_id", "=", self.env.ref(RENTAL).id)

    @api.depends("sale_type_id")
    def _compute_comes_into_base(self):
        return super()._compute_comes_into_base()

    @api.depends("sale_type_id")
    def _compute_is_contracted(self):
        result = super()._compute_is_contracted()
        self.filtered(lambda line: line._is_rented()).is_contracted = False
        return result
