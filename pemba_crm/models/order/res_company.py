from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_date

from ..company_day import get_today
from ..scalars import FIRST_DAY


class ResCompany(models.Model):
    _inherit = "res.company"

    pemba_sales_closed_date = fields.Date(
        string="Sales Closed Until",
        help="Opportunities that were won or lost up to this day keep their amount, date, result, customer"
        " and distributor, whatever becomes of their orders.",
    )

    pemba_asked_user_id = fields.Many2one(
        "res.users",
        string="Asked Where Nobody Else Is There",
        domain="[('share', '=', False)]",
        help="Who is asked about what neither the salesperson nor the team's leader is there for.",
    )

    @api.constrains("pemba_asked_user_id")
    def _check_pemba_asked_user_id(self):
        for company in self:
            user = company.pemba_asked_user_id
            if user and (user.share or company not in user.company_ids):
                raise ValidationError(
                    self.env._(
                        "%(company)s, Asked Where Nobody Else Is There: %(user)s does not work there.",
                        company=company.name,
                        user=user.name,
                    )
                )

    @api.constrains("pemba_sales_closed_date")
    def _check_pemba_sales_closed_date(self):
        for company in self:
            day = company.pemba_sales_closed_date
            if day and day < FIRST_DAY:
                raise ValidationError(
                    self.env._(
                        "%(company)s, Sales Closed Until: %(date)s: this is no day between the years 1900 and"
                        " 2999.",
                        company=company.name,
                        date=day,
                    )
                )
            if day and day > get_today(company):
                raise ValidationError(
                    self.env._(
                        "%(company)s, Sales Closed Until: %(date)s is still to come.",
                        company=company.name,
                        date=format_date(self.env, day),
                    )
                )
