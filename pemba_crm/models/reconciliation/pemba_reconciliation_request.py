from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date, formatLang, plaintext2html

from .pemba_reconciliation_settlement import RESULT_OF

DIFFERENCE = "pemba_crm.mail_activity_type_difference"


class PembaReconciliationLine(models.Model):
    """How who is in charge of a difference is asked to settle it; who that is, is in ``_line_charge``."""

    _inherit = "pemba.reconciliation.line"

    def action_ask(self):
        """Ask who is in charge of each to settle the gravest of its differences, once.

        Who is asked about several at once finds them among the activities, without a message for each.

        :return: a message that says who was asked, and names the lines that have nobody in charge
        :raise UserError: naming a run that is signed off or to be compared, or where nobody can be asked
        """
        self.check_access("read")
        self.reconciliation_id._check_is_compared()
        different = self.filtered(lambda one: one.result != "matched")
        if not different:
            self[:1]._get_gravest_check()  # which refuses what matches
        asked = different._request({line: line._get_gravest_check() for line in different})
        unasked = different.filtered(lambda one: not asked[one])
        if unasked == different:
            different[:1]._refuse_to_ask()
        return self._notify(self.env["res.users"].union(*asked.values()), unasked)

    def _ask(self, check):
        """An activity for who is in charge of what a check found, or of a correction, once.

        :return: who is asked
        :raise UserError: naming a line that has nobody in charge
        """
        return self._request({self: check})[self] or self._refuse_to_ask()

    def _refuse_to_ask(self):
        raise UserError(
            self.env._(
                "%s: nobody is in charge. Give its customer a salesperson, or its zone a manager.",
                self.display_name,
            )
        )

    def _request(self, checks):
        """See ``_ask``, for many.

        :param checks: what is asked about each line: a check, or ``correction``
        :return: ``{line: user}``, nobody where nobody is in charge
        """
        under_way = self._get_under_way()
        earlier = {
            line: under_way[line].requests.filtered(lambda one, check=checks[line]: one.check == check)
            for line in self
        }
        asked = {line: requests.activity_id.filtered("active")[:1] for line, requests in earlier.items()}
        asked |= self.filtered(lambda one: not asked[one])._create_requests(checks)
        vals = {}
        for line in self.filtered(lambda one: asked[one]).sorted("date"):
            known = earlier[line].filtered(lambda one, day=line.date: one._holds_on(day))
            if asked[line] not in known.activity_id:
                of_line = line._prepare_settlement(checks[line], activity_id=asked[line].id)
                vals.setdefault((line._get_settlement_key(), checks[line]), of_line)
            answered = earlier[line].filtered(lambda one: not one.activity_id.active)
            # It is asked again; what was answered as of a later day still was.
            answered.filtered(lambda one, day=line.date: one.date <= day).ended_date = line.date
        self.env["pemba.reconciliation.settlement"].sudo().create(list(vals.values()))  # whoever asks
        return {line: activity.user_id.with_env(self.env) for line, activity in asked.items()}

    def _create_requests(self, checks):
        """Activities for who is in charge of each: ``{line: activity}``, one for lines of the same."""
        requests = self._prepare_requests(checks)
        by_key = {(line._get_settlement_key(), checks[line]): vals for line, vals in requests.items()}
        activities = self.env["mail.activity"].sudo()  # accountants may not write what is asked about
        created = activities.with_context(mail_activity_quick_update=len(by_key) > 1).create(
            list(by_key.values())
        )
        of_key = dict(zip(by_key, created, strict=True))
        return {line: of_key.get((line._get_settlement_key(), checks[line]), activities) for line in self}

    def _prepare_requests(self, checks):
        """Values of activities: ``{line: values}``, of the lines somebody is in charge of."""
        model_ids, requests = {}, {}
        activity_type = self.env.ref(DIFFERENCE)
        for line, (record, user) in self._get_in_charge(checks).items():
            if not (record and user):
                continue
            if record._name not in model_ids:
                model_ids[record._name] = self.env["ir.model"]._get_id(record._name)
            of_user = line.with_context(lang=user.lang or self.env.lang).sudo()  # whoever asks
            requests[line] = {
                "activity_type_id": activity_type.id,
                "automated": True,
                "date_deadline": fields.Date.context_today(self),
                "res_model_id": model_ids[record._name],
                "res_id": record.id,
                "user_id": user.id,
                "summary": of_user._get_request_summary(checks[line]),
                "note": plaintext2html(of_user._describe(checks[line], record)),
            }
        return requests

    # ------------------------------------------------------------
    # In words
    # ------------------------------------------------------------

    def _get_request_summary(self, check):
        product = self.product_id.display_name or self.display_name
        if check == "correction":
            return self.env._("%s: correct the installed base", product)
        name = RESULT_OF[check]
        labels = dict(self._fields[name]._description_selection(self.env))
        return self.env._("%(product)s: %(result)s", product=product, result=labels[self[name]])

    def _describe(self, check, record):
        """What differs, and what is to be done about it.

        Many a colleague reads a customer: there it tells no amount but what is to be offered, and no note.

        :param record: what is asked about
        """
        is_read_by_many = record._name == "res.partner"
        digits = self._fields["won_quantity"].get_digits(self.env)[1]
        names = ("due_quantity", "installed_quantity", "term_quantity", "covered_quantity")
        said = [
            self.env._("%(label)s: %(value)s", label=label, value=formatLang(self.env, self[name], digits))
            for name, label in self._get_labels(names)
            if self[name]
        ]
        amounts = ("won_amount_company", "invoiced_amount_company", "missed_amount_company")
        if is_read_by_many:
            amounts = amounts[2:] if check == "covered" and self._is_unattended() else ()
        said += [
            self.env._("%(label)s: %(value)s", label=label, value=self.company_currency_id.format(self[name]))
            for name, label in self._get_labels(amounts)
            if self[name]
        ]
        as_of = self.env._("As of %s", format_date(self.env, self.date))
        note = "" if is_read_by_many else self.note
        parts = [f"{self.display_name}, {as_of}.", ", ".join(said), note, self._get_advice(check)]
        return "\n".join(filter(None, parts))

    def _get_advice(self, check):
        """What settles a difference, in a sentence."""
        if check == "correction":
            return self.env._("Look at what the customer really runs and correct the installed base.")
        if check == "installed":
            return {
                "not_sold": self.env._("It runs without a sale: sell it, or say why none is needed."),
                "not_installed": self.env._("It was sold: put it in service, or say when it will be."),
                "quantity_gap": self.env._(
                    "Sell what runs beyond the sale, or put what is missing in service."
                ),
            }[self[RESULT_OF[check]]]
        if check == "covered":
            return {
                "not_sold": self.env._("It is under contract without a sale: sell it, or end the contract."),
                "quantity_gap": self.env._("Sale and contract have different quantities: mend the contract."),
                "covered_not_installed": self.env._(
                    "The contract covers what is not in service: put it in service, or end the contract."
                ),
                "not_covered": self.env._("Nothing covers it: start its contract, or offer maintenance."),
            }[self[RESULT_OF[check]]]
        return {
            "invoiced_not_won": self.env._("It was invoiced without a sale: win the sale, or credit it."),
            "not_invoiced": self.env._("It was sold: invoice it, or say when it will be."),
            "amount_gap": self.env._("Invoice what is left to invoice, or credit what is too much."),
        }[self[RESULT_OF[check]]]

    def _get_labels(self, names):
        labels = self.fields_get(names, ["string"])
        return [(name, labels[name]["string"]) for name in names]

    def _notify(self, users, unasked=()):
        """Say who was asked.

        :param unasked: lines that have nobody in charge
        """
        message = self.env._("Asked: %s.", ", ".join(users.sudo().mapped("name")))  # no secret
        if unasked:
            names = "; ".join(unasked[:5].mapped("display_name"))
            message += " " + self.env._("Nobody is in charge of: %s.", names)
        return self._display(message, bool(unasked))

    def _display(self, message, is_warning):
        """A message, over the lines as they are now."""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if is_warning else "success",
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
