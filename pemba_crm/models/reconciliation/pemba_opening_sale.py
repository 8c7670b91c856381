from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from ..company_day import get_today
from ..public import VALUES, VALUES_LIST, public


class PembaOpeningSale(models.Model):
    """What was sold, and invoiced, before these records begin, so that an old base is not all "not sold".

    The reconciliation counts it as won and as invoiced; nothing else does. How it is recorded from
    differences is in ``…_record``.
    """

    _name = "pemba.opening.sale"
    _description = "Opening Sale"
    _inherit = ["pemba.guarded"]
    _order = "date desc, id desc"
    _rec_name = "product_id"
    _check_company_auto = True

    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        ondelete="restrict",
        default=lambda self: self.env.company,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        required=True,
        index=True,
        ondelete="restrict",
        check_company=True,
        domain="['|', ('is_company', '=', True), ('parent_id', '=', False)]",
        help="The company that it was sold to; of a contact, the contact's company.",
    )
    distributor_id = fields.Many2one(
        "res.partner",
        domain="[('is_distributor', '=', True)]",
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    product_id = fields.Many2one(
        "product.product", required=True, index=True, ondelete="restrict", check_company=True
    )
    date = fields.Date(
        string="Sold On",
        required=True,
        default=get_today,
        help="From this day on it counts.",
    )
    quantity = fields.Float(
        digits="Product Unit", default=1.0, required=True, help="Negative where it was taken back."
    )
    amount = fields.Monetary(help="What was invoiced of it, in the company's currency and before tax.")
    date_start = fields.Date(string="From", help="The first day of what recurs.")
    date_end = fields.Date(
        string="Until", help="The last day of what recurs; a year from its first if empty."
    )
    note = fields.Char()

    _in_order = models.Constraint("check(date_end >= date_start)", "An opening sale ends before it starts.")
    _quantity_given = models.Constraint("check(quantity != 0)", "The quantity of an opening sale is zero.")

    @api.depends("product_id", "partner_id", "date")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for sale in self:
            names = (
                sale.partner_id.display_name,
                sale.product_id.display_name,
                format_date(self.env, sale.date),
            )
            sale.display_name = ", ".join(filter(None, names))

    @api.model_create_multi
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):
        partner_ids = {vals["partner_id"] for vals in vals_list if vals.get("partner_id")}
        self.env["res.partner"].browse(partner_ids).fetch(["commercial_partner_id"])  # of all at once
        sales = super().create([self._with_entity(vals) for vals in vals_list])
        sales._check_not_closed()
        return sales

    @public(vals=VALUES)
    def write(self, vals):
        self._check_not_closed()
        result = super().write(self._with_entity(vals))
        self._check_not_closed()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_closed(self):
        self._check_not_closed()

    def _check_not_closed(self):
        """What was checked stays as it was checked.

        :raise UserError: naming a sale of the time that sales of its company are closed for
        """
        for sale in self:
            company = sale.company_id.sudo()  # accountants need not see companies
            closed_until = company.pemba_sales_closed_date
            if closed_until and sale.date <= closed_until:
                raise UserError(
                    self.env._(
                        "%(sale)s, Sold On: sales are closed until %(date)s; a correction has a later day.",
                        sale=sale.display_name,
                        date=format_date(self.env, closed_until),
                    )
                )

    def _with_entity(self, vals):
        """Values with the company of the contact that is given."""
        if not vals.get("partner_id"):
            return vals
        partner = self.env["res.partner"].browse(vals["partner_id"])
        return vals | {"partner_id": partner.commercial_partner_id.id}

    @api.constrains("date", "date_end")
    def _check_dates(self):
        for sale in self:
            if sale.date_end and not sale.date_start and sale.date_end < sale.date:
                raise ValidationError(
                    self.env._(
                        "%(sale)s, Until: %(end)s is before it was sold.",
                        sale=sale.display_name,
                        end=format_date(self.env, sale.date_end),
                    )
                )

    @api.model
    @public
    def get_import_templates(self):
        """A file to start from, on the import screen."""
        return [
            {
                "label": self.env._("Import Template for Opening Sales"),
                "template": "/pemba_crm/static/csv/pemba_opening_sale.csv",
            }
        ]
