from odoo import fields, models


class ProductCategory(models.Model):
    _inherit = "product.category"

    equipment_properties_definition = fields.PropertiesDefinition("Characteristics of Equipment")
