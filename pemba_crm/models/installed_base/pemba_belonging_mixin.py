from odoo import api, fields, models

from ..links import is_other
from ..public import VALUES, public


class PembaBelongingMixin(models.AbstractModel):
    """What belongs to a customer, and goes along where a contact comes to belong to another company.

    It needs a ``partner_id``, always a company or somebody without one, and a ``company_id`` of ours.
    """

    _name = "pemba.belonging.mixin"
    _description = "What Belongs to a Customer"

    came_with_id = fields.Many2one(
        "res.partner",
        string="Came Along With",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The contact who had it before belonging to the customer, and takes it along when leaving.",
    )

    @api.model
    def _get_moving(self, contacts, is_merged):
        """What has to go to another customer as contacts belong to others now; of all companies.

        :param contacts, is_merged: see ``_follow_company`` of ``res.partner``
        :return: ``{record: the contact with whom it goes}``, with all rights
        """
        everything = self.sudo().with_context(active_test=False)  # rights are asked for before it moves
        members = contacts.filtered(lambda one: one.commercial_partner_id != one)
        found = everything.search(
            ["|", ("partner_id", "in", members.ids), ("came_with_id", "in", contacts.ids)]
        )
        moving = {}
        for record in found if is_merged else found._filtered_movable():
            contact = record.came_with_id if record.came_with_id in contacts else record.partner_id
            if contact.commercial_partner_id != record.partner_id:
                moving[record] = contact
        return moving

    def _filtered_movable(self):
        """Those that go along; what is over stays with who had it."""
        return self

    @public(vals=VALUES)
    def write(self, vals):
        """What goes to somebody else in any other way came with nobody."""
        if "partner_id" not in vals or "came_with_id" in vals:
            return super().write(vals)
        leaving = self.filtered(
            lambda one: one.came_with_id and is_other(one, "partner_id", vals["partner_id"])
        )
        result = super().write(vals)
        super(PembaBelongingMixin, leaving).write({"came_with_id": False})
        return result

    def _go_along(self, contact):
        """Belong to the company that a contact belongs to now."""
        owner = contact.commercial_partner_id
        self._change_owner(owner)
        self._set(came_with_id=contact.id if contact != owner else False)

    def _change_owner(self, owner):
        self._set(partner_id=owner.id)
