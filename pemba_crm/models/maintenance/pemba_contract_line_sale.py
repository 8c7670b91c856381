from odoo import api, models
from odoo.tools import float_compare

from ..company_day import get_today
from ..installed_base.pemba_customer_mixin import get_differing


class PembaContractLine(models.Model):
    """What a line takes from the sale that brought it."""

    _inherit = "pemba.contract.line"

    def _follow_sale(self, sold):
        """It is what was sold, as the orders say by now; what is over stays.

        :param sold: the line of the opportunity
        :return: whether it follows it still
        """
        contract = self.contract_id
        if contract.state != "draft" and not contract._is_extensible():
            self._ask_about_correction(sold)
            return False
        if self.is_amended:
            self._ask_about_amended(sold)
            return False  # what was reduced since stays
        vals = {
            name: value
            for name, value in sold._prepare_contract_line().items()
            if name not in self._get_kept_fields()
        }
        vals |= {
            name: max(min(sold[name], contract.date_end), contract.date_start)
            for name in ("date_start", "date_end")
            if sold[name] and sold._is_sold_for(contract)
        }
        changes = get_differing(self, vals)
        if changes:
            self._set(**changes)
        return True

    def _ask_about_correction(self, sold):
        """What it was sold for is corrected after its term: whether the term that runs is, a person says.

        :param sold: the line of the opportunity
        """
        before = {name: self[name] for name in self._get_corrected_fields()}
        self._ask_about_change(
            lambda env: env._("Its sale was corrected after its term"),
            sold,
            before,
            sold._prepare_contract_line(),
        )

    def _ask_about_amended(self, sold):
        """What it was sold for is corrected once it was reduced: whether what is left is, a person says.

        :param sold: the line of the opportunity
        """
        before = self.sold_terms
        self._remember_sale()
        if before:
            self._ask_about_change(
                lambda env: env._("Its sale was corrected after it was reduced"),
                sold,
                before,
                self.sold_terms,
            )

    def _remember_sale(self):
        """What its sale says now, from which a later correction differs."""
        sold = self.opportunity_line_id.sudo()  # whoever reduces
        if sold:
            self._set(sold_terms=self._get_sale_terms(sold))

    @api.model
    def _get_sale_terms(self, sold):
        """Numbers that a sale says now, of which a correction is asked about: a new dict.

        :param sold: the line of the opportunity
        """
        terms = sold._prepare_contract_line()
        return {name: terms.get(name, 0.0) for name in self._get_corrected_fields()}

    @api.model
    def _get_corrected_fields(self):
        """Numbers of a sale, of which a correction is asked about once the line cannot follow: a new set."""
        return {"quantity", "price_unit", "discount"}

    def _take_off(self):
        """It is removed, and does not come back by its sale; what is left of it is what that sold."""
        sold, terms = self.opportunity_line_id.sudo(), self.sold_terms  # whoever takes it off
        contract = self.contract_id
        rest = self.search([("rest_of_id", "=", self.id)], limit=1)
        self._drop()
        if rest:
            rest._set(opportunity_line_id=sold.id, sold_terms=terms)
        elif sold:
            sold._set(taken_off=self._get_sale_terms(sold) | {"contract_id": contract.id})

    def _ask_about_change(self, question, sold, before, now):
        """Whoever is in charge of the term that runs is asked, where something changed.

        :param question: see ``pemba.contract._ask``
        :param sold: the line of the opportunity
        :param before: values that it had
        :param now: values that it would have, these and others
        """
        values = {name: now.get(name, 0.0) for name in before}
        changes = {
            name: value
            for name, value in values.items()
            if float_compare(value, before[name], precision_digits=6)
        }
        if changes:
            self.contract_id._get_running_term()._ask(
                question,
                lambda env: ", ".join(
                    [sold.lead_id.display_name, self._describe_changes(env, before, changes)]
                ),
            )

    def _describe_changes(self, env, before, changes):
        """What changes, for people to read.

        :param before: the values before
        :param changes: those that are others now
        """
        line = self.with_env(env)
        labels = line.fields_get(list(changes), ["string"])
        told = (
            "{} {} → {}".format(
                labels[name]["string"],
                line._format_value(name, before[name]),
                line._format_value(name, value),
            )
            for name, value in changes.items()
        )
        return f"{line.contract_id.name}, {line.product_id.display_name}: {', '.join(told)}"

    def _format_value(self, name, value):
        """A value that one of its fields may have, for people to read."""
        field = self._fields[name]
        if field.type == "many2one":
            return self.env[field.comodel_name].sudo().browse(value).display_name or "–"  # what it names
        return f"{value:.12g}"

    def _get_unsold_rests(self):
        """What is left of these without a sale of its own: all of it."""
        rests = self.search([("rest_of_id", "in", self.ids), ("opportunity_line_id", "=", False)])
        return rests | rests._get_unsold_rests() if rests else rests

    @api.model
    def _get_unsold_question(self, env):
        return env._("It covers what is not sold any more: reduce it?")

    @api.model
    def _get_kept_fields(self):
        """What it does not take from the sale again: a new set."""
        return {"equipment_id", "date_start", "date_end"}

    def _prepare_origin(self):
        """Values of what it came from, which copies do not take over."""
        return {
            "opportunity_line_id": self.opportunity_line_id.id,
            "rest_of_id": self.rest_of_id.id,
            "is_amended": self.is_amended,
            "is_sale_deleted": self.is_sale_deleted,
            "sold_terms": self.sold_terms,
        }

    def _withdraw(self):
        """They are not sold any more: drafts lose them, and go with the last one; who runs some is asked."""
        withdrawn = self | self._get_unsold_rests()
        drafts = withdrawn.filtered(lambda line: line.state == "draft")
        contracts = drafts.contract_id
        running = (withdrawn - drafts).filtered(
            lambda line: line.contract_id._is_open() and line.date_end >= get_today(line)
        )
        for contract, lines in running.grouped("contract_id").items():
            contract._log_lines(lines, self.env._("not sold any more"))
            names = ", ".join(f"{line.product_id.display_name} × {line.quantity:.12g}" for line in lines)
            contract._ask(self._get_unsold_question, lambda _env, names=names: names)
        drafts.unlink()
        contracts.filtered(lambda contract: contract._is_left_empty()).unlink()
