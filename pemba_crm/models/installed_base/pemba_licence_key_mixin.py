from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..public import public

MASK = "••••"


class PembaLicenceKeyMixin(models.AbstractModel):
    """A licence key goes in, and comes out for those who may reveal it alone.

    Whoever has it writes and creates with ``_forget_licence_keys``, and has a chatter, where it is logged.
    """

    _name = "pemba.licence.key.mixin"
    _description = "What Has a Licence Key"

    licence_key = fields.Char(
        compute="_compute_licence_key",
        inverse="_inverse_licence_key",
        groups="base.group_user",
        copy=False,
        exportable=False,
        help="Only its end is shown.",
    )
    licence_key_value = fields.Char(
        string="Full Licence Key", groups=fields.NO_ACCESS, copy=False, exportable=False
    )

    @api.depends("licence_key_value")
    def _compute_licence_key(self):
        for record in self:
            key = record.sudo().licence_key_value  # only its end is shown
            record.licence_key = key and MASK + (key[-4:] if len(key) >= 12 else "")

    def _inverse_licence_key(self):
        for record in self:
            if not (record.licence_key or "").startswith(MASK):  # the mask is no key
                record.sudo().licence_key_value = record.licence_key  # it cannot be read back

    def _forget_licence_keys(self, *vals_list):
        """What was written is masked for who reads it next."""
        if any("licence_key" in vals for vals in vals_list):
            self.invalidate_recordset(["licence_key"])

    @public(one=True)
    def action_reveal_licence_key(self):
        """Show the licence key to who may see it, and log that it was seen.

        :raise AccessError: for others
        :raise UserError: where there is no key
        """
        self.check_access("read")
        if not self.env.user.has_group("pemba_crm.group_licence_key"):
            raise AccessError(self.env._("%s: you may not reveal licence keys.", self.display_name))
        key = self.sudo().licence_key_value  # the group was checked
        if not key:
            raise UserError(self.env._("%s has no licence key.", self.display_name))
        self.sudo()._message_log(  # whoever may only read it
            body=self.env._("The licence key was revealed to %s.", self.env.user.name)
        )
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {"title": self.display_name, "message": key, "sticky": True, "type": "info"},
        }
