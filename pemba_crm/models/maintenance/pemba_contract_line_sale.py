from odoo import api, models

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
        names = ("quantity", "price_unit", "discount")
        new = {name: value for name, value in sold._prepare_contract_line().items() if name in names}
        if not get_differing(self, new):
            return
        term = self.contract_id._get_running_term()
        term._ask(
            lambda env: env._("Its sale was corrected after its term"),
            lambda env: env._(
                "%(lead)s: %(product)s × %(before)s in %(contract)s, %(after)s by now.",
                lead=sold.lead_id.display_name,
                product=self.product_id.display_name,
                contract=self.contract_id.name,
                before=f"{self.quantity:.12g}",
                after=f"{sold.quantity:.12g}",
            ),
        )

    @api.model
    def _get_unsold_question(self, env):
        return env._("It covers what is not sold any more: reduce it?")

    @api.model
    def _get_kept_fields(self):
        """What it does not take from the sale again: a new set."""
        return {"equipment_id", "date_start", "date_end"}

    def _prepare_origin(self):
        """Values of what it came from, which copies do not take over."""
        return {"opportunity_line_id": self.opportunity_line_id.id}

    def _withdraw(self):
        """They are not sold any more: drafts lose them, and go with the last one; who runs some is asked."""
        drafts = self.filtered(lambda line: line.state == "draft")
        contracts = drafts.contract_id
        running = (self - drafts).filtered(lambda line: line.contract_id._is_open())
        for contract, lines in running.grouped("contract_id").items():
            contract._log_lines(lines, self.env._("not sold any more"))
            names = ", ".join(f"{line.product_id.display_name} × {line.quantity:.12g}" for line in lines)
            contract._ask(self._get_unsold_question, lambda _env, names=names: names)
        drafts.unlink()
        contracts.filtered(lambda contract: contract._is_left_empty()).unlink()
