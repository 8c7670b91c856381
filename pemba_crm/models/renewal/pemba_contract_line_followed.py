from odoo import api, models
from odoo.fields import Domain

from ..installed_base.pemba_customer_mixin import get_differing
from ..public import VALUES, VALUES_LIST, public


class PembaContractLine(models.Model):
    """What happens to a line reaches the renewal that is open, and the terms that follow already.

    What goes on there by itself follows. What was ordered for the next term, or reduced in it, was agreed on
    since: a person is asked.
    """

    _inherit = "pemba.contract.line"

    # ------------------------------------------------------------
    # Whichever way it changes
    # ------------------------------------------------------------

    @api.model_create_multi
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):
        is_ours = self._is_granted(vals_list)
        lines = super().create(vals_list)
        if not is_ours:
            lines._go_on()
        lines.contract_id._offer_again()
        return lines

    @public(vals=VALUES)
    def write(self, vals):
        contracts = self.contract_id if not self._get_offered_terms().isdisjoint(vals) else None
        if contracts:
            contracts._get_open_renewal()._remember_proposal()
        granted = self._get_passing()
        is_by_hand = not (granted and granted.is_for(self, vals))
        before = self._get_renewed(vals) if is_by_hand else {}
        moved = self._get_moved(vals) if is_by_hand else self.browse()
        moved._leave_successor()
        result = super().write(vals)
        moved._go_on()
        for line, (was, went_on) in before.items():
            if line not in moved:
                line._follow_correction(was, went_on)
        if contracts:
            (contracts | self.contract_id)._offer_again()
        return result

    def _get_renewed(self, vals):
        """``{line: (what it was, whether it ran to the end)}``, where something follows that changes."""
        if (self._get_followed_fields() | {"date_end"}).isdisjoint(vals):
            return {}
        return {
            line: (line._get_followed(), line._is_going_on())
            for line in self
            if line.contract_id.successor_id
        }

    def _get_moved(self, vals):
        """Those that come into another contract."""
        target = vals.get("contract_id")
        is_id = type(target) is int  # what is none is refused later
        return self.filtered(lambda line: is_id and line.contract_id.id != target)

    def _follow_correction(self, before, went_on):
        """What a person corrects, in the terms that follow."""
        if went_on and not self._is_going_on():
            self._leave_successor()
        elif self._is_going_on() and not went_on:
            self._go_on()
        else:
            self._follow_in_successor(before)

    @public
    def unlink(self):
        contracts = self.contract_id
        contracts._get_open_renewal()._remember_proposal()
        granted = self._get_passing()
        if not (granted and granted.is_for(self)):
            self._leave_successor()
        result = super(PembaContractLine, self.exists()).unlink()  # two terms may go in one
        contracts.exists()._offer_again()
        return result

    def _follow_sale(self, sold):
        """What was added to a contract that was renewed goes on in its successor as it was ordered."""
        before = self._get_followed()
        is_following = super()._follow_sale(sold)
        if is_following:
            self._follow_in_successor(before)
        return is_following

    def _withdraw(self):
        """What goes on of it by itself in the terms that follow is not sold any more, either."""
        return super(PembaContractLine, self | self._get_unsold_following())._withdraw()

    def _get_unsold_following(self):
        """What goes on of these in the terms that follow, but for what was ordered there: with all of it."""
        following = self.search(
            Domain("predecessor_id", "in", (self | self._get_unsold_rests()).ids)
            & Domain("opportunity_line_id", "=", False)
        )
        return following | following._get_unsold_following() if following else following

    # ------------------------------------------------------------
    # In the terms that follow
    # ------------------------------------------------------------

    @api.model
    def _get_followed_fields(self):
        """What goes on in the next term as it is in this one: a new set."""
        return {"product_id", "quantity", "price_unit", "discount", "distributor_margin_rate", "equipment_id"}

    def _get_followed(self):
        """What goes on of it, as values: a new dict."""
        names = self._get_followed_fields()
        return {name: self._fields[name].convert_to_write(self[name], self) for name in names}

    def _is_going_on(self):
        """Whether it runs to the end of its contract."""
        return self.date_end == self.contract_id.date_end

    def _get_following(self):
        """What goes on of these in the next term, where that may change."""
        following = self.contract_id.successor_id.line_ids
        return following.filtered(
            lambda one: one.predecessor_id in self and (one.state == "draft" or one.contract_id._is_open())
        )

    def _go_on(self):
        """What runs to the end of a contract that was renewed already goes on in the terms that follow."""
        for line in self.filtered(lambda one: one._is_going_on()):
            following = line.contract_id.successor_id
            known = line._get_following()
            for one in known:  # it stayed there
                if get_differing(one, line._get_followed()):
                    line._ask_about_next_term(one, one._get_followed())
            if not known and (following.state == "draft" or following._is_open()):
                vals = line._prepare_successor(line._prepare_renewal({})) | {"contract_id": following.id}
                added = line._put([vals])
                if following.state != "draft":
                    following._log_lines(added, self.env._("added"))
                added._go_on()

    def _follow_in_successor(self, before):
        """What changed of it changes in the next term, too, at the prices that it has there.

        What is another one there was agreed on for that term: a person is asked.

        :param before: what it was before, see ``_get_followed``
        """
        changed = get_differing(self, before)
        following = self._get_following() if changed else self.browse()
        if changed and not following:
            self._ask_about_unknown(before)
        for line in following:
            new = {name: value for name, value in self._get_followed().items() if name in changed}
            if "price_unit" in new and before["price_unit"]:
                new["price_unit"] = self._revalue(line.price_unit / before["price_unit"])
            if "equipment_id" in new:
                new["equipment_id"] = self._get_next_equipment().id
            changes = get_differing(line, new)
            was = {name: before[name] for name in changes if name != "price_unit"}
            if not line.equipment_id:  # what it covered went
                was.pop("equipment_id", None)
            is_agreed = line.opportunity_line_id or line.is_amended or get_differing(line, was)
            if changes and is_agreed:
                self._ask_about_next_term(line, before)
            elif changes:
                was = line._get_followed()
                line._set(**changes)
                line._follow_in_successor(was)

    def _ask_about_unknown(self, before):
        """Of a next term that does not say of which line each of its lines is, a person sees to it.

        :param before: what it was before
        """
        successor = self.contract_id.successor_id
        if self._is_going_on() and successor.line_ids and not successor.line_ids.predecessor_id:
            self._ask_about_next_term(successor.line_ids[:1], before)

    def _leave_successor(self):
        """What a person takes off is not in the next term, either."""
        for line in self._get_following():
            before = line.predecessor_id
            if line.opportunity_line_id or line.is_amended:
                before._ask_about_next_term(line, before._get_followed(), {"quantity": 0.0})
            else:
                line._leave_successor()
                line._leave_contract()

    def _leave_contract(self):
        """It is removed, which is told; of what nothing is left is asked about."""
        contract = self.contract_id
        if contract.state != "draft":
            contract._log_lines(self, self.env._("removed"))
        self._take_off()
        if not contract.line_ids and contract.state != "draft":
            contract._ask(lambda env: env._("Nothing of it is left: terminate it?"))

    def _ask_about_next_term(self, line, before, now=None):
        """It is corrected once the next term is agreed on.

        :param line: what goes on of it there
        :param before: what it was before, see ``_get_followed``
        :param now: what of that is another value now, if it is not the line's
        """
        followed = now or self._get_followed()
        changes = {name: value for name, value in followed.items() if value != before[name]}
        source = self.opportunity_line_id.sudo().lead_id.display_name  # of all salespeople
        line.contract_id._ask(
            lambda env: env._("The term before was corrected: is this one?"),
            lambda env: ", ".join(filter(None, [source, self._describe_changes(env, before, changes)])),
        )
