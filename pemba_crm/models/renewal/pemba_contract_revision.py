import logging
from datetime import date as Day
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import format_date

from ..maintenance.pemba_contract_job import FAILURES

_logger = logging.getLogger(__name__)


class PembaContract(models.Model):
    """What the prices of the next term are, by the index of the contract."""

    _inherit = "pemba.contract"

    revision_info = fields.Html(
        string="Price Revision",
        compute="_compute_revision_info",
        compute_sudo=True,  # support does not see what distributors keep
        sanitize=False,
        export_string_translation=False,
        groups="base.group_user",
        help="What the prices of the next term would be today.",
    )

    @api.depends("index_id", "index_base_month", "date_end", "line_ids.price_unit", "line_ids.date_end")
    @api.depends_context("lang")
    def _compute_revision_info(self):
        for contract in self:
            index = contract._get_revaluation()
            rows = [
                {"name": line.product_id.name, "old": line.price_unit, "revised": vals["price_unit"]}
                for line in contract._get_lines_offered()
                for vals in [line._prepare_renewal(index)]
            ]
            contract.revision_info = bool(index) and self.env["ir.qweb"]._render(
                "pemba_crm.revaluation",
                {
                    "record": contract,
                    "currency": contract.currency_id,
                    "rows": rows,
                    "index": index,
                },
            )

    def _get_revaluation(self):
        """How the prices of the next term follow the index.

        S0 is the value of the base month, S1 the newest final one that is old enough when the term starts.

        :return: ``{}`` without an index; ``{missing}`` with a reason where a value lacks; else what
            ``pemba.price.index._revalue`` gives for a price of 1 without rounding, as JSON
        """
        index, kind = self.index_id, self.contract_type_id
        if not index:
            return {}
        if not self.index_base_month:
            return {"missing": self.env._("The base month of %s is not known.", index.display_name)}
        month = self._get_revision_month()
        if not month or month <= self.index_base_month:
            return {
                "missing": self.env._(
                    "%(index)s has no final value after %(month)s that is old enough.",
                    index=index.display_name,
                    month=self._format_month(self.index_base_month),
                )
            }
        try:
            revised = index._revalue(
                1.0, self.index_base_month, month, kind.fixed_share, kind._get_cap(), kind._get_floor()
            )
        except UserError as error:
            return {"missing": str(error)}
        kept = {name: self._to_json(value) for name, value in revised.items() if name != "price"}
        return kept | {"index": index.display_name}

    @api.model
    def _to_json(self, value):
        """A value as the renewal keeps it: records by their names, days as ISO dates."""
        if isinstance(value, models.BaseModel):
            return value.display_name
        return fields.Date.to_string(value) if isinstance(value, Day) else value

    def _get_revision_month(self):
        """The newest month with a final value, at least the lag before the next term starts."""
        return self.index_id._get_newest_month(self._get_last_month())

    def _get_last_month(self):
        """The newest month whose value may be taken for the next term."""
        return self.contract_type_id._get_last_month(self.date_end + timedelta(days=1))

    def _format_month(self, month):
        """A month of a revaluation for people to read."""
        month = fields.Date.to_date(month)
        return format_date(self.env, month, date_format="MMMM yyyy")

    # ------------------------------------------------------------
    # Prices that waited
    # ------------------------------------------------------------

    @api.model
    def _cron_revise_prices(self):
        """Renewals that wait for an index value take it once it is there.

        :return: whether there was time for all
        """
        leads = self.env["crm.lead"]
        waiting = leads._search([("is_price_to_revise", "=", True), ("won_status", "=", "pending")])
        due = Domain("id", "in", waiting.subselect("renewal_contract_id"))
        return self._work_off(due, type(self)._revise_renewals)

    def _revise_renewals(self):
        """Each by itself: one that fails is tried again the next day."""
        for contract in self:
            if contract._get_revaluation().get("missing"):
                continue
            lead = contract.renewal_lead_id
            try:
                with self.env.cr.savepoint():
                    lead._revise_price()
            except FAILURES as error:
                self.env.invalidate_all()
                _logger.info("%s: its price is not revised. %s", lead.display_name, error)
