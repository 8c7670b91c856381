from odoo import api, fields, models
from odoo.exceptions import ValidationError


class PembaDeploymentProduct(models.Model):
    """The product that bills a software or one of its modules where it is deployed in a certain way."""

    _name = "pemba.deployment.product"
    _description = "Product per Deployment Type"
    _inherit = ["pemba.guarded"]
    _order = "software_id, module_id, deployment_type_id, id"
    _rec_name = "product_id"

    software_id = fields.Many2one(
        "pemba.software",
        compute="_compute_software_id",
        store=True,
        readonly=False,
        precompute=True,
        required=True,
        index=True,
        ondelete="cascade",
    )
    module_id = fields.Many2one(
        "pemba.software.module",
        domain="[('software_id', '=', software_id)]",
        index="btree_not_null",
        ondelete="cascade",
        help="Empty for the licence of the software itself.",
    )
    deployment_type_id = fields.Many2one("pemba.deployment.type", required=True, ondelete="restrict")
    product_id = fields.Many2one(
        "product.product",
        required=True,
        domain=[("sale_ok", "=", True)],
        index=True,
        ondelete="restrict",
    )

    _deployment_type_uniq = models.UniqueIndex(
        "(software_id, COALESCE(module_id, 0), deployment_type_id)",
        "A product is already named for this software or module and this deployment type.",
    )

    @api.depends("module_id.software_id")
    def _compute_software_id(self):
        for line in self:
            line.software_id = line.module_id.software_id or line.software_id

    @api.constrains("software_id", "module_id")
    def _check_module(self):
        for line in self:
            if line.module_id and line.module_id.software_id != line.software_id:
                raise ValidationError(
                    self.env._(
                        "%(product)s: %(module)s is not a module of %(software)s.",
                        product=line.product_id.display_name,
                        module=line.module_id.display_name,
                        software=line.software_id.display_name,
                    )
                )
