from odoo import fields, models

from ..public import public


class ResPartner(models.Model):
    _inherit = "res.partner"

    distributed_lead_count = fields.Integer(
        string="Distributed Opportunities",
        compute="_compute_distributed_lead_count",
        groups="pemba_crm.group_user",
    )

    def _compute_distributed_lead_count(self):
        counts = dict(
            self.env["crm.lead"]._read_group(
                [("distributor_id", "in", self.ids)], ["distributor_id"], ["__count"]
            )
        )
        for partner in self:
            partner.distributed_lead_count = counts.get(partner, 0)

    @public
    def action_open_distributed_lines(self):
        """What the distributor sold or may sell: the lines of its opportunities."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "pemba_crm.pemba_opportunity_line_action_distributor"
        )
        action["domain"] = [("distributor_id", "child_of", self.ids)]
        return action
