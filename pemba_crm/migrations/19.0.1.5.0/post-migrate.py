from odoo import SUPERUSER_ID, api


def migrate(cr, version):
    """Open renewals know what their contracts proposed: what differs from that by now was negotiated."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    leads = env["crm.lead"].search([("renewal_contract_id", "!=", False), ("won_status", "=", "pending")])
    for lead in leads:
        for line in lead._get_all_lines().filtered("contract_line_id"):
            proposal = line.contract_line_id._prepare_proposal(lead.revaluation or {})
            line._set(proposed=proposal["proposed"])
        lead._set(proposed_line_ids=lead.renewal_contract_id._get_lines_offered().ids)
