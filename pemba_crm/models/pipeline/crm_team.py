from odoo import models

from .crm_lead_rate import MERGEABLE_ONLY


class CrmTeam(models.Model):
    _inherit = "crm.team"

    def _allocate_leads_deduplicate(self, leads, duplicates_cache=None):
        """Automatic assignment leaves unmerged what merging would refuse."""
        return super()._allocate_leads_deduplicate(
            leads.with_context(pemba_duplicates=MERGEABLE_ONLY), duplicates_cache=duplicates_cache
        )
