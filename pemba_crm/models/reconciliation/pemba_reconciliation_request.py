from odoo import models
from odoo.exceptions import UserError
from odoo.tools import format_date, formatLang, plaintext2html

from ..company_day import get_today

# What somebody is asked by.
DIFFERENCE = "pemba_crm.mail_activity_type_difference"


class PembaReconciliationRequest(models.AbstractModel):
    """How who is in charge of a difference is asked to settle it, with what is said to them.

    Who that is, is in ``pemba.reconciliation.charge``.
    """

    _name = "pemba.reconciliation.request"
    _description = "Requests to Settle Differences"

    def _ask(self, checks):
        """An activity for who is in charge of what a check found, or of a correction, once.

        :param checks: what is asked about each, ``{line: check}``; a check, or ``correction``
        :return: ``{line: user}``, nobody where nobody is in charge
        :raise UserError: naming the first line, where nobody is in charge of any
        """
        lines = self.env["pemba.reconciliation.line"].union(*checks)
        asked = self._request(lines, checks)
        if not any(asked.values()):
            raise UserError(
                self.env._(
                    "%s: nobody is in charge. Give its customer a salesperson, or its zone a manager.",
                    lines[:1].display_name,
                )
            )
        return asked

    def _request(self, lines, checks):
        """See ``_ask``."""
        settlements = self.env["pemba.reconciliation.settlement"]
        under_way = settlements._get_under_way(lines)
        earlier = {
            line: under_way[line].requests.filtered(lambda one, check=checks[line]: one.check == check)
            for line in lines
        }
        asked = {line: requests.activity_id.filtered("active")[:1] for line, requests in earlier.items()}
        asked |= self._create_requests(lines.filtered(lambda one: not asked[one]), checks)
        vals = {}
        for line in lines.filtered(lambda one: asked[one]).sorted("date"):
            known = earlier[line].filtered(lambda one, day=line.date: one._holds_on(day))
            if asked[line] not in known.activity_id:
                of_line = settlements._prepare(line, checks[line], activity_id=asked[line].id)
                vals.setdefault(self._get_key(line, checks), of_line)
            answered = earlier[line].filtered(lambda one: not one.activity_id.active)
            # It is asked again; what was answered as of a later day still was.
            answered.filtered(lambda one, day=line.date: one.date <= day).ended_date = line.date
        settlements.sudo().create(list(vals.values()))  # whoever asks
        return {line: activity.user_id.with_env(self.env) for line, activity in asked.items()}

    def _get_key(self, line, checks):
        """What one is asked about once."""
        return self.env["pemba.reconciliation.settlement"]._get_line_key(line), checks[line]

    def _create_requests(self, lines, checks):
        """Activities for who is in charge of each: ``{line: activity}``, one for lines of the same."""
        by_key = {
            self._get_key(line, checks): vals for line, vals in self._prepare_requests(lines, checks).items()
        }
        activities = self.env["mail.activity"].sudo()  # accountants may not write what is asked about
        created = activities.with_context(mail_activity_quick_update=len(by_key) > 1).create(
            list(by_key.values())
        )
        of_key = dict(zip(by_key, created, strict=True))
        return {line: of_key.get(self._get_key(line, checks), activities) for line in lines}

    def _prepare_requests(self, lines, checks):
        """Values of activities: ``{line: values}``, of the lines somebody is in charge of."""
        model_ids, requests = {}, {}
        activity_type = self.env.ref(DIFFERENCE)
        in_charge = self.env["pemba.reconciliation.charge"]._get_in_charge(lines, checks)
        for line, (record, user) in in_charge.items():
            if not (record and user):
                continue
            if record._name not in model_ids:
                model_ids[record._name] = self.env["ir.model"]._get_id(record._name)
            to_user = self.with_context(lang=user.lang or self.env.lang).sudo()  # whoever asks
            of_user = line.with_env(to_user.env)
            requests[line] = {
                "activity_type_id": activity_type.id,
                "automated": True,
                "date_deadline": get_today(self),
                "res_model_id": model_ids[record._name],
                "res_id": record.id,
                "user_id": user.id,
                "summary": to_user._get_summary(of_user, checks[line]),
                "note": plaintext2html(to_user._describe(of_user, checks[line], record)),
            }
        return requests

    # ------------------------------------------------------------
    # In words
    # ------------------------------------------------------------

    def _get_summary(self, line, check):
        product = line.product_id.display_name or line.display_name
        if check == "correction":
            return self.env._("%s: correct the installed base", product)
        name = line._get_result_field(check)
        labels = dict(line._fields[name]._description_selection(self.env))
        return self.env._("%(product)s: %(result)s", product=product, result=labels[line[name]])

    def _describe(self, line, check, record):
        """What differs, and what is to be done about it.

        :param record: what is asked about
        """
        is_read_by_many = record._name == "res.partner"  # no note there
        names = self._get_told_fields(line, check, is_read_by_many)
        labels = line.fields_get(names, ["string"])
        figures = [
            self.env._(
                "%(label)s: %(value)s", label=labels[name]["string"], value=self._format_figure(line, name)
            )
            for name in names
            if line[name]
        ]
        as_of = self.env._("As of %s", format_date(self.env, line.date))
        result = line[line._get_result_field(check)]
        parts = (
            f"{line.display_name}, {as_of}.",
            ", ".join(figures),
            "" if is_read_by_many else line.note,
            self._get_advice().get(check, {}).get(result),
        )
        return "\n".join(filter(None, parts))

    def _get_told_fields(self, line, check, is_read_by_many):
        """The figures of a line that are told: of amounts, many read what is to be offered alone."""
        quantities = ["due_quantity", "installed_quantity", "term_quantity", "covered_quantity"]
        if not is_read_by_many:
            return [*quantities, "won_amount_company", "invoiced_amount_company", "missed_amount_company"]
        is_to_offer = check == "covered" and line._is_unattended()
        return [*quantities, "missed_amount_company"] if is_to_offer else quantities

    def _format_figure(self, line, name):
        field = line._fields[name]
        if field.type == "monetary":
            return line[field.get_currency_field(line)].format(line[name])
        return formatLang(self.env, line[name], field.get_digits(self.env)[1])

    def _get_advice(self):
        """What settles a difference, in a sentence: ``{check: {result: sentence}}``."""
        correct = self.env._("Look at what the customer really runs and correct the installed base.")
        return {
            "installed": {
                "not_sold": self.env._("It runs without a sale: sell it, or say why none is needed."),
                "not_installed": self.env._("It was sold: put it in service, or say when it will be."),
                "quantity_gap": self.env._(
                    "Sell what runs beyond the sale, or put what is missing in service."
                ),
            },
            "correction": dict.fromkeys(("not_sold", "not_installed", "quantity_gap"), correct),
            "covered": {
                "not_sold": self.env._("It is under contract without a sale: sell it, or end the contract."),
                "quantity_gap": self.env._("Sale and contract have different quantities: mend the contract."),
                "covered_not_installed": self.env._(
                    "The contract covers what is not in service: put it in service, or end the contract."
                ),
                "not_covered": self.env._("Nothing covers it: start its contract, or offer maintenance."),
            },
            "invoiced": {
                "invoiced_not_won": self.env._("It was invoiced without a sale: win the sale, or credit it."),
                "not_invoiced": self.env._("It was sold: invoice it, or say when it will be."),
                "amount_gap": self.env._("Invoice what is left to invoice, or credit what is too much."),
            },
        }
