from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import plaintext2html

from ..public import public

# How many activities are planned before they are committed.
BATCH = 500


class PembaToDo(models.Model):
    """Whose the rows are; where waiting costs money a person is asked, once, and managers are told weekly."""

    _inherit = "pemba.to.do"

    is_mine = fields.Boolean(
        string="Mine", compute="_compute_is_mine", search="_search_is_mine", export_string_translation=False
    )

    @api.depends_context("uid")
    def _compute_is_mine(self):
        mine = set(self._search([("id", "in", self.ids), ("is_mine", "=", True)]))
        for row in self:
            row.is_mine = row.id in mine

    def _search_is_mine(self, operator, value):
        """What waits for the user: what one is in charge of, the steps of one's work, what is nobody's."""
        if operator != "in":
            return NotImplemented
        user = self.env.user
        mine = Domain("user_id", "=", user.id) & Domain("kind", "in", list(self._get_allowed_kinds()))
        for group, kinds in self._get_kinds_of_groups().items():
            if user.has_group(group):
                mine |= Domain("kind", "in", kinds)
        if user.has_group("pemba_crm.group_manager"):
            mine |= Domain("user_id", "=", False)
        return mine

    @api.model
    def _get_kinds_of_groups(self):
        """The steps that whoever has a right does for everybody: ``{group: [kind]}``."""
        return {
            "pemba_crm.group_support": ["deliver", "service"],
            "pemba_crm.group_accountant": ["hold"],
        }

    @api.model
    @public
    def get_count(self):
        """How many rows wait for the user, for the menu."""
        return self.search_count([("is_mine", "=", True)])

    # ------------------------------------------------------------
    # Questions
    # ------------------------------------------------------------

    @api.model
    def _get_asked_kinds(self):
        """The kinds of which each row that is late plans an activity, a new list.

        What is to be delivered, won or asked about cancelled orders has an activity of its own.
        """
        return ["start", "service", "gone", "uncovered", "offer", "order", "index", "signed"]

    @api.model
    def _cron_ask(self):
        """Ask about what is late and was not asked about yet; withdraw the questions that are settled.

        :return: whether there was time for all
        """
        self.invalidate_model()  # what was read of rows may be another day's
        rows = self.sudo().search([("kind", "in", self._get_asked_kinds())])  # whoever runs it
        keys = {row._get_question_key(): row for row in rows}
        asked = self.env["pemba.to.do.question"].sudo().search([], limit=None)  # of all, too
        asked.filtered(lambda question: question.key not in keys)._withdraw()
        known = set(asked.exists().mapped("key"))
        late = rows.browse(row.id for key, row in keys.items() if row.is_late and key not in known)
        for start in range(0, len(late), BATCH):
            late[start : start + BATCH]._ask()
            if self.env.context.get("ir_cron_progress_id"):
                left = max(len(late) - start - BATCH, 0)
                if not self.env["ir.cron"]._commit_progress(min(BATCH, len(late) - start), remaining=left):
                    return not left
        return True

    @api.model
    def _withdraw_settled(self, contracts):
        """What does not wait at some contracts any more is not asked any more."""
        questions = self.env["pemba.to.do.question"].sudo()  # whoever was asked, as below
        of_contracts = Domain("activity_id.res_id", "in", contracts.ids)
        asked = questions.search(of_contracts & Domain("activity_id.res_model", "=", contracts._name))
        if asked:
            waiting = Domain("contract_id", "in", contracts.ids) & Domain(
                "kind", "in", self._get_asked_kinds()
            )
            keys = {row._get_question_key() for row in self.sudo().search(waiting)}  # as above
            # An index is of many contracts.
            settled = asked.filtered(lambda one: one.key not in keys and not one.key.startswith("index:"))
            settled._withdraw()

    def _get_question_key(self):
        """What is asked about, the same as long as it waits."""
        if self.index_id:
            records = self.index_id, self.company_id, self.currency_id
        else:
            line = self.contract_line_id if self.kind != "uncovered" else self.lead_id
            records = self.lead_id, self.contract_id, self.equipment_id, line
        return ":".join([self.kind, *(str(record.id or 0) for record in records)])

    def _get_asked_user(self):
        """Who is asked: of deliveries who delivers, else who is in charge, else the administrator."""
        delivers = (
            self.env["crm.lead"]._get_delivery_user(self.company_id) if self.kind == "service" else None
        )
        return delivers or self.user_id or self.env.ref("base.user_admin")

    def _get_asked_record(self):
        """What the activity is of."""
        return self.contract_id or self.equipment_id or self.lead_id

    def _ask(self):
        """Plan an activity for each, in the language of who is there."""
        vals_list, keys = [], []
        todo = self.env.ref("mail.mail_activity_data_todo").id
        for user, rows in self.grouped(type(self)._get_asked_user).items():
            of_user = rows.with_context(lang=user.lang)
            labels = dict(of_user._fields["kind"]._description_selection(of_user.env))
            for row in of_user:
                record = row._get_asked_record()
                keys.append(row._get_question_key())
                vals_list.append(
                    {
                        "res_model_id": self.env["ir.model"]._get_id(record._name),
                        "res_id": record.id,
                        "activity_type_id": todo,
                        "summary": labels[row.kind],
                        "note": plaintext2html(row.name),
                        "user_id": user.id,
                        "automated": True,
                    }
                )
        activities = self.env["mail.activity"].with_context(mail_activity_quick_update=True).create(vals_list)
        self.env["pemba.to.do.question"].create(
            [{"key": key, "activity_id": activity.id} for key, activity in zip(keys, activities, strict=True)]
        )

    # ------------------------------------------------------------
    # The weekly mail
    # ------------------------------------------------------------

    @api.model
    def _cron_mail_managers(self):
        """Tell each manager what waits in the companies of theirs; nothing where nothing does."""
        template = self.env.ref("pemba_crm.mail_template_to_do", raise_if_not_found=False)
        managers = self.env.ref("pemba_crm.group_manager").all_user_ids
        for user in managers.filtered(lambda one: one.active and not one.share and one.email):
            if template and user._get_to_do_summary():
                template.send_mail(user.id)

    @api.model
    def _get_summary(self):
        """What waits, by steps: ``[{kind, label, count, late, worth: [(amount, currency)]}]``."""
        labels = dict(self._fields["kind"]._description_selection(self.env))
        groups = self._read_group(Domain.TRUE, ["kind", "is_late", "currency_id"], ["__count", "worth:sum"])
        summary = {}
        for kind, is_late, currency, count, worth in groups:
            row = summary.setdefault(
                kind, {"kind": kind, "label": labels[kind], "count": 0, "late": 0, "worth": {}}
            )
            row["count"] += count
            row["late"] += count if is_late else 0
            row["worth"][currency] = row["worth"].get(currency, 0.0) + (worth or 0.0)
        return [summary[kind] for kind in labels if kind in summary]
