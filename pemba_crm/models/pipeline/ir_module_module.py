from odoo import api, models


class IrModuleModule(models.Model):
    _inherit = "ir.module.module"

    @api.model
    def _load_module_terms(self, modules, langs, overwrite=False):
        """A language that is loaded brings Odoo's names for its stages: the steps keep theirs."""
        stages = self.env["crm.stage"].sudo()  # whoever administers languages may not write stages
        unnamed = stages._get_unnamed_steps(langs)
        result = super()._load_module_terms(modules, langs, overwrite=overwrite)
        stages._name_steps(unnamed)
        return result
