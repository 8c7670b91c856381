from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Command

from .crm_lead import CLOSED, OFFER_FIELDS, OURS


class CrmLead(models.Model):
    """Duplicating and merging opportunities."""

    _inherit = "crm.lead"

    def copy(self, default=None):
        """A copy keeps its currency, whichever its zone's are now."""
        copies = super(CrmLead, self.with_context(pemba_keeps_currency=OURS)).copy(default).with_env(self.env)
        if OFFER_FIELDS.isdisjoint(default or {}):
            self._copy_offers(copies)
        return copies

    def _copy_offers(self, copies):
        """Copy configurations and lines, archived ones too; costs are those of today.

        :param copies: one for each opportunity
        """
        originals = self.with_context(active_test=False)
        configurations, copy_of = originals.opportunity_configuration_ids, {}
        lead_of = dict(zip(self.ids, copies.ids, strict=True))
        if configurations:
            vals_list = configurations.copy_data()
            for original, vals in zip(configurations, vals_list, strict=True):
                vals["lead_id"] = lead_of[original.lead_id.id]
            copy_of = dict(zip(configurations.ids, configurations.create(vals_list).ids, strict=True))
        # Not what an order brought that was cancelled since.
        lines = originals.opportunity_line_ids.filtered(
            lambda line: line.active or (line.offer_terms or {}).get("active", True)
        )
        if lines:
            vals_list = lines.copy_data()
            for original, vals in zip(lines, vals_list, strict=True):
                vals["lead_id"] = lead_of[original.lead_id.id]
                vals["configuration_id"] = copy_of.get(original.configuration_id.id)
                if not original.is_distributor_margin_typed:
                    del vals["distributor_margin_rate"]  # the rules' of today
            lines.with_context(pemba_applying=OURS).create(vals_list)
        for original, copied in zip(self, copies, strict=True):
            if original.deal_currency_id != copied.deal_currency_id:
                copied._get_all_lines()._convert_prices(original.deal_rate, copied.deal_rate)
                copied._follow_lines()

    def _merge_get_fields(self):
        return [*super()._merge_get_fields(), "sale_type_id", "distributor_id"]

    def _merge_get_fields_specific(self):
        specific = super()._merge_get_fields_specific()
        specific["plan_stage_ids"] = lambda fname, leads: [
            Command.link(stage.id) for stage in leads.plan_stage_ids
        ]
        return specific

    def _merge_data(self, fnames=None):
        """A zone that was chosen by hand, the currency and amount of the first that has an amount.

        A head whose rate is locked takes an amount at its own rate.
        """
        data = super()._merge_data(fnames)
        data.pop("expected_revenue", None)
        typed = self.filtered("is_sale_type_typed")[:1]
        if typed:
            data["sale_type_id"] = typed.sale_type_id.id
        elif any(self.mapped("opportunity_line_count")):
            data.pop("sale_type_id", None)  # the dominant one of all their lines
        head, source = self[0], self._get_priced()[:1]
        if source and source != head:
            if head.is_rate_locked:
                data["expected_revenue"] = source.expected_revenue
            else:
                data |= {"deal_currency_id": source.deal_currency_id.id, "deal_amount": source.deal_amount}
        chosen = self.filtered("is_zone_manual")[:1]
        if chosen and not head.is_zone_manual and head.won_status not in CLOSED:
            data["zone_id"] = chosen.zone_id.id
        return data

    def _get_priced(self):
        """Those that have an amount, or lines."""
        return self.filtered(lambda lead: lead.deal_amount or lead.opportunity_line_count)

    def _is_mergeable(self):
        """Whether those that have an amount or lines have these in one currency."""
        return len(self._get_priced().deal_currency_id) <= 1

    def _merge_dependences(self, opportunities):
        """The head takes over the configurations and lines of the others, archived ones too."""
        result = super()._merge_dependences(opportunities)
        others = (opportunities - self).with_context(active_test=False, pemba_following=OURS)
        if self.is_rate_locked:
            for other in others.filtered(lambda lead: lead.deal_currency_id != self.deal_currency_id):
                other.opportunity_line_ids._convert_prices(other.deal_rate, self.deal_rate)
        others.opportunity_configuration_ids.write({"lead_id": self.id})
        others.opportunity_line_ids.write({"lead_id": self.id})
        self._follow_lines()
        return result

    def _merge_opportunity(self, user_id=False, team_id=False, auto_unlink=True, max_length=5):
        """Merging is no step forward: the gates let it pass.

        :raise UserError: naming two opportunities that have amounts in different currencies
        """
        if not self._is_mergeable():
            by_currency = self._get_priced().grouped("deal_currency_id")
            (one_currency, one), (other_currency, other), *_more = by_currency.items()
            raise UserError(
                self.env._(
                    "%(one)s is in %(one_currency)s and %(other)s in %(other_currency)s: "
                    "opportunities with amounts in different currencies cannot be merged.",
                    one=one[0].display_name,
                    one_currency=one_currency.name,
                    other=other[0].display_name,
                    other_currency=other_currency.name,
                )
            )
        exempt = self.with_context(pemba_keeps_currency=OURS, pemba_passes_gates=OURS)
        head = super(CrmLead, exempt)._merge_opportunity(
            user_id=user_id, team_id=team_id, auto_unlink=auto_unlink, max_length=max_length
        )
        return head.with_env(self.env)

    def _get_lead_duplicates(self, partner=None, email=None, include_lost=False):
        duplicates = super()._get_lead_duplicates(partner=partner, email=email, include_lost=include_lost)
        if self.env.context.get("pemba_mergeable_only") is OURS and not duplicates._is_mergeable():
            return self
        return duplicates
