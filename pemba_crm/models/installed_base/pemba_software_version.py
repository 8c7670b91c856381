from collections import defaultdict

from odoo import api, models

from ..company_day import get_today


class PembaSoftwareVersion(models.Model):
    _inherit = "pemba.software.version"

    @api.model
    def _get_versions_behind(self, softwares=None):
        """How many later versions are released by today, for each version.

        A late fix of an old branch has a lower rank than what is current: it leaves nobody behind.

        :param softwares: of these only
        :return: ``{version: count}``
        """
        today = get_today(self)
        domain = [("software_id", "in", softwares.ids)] if softwares is not None else []
        everything = self.sudo().with_context(active_test=False)  # whoever looks at equipment
        versions = everything.search_fetch(
            domain,
            ["software_id", "sequence", "release_date"],
            order="software_id, sequence DESC",
            limit=None,
        )
        released = defaultdict(list)
        for version in versions:
            if version.release_date and version.release_date <= today:
                released[version.software_id].append(version.sequence)
        return {
            version.sudo(False): sum(
                rank > version.sequence for rank in released[version.software_id]
            )  # as asked
            for version in versions
        }
