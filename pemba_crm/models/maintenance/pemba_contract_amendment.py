from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

from ..pipeline.crm_lead import OURS


class PembaContract(models.Model):
    """A contract that runs is added to and reduced, and what follows it with it."""

    _inherit = "pemba.contract"

    def _extend(self, line):
        """A line that was won comes into the contract, from its day on, and ends with it.

        A draft is as long as what was sold; what is added to a contract that was renewed already goes on in
        its successor.

        :param line: of the opportunity
        """
        vals = line._prepare_contract_line()
        if self.state == "draft":
            self._widen(line)
            vals["date_start"] = line.date_start or self.date_start
        today = line.lead_id.close_date or fields.Date.context_today(self)
        vals.setdefault("date_start", min(max(today, self.date_start), self.date_end))
        vals["date_end"] = min(vals.get("date_end") or self.date_end, self.date_end)
        ours = self.line_ids.with_context(pemba_following=OURS)
        added = ours.create(vals | {"contract_id": self.id})
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
        self._follow_renewal(added=added)
        following = self.successor_id.filtered(lambda one: one.state == "draft" or one._is_open())
        if following and added.date_end == self.date_end:
            next_vals = added._prepare_successor(added._prepare_renewal({}))
            ours.create(next_vals | {"contract_id": following.id})

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
        date = fields.Date.to_date(date) or fields.Date.context_today(self)
        if not self._is_open() or line.contract_id != self:
            raise UserError(self.env._("%s is not running.", self.display_name))
        if not line.date_start <= date <= line.date_end or not 0 < quantity <= line.quantity:
            raise UserError(
                self.env._(
                    "%(contract)s, %(product)s: there are %(quantity)s of it, from %(start)s to %(end)s.",
                    contract=self.display_name,
                    product=line.product_id.display_name,
                    quantity=line.quantity,
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
        ours = line.with_context(pemba_following=OURS)
        rest, left = line.browse(), line.quantity - quantity
        if left and date == line.date_start:
            ours.write({"quantity": left, "is_amended": True})
            rest = line
        elif left:
            vals = {"quantity": left, "date_start": date, "date_end": line.date_end, "is_amended": True}
            rest = ours.copy(vals).with_env(self.env)
        self._follow_renewal(reduced={line: rest})
        self._reduce_following(line, rest, quantity)
        if date > line.date_start:
            ours.write({"date_end": date - timedelta(days=1), "is_amended": True})
        elif not left:
            ours.unlink()
        return rest

    def _reduce_following(self, line, rest, quantity):
        """What is reduced in a contract that is renewed already is less in the next term, too.

        :param line: that is reduced
        :param rest: the line that goes on of it, if any
        :param quantity: how much is taken away
        """
        following = self.successor_id.line_ids.filtered(lambda one: one.predecessor_id == line)
        for one in following.with_context(pemba_following=OURS):
            if one.quantity > quantity:
                vals = {"quantity": one.quantity - quantity, "is_amended": True}
                one.write(vals | {"predecessor_id": (rest or line).id})
            else:
                self.successor_id._log_lines(one, self.env._("removed"))
                one.unlink()

    def _log_lines(self, lines, what):
        """Amendments of a running contract are told."""
        names = ", ".join(f"{line.product_id.display_name} × {line.quantity:.12g}" for line in lines)
        self._message_log(body=self.env._("Lines %(what)s: %(names)s", what=what, names=names))

    def _follow_renewal(self, added=None, reduced=None):
        """What is added or reduced while its renewal is open is offered with it.

        :param added: lines
        :param reduced: ``{line: what goes on of it, if anything}``
        """
        for contract in self:
            leads = contract.sudo().renewal_lead_ids  # a colleague's too
            lead = leads.filtered(lambda one: one.won_status == "pending")
            if not lead:
                continue
            offered = lead._get_all_lines()
            for line in added or ():
                goes_on = line.contract_id == contract and line.date_end == contract.date_end
                if goes_on and line not in offered.contract_line_id:
                    dates = {"date_start": contract.date_end + timedelta(days=1)}
                    dates["date_end"] = max(offered.filtered("date_end").mapped("date_end"), default=False)
                    vals = line._prepare_renewal(lead.revaluation or {}) | {"lead_id": lead.id}
                    offered.create(vals | {name: day for name, day in dates.items() if day})
            for line, rest in (reduced or {}).items():
                of_line = offered.filtered(lambda one, line=line: one.contract_line_id.id == line.id)
                if rest:
                    of_line.write({"contract_line_id": rest.id, "quantity": rest.quantity})
                else:
                    of_line.unlink()

    def _get_offered(self):
        """What a renewal that is open offers: ``{line of the contract: line of the renewal}``."""
        leads = self.sudo().renewal_lead_ids.filtered(lambda one: one.won_status == "pending")  # as above
        return {line.contract_line_id: line for line in leads._get_all_lines() if line.contract_line_id}

    def _move_renewal(self, end):
        """A renewal that is open starts after the end, when that is corrected.

        :param end: the last day before
        """
        lead = self.sudo().renewal_lead_ids.filtered(lambda one: one.won_status == "pending")  # as above
        if not lead or end == self.date_end:
            return
        shift = self.date_end - end
        if lead.date_deadline == end:
            lead.date_deadline = self.date_end
        for line in lead._get_all_lines().filtered("contract_line_id"):
            if line.date_start == end + timedelta(days=1):
                last = line.date_end and line.date_end + shift
                line.write({"date_start": line.date_start + shift, "date_end": last})
