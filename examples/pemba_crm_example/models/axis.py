from odoo import api, fields, models

SEGMENTS = [("public", "Public Sector"), ("private", "Private Sector")]


class CrmLead(models.Model):
    """An axis of one's own: its field on the opportunity ..."""

    _inherit = "crm.lead"

    segment = fields.Selection(SEGMENTS)


class PembaAxisMixin(models.AbstractModel):
    """... the same wherever sales are added up, and its name among the axes."""

    _inherit = "pemba.axis.mixin"

    segment = fields.Selection(SEGMENTS)

    @api.model
    def _get_lead_axes(self):
        return [*super()._get_lead_axes(), "segment"]
