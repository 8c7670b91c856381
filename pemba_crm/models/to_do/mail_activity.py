from odoo import fields, models


class MailActivity(models.Model):
    _inherit = "mail.activity"

    pemba_to_do_kind = fields.Char(
        readonly=True,
        copy=False,
        index="btree_not_null",
        export_string_translation=False,
        help="The step of To Do in the Flow that it was planned for.",
    )
