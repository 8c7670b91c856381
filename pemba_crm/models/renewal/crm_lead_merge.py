from odoo import models
from odoo.exceptions import UserError


class CrmLead(models.Model):
    """Renewals of different contracts stay apart."""

    _inherit = "crm.lead"

    def _is_mergeable(self):
        """Renewals stay apart."""
        return super()._is_mergeable() and len(self.renewal_contract_id) <= 1

    def _get_lead_duplicates(self, partner=None, email=None, include_lost=False):
        """A renewal is no duplicate of what else its customer asks for."""
        duplicates = super()._get_lead_duplicates(partner=partner, email=email, include_lost=include_lost)
        return duplicates.filtered(lambda lead: lead == self or not lead.renewal_contract_id)

    def _merge_data(self, fnames=None):
        data = super()._merge_data(fnames)
        return data | ({"nature": "renewal"} if self.renewal_contract_id else {})

    def _merge_dependences(self, opportunities):
        """The head becomes the renewal, which the others are no more then."""
        renewal = (opportunities - self).filtered("renewal_contract_id")
        if renewal:
            vals = {
                "renewal_contract_id": renewal.renewal_contract_id.id,
                "revaluation": renewal.revaluation,
                "proposed_line_ids": renewal.proposed_line_ids,
                "is_price_to_revise": renewal.is_price_to_revise,
            }
            renewal._set(renewal_contract_id=False)
            self.env.flush_all()  # each contract has one renewal
            self._set(**vals)
        return super()._merge_dependences(opportunities)

    def _merge_opportunity(self, *args, **kwargs):
        """:raise UserError: naming two renewals, which stay apart"""
        renewals = self.filtered("renewal_contract_id")
        if len(renewals) > 1:
            raise UserError(
                self.env._(
                    "%(one)s and %(other)s renew different contracts: they are not merged.",
                    one=renewals[0].display_name,
                    other=renewals[1].display_name,
                )
            )
        return super()._merge_opportunity(*args, **kwargs)
