from odoo import api, fields, models
from odoo.tools import clean_context

from ..public import public


class PembaToDo(models.Model):
    """What settles a row, with one click: done at once, or in the dialog or on the record that it takes."""

    _inherit = "pemba.to.do"

    # Whether the user has the right to it; who has not opens what it is about.
    may_settle = fields.Boolean(compute="_compute_may_settle", export_string_translation=False)

    @api.depends("kind")
    @api.depends_context("uid")
    def _compute_may_settle(self):
        allowed = self._get_allowed_kinds()
        for row in self:
            row.may_settle = row.kind in allowed and not row._is_held_up()

    def _is_held_up(self):
        """Whether something else is to be done first, which its text says."""
        return self.kind == "offer" and self.sudo().lead_id.is_price_to_revise  # of a row that is seen

    @api.model
    def _get_allowed_kinds(self):
        """The steps that the user has the right to take: a new set."""
        rights = {
            "pemba.equipment.proposal": ["deliver"],
            "pemba.equipment": ["service"],
            "pemba.contract": ["start", "uncovered", "gone", "unsold"],
            "pemba.price.index.value": ["index"],
            "sale.order": ["offer", "answer", "order"],
            "crm.lead": ["win", "cancelled", "signed", "owner"],
        }
        allowed = {
            kind for model, kinds in rights.items() if self.env[model].has_access("write") for kind in kinds
        }
        return allowed | ({"hold"} if self.env["pemba.contract"]._may_hold() else set())

    @api.model
    def _get_acts(self):
        """``{kind: method of a row that settles it, or returns the action that does}``, a new dict.

        The record is opened for kinds that are not there.
        """
        return {
            "deliver": type(self)._act_deliver,
            "service": type(self)._act_service,
            "start": type(self)._act_start,
            "uncovered": type(self)._act_contract,
            "gone": type(self)._act_reduce,
            "unsold": type(self)._act_reduce,
            "hold": type(self)._act_release,
            "index": type(self)._act_index,
            "offer": type(self)._act_offer,
            "order": type(self)._act_order,
            "win": type(self)._act_win,
            "signed": type(self)._act_signed,
        }

    @public(one=True)
    def action_settle(self):
        """Do what the row asks for, by the rights of the user.

        :raise AccessError: for who may not do it
        :raise UserError: naming what stands in the way
        """
        if not self.exists():
            return self._tell_settled()
        row = self.with_context(clean_context(self.env.context))
        act = self.may_settle and self._get_acts().get(self.kind)
        if not act:
            return row.action_open()
        told, key = self.name, self._get_question_key()
        result = act(row)
        if isinstance(result, dict):
            return result
        self.env["pemba.to.do.question"].sudo().search([("key", "=", key)])._withdraw()  # whoever settles it
        return self._notify("success", self.env._("Settled: %s", told))

    def _tell_settled(self):
        """Somebody was faster."""
        return self._notify("info", self.env._("It is settled already."))

    def _notify(self, kind, message):
        """A message for the user, and the list anew."""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": kind,
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    @public(one=True)
    def action_open(self):
        """What it is about."""
        return self._get_record().get_formview_action()

    def _act_deliver(self):
        return self.lead_id.action_deliver()

    def _act_service(self):
        return self.equipment_id.action_start()

    def _act_start(self):
        """A draft without lines is opened: what it covers is to be said first."""
        return self.contract_id.action_start() if self.contract_id.line_ids else self.action_open()

    def _act_contract(self):
        return self.contract_id.get_formview_action()

    def _act_reduce(self):
        """The dialog that takes the line off, filled in."""
        action = self.env["ir.actions.act_window"]._for_xml_id("pemba_crm.pemba_contract_change_action")
        return action | {
            "context": {
                "default_contract_id": self.contract_id.id,
                "default_kind": "reduce",
                "default_line_id": self.contract_line_id.id,
                "default_quantity": self.contract_line_id.quantity,
            }
        }

    def _act_release(self):
        return self.contract_id.action_release()

    def _act_index(self):
        """A new value of the index, of the month that is missing; or a contract's base month."""
        month = self._get_missing_month()
        if not month:
            return self.contract_id.get_formview_action()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Enter Value"),
            "res_model": "pemba.price.index.value",
            "view_mode": "form",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_index_id": self.index_id.id,
                "default_month": month,
                "default_state": "final",
            },
        }

    def _act_offer(self):
        """The quotation that is to be sent; a new one where there is none."""
        lead = self.lead_id
        drafts = lead.order_ids.filtered(lambda order: order.state == "draft")
        return drafts.sorted("id")[-1:].get_formview_action() if drafts else lead.action_new_quotation()

    def _act_order(self):
        """The offer that the customer is to order by; the renewal, where none was sent."""
        renewal = self.contract_id.renewal_lead_id
        offers = renewal.order_ids.filtered(lambda order: order.state == "sent")
        return (offers.sorted("id")[-1:] or renewal or self.contract_id).get_formview_action()

    def _act_win(self):
        """An open deal is won; one that was lost, or says another amount, is opened to say what counts."""
        if self.lead_id.won_status != "pending" or self.lead_id._has_other_amount():
            return self.lead_id.get_formview_action()
        self.lead_id.action_set_won()
        return True

    def _act_signed(self):
        """What was signed holds."""
        return self.lead_id.action_keep_as_signed()
