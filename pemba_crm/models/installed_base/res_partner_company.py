from odoo import api, fields, models
from odoo.exceptions import UserError

from ..public import VALUES, public

TAKE_ALONG = "pemba_crm.mail_activity_type_take_along"


class ResPartner(models.Model):
    """Contacts who come to belong to another company: what they have goes along, and back.

    Only where the user may write all of it: contracts go with the equipment that they cover. Otherwise it
    stays with the contact, and who may is asked. What is over stays with who had it.
    """

    _inherit = "res.partner"

    has_left_behind = fields.Boolean(
        string="Has Something That Did Not Go Along",
        compute="_compute_has_left_behind",
        groups="base.group_user",
    )

    @api.depends("commercial_partner_id")
    def _compute_has_left_behind(self):
        members = self._origin.filtered(lambda one: one.commercial_partner_id != one)
        left = {contact.id for contact, _company in members._get_left_behind()} if members else ()
        for contact in self:
            contact.has_left_behind = contact._origin.id in left

    @public(vals=VALUES)
    def write(self, vals):
        if {"parent_id", "is_company"}.isdisjoint(vals):
            return super().write(vals)
        everybody = self.sudo().with_context(active_test=False)  # contacts below, too, whoever sees them
        before = {
            contact: contact.commercial_partner_id
            for contact in everybody.search([("id", "child_of", self.ids)])
        }
        result = super().write(vals)
        moved = {
            contact: entity for contact, entity in before.items() if contact.commercial_partner_id != entity
        }
        if moved:
            self._follow_company(moved)
        return result

    @api.model
    def _follow_company(self, before, is_merged=False):
        """What contacts have goes to the company that they belong to now.

        :param before: ``{contact: the company it belonged to}``, with all rights
        :param is_merged: whether others were merged into the contacts: what is over goes, too
        """
        unasked = self._take_along(self._get_moving(before, is_merged))
        for contact, moving in unasked.items():
            contact._ask_to_take_along(moving)
        for contact in before.keys() - unasked.keys():
            contact._get_asked().unlink()  # it is undone, or done

    @api.model
    def _get_belongings(self):
        """The models of what belongs to a customer: a new list."""
        return [self.env["pemba.equipment"]]

    @api.model
    def _get_moving(self, before, is_merged=False):
        """What would go along, together.

        :return: ``{(contact, company of ours): [records of each model]}``, with all rights
        """
        moving = {}
        for model in self._get_belongings():
            for record, contact in model._get_moving(before, is_merged).items():
                company = record.company_id if "company_id" in record else contact.company_id
                of_model = moving.setdefault((contact, company), {})
                of_model[model._name] = of_model.get(model._name, record) | record
        return {key: list(of_model.values()) for key, of_model in moving.items()}

    def _get_left_behind(self):
        """See ``_get_moving``: what contacts of a company have alone still."""
        known = self.sudo()  # whether something is left, and no more, is told to who sees the contact
        return self._get_moving({contact: contact.commercial_partner_id for contact in known})

    @api.model
    def _take_along(self, moving):
        """:return: ``{contact: {company of ours: records that the user may not write all of}}``"""
        left = {}
        for (contact, company), records in moving.items():
            if self._may_move(records):
                for of_model in records:
                    of_model._go_along(contact)
            else:
                left.setdefault(contact, {})[company] = records
        return left

    @api.model
    def _may_move(self, records):
        """Whether the user may write all of what goes along together."""
        own = [of_model.with_env(self.env) for of_model in records]
        return all(one.browse().has_access("write") and one._filtered_access("write") == one for one in own)

    @public(one=True)
    def action_take_along(self):
        """What the contact still has alone goes to the contact's company.

        :raise UserError: where the user may not write all of it
        """
        self.check_access("read")
        left = self._get_left_behind()
        unmoved = self._take_along(left)
        if left and sum(map(len, unmoved.values())) == len(left):
            raise UserError(
                self.env._(
                    "You may not move all that %s has: ask who keeps the equipment and the contracts.",
                    self.name,
                )
            )
        if not unmoved:
            self.sudo()._get_asked().action_feedback()  # whoever was asked
        return True

    # ------------------------------------------------------------
    # Who is asked
    # ------------------------------------------------------------

    def _get_asked(self):
        """The activities by which somebody was asked to take along what a contact has."""
        asked = self.env.ref(TAKE_ALONG, raise_if_not_found=False)
        return self.activity_ids.filtered(lambda one: asked and one.activity_type_id == asked)

    def _ask_to_take_along(self, left):
        """:param left: ``{company of ours: records}``"""
        self.ensure_one()
        if self._get_asked() or not self.env.ref(TAKE_ALONG, raise_if_not_found=False):
            return
        everything = [of_model for records in left.values() for of_model in records]
        in_charge = self.env["res.users"].union(
            *(of_model.user_id for of_model in everything if "user_id" in of_model),
            self.user_id,
            self.commercial_partner_id.user_id,
        )
        of_users = {}
        for company, records in left.items():
            user = self._get_mover(company, records, in_charge)
            of_users.setdefault(user, []).extend(records)
        for user, records in of_users.items():
            env = self.with_context(lang=user.lang).env
            names = [record.display_name for of_model in records for record in of_model]
            self.activity_schedule(
                TAKE_ALONG,
                summary=env._("Take along what %s has", self.name),
                note=env._(
                    "%(contact)s belongs to %(company)s now. Still of %(contact)s alone: %(names)s.",
                    contact=self.name,
                    company=self.commercial_partner_id.display_name,
                    names=", ".join(names[:10]) + ("…" if len(names) > 10 else ""),
                ),
                user_id=user.id,
            )

    def _get_mover(self, company, records, in_charge):
        """Who of those in charge may move records; else a manager of the company, else who asks."""
        managers = self.env.ref("pemba_crm.group_manager").sudo().all_user_ids  # whoever asks
        for user in (*in_charge, *managers.sorted("id")):
            if user.active and (not company or company in user.company_ids):
                context = {"allowed_company_ids": (company or user.company_ids).ids}
                if self.with_user(user).with_context(**context)._may_move(records):
                    return user
        return self.env.user
