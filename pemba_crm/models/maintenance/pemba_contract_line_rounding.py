from odoo import api, fields, models

from ..offer.crm_lead_rounding import Part
from .pemba_contract import CLOSED


class PembaContractLine(models.Model):
    """A full year of a contract adds up to what an offer of it would: see ``_get_rounding`` of opportunities.

    Lines that go on have their share of the cents; those of contracts that are over keep it.
    """

    _inherit = "pemba.contract.line"

    rounding_amount = fields.Monetary(
        string="Rounding",
        readonly=True,
        copy=False,
        groups="base.group_user",
        help="Its share of the cents by which a full year of the contract, rounded as taxes are, differs from"
        " its lines.",
    )

    @api.model
    def _get_amount_terms(self):
        """What the annual amount of a line follows from: a new set."""
        names = {"contract_id", "product_id", "quantity", "price_unit", "discount", "date_start", "date_end"}
        return names | {"distributor_margin_rate"}

    def _follow_rounding(self, is_new=False):
        """Contracts of these lines share their cents, unless they are over.

        What has its share keeps it: the newest line takes what is left, so that no other moves.

        :param is_new: whether these lines are new
        """
        leads, by_share = self.env["crm.lead"], {}
        contracts = self.contract_id.filtered(lambda one: one.state not in CLOSED or one._is_open())
        every_line = contracts.line_ids
        shares, positions = dict.fromkeys(every_line, 0.0), contracts._get_tax_positions()
        for contract in contracts:
            lines = contract._get_lines_going_on()
            company = contract.company_id or self.env.company
            shares |= zip(
                lines,
                leads._get_rounding(
                    company,
                    contract.currency_id or company.currency_id,
                    [line._get_annual_part() for line in lines],
                    positions[contract],
                ),
                strict=True,
            )
            if not (is_new and lines <= self):
                left = sum(shares[line] - line.rounding_amount for line in lines)
                shares |= {line: line.rounding_amount for line in lines}
                newest = (lines.filtered("price_unit") or lines).sorted("id")[-1:]
                if newest:
                    shares[newest] = newest.currency_id.round(newest.rounding_amount + left)
        for line, share in shares.items():
            if line.rounding_amount != share:
                by_share.setdefault(share, []).append(line.id)
        for share, ids in by_share.items():
            self.browse(ids)._set(rounding_amount=share)

    def _get_annual_part(self):
        """The line as a quotation of its full year has it."""
        net = self._get_net_amount(1.0)
        price, discount = self.env["pemba.opportunity.line"]._as_ordered(
            *(self.quantity, self.price_unit, self.discount, net),
            is_kept=not self.contract_id.distributor_id,
        )
        return Part(self.product_id, self.quantity, price, discount, net, True)
