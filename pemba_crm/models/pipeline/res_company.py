from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    pemba_sales_closed_date = fields.Date(
        string="Sales Closed Until",
        help="Opportunities that were won or lost up to this day keep their amount, date and result,"
        " whatever becomes of their orders.",
    )
