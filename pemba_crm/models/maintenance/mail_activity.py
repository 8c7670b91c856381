from markupsafe import Markup
from odoo import fields, models
from odoo.tools import html2plaintext, plaintext2html


class MailActivity(models.Model):
    """What somebody is asked about a contract is known again, in whatever language it was asked."""

    _inherit = "mail.activity"

    pemba_question = fields.Char(readonly=True, export_string_translation=False)

    def _add_to_note(self, text):
        """Have the lines of a text that it does not have yet.

        :param text: plain
        """
        known = {
            " ".join(line.split())
            for line in html2plaintext(self.note or "", include_references=False).splitlines()
        }
        added = [line for line in text.splitlines() if " ".join(line.split()) not in known | {""}]
        if added:
            self.note = (self.note or Markup()) + plaintext2html("\n".join(added))
