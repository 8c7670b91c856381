from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    group_pemba_margin = fields.Boolean(
        string="Margins for Salespeople",
        group="sales_team.group_sale_salesman",
        implied_group="pemba_crm.group_margin",
        help="Salespeople see costs and margins; sales managers always do.",
    )
