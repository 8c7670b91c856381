from odoo import api, fields, models
from odoo.exceptions import ValidationError


class PembaSoftwareModule(models.Model):
    """A part of a software that is sold on its own, and what it needs and excludes."""

    _name = "pemba.software.module"
    _description = "Software Module"
    _inherit = ["pemba.guarded"]
    _order = "software_id, sequence, name, id"
    _rec_names_search = ("name", "code")

    software_id = fields.Many2one("pemba.software", required=True, index=True, ondelete="cascade")
    suite_id = fields.Many2one(related="software_id.suite_id")
    name = fields.Char(required=True, translate=True)
    code = fields.Char(copy=False)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    description = fields.Text(translate=True)
    product_id = fields.Many2one(
        "product.product",
        domain=[("sale_ok", "=", True)],
        index="btree_not_null",
        ondelete="restrict",
    )
    deployment_product_ids = fields.One2many(
        "pemba.deployment.product",
        "module_id",
        string="Products per Deployment Type",
        copy=True,
    )
    requires_ids = fields.Many2many(
        "pemba.software.module",
        relation="pemba_software_module_requires_rel",
        column1="module_id",
        column2="required_id",
        domain="[('software_id', '=', software_id), ('id', '!=', id)]",
        help="What must be chosen with it.",
    )
    excludes_ids = fields.Many2many(
        "pemba.software.module",
        relation="pemba_software_module_excludes_rel",
        column1="module_id",
        column2="excluded_id",
        domain="[('software_id', '=', software_id), ('id', '!=', id)]",
        help="What cannot be chosen with it, nor it with that.",
    )
    required_by_ids = fields.Many2many(
        "pemba.software.module",
        relation="pemba_software_module_requires_rel",
        column1="required_id",
        column2="module_id",
        readonly=True,
        copy=False,
    )
    excluded_by_ids = fields.Many2many(
        "pemba.software.module",
        relation="pemba_software_module_excludes_rel",
        column1="excluded_id",
        column2="module_id",
        readonly=True,
        copy=False,
    )

    _code_uniq = models.Constraint(
        "unique(software_id, code)", "Another module of this software has this code."
    )

    @api.constrains("software_id", "requires_ids", "excludes_ids", "required_by_ids", "excluded_by_ids")
    def _check_modules(self):
        """What a module requires or excludes is another module of its software, and not both.

        :raise ValidationError: naming the module, the other one and the reason
        """
        for module in self:
            for other in module.requires_ids | module.excludes_ids:
                module._check_other(other)
            for other in module.required_by_ids | module.excluded_by_ids:
                other._check_other(module)

    def _check_other(self, other):
        reason = self._get_refusal(other)
        if reason:
            raise ValidationError(
                self.env._("%(module)s: %(reason)s", module=self.display_name, reason=reason)
            )

    def _get_refusal(self, other):
        """Why another module can be neither required nor excluded, or nothing."""
        if other == self:
            return self.env._("a module neither requires nor excludes itself.")
        if other.software_id != self.software_id:
            return self.env._(
                "%(module)s is a module of %(other)s, not of %(software)s.",
                module=other.display_name,
                other=other.software_id.display_name,
                software=self.software_id.display_name,
            )
        if other in self.requires_ids and other in self.excludes_ids:
            return self.env._("%s is required and excluded at once.", other.display_name)
        return None

    def _get_required(self):
        """What these modules require, and what that requires, without themselves."""
        required, found = self.browse(), self.requires_ids
        while found - required:
            required |= found
            found = required.requires_ids
        return required - self

    def _get_product(self, deployment_type):
        """The product that bills the module.

        :param deployment_type: where it names another product than the module, that one
        :return: a product, or none
        """
        own = self.deployment_product_ids.filtered(lambda line: line.deployment_type_id == deployment_type)
        return own.product_id or self.product_id
