from odoo import api, fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    pemba_unmapped_steps = fields.Char(
        string="Steps without a stage", compute="_compute_pemba_unmapped_steps"
    )

    @api.depends("company_id")
    def _compute_pemba_unmapped_steps(self):
        """The labels of the steps that no stage has been given, in order; empty if all have one."""
        stages = self.env["crm.stage"]
        mapped = set(stages.search([("pemba_step", "!=", False)]).mapped("pemba_step"))
        labels = stages._get_step_labels(self.env.lang)
        self.pemba_unmapped_steps = ", ".join(label for step, label in labels.items() if step not in mapped)
