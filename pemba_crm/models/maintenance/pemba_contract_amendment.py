from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date
from odoo.tools.misc import formatLang

from ..company_day import get_today


class PembaContract(models.Model):
    """A contract that runs is added to and reduced."""

    _inherit = "pemba.contract"

    def _extend(self, line):
        """A line that was won comes into the contract, from its day on, and ends with it.

        A draft is as long as what was sold. What was sold for a term that is over comes into this one.

        :param line: of the opportunity
        """
        vals = line._prepare_contract_line()
        if self.state == "draft":
            self._widen(line)
            vals["date_start"] = line.date_start or self.date_start
        today = line.lead_id.close_date or get_today(self)
        if not line._is_sold_for(self):
            vals.update(date_start=False, date_end=False)
        vals["date_start"] = max(
            vals.get("date_start") or min(max(today, self.date_start), self.date_end), self.date_start
        )
        vals["date_end"] = min(vals.get("date_end") or self.date_end, self.date_end)
        added = self.line_ids._put([vals | {"contract_id": self.id}])
        if self.state == "draft":
            return
        self._message_log(
            body=self.env._(
                "%(lead)s: %(product)s × %(quantity)s",
                lead=line.lead_id.display_name,
                product=line.product_id.display_name,
                quantity=f"{line.quantity:.12g}",
            )
        )
        is_foreign = self.currency_id != line.deal_currency_id
        if is_foreign or self.currency_id.compare_amounts(added.amount, line.net_amount):
            self._ask_about_amount(added, line)
        self._follow_extension(added)

    def _ask_about_amount(self, added, line):
        """It was sold for days that are not this term's, at an amount that is another one: which is right?

        :param added: what came into the contract
        :param line: of the opportunity
        """
        self._ask(
            lambda env: env._("What was sold into it costs another amount here: is it as agreed?"),
            lambda env: env._(
                "%(lead)s, %(product)s: sold for %(sold)s, here %(amount)s from %(start)s to %(end)s.",
                lead=line.lead_id.display_name,
                product=line.product_id.display_name,
                sold=formatLang(env, line.net_amount, currency_obj=line.deal_currency_id),
                amount=formatLang(env, added.amount, currency_obj=self.currency_id),
                start=format_date(env, added.date_start),
                end=format_date(env, added.date_end),
            ),
        )

    def _widen(self, line):
        """A draft is as long as all that was sold into it."""
        start = min(filter(None, (line.date_start, self.date_start)))
        end = max(filter(None, (line.date_end, self.date_end)))
        if (start, end) != (self.date_start, self.date_end):
            self._set(date_start=start, date_end=end)

    def _reduce(self, line, quantity, date=None):
        """Less of a line from a day on: it ends on the day before, and what stays goes on.

        :param line: of this contract
        :param quantity: how much is taken away; all of it ends the line
        :param date: the first day with less, else today
        :return: the line that goes on, none where all is taken away
        :raise UserError: naming the line that has less, or that has no such day
        """
        self.ensure_one()
        date = fields.Date.to_date(date) or get_today(self)
        if not self._is_open() or line.contract_id != self:
            raise UserError(self.env._("%s is not running.", self.display_name))
        if not line.date_start <= date <= line.date_end or not 0 < quantity <= line.quantity:
            raise UserError(
                self.env._(
                    "%(contract)s, %(product)s: there are %(quantity)s of it, from %(start)s to %(end)s.",
                    contract=self.display_name,
                    product=line.product_id.display_name,
                    quantity=f"{line.quantity:.12g}",
                    start=format_date(self.env, line.date_start),
                    end=format_date(self.env, line.date_end),
                )
            )
        self._message_log(
            body=self.env._(
                "%(product)s: %(before)s → %(after)s from %(date)s.",
                product=line.product_id.display_name,
                before=f"{line.quantity:.12g}",
                after=f"{line.quantity - quantity:.12g}",
                date=format_date(self.env, date),
            )
        )
        line._remember_sale()
        rest, left = line.browse(), line.quantity - quantity
        if left and date == line.date_start:
            line._set(quantity=left, is_amended=True)
            rest = line
        elif left:
            vals = {"quantity": left, "date_start": date, "date_end": line.date_end, "is_amended": True}
            vals["rest_of_id"] = line.id
            rest = line._put([{**line.copy_data()[0], "contract_id": self.id, **vals}])
        self._follow_reduction(line, rest, quantity)
        if date > line.date_start:
            line._set(date_end=date - timedelta(days=1), is_amended=True)
        elif not left:
            line._take_off()
        self._get_terms_from_here()._answer_about_unsold()
        return rest

    def _log_lines(self, lines, what):
        """Amendments of a running contract are told."""
        names = ", ".join(f"{line.product_id.display_name} × {line.quantity:.12g}" for line in lines)
        self._message_log(body=self.env._("Lines %(what)s: %(names)s", what=what, names=names))

    # ------------------------------------------------------------
    # Hooks for what follows the contract
    # ------------------------------------------------------------

    def _follow_extension(self, line):
        """A line that was sold came into the contract, which runs."""

    def _follow_reduction(self, line, rest, quantity):
        """A line was reduced from a day on.

        :param rest: the line that goes on of it, if any
        :param quantity: how much is taken away
        """
