from contextlib import contextmanager

from odoo import api, fields, models

from ..pipeline.crm_lead import SILENT

# No line was proposed, which is known: an empty list would be kept as nothing.
NONE = [0]


class CrmLead(models.Model):
    """An open renewal offers what its contract says, whatever changes it; what was negotiated stays.

    What the contract proposed last is kept: a value that is another one by now was negotiated, and a line
    that is not there any more was taken out.
    """

    _inherit = "crm.lead"

    proposed_line_ids = fields.Json(
        readonly=True,
        copy=False,
        export_string_translation=False,
        help="The lines of the contract that were offered.",
    )

    @api.model
    def _get_result_fields(self):
        return super()._get_result_fields() | {"proposed_line_ids"}

    @api.model
    def _get_imported_results(self, is_new):
        results = super()._get_imported_results(is_new)
        return results | ({"proposed_line_ids"} if self._is_by_manager() else set())

    def _remember_proposal(self):
        """What their contracts propose, where it is not known: it was not kept once, and is not imported.

        Lines that name no line of the contract are those of the same product, where there is one of each.
        """
        for lead in self.filtered(lambda lead: not isinstance(lead.proposed_line_ids, list)):
            offered, lines = lead.renewal_contract_id._get_lines_offered(), lead._get_all_lines()
            by_product = lines.filtered(lambda one: not one.contract_line_id).grouped("product_id")
            for line in offered - lines.contract_line_id:
                same = by_product.get(line.product_id, ())
                is_only = len(offered.filtered(lambda one, line=line: one.product_id == line.product_id)) == 1
                if len(same) == 1 and is_only:
                    same._set(contract_line_id=line.id)
            for line in lines.filtered(lambda one: one.contract_line_id and not one.proposed):
                line._set(
                    proposed=line.contract_line_id._prepare_proposal(lead.revaluation or {})["proposed"]
                )
            lead._set(proposed_line_ids=offered.ids or NONE)

    def _get_other_revaluation(self):
        """What its contract's index makes of its price today, where that is another one.

        Why it makes none is said whenever it is asked.
        """
        now, before = self.renewal_contract_id._get_revaluation(), self.revaluation or {}
        is_same = now == before or ("missing" in now and "missing" in before)
        return None if is_same else now

    def _follow_index(self):
        """Their prices are those of today's values and conditions; what was negotiated stays."""
        for lead in self:
            if lead.is_price_to_revise:  # it could not be offered yet
                lead._revise_price()
            else:
                lead._propose_again()

    def _take_revaluation(self):
        """Its prices are those of the index, its months and its values that the contract has today."""
        revaluation = self._get_other_revaluation()
        if revaluation is not None:
            is_missing = bool(revaluation.get("missing"))
            self.with_context(**SILENT)._set(revaluation=revaluation or False, is_price_to_revise=is_missing)

    @contextmanager
    def _keeping_proposed_prices(self):
        """A contract that goes over to another currency keeps its figures: so does what it proposed."""
        proposed = self._get_all_lines().filtered(
            lambda line: line.proposed and line.price_unit == line.proposed["price_unit"]
        )
        currency = self.deal_currency_id
        yield
        if self.deal_currency_id != currency:
            for line in proposed:
                line._set(price_unit=line.proposed["price_unit"])
            self._follow_lines()

    def _propose_instead(self, line, rest):
        """What is offered for a line of the contract is for another one, which goes on of it.

        :param rest: the line that goes on, none where nothing does
        """
        for lead in self if rest and rest != line else ():
            lead._get_all_lines().filtered(lambda one: one.contract_line_id.id == line.id)._set(
                contract_line_id=rest.id
            )
            lead._set(proposed_line_ids=[*(lead.proposed_line_ids or ()), *rest.ids])

    def _propose_again(self):
        """Offer what their contracts say now."""
        self._remember_proposal()
        for lead in self:
            contract = lead.renewal_contract_id
            lead._take_revaluation()
            lines = contract._get_lines_offered()
            proposed = lead._get_all_lines().filtered("proposed")
            offered = proposed.grouped("contract_line_id")
            known = set(lead.proposed_line_ids or ())
            new_vals, told = [], []
            term = proposed._get_negotiated_term()
            for line in lines:
                vals = line._prepare_proposal(lead.revaluation or {})
                if line in offered:
                    told += offered[line]._take_proposal(vals)
                elif line.id not in known:
                    new_vals.append(vals | {"lead_id": lead.id} | term)
                    told.append(f"+ {line.product_id.display_name} × {line.quantity:.12g}")
            told += proposed.filtered(
                lambda one, lines=lines: one.active and one.contract_line_id not in lines
            )._withdraw_proposal()
            proposed._put(new_vals)
            added = lead._get_all_lines().filtered(lambda one: not one.contract_id and one._follows_period())
            added._take_again("date_start", "date_end")
            now = lines.ids or NONE
            if known != set(now):
                lead._set(proposed_line_ids=now)
            if told:
                lead._follow_lines()
                lead._message_log(
                    body=self.env._(
                        "%(contract)s proposes by now: %(changes)s.",
                        contract=contract.display_name,
                        changes="; ".join(told),
                    )
                )
