from odoo import api, fields, models
from odoo.exceptions import UserError

from ..links import is_other
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
        left = {contact.id for contact, _company in self._origin._get_left_behind()}
        for contact in self:
            contact.has_left_behind = contact._origin.id in left

    @public(vals=VALUES)
    def write(self, vals):
        names = [name for name in ("parent_id", "is_company") if name in vals]
        changing = self.filtered(lambda one: any(is_other(one, name, vals[name]) for name in names))
        if not changing:
            return super().write(vals)
        everybody = self.sudo().with_context(active_test=False)  # contacts below, too, whoever sees them
        before = {
            contact: contact.commercial_partner_id
            for contact in everybody.search([("id", "child_of", changing.ids)])
        }
        result = super().write(vals)
        moved = {
            contact: entity for contact, entity in before.items() if contact.commercial_partner_id != entity
        }
        if moved:
            self.browse(contact.id for contact in moved)._follow_company()
        return result

    def _follow_company(self, is_merged=False):
        """What contacts have goes to the company that they belong to now.

        :param is_merged: whether others were merged into the contacts: what is over goes, too
        """
        known = self.sudo()  # contacts that the user may not see, too; what they have is checked
        left = self._take_along(known._get_moving(is_merged))
        known._get_asked().unlink()  # about the company before
        self._ask_to_take_along(left)

    @api.model
    def _get_belongings(self):
        """The models of what belongs to a customer: a new list."""
        return [self.env["pemba.equipment"]]

    def _get_moving(self, is_merged=False):
        """What would go along, together.

        :return: ``{(contact, company of ours): [records of each model]}``, with all rights
        """
        moving = {}
        for model in self._get_belongings():
            for record, contact in model._get_moving(self, is_merged).items():
                company = record.company_id if "company_id" in record else contact.company_id
                of_model = moving.setdefault((contact, company), {})
                of_model[model._name] = of_model.get(model._name, record) | record
        return {key: list(of_model.values()) for key, of_model in moving.items()}

    def _get_left_behind(self):
        """See ``_get_moving``: what contacts of a company have alone still."""
        known = self.sudo()  # whether something is left, and no more, is told to who sees the contact
        return known._get_moving()

    @api.model
    def _take_along(self, moving):
        """:return: what stays of it, as the user may not write all"""
        left = {}
        for (contact, company), records in moving.items():
            if self._may_move(company, records):
                for of_model in records:
                    of_model._go_along(contact)
                contact._message_log(
                    body=self.env._(
                        "Went along to %(company)s: %(what)s.",
                        company=contact.commercial_partner_id.display_name,
                        what=self._describe({None: records}),
                    )
                )
            else:
                left[contact, company] = records
        return left

    @api.model
    def _may_move(self, company, records):
        """Whether the user may write all of what goes along together, in a company of ours."""
        env = self.env
        if company in self.env.user.company_ids:  # whichever of them the user looks at
            env = self.with_context(allowed_company_ids=company.ids).env
        own = [of_model.with_env(env) for of_model in records]
        return all(one.browse().has_access("write") and one._filtered_access("write") == one for one in own)

    @public(one=True)
    def action_take_along(self):
        """What the contact still has alone goes to the contact's company.

        :raise UserError: where the user may write nothing of it
        """
        self.check_access("read")
        found = self._get_left_behind()
        left = self._take_along(found)
        if not left:
            self.sudo()._get_asked().action_feedback()  # whoever was asked
            return True
        if len(left) == len(found):
            raise UserError(
                self.env._(
                    "You may not move all that %s has, or it is in a contract that stays: ask who keeps the"
                    " equipment and the contracts.",
                    self.name,
                )
            )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning",
                "message": self.env._("Not yours to move, and still there: %s.", self._describe(left)),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    # ------------------------------------------------------------
    # Who is asked
    # ------------------------------------------------------------

    def _get_asked(self):
        """The activities by which somebody was asked to take along what a contact has."""
        asked = self.env.ref(TAKE_ALONG, raise_if_not_found=False)
        return self.activity_ids.filtered(lambda one: one.active and asked and one.activity_type_id == asked)

    @api.model
    def _ask_to_take_along(self, left):
        """An activity on each contact, for who may move it.

        :param left: see ``_get_moving``
        """
        activity_type = self.env.ref(TAKE_ALONG, raise_if_not_found=False)
        if not activity_type:
            return
        asked = {}
        for (contact, company), records in left.items():
            user = contact._get_mover(company, records, left)
            asked.setdefault((contact, user), {})[contact, company] = records
        for (contact, user), of_user in asked.items():
            contact = contact.with_context(lang=user.lang)
            contact.activity_schedule(
                TAKE_ALONG,
                summary=contact.env._("Take along what %s has", contact.name),
                note=contact._get_note(contact._describe(of_user)),
                date_deadline=activity_type._get_date_deadline(),
                user_id=user.id,
            )

    def _get_note(self, what):
        company = self.commercial_partner_id
        if company == self:
            return self.env._(
                "%(contact)s belongs to no company any more. Still with the one before: %(what)s.",
                contact=self.name,
                what=what,
            )
        return self.env._(
            "%(contact)s belongs to %(company)s now. Did not go along: %(what)s.",
            contact=self.name,
            company=company.display_name,
            what=what,
        )

    @api.model
    def _describe(self, left):
        """How much there is of what; not what it is, which not everybody may see who sees a contact."""
        counts = {}
        for of_model in (one for records in left.values() for one in records):
            counts[of_model._name] = counts.get(of_model._name, 0) + len(of_model)
        labels = {name: self.env["ir.model"]._get(name).name for name in counts}
        return ", ".join(f"{labels[name]} ({count})" for name, count in counts.items())

    def _get_mover(self, company, records, left):
        """Who is in charge of anything that a contact has and may move this; else a manager of the company.

        :param left: see ``_get_moving``
        """
        own = [one for (contact, _company), found in left.items() if contact == self for one in found]
        in_charge = self.env["res.users"].union(
            *(of_model.user_id for of_model in own if "user_id" in of_model),
            self.user_id,
            self.commercial_partner_id.user_id,
        )
        managers = self.env.ref("pemba_crm.group_manager").sudo().all_user_ids  # whoever asks
        managers = managers.sorted(lambda user: (user.has_group("base.group_system"), user.id))
        users = (in_charge | managers).filtered(
            lambda user: user.active and (not company or company in user.company_ids)
        )
        for user in users:
            if self.with_user(user)._may_move(company or user.company_id, records):
                return user
        return users[:1] or self.env.user
