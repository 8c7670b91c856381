from odoo import models

from ..marks import scope


class CrmTeam(models.Model):
    _inherit = "crm.team"

    def _allocate_leads_deduplicate(self, leads, duplicates_cache=None):
        """Automatic assignment leaves unmerged what merging would refuse."""
        with scope(leads, "mergeable_only"):
            return super()._allocate_leads_deduplicate(leads, duplicates_cache=duplicates_cache)
