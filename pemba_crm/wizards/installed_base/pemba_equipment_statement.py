from odoo import api, fields, models

from ...models.company_day import get_today
from ...models.public import public


class PembaEquipmentStatement(models.TransientModel):
    """The installed base as it was on a day: of a customer by site, or of all by product and version."""

    _name = "pemba.equipment.statement"
    _description = "Installed Base on a Day"
    _inherit = ["pemba.values"]

    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        domain="[('had_equipment', '=', True)]",
        help="Empty for the totals of all customers.",
    )
    date = fields.Date(required=True, default=get_today)
    preview = fields.Html(compute="_compute_preview", sanitize=False, export_string_translation=False)

    @api.depends("partner_id", "date")
    @api.depends_context("uid", "lang")
    def _compute_preview(self):
        for statement in self:
            name = "details" if statement.partner_id else "totals"
            statement.preview = self.env["ir.qweb"]._render(
                f"pemba_crm.pemba_equipment_statement_{name}", {"statement": statement}
            )

    def _get_sites(self):
        """The customer's base by address.

        :return: ``{address: rows}``, see ``pemba.equipment._get_base_at``
        """
        customer = self.partner_id.commercial_partner_id
        rows = self.env["pemba.equipment"]._get_base_at(
            self.date, [("event_ids.partner_id", "=", customer.id)]
        )
        sites = {}
        for row in rows:
            if row["partner"] == customer:  # on that day
                sites.setdefault(row["site"], []).append(row)
        return dict(sorted(sites.items(), key=lambda item: (item[0] != customer, item[0].display_name)))

    def _get_columns(self):
        """What is said of each row of a customer's base, between what it is and how much.

        :return: ``{heading: a function of the row}``, see ``pemba.equipment._get_base_at``: of the day what
            the ledger says, as it is now what else its equipment is
        """
        return {self.env._("Version"): lambda row: row["version"].display_name}

    def _get_totals(self):
        """The base of all customers.

        :return: a list of ``(product or module, version, pieces of equipment, quantity)``
        """
        totals = {}
        for row in self.env["pemba.equipment"]._get_base_at(self.date):
            key = row["module"] or row["product"] or row["equipment"].software_id, row["version"]
            pieces, quantity = totals.get(key, (0, 0.0))
            totals[key] = pieces + 1, quantity + row["quantity"]
        lines = [(what, version, *sums) for (what, version), sums in totals.items()]
        return sorted(
            lines, key=lambda line: (line[1].software_id.name or "", line[1].sequence, line[0].name)
        )

    def _get_report_name(self):
        """The name of the file."""
        customer = self.partner_id.commercial_partner_id.name or self.env._("All Customers")
        return " - ".join([self.env._("Installed Base"), customer, str(self.date)])

    @public(one=True)
    def action_print(self):
        """The statement as a PDF."""
        return self.env.ref("pemba_crm.pemba_equipment_statement_report").report_action(self)
