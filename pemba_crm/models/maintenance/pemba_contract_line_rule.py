from odoo import api, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import format_date

from ..installed_base.pemba_customer_mixin import get_differing
from ..marks import FOLLOWING
from ..public import VALUES, VALUES_LIST, public
from .pemba_contract import CLOSED


class PembaContractLine(models.Model):
    """The rules of a contract line."""

    _inherit = "pemba.contract.line"

    @api.constrains("quantity", "price_unit", "discount", "distributor_margin_rate")
    def _check_numbers(self):
        for line in self:
            if line.quantity <= 0:
                line._refuse("quantity", self.env._("%s is not above zero.", line.quantity))
            if line.price_unit < 0 and not line._is_agreed():  # a rebate that was ordered
                line._refuse("price_unit", self.env._("%s is below zero.", line.price_unit))
            for name in ("discount", "distributor_margin_rate"):
                if not 0 <= line[name] <= 100:
                    line._refuse(name, self.env._("%s is not between 0 and 100 %%.", line[name]))

    @api.constrains("date_start", "date_end", "contract_id")
    def _check_dates(self):
        for line in self:
            contract = line.contract_id
            if line.date_start < contract.date_start or line.date_end > contract.date_end:
                line._refuse(
                    "date_start" if line.date_start < contract.date_start else "date_end",
                    self.env._(
                        "the contract runs from %(start)s to %(end)s.",
                        start=format_date(self.env, contract.date_start),
                        end=format_date(self.env, contract.date_end),
                    ),
                )

    @api.constrains("equipment_id", "contract_id")
    def _check_equipment(self):
        for line in self.filtered("equipment_id"):
            owner, customer = line.equipment_id.partner_id, line.contract_id.partner_id
            others = line.contract_id.line_ids - line
            goes_on = line.is_amended and line.equipment_id in others.equipment_id  # reduced since it went
            if line.contract_id.state not in CLOSED and owner != customer and not goes_on:
                line._refuse(
                    "equipment_id",
                    self.env._(
                        "%(equipment)s belongs to %(owner)s, not to %(customer)s.",
                        equipment=line.equipment_id.display_name,
                        owner=owner.display_name,
                        customer=customer.display_name,
                    ),
                )

    def _refuse(self, name, reason):
        label = self.fields_get([name], ["string"])[name]["string"]
        raise ValidationError(
            self.env._(
                "%(contract)s, %(product)s, %(field)s: %(reason)s",
                contract=self.contract_id.display_name,
                product=self.product_id.display_name,
                field=label,
                reason=reason,
            )
        )

    @api.model
    def _get_result_fields(self):
        """What follows from what is sold and done."""
        own = {"is_amended", "opportunity_line_id", "is_price_typed", "rounding_amount"}
        return super()._get_result_fields() | own

    @api.model_create_multi
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):
        is_following = self._take_creation(vals_list) == FOLLOWING
        if not is_following:
            vals_list = [self._without_empty_price(vals) for vals in vals_list]
            vals_list = self._as_sent(vals_list, is_new=True)
        dates = ("date_start", "date_end")
        lines = super().create(
            [  # left empty, they are those of the contract
                {name: value for name, value in vals.items() if value or name not in dates}
                for vals in vals_list
            ]
        )
        if not is_following:
            priced = [line.id for line, vals in zip(lines, vals_list, strict=True) if "price_unit" in vals]
            self.browse(priced)._follow_typed_prices()
        lines._follow_rounding(is_new=True)
        if not is_following:
            lines._check_open(self.env._("added"))
        return lines

    @public(vals=VALUES)
    def write(self, vals):
        contracts = self.contract_id if not self._get_amount_terms().isdisjoint(vals) else ()
        if self._take_write(vals) == FOLLOWING:
            result = super().write(vals)
            if contracts:
                (self | contracts.line_ids)._follow_rounding()
            return result
        vals = self._as_sent([self._without_empty_price(vals)])[0]
        changed = self._get_changed(vals)
        if "contract_id" in vals:
            changed._check_open(self.env._("moved"), is_corrected=True)
        others = self._get_with_other_product(vals)
        with self._keeping(vals, "product_id", ["price_unit"]):
            result = super().write(vals)
        others._take_list_prices()
        if "price_unit" in vals:
            self._follow_typed_prices()
        if contracts:
            (self | contracts.line_ids)._follow_rounding()
        changed._check_open(self.env._("changed"), is_corrected=True)
        return result

    def _get_changed(self, vals):
        """Those of which more than their place and their equipment changes."""
        kept = {name: value for name, value in vals.items() if name not in ("sequence", "equipment_id")}
        return self.filtered(lambda line: get_differing(line, kept))

    @public
    def unlink(self):
        contracts = self.contract_id
        result = super().unlink()
        contracts.exists().line_ids._follow_rounding()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_closed(self):
        if self._take_removal() != FOLLOWING:
            self._check_open(self.env._("removed"), is_corrected=True)

    def _check_open(self, what, is_corrected=False):
        """Lines of what is over stay; those of what runs are amended, and it is told.

        :param what: what happened to them
        :param is_corrected: whether what was agreed on changes, which is for managers once it runs
        :raise UserError: naming the contract and the product
        """
        for contract, lines in self.grouped("contract_id").items():
            if contract.state in CLOSED and not contract._is_open():
                raise UserError(
                    self.env._(
                        "%(contract)s is closed: its lines stay (%(product)s).",
                        contract=contract.display_name,
                        product=lines[:1].product_id.display_name,
                    )
                )
            if not contract._is_open():
                continue
            if is_corrected and not contract._is_by_manager():
                raise UserError(
                    self.env._(
                        "%(contract)s is running: only sales managers correct its lines (%(product)s). Reduce"
                        " what is not needed any more.",
                        contract=contract.display_name,
                        product=lines[:1].product_id.display_name,
                    )
                )
            contract._log_lines(lines, what)
