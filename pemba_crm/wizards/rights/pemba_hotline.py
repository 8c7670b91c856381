from odoo import api, fields, models
from odoo.fields import Domain

# What fits a screen while someone is on the phone.
MOST = 6
# The digits by which a number is known in its country.
NATIONAL = 9


class PembaHotline(models.TransientModel):
    """Somebody calls: who it is, what they run, and what they are entitled to."""

    _name = "pemba.hotline"
    _description = "Hotline"
    _inherit = ["pemba.values"]

    query = fields.Char(string="Name, Phone, Serial Number or Licence Key")
    result = fields.Html(compute="_compute_result", sanitize=False, export_string_translation=False)

    @api.depends("query")
    @api.depends_context("lang")
    def _compute_display_name(self):
        self.display_name = self.env._("Hotline")

    @api.depends("query")
    @api.depends_context("uid", "lang")
    def _compute_result(self):
        for hotline in self:
            query = (hotline.query or "").strip()
            hotline.result = self.env["ir.qweb"]._render(
                "pemba_crm.pemba_hotline_result",
                {
                    "query": query,
                    "found": self._find(query) if len(query) >= 2 else [],
                    "labels": self.env["res.partner"]._get_status_labels(),
                },
            )

    @api.model
    def _find(self, query):
        """Contacts and what their companies run, with their rights.

        :return: a list of ``{partner, rights, equipment: [{equipment, rights}]}``; rights are
            ``[(right, check)]``, see ``res.partner.check_right``
        """
        equipment = self._find_equipment(query)
        partners = self._find_partners(query)
        partners |= (equipment.site_id | equipment.partner_id).filtered(
            lambda partner: partner.commercial_partner_id not in partners.commercial_partner_id
        )
        rights = self.env["pemba.right"].search([], limit=None)
        return [
            {
                "partner": partner,
                "rights": partner._check_rights(rights),
                "equipment": [
                    {
                        "equipment": one,
                        **self._describe(partner._check_rights(rights, one)),
                    }
                    for one in self._get_equipment(partner, equipment)
                ],
            }
            for partner in partners[:MOST]
        ]

    def _find_equipment(self, query):
        everything = self.env["pemba.equipment"]
        found = everything.search(
            Domain("serial_number", "=ilike", f"{query}%" if len(query) >= 4 else query)
            | Domain("name", "=ilike", query),
            limit=MOST,
        )
        keys = everything.sudo()  # who knows a key may ask whose it is; it is not shown
        by_key = keys.search([("licence_key_value", "=", query)], limit=MOST)
        return found | everything.search([("id", "in", by_key.ids)])

    def _find_partners(self, query):
        partners = self.env["res.partner"]
        domain = Domain("name", "ilike", query) | Domain("email", "=ilike", f"{query}%")
        digits = "".join(char for char in query if char.isdigit())
        if len(digits) >= 4:
            domain |= Domain("phone_mobile_search", "ilike", query)
        if len(digits) > NATIONAL:  # with the country's prefix, which may be written or not
            domain |= Domain("phone_mobile_search", "ilike", digits[-NATIONAL:])
        contracts = self.env["pemba.contract"].search([("name", "=ilike", query)], limit=MOST)
        return contracts.partner_id | partners.search(domain, limit=MOST, order="is_company, name")

    def _describe(self, checks):
        """Rights with the reasons for them, each once, and the highest version that may be installed."""
        reasons = [check["reason"] for _right, check in checks if check["status"] != "never"]
        reasons = reasons or [check["reason"] for _right, check in checks[:1]]
        versions = [check["max_version"] for _right, check in checks if check["max_version"]]
        return {
            "rights": checks,
            "reasons": " ".join(dict.fromkeys(reasons)),
            "version": versions[0].name if versions else "",
        }

    def _get_equipment(self, partner, equipment):
        """What was found of its company, else all that this has in service."""
        entity = partner.commercial_partner_id
        found = equipment.filtered(lambda one: one.partner_id == entity)
        return found or self.env["pemba.equipment"].search(
            [("partner_id", "=", entity.id), ("state", "in", ("in_service", "suspended"))], limit=MOST
        )
