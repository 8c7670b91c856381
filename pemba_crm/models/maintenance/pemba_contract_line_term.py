from decimal import Decimal

from odoo import models
from odoo.tools import float_round

from ..installed_base.pemba_customer_mixin import get_differing
from ..pipeline.crm_lead import OURS


class PembaContractLine(models.Model):
    """What a line takes from the sale that brought it, and gives to the term that follows."""

    _inherit = "pemba.contract.line"

    # ------------------------------------------------------------
    # What was sold
    # ------------------------------------------------------------

    def _follow_sale(self, sold):
        """It is what was sold, as the orders say by now; what is over stays.

        :param sold: the line of the opportunity
        """
        contract = self.contract_id
        if contract.state != "draft" and not contract._is_open():
            return
        if self.is_amended:
            return  # what was reduced since stays
        vals = {
            name: value
            for name, value in sold._prepare_contract_line().items()
            if name not in ("equipment_id", "date_start", "date_end", "predecessor_id")
        }
        vals |= {
            name: max(min(sold[name], contract.date_end), contract.date_start)
            for name in ("date_start", "date_end")
            if sold[name]
        }
        changes = get_differing(self, vals)
        if changes:
            self.with_context(pemba_following=OURS).write(changes)
        self._follow_in_successor()

    def _follow_in_successor(self):
        """What was added to a contract that was renewed goes on in its successor as it was ordered."""
        for line in self.contract_id.successor_id.line_ids:
            is_copy = line.predecessor_id == self and not (line.opportunity_line_id or line.is_amended)
            if not is_copy or not (line.state == "draft" or line.contract_id._is_open()):
                continue
            changes = get_differing(
                line, {name: self[name] for name in ("quantity", "price_unit", "discount")}
            )
            if changes:
                line.with_context(pemba_following=OURS).write(changes)

    def _withdraw(self):
        """It is not sold any more: drafts lose it, and go with their last line; running ones are told."""
        drafts = self.filtered(lambda line: line.state == "draft")
        contracts = drafts.contract_id
        for contract, lines in (
            (self - drafts).filtered(lambda line: line.state == "running").grouped("contract_id").items()
        ):
            contract._log_lines(lines, self.env._("not sold any more"))
        drafts.unlink()
        contracts.filtered(lambda contract: not contract.line_ids and not contract.predecessor_id).unlink()

    # ------------------------------------------------------------
    # The next term
    # ------------------------------------------------------------

    def _prepare_renewal(self, revaluation):
        """Values of the opportunity line that renews it.

        :param revaluation: see ``pemba.contract._get_revaluation``; the price stays where a value is missing
        """
        coefficient = revaluation.get("coefficient", 1.0)
        return {
            "product_id": self.product_id.id,
            "sale_type_id": self._get_sale_type().id,
            "quantity": self.quantity,
            "price_unit": self._revalue(coefficient, revaluation.get("cap"), revaluation.get("floor")),
            "discount": self.discount,
            "distributor_margin_rate": self.distributor_margin_rate,
            "contract_line_id": self.id,
        }

    def _revalue(self, coefficient, cap=None, floor=None):
        """Its unit price times a coefficient; neither cap nor floor is passed by rounding.

        With the digits of prices; one that has more already gets two more than it has, since what is sold by
        thousands would lose a part of its price else.
        """
        if coefficient == 1.0:
            return self.price_unit
        digits = max(
            self.currency_id.decimal_places, self.env["decimal.precision"].precision_get("Product Price")
        )
        own = max(0, -Decimal(f"{self.price_unit:.12g}").normalize().as_tuple().exponent)
        digits = own + 2 if own > digits else digits
        revised = self.price_unit * coefficient
        price = float_round(revised, precision_digits=digits)
        if cap is not None and price > self.price_unit * (1 + cap / 100) + 1e-9:
            price = float_round(revised, precision_digits=digits, rounding_method="DOWN")
        elif floor is not None and price < self.price_unit * (1 + floor / 100) - 1e-9:
            price = float_round(revised, precision_digits=digits, rounding_method="UP")
        return price

    def _get_sale_type(self):
        """The product's, where that recurs; what is renewed is maintenance else."""
        own = self.product_id.pemba_sale_type_id
        return own if own.is_recurring else self.env.ref("pemba_crm.sale_type_maintenance")

    def _prepare_successor(self, vals):
        """Values of the line of the next term, without an opportunity.

        :param vals: see ``_prepare_renewal``
        """
        kept = {
            name: value for name, value in vals.items() if name not in ("contract_line_id", "sale_type_id")
        }
        return kept | {
            "equipment_id": self._get_next_equipment().id,
            "sequence": self.sequence,
            "predecessor_id": self.id,
        }

    def _get_next_equipment(self):
        """The equipment, unless it is another customer's by now."""
        customer = self.contract_id.partner_id
        return self.equipment_id.filtered(lambda one: one.partner_id == customer)
