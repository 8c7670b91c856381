from odoo.http import request

from ..maintenance.portal import ContractPortal


class RightPortal(ContractPortal):
    """What the contact is entitled to, above its company's contracts."""

    def _prepare_contracts_values(self, contracts):
        contact = request.env.user.partner_id.sudo()  # one's own rights, by contracts that one reads in part
        rights = contact.env["pemba.right"].search([], limit=None)
        return super()._prepare_contracts_values(contracts) | {
            "checks": contact._check_rights(rights) if contracts else [],
            "is_public": True,  # why is not told outside
            "labels": contact._get_status_labels(),
        }
