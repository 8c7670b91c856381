from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    pemba_roles_required = fields.Boolean(
        string="Rights by Role Only",
        config_parameter="pemba_crm.roles_required",
        help="A contact without a role has no right; else it has all those of its company.",
    )
