from odoo import models

from ..marks import APPLYING
from ..public import VALUES, public
from .crm_lead import OFFER_FIELDS


class CrmLead(models.Model):
    """Duplicating and merging opportunities takes their configurations and lines along."""

    _inherit = "crm.lead"

    @public(default=VALUES)
    def copy(self, default=None):
        copies = super().copy(default)
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
        lines = originals.opportunity_line_ids.filtered(lambda line: line._is_copied())
        if lines:
            vals_list = lines.copy_data()
            for original, vals in zip(lines, vals_list, strict=True):
                vals["lead_id"] = lead_of[original.lead_id.id]
                vals["configuration_id"] = copy_of.get(original.configuration_id.id)
                if not original.is_distributor_margin_typed:
                    del vals["distributor_margin_rate"]  # the rules' of today
            lines._put(vals_list, APPLYING)
        for original, copied in zip(self, copies, strict=True):
            if original.deal_currency_id != copied.deal_currency_id:
                copied._get_all_lines()._convert_prices(original.deal_rate, copied.deal_rate)
        if lines:
            copies._follow_lines()

    def _merge_data(self, fnames=None):
        """A sale type that was typed, else the dominant one of all their lines."""
        data = super()._merge_data(fnames)
        typed = self.filtered("is_sale_type_typed")[:1]
        if typed:
            data["sale_type_id"] = typed.sale_type_id.id
        elif any(self.mapped("opportunity_line_count")):
            data.pop("sale_type_id", None)
        return data

    def _is_priced(self):
        return bool(super()._is_priced() or self.opportunity_line_count)

    def _merge_dependences(self, opportunities):
        """The head takes over the configurations and lines of the others, archived ones too."""
        result = super()._merge_dependences(opportunities)
        others = (opportunities - self).with_context(active_test=False)
        if self.is_rate_locked:
            for other in others.filtered(lambda lead: lead.deal_currency_id != self.deal_currency_id):
                other.opportunity_line_ids._convert_prices(other.deal_rate, self.deal_rate)
        others.opportunity_configuration_ids._set(lead_id=self.id)
        others.opportunity_line_ids._set(lead_id=self.id)
        self._follow_lines()
        return result
