from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import float_round

from ..installed_base.pemba_customer_mixin import get_differing


class PembaContractLine(models.Model):
    """What a line gives to the term that follows, and what is offered of it."""

    _inherit = "pemba.contract.line"

    predecessor_id = fields.Many2one(
        "pemba.contract.line",
        string="Renews",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The line of the contract before, whose next term it is.",
    )

    @api.model
    def _get_result_fields(self):
        return super()._get_result_fields() | {"predecessor_id"}

    @api.model
    def _get_kept_fields(self):
        return super()._get_kept_fields() | {"predecessor_id"}

    def _prepare_origin(self):
        return super()._prepare_origin() | {"predecessor_id": self.predecessor_id.id}

    def _follow_sale(self, sold):
        """What was added to a contract that was renewed goes on in its successor as it was ordered."""
        is_following = super()._follow_sale(sold)
        if is_following:
            self._follow_in_successor()
        return is_following

    def _follow_in_successor(self):
        for line in self.contract_id.successor_id.line_ids:
            is_copy = line.predecessor_id == self and not (line.opportunity_line_id or line.is_amended)
            if not is_copy or not (line.state == "draft" or line.contract_id._is_open()):
                continue
            changes = get_differing(
                line, {name: self[name] for name in ("quantity", "price_unit", "discount")}
            )
            if changes:
                line._set(**changes)

    def _is_agreed(self):
        """What was renewed costs what it did."""
        return super()._is_agreed() or bool(self.predecessor_id)

    def _get_offers(self):
        """What an open renewal offers for these: ``{line: (the offered line, its values by itself)}``."""
        offered = self.contract_id._get_offered()
        return {
            line: (offered[line], line._prepare_renewal(offered[line].lead_id.revaluation or {}))
            for line in self
            if line in offered
        }

    def _follow_offers(self, before):
        """Corrected, they are offered as they are now; what was negotiated stays.

        :param before: see ``_get_offers``
        """
        for line, (offer, old) in before.items():
            new = line._prepare_renewal(offer.lead_id.revaluation or {})
            names = ("product_id", "quantity", "price_unit", "discount", "distributor_margin_rate")
            was_by_itself = get_differing(offer, {name: old[name] for name in names})
            vals = {name: new[name] for name in names if name not in was_by_itself}
            changes = get_differing(offer, vals)
            if changes:
                offer.write(changes)

    def _prepare_renewal(self, revaluation):
        """Values of the opportunity line that renews it.

        :param revaluation: see ``pemba.contract._get_revaluation``; the price stays where a value is missing
        """
        limits = revaluation.get("cap"), revaluation.get("floor")
        return {
            "product_id": self.product_id.id,
            "sale_type_id": self._get_sale_type().id,
            "quantity": self.quantity,
            "price_unit": self._revalue(revaluation.get("coefficient", 1.0), *limits),
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
        """What it was sold as, else the product's where that recurs; what is renewed is maintenance else."""
        sold = self._get_first_sold()
        own = sold.sale_type_id or self.product_id.pemba_sale_type_id
        if own.is_recurring or (sold and sold.product_id == self.product_id):
            return own
        return self.env.ref("pemba_crm.sale_type_maintenance")

    def _get_first_sold(self):
        """The opportunity's line that sold it, or the nearest of the terms before."""
        line = self
        while line.predecessor_id and not line.opportunity_line_id:
            line = line.predecessor_id
        return line.opportunity_line_id

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
