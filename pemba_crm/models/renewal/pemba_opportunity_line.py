from odoo import api, fields, models
from odoo.fields import Domain


class PembaOpportunityLine(models.Model):
    """A line of a renewal: the next term of a line of the contract."""

    _inherit = "pemba.opportunity.line"

    contract_line_id = fields.Many2one(
        "pemba.contract.line",
        string="Renews",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The line of the contract that ends.",
    )

    @api.depends("contract_line_id")
    def _compute_is_recurring(self):
        """What is renewed recurs, whatever its type."""
        result = super()._compute_is_recurring()
        self.filtered("contract_line_id").is_recurring = True
        return result

    def _follows_list_price(self):
        """What is renewed costs what the contract says."""
        return not self.contract_line_id and super()._follows_list_price()

    def _may_extend(self):
        return not self.contract_line_id and super()._may_extend()

    def _get_covered_equipment(self):
        return self.contract_line_id._get_next_equipment() or super()._get_covered_equipment()

    def _prepare_contract_line(self):
        return super()._prepare_contract_line() | {"predecessor_id": self.contract_line_id.id}

    def _get_details(self):
        """What is renewed says which equipment it covers."""
        equipment = self.sudo().contract_line_id._get_next_equipment()  # linked by us alone
        return [*super()._get_details(), *equipment.mapped("display_name")]

    @api.model
    def _get_base_domain(self):
        """What is renewed is there already."""
        return super()._get_base_domain() & Domain("contract_line_id", "=", False)

    @api.depends("contract_line_id")
    def _compute_comes_into_base(self):
        return super()._compute_comes_into_base()
