from datetime import timedelta

from odoo import api, fields, models

from ..offer.pemba_opportunity_line import get_months

# A contract that ended longer ago was not missed: it is history.
MISSED_MONTHS = 6


class PembaContract(models.Model):
    """A contract follows another one and is followed: its renewal opens in time before its notice.

    The opportunity is in ``pemba_contract_renewal``, its prices in ``pemba_contract_revision``, the
    customer's order in ``pemba_contract_order``, the next term in ``pemba_contract_successor``. What happens
    to a contract whose renewal is open or whose successor runs reaches these by ``pemba_contract_followed``.
    """

    _inherit = "pemba.contract"

    renewal_date = fields.Date(
        string="Renewal Opens",
        compute="_compute_renewal_date",
        store=True,
        precompute=True,
        groups="base.group_user",
        help="The day on which its renewal opportunity is opened.",
    )
    anchor_date = fields.Date(recursive=True)
    predecessor_id = fields.Many2one(
        "pemba.contract", readonly=True, copy=False, index="btree_not_null", ondelete="restrict"
    )
    successor_ids = fields.One2many("pemba.contract", "predecessor_id", string="Successors")
    successor_id = fields.Many2one("pemba.contract", compute="_compute_successor_id", store=True)

    _successor_uniq = models.UniqueIndex(
        "(predecessor_id) WHERE predecessor_id IS NOT NULL", "This contract has a successor already."
    )
    _renewal_idx = models.Index("(renewal_date) WHERE state = 'running'")

    @api.depends("predecessor_id.anchor_date", "predecessor_id.date_end")
    def _compute_anchor_date(self):
        """A term that follows on its day is of the chain."""
        result = super()._compute_anchor_date()
        for contract in self.filtered("predecessor_id"):
            before = contract.predecessor_id
            follows = contract.date_start == before.date_end + timedelta(days=1)
            if follows and get_months(contract.date_start, before.anchor_date) is not None:
                contract.anchor_date = before.anchor_date
        return result

    @api.depends("notice_date", "contract_type_id.renewal_lead_days")
    def _compute_renewal_date(self):
        for contract in self:
            days = timedelta(days=contract.contract_type_id.renewal_lead_days)
            contract.renewal_date = contract.notice_date and contract.notice_date - days

    @api.depends("successor_ids")
    def _compute_successor_id(self):
        for contract in self:
            contract.successor_id = contract.successor_ids[:1]

    @api.model
    def _get_result_fields(self):
        return super()._get_result_fields() | {
            "successor_id",
            "predecessor_id",
            "reminded_days",
            "renewal_error",
        }

    @api.model
    def _get_imported_results(self, is_new):
        """Managers import which contract a new one goes on from."""
        results = super()._get_imported_results(is_new)
        return results | ({"predecessor_id"} if is_new and self._is_by_manager() else set())

    def _is_left_empty(self):
        """A successor waits for its renewal."""
        return super()._is_left_empty() and not self.predecessor_id
