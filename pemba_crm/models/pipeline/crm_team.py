from odoo import models

from .crm_lead import OURS


class CrmTeam(models.Model):
    _inherit = "crm.team"

    def _allocate_leads_deduplicate(self, leads, duplicates_cache=None):
        """Automatic assignment leaves unmerged what merging would refuse."""
        return super()._allocate_leads_deduplicate(
            leads.with_context(pemba_mergeable_only=OURS), duplicates_cache=duplicates_cache
        )
