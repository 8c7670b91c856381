from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..public import public

STAGE_FIELDS = {
    "pemba_prospection_stage_ids": "P",
    "pemba_evaluation_stage_ids": "E",
    "pemba_maturation_stage_ids": "M",
    "pemba_budgeting_stage_ids": "B",
    "pemba_acquisition_stage_ids": "A",
}


class ResConfigSettings(models.TransientModel):
    """Which stages are the steps of the method: the stages keep it, the settings show it at once."""

    _inherit = "res.config.settings"

    pemba_unmapped_steps = fields.Char(
        string="Steps without a stage", compute="_compute_pemba_unmapped_steps"
    )
    pemba_prospection_stage_ids = fields.Many2many(
        "crm.stage", "res_config_settings_prospection_rel", string="Prospection"
    )
    pemba_evaluation_stage_ids = fields.Many2many(
        "crm.stage", "res_config_settings_evaluation_rel", string="Evaluation"
    )
    pemba_maturation_stage_ids = fields.Many2many(
        "crm.stage", "res_config_settings_maturation_rel", string="Maturation"
    )
    pemba_budgeting_stage_ids = fields.Many2many(
        "crm.stage", "res_config_settings_budgeting_rel", string="Budgeting"
    )
    pemba_acquisition_stage_ids = fields.Many2many(
        "crm.stage", "res_config_settings_acquisition_rel", string="Acquisition"
    )

    @api.depends(*STAGE_FIELDS)
    def _compute_pemba_unmapped_steps(self):
        """The labels of the steps that no stage has been given, in order; empty if all have one."""
        labels = self.env["crm.stage"]._get_step_labels(self.env.lang)
        for settings in self:
            settings.pemba_unmapped_steps = ", ".join(
                labels[step] for name, step in STAGE_FIELDS.items() if not settings[name]
            )

    @api.model
    @public
    def get_values(self):
        values = super().get_values()
        stages = self.env["crm.stage"].search([("pemba_step", "!=", False)]).grouped("pemba_step")
        for name, step in STAGE_FIELDS.items():
            values[name] = [Command.set(stages.get(step, self.env["crm.stage"]).ids)]
        return values

    @public(one=True)
    def set_values(self):
        """Give the stages their steps.

        :raise UserError: naming a stage that was given two steps
        """
        result = super().set_values()
        labels = self.env["crm.stage"]._get_step_labels(self.env.lang)
        steps = {}
        for name, step in STAGE_FIELDS.items():
            for stage in self[name]:
                if stage in steps:
                    raise UserError(
                        self.env._(
                            "The stage %(stage)s cannot be at two steps: %(one)s and %(other)s.",
                            stage=stage.name,
                            one=labels[steps[stage]],
                            other=labels[step],
                        )
                    )
                steps[stage] = step
        mapped = self.env["crm.stage"].search([("pemba_step", "!=", False)])
        for stage in mapped | self.env["crm.stage"].union(*steps):
            if stage.pemba_step != steps.get(stage, False):
                stage.pemba_step = steps.get(stage, False)
        return result
