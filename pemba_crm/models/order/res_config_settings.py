from odoo import fields, models


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    pemba_sales_closed_date = fields.Date(
        related="company_id.pemba_sales_closed_date", readonly=False, string="Sales Closed Until"
    )
    pemba_asked_user_id = fields.Many2one(
        related="company_id.pemba_asked_user_id",
        readonly=False,
        string="Asked Where Nobody Else Is There",
    )
