from contextlib import contextmanager

from odoo import api, models
from odoo.exceptions import UserError

from ..deferral import deferring, get_ready
from ..public import VALUES, public


class PembaContract(models.Model):
    """Whatever changes a contract, or ends it, reaches its open renewal and its successor."""

    _inherit = "pemba.contract"

    def _change_owner(self, owner):
        """Their open renewals are for whom they are."""
        result = super()._change_owner(owner)
        leads = self.sudo().renewal_lead_ids  # linked by us, a colleague's too
        self.env.add_to_compute(leads._fields["customer_id"], leads)
        return result

    # ------------------------------------------------------------
    # The open renewal
    # ------------------------------------------------------------

    def _get_open_renewal(self):
        """Their renewals that are open."""
        leads = self.sudo().renewal_lead_ids  # linked by us, a colleague's too
        return leads.filtered(lambda lead: lead.won_status == "pending")

    def _offer_again(self):
        """Their open renewals offer what they say now; while they are being changed, once that is done."""
        contracts = get_ready(self, "offers").filtered(lambda one: one.state != "draft")
        contracts._get_open_renewal()._propose_again()

    @contextmanager
    def _changing(self):
        """What is done to them in several steps is offered once it is whole."""
        self._get_open_renewal()._remember_proposal()
        with deferring(self, "offers"):
            yield
        self._offer_again()

    @public(vals=VALUES)
    def write(self, vals):
        if self._get_offered_fields().isdisjoint(vals):
            return super().write(vals)
        before = {contract: contract._get_renewed_terms() for contract in self}
        with self._changing():
            result = super().write(vals)
            for contract, old in before.items():
                contract._follow_in_renewal(old)
        return result

    def _get_renewed_terms(self):
        """What its renewal has of it beside the lines: ``{field of the opportunity: record}``, a new dict."""
        return {
            "distributor_id": self.distributor_id,
            "deal_currency_id": self.currency_id,
            "user_id": self.user_id,
            "partner_id": self.contact_id or self.partner_id,
        }

    def _follow_in_renewal(self, before):
        """What its open renewal had of it is what it is now; what was chosen there stays.

        :param before: see ``_get_renewed_terms``
        """
        changed = {name: new for name, new in self._get_renewed_terms().items() if new != before[name]}
        for lead in self._get_open_renewal() if changed else ():
            vals = {name: new.id for name, new in changed.items() if lead[name] == before[name]}
            if vals:
                with lead._keeping_proposed_prices():
                    lead.write(vals)

    @api.model
    def _get_offered_fields(self):
        """What changes the offer of its renewal: a new set."""
        return {
            *("line_ids", "date_start", "date_end", "contract_type_id", "partner_id", "distributor_id"),
            *("currency_id", "index_id", "index_base_month", "user_id", "contact_id"),
        }

    def _reduce(self, line, quantity, date=None):
        with self._changing():
            return super()._reduce(line, quantity, date)

    def _terminate(self, date, reason):
        with self._changing():
            return super()._terminate(date, reason)

    @public
    def action_reinstate(self):
        with self._changing():
            return super().action_reinstate()

    def _follow_dates(self, before):
        """The order is expected at the end, when that is corrected."""
        result = super()._follow_dates(before)
        for contract, (_start, end) in before.items():
            if contract.date_end == end:
                continue
            if contract.expected_order_date == end:
                contract._set(expected_order_date=contract.date_end)
            leads = contract._get_open_renewal().filtered(lambda lead, end=end: lead.date_deadline == end)
            leads.write({"date_deadline": contract.date_end})
        return result

    # ------------------------------------------------------------
    # The successor
    # ------------------------------------------------------------

    def _get_following_terms(self):
        """The terms that follow them, the next one first."""
        following = self.successor_id
        return following | following._get_following_terms() if following else following

    def _get_terms_from_here(self):
        return super()._get_terms_from_here() | self._get_following_terms()

    def _follow_extension(self, line):
        """What is added to a contract that was renewed already goes on in its successor."""
        result = super()._follow_extension(line)
        line._go_on()
        return result

    def _hold(self, reason):
        """What follows is held, too: the payment that is disputed is the same customer's."""
        before = {contract: contract.hold_reason for contract in self.sudo()}  # as below
        result = super()._hold(reason)
        for contract, old in before.items():  # accountants may not write contracts
            following = contract._get_following_terms()
            for one in following.filtered(lambda one, old=old: not one.is_on_hold or one.hold_reason == old):
                day = one.hold_date or contract.hold_date
                one._set(is_on_hold=True, hold_reason=reason, hold_date=day)
        return result

    @public
    def action_release(self):
        """The hold is over in what follows, too."""
        following = self.browse().sudo()  # accountants may not write contracts
        for contract in self.sudo():  # as above
            following |= contract._get_following_terms().filtered(
                lambda one, contract=contract: one.hold_reason == contract.hold_reason
            )
        result = super().action_release()
        following._set(is_on_hold=False, hold_reason=False, hold_date=False)
        return result

    def _follow_reduction(self, line, rest, quantity):
        """What goes on is offered in the place of what was reduced, and less in the next term."""
        result = super()._follow_reduction(line, rest, quantity)
        leads = self.sudo().renewal_lead_ids  # linked by us; what is lost may be open again
        leads.filtered(lambda lead: lead.won_status != "won")._propose_instead(line, rest)
        self._reduce_following(line, rest, quantity)
        self._ask_about_order(line)
        return result

    def _ask_about_order(self, lines):
        """It runs without its order, whose offer says more than is left: shall it be another one?

        :param lines: those that were reduced
        """
        for lead in self.predecessor_id._get_open_renewal():
            offered = lead.opportunity_line_ids.filtered(
                lambda one: one.contract_line_id and one.contract_line_id in lines.predecessor_id
            )
            if offered:
                self._ask(
                    self._get_order_question,
                    lambda _env, lead=lead, offered=offered: ", ".join(
                        [
                            lead.display_name,
                            *(f"{one.product_id.display_name} × {one.quantity:.12g}" for one in offered),
                        ]
                    ),
                )

    @api.model
    def _get_order_question(self, env):
        return env._("Its renewal offers more than is left of it: is that corrected?")

    def _reduce_following(self, line, rest, quantity):
        """What is reduced in a contract that is renewed already is less in the next terms, too.

        :param line: that is reduced
        :param rest: the line that goes on of it, if any
        :param quantity: how much is taken away
        """
        for one in line._get_following():
            self.successor_id._reduce_following(one, one, quantity)
            if one.quantity > quantity:
                left = one.quantity - quantity
                one._remember_sale()
                one._set(quantity=left, is_amended=True, predecessor_id=(rest or line).id)
                if one.state != "draft":
                    one.contract_id._log_lines(one, self.env._("reduced"))
            else:
                one._leave_contract()

    # ------------------------------------------------------------
    # What is terminated is not renewed
    # ------------------------------------------------------------

    def _check_termination(self, date):
        successor = self.successor_id
        if self.state == "running" and successor.state not in (False, "draft"):
            raise UserError(
                self.env._(
                    "%(contract)s goes on as %(successor)s: terminate that.",
                    contract=self.display_name,
                    successor=successor.name,
                )
            )
        return super()._check_termination(date)

    def _prepare_termination(self):
        return super()._prepare_termination() | {"renewal_likelihood": self.renewal_likelihood}

    def _follow_termination(self):
        self._set(renewal_likelihood=0.0)
        self._withdraw_successor()
        self._ask_about_order(self.line_ids)
        return super()._follow_termination() | {"closed": self._close_renewals().ids}

    def _follow_reinstatement(self, before):
        result = super()._follow_reinstatement(before)
        leads = self.sudo().env["crm.lead"]  # whoever is in charge of the renewal
        leads.browse(before["closed"]).exists().action_unarchive()
        self._answer(self._get_order_question)
        self._set(close_reason=before["close_reason"], renewal_likelihood=before["renewal_likelihood"])
        return result

    def _close_renewals(self):
        """What was terminated is not offered again.

        :return: the renewals that are lost by that
        """
        leads = self._get_open_renewal()
        if leads:
            reason = self.env.ref("pemba_crm.lost_reason_terminated", raise_if_not_found=False)
            reasons = self.env["crm.lost.reason"].sudo()  # salespeople read them
            reason = reason or reasons.create({"name": self.env._("Terminated")})
            leads.action_set_lost(lost_reason_id=reason.id)
        return leads
