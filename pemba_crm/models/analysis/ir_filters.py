from odoo import api, models


class IrFilters(models.Model):
    _inherit = "ir.filters"

    @api.model
    def _name_favourites(self):
        """Our favourites in the language of the main company: Odoo has no translations of their names."""
        language = self.env.ref("base.main_company").partner_id.lang
        env = self.with_context(lang=language).env
        names = {
            "pemba_sale_report_filter_salesperson": env._("My Sales and Pipeline"),
            "pemba_sale_report_filter_manager": env._("Salespeople, This Year and Last"),
            "pemba_sale_report_filter_manager_zone": env._("Zones and Sale Types"),
            "pemba_sale_report_filter_channel_manager": env._("Distributors"),
        }
        for xmlid, name in names.items():
            favourite = self.env.ref(f"pemba_crm.{xmlid}", raise_if_not_found=False)
            if favourite:
                favourite.name = name
