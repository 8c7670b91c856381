from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..marks import is_in_scope, scope
from ..public import VALUES, public
from .crm_lead import CLOSED


class CrmLead(models.Model):
    """Duplicating and merging opportunities: what becomes of their currencies, amounts and zones."""

    _inherit = "crm.lead"

    @public(default=VALUES)
    def copy(self, default=None):
        """A copy keeps its currency, whichever its zone's are now."""
        with scope(self, "copying"):
            return super().copy(default)

    def _merge_get_fields(self):
        return [*super()._merge_get_fields(), "sale_type_id", "distributor_id"]

    def _merge_data(self, fnames=None):
        """A zone that was chosen by hand, the currency and amount of the first that has an amount.

        A head whose rate is locked takes an amount at its own rate.
        """
        data = super()._merge_data(fnames)
        data.pop("expected_revenue", None)
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
        """Those that have an amount, or what gives one."""
        return self.filtered(lambda lead: lead._is_priced())

    def _is_priced(self):
        return bool(self.deal_amount)

    def _is_mergeable(self):
        """Whether those that have an amount, or what gives one, have it in one currency."""
        return len(self._get_priced().deal_currency_id) <= 1

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
        self._set(plan_stage_ids=[Command.link(stage.id) for stage in self.plan_stage_ids])
        with scope(self, "merging"), scope(self, "passes_gates"):
            return super()._merge_opportunity(
                user_id=user_id, team_id=team_id, auto_unlink=auto_unlink, max_length=max_length
            )

    def _get_lead_duplicates(self, partner=None, email=None, include_lost=False):
        """Automatic assignment leaves apart what merging would refuse."""
        duplicates = super()._get_lead_duplicates(partner=partner, email=email, include_lost=include_lost)
        is_apart = is_in_scope(self, "mergeable_only") and not duplicates._is_mergeable()
        return self if is_apart else duplicates

    @api.model
    def _follow_merge(self, partners, before):
        """Contacts were merged: open deals are of their company, and closed ones that were of one merged.

        :param partners: the contacts that stay
        :param before: the companies that contacts belonged to
        """
        leads = self.sudo().with_context(active_test=False)  # of all salespeople and companies
        of_them = leads.search([("partner_id", "child_of", partners.ids)])
        merged = (partners | before).ids
        follow = of_them.filtered(
            lambda lead: lead.won_status not in CLOSED or lead.customer_id.id in (*merged, False)
        )
        with scope(follow, "other_contact"):
            self.env.add_to_compute(self._fields["customer_id"], follow)
            follow.flush_recordset(["customer_id"])
