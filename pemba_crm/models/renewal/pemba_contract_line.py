from datetime import date
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import float_round, sql


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
    is_offered = fields.Boolean(
        compute="_compute_is_offered", store=True, precompute=True, export_string_translation=False
    )

    def _auto_init(self):
        # On a database that has lines it is made and filled here: none of them is computed in Python.
        is_update = sql.table_exists(self.env.cr, self._table)
        if is_update and not sql.column_exists(self.env.cr, self._table, "is_offered"):
            sql.create_column(self.env.cr, self._table, "is_offered", "bool")
            self.env.cr.execute(
                """UPDATE pemba_contract_line line
                      SET is_offered = line.date_end = contract.date_end
                          AND NOT EXISTS (
                                SELECT FROM pemba_equipment equipment
                                 WHERE equipment.id = line.equipment_id
                                   AND (equipment.state = 'retired'
                                        OR equipment.partner_id != contract.partner_id))
                     FROM pemba_contract contract
                    WHERE contract.id = line.contract_id"""
            )
        return super()._auto_init()

    @api.depends("date_end", "contract_id.date_end", "is_equipment_gone")
    def _compute_is_offered(self):
        """Whether it is renewed: it goes on, and what it covers is there and still the customer's."""
        for line in self:
            goes_on = line.date_end in (False, line.contract_id.date_end)
            line.is_offered = goes_on and not line.is_equipment_gone

    @api.depends(
        *("predecessor_id.is_unsold", "contract_id.predecessor_id"),
        "opportunity_line_id.lead_id.renewal_contract_id",
    )
    def _compute_is_unsold(self):
        """What goes on by itself is sold as long as what it goes on from is; what waits for its order is."""
        result = super()._compute_is_unsold()
        for line in self:
            lead, before = line.opportunity_line_id.lead_id, line.contract_id.predecessor_id
            if before and lead.renewal_contract_id == before and lead.won_status == "pending":
                line.is_unsold = False
            elif line.predecessor_id and not (lead or line.rest_of_id):
                line.is_unsold = line.is_sale_deleted or line.predecessor_id.is_unsold
        return result

    @api.model
    def _get_result_fields(self):
        return super()._get_result_fields() | {"predecessor_id"}

    @api.model
    def _get_kept_fields(self):
        return super()._get_kept_fields() | {"predecessor_id"}

    def _prepare_origin(self):
        return super()._prepare_origin() | {"predecessor_id": self.predecessor_id.id}

    def _is_agreed(self):
        """What was renewed costs what it did."""
        return super()._is_agreed() or bool(self.predecessor_id)

    @api.model
    def _get_offered_terms(self):
        """What is another offer of it: a new set."""
        return self._get_amount_terms() | {"equipment_id"}

    def _prepare_proposal(self, revaluation):
        """Values of the opportunity line that renews it for the next term, with what is proposed by that.

        :param revaluation: see ``pemba.contract._get_revaluation``
        """
        vals = self._prepare_renewal(revaluation) | self.contract_id._get_next_term()
        kept = {
            name: fields.Date.to_string(value) if isinstance(value, date) else value
            for name, value in vals.items()
            if name not in ("contract_line_id", "sale_type_id")
        }
        return vals | {"proposed": kept}

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
