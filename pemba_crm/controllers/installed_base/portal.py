from odoo import http
from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager
from odoo.exceptions import AccessError, MissingError
from odoo.http import request

from ...models.installed_base.pemba_equipment import IN_BASE


class EquipmentPortal(CustomerPortal):
    """What a customer runs, and a distributor's customers, on their portal; the rules say who sees what."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "equipment_count" in counters:
            equipment = request.env["pemba.equipment"]
            values["equipment_count"] = (
                equipment.search_count(self._get_equipment_domain(), limit=1)
                if equipment.has_access("read")
                else 0
            )
        return values

    def _get_equipment_domain(self):
        return [("state", "in", IN_BASE)]

    def _get_equipment_sortings(self):
        return {
            "site": {"label": request.env._("Site"), "order": "partner_id, site_id, id"},
            "software": {"label": request.env._("Software"), "order": "software_id, version_id, id"},
            "date": {"label": request.env._("In Service Date"), "order": "in_service_date desc, id desc"},
        }

    @http.route(
        ["/my/equipment", "/my/equipment/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        readonly=True,
    )
    def portal_my_equipment(self, page=1, sortby="site", **kwargs):
        equipment = request.env["pemba.equipment"]
        sortings = self._get_equipment_sortings()
        sortby = sortby if sortby in sortings else "site"
        domain = self._get_equipment_domain()
        allowed = equipment.has_access("read")
        pager = portal_pager(
            url="/my/equipment",
            total=equipment.search_count(domain) if allowed else 0,
            page=page,
            step=self._items_per_page,
            url_args={"sortby": sortby},
        )
        if allowed:
            equipment = equipment.search(
                domain, order=sortings[sortby]["order"], limit=self._items_per_page, offset=pager["offset"]
            )
        values = self._prepare_portal_layout_values() | {
            "equipment": equipment.sudo(),  # names of software and products
            "page_name": "equipment",
            "pager": pager,
            "default_url": "/my/equipment",
            "sortby": sortby,
            "searchbar_sortings": sortings,
        }
        return request.render("pemba_crm.portal_my_equipment", values)

    @http.route("/my/equipment/<int:equipment_id>", type="http", auth="user", website=True, readonly=True)
    def portal_equipment_page(self, equipment_id, **kwargs):
        try:
            equipment = self._document_check_access("pemba.equipment", equipment_id)
        except (AccessError, MissingError):
            return request.redirect("/my")
        values = self._prepare_portal_layout_values() | {"one_equipment": equipment, "page_name": "equipment"}
        return request.render("pemba_crm.portal_equipment_page", values)
