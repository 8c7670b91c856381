from odoo import fields, models


class CrmLead(models.Model):
    """A proposal of one's own: the room is said on the deal, and proposed at the delivery."""

    _inherit = "crm.lead"

    delivery_room = fields.Char(string="Room for the Delivery")

    def _get_proposals(self):
        return [proposal | {"room": proposal["lead"].delivery_room} for proposal in super()._get_proposals()]


class PembaEquipmentProposalLine(models.TransientModel):
    """The dialog asks for it; a field of the name of the proposal's key is all that takes."""

    _inherit = "pemba.equipment.proposal.line"

    room = fields.Char()


class PembaEquipment(models.Model):
    """A field of one's own whose changes are in the history of each piece."""

    _inherit = "pemba.equipment"

    room = fields.Char()

    def _get_ledger_fields(self):
        return [*super()._get_ledger_fields(), "room"]


class PembaEquipmentEvent(models.Model):
    _inherit = "pemba.equipment.event"

    room = fields.Char(string="New Room", readonly=True)


class PembaEquipmentStatement(models.TransientModel):
    """The base of a day says where each piece was."""

    _inherit = "pemba.equipment.statement"

    def _get_columns(self):
        return super()._get_columns() | {self.env._("Room"): lambda row: row["room"]}
