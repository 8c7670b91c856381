from odoo import api, models

from ..offer.crm_lead import SHOWN


class PembaOpportunityLine(models.Model):
    """The lines of a deal that sales are closed for stay, and so does what they amount to."""

    _inherit = "pemba.opportunity.line"

    def _compute_year_share(self):
        """What is corrected later on a contract that it extends does not reach the line of a settled deal."""
        settled = self.filtered(lambda line: line._origin and line.lead_id._is_settled())
        return super(PembaOpportunityLine, self - settled)._compute_year_share()

    @api.model
    def _get_kept_fields(self):
        """What a line amounts to, in both currencies, and the period it is sold for: a new list."""
        of_company = ("net_amount_company", "distributor_margin_company", "margin_company")
        return [*SHOWN, *of_company, "date_start", "date_end"]

    def _get_kept(self, vals):
        """Amounts and periods of settled deals; what else is written, as a link to a contract, passes."""
        kept = super()._get_kept(vals)
        if set(vals) <= {"sequence"}:
            return kept
        settled = self.filtered(lambda line: line.lead_id._is_settled()).sudo()  # margins too
        names = self._get_kept_fields()
        return kept | {line: {name: line[name] for name in names} for line in settled}

    def _check_kept(self, kept):
        result = super()._check_kept(kept)
        for line, old in kept.items():
            line._refuse_settled([name for name in old if line[name] != old[name]], line.lead_id)
        return result

    def _check_may_change(self, names=None):
        if names is None:
            self._check_unsettled()
        return super()._check_may_change(names)

    def _trace_closed(self, what):
        self._check_unsettled()
        return super()._trace_closed(what)

    def _trace_changes(self, old):
        """Neither a line of a settled deal changes, nor one that is moved to or from it."""
        for line, before in old.items():
            names = [name for name in before if line[name] != before[name]]
            for lead in (line.lead_id | before.get("lead_id", line.lead_id))._filtered_settled():
                line._refuse_settled(names, lead)
        return super()._trace_changes(old)

    def _check_unsettled(self):
        """:raise UserError: naming a settled deal and the product of a line of it"""
        for line in self:
            if line.lead_id._is_settled():
                line.lead_id._refuse_settled_change(line.product_id.display_name)

    def _refuse_settled(self, names, lead):
        """:param names: the fields that would change; nothing is refused where there are none"""
        if names:
            labels = ", ".join(self._get_label(name) for name in names)
            lead._refuse_settled_change(f"{self.product_id.display_name} ({labels})")
