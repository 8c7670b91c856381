from odoo import fields, models


class PembaToDoQuestion(models.Model):
    """A row that somebody was asked about, by an activity that may be done or cancelled since.

    It goes when the row does. Only the daily job writes it.
    """

    _name = "pemba.to.do.question"
    _description = "Question about What Waits"
    _rec_name = "key"
    _log_access = False

    key = fields.Char(required=True)
    activity_id = fields.Many2one("mail.activity", index="btree_not_null", ondelete="set null")

    _key_uniq = models.UniqueIndex("(key)", "This was asked already.")

    def _withdraw(self):
        """What is settled is not asked any more, and may be asked again when it comes back."""
        self.activity_id.filtered("active").unlink()
        self.unlink()
