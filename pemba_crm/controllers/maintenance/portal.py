from odoo import http
from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager
from odoo.http import request

from ...models.company_day import get_today


class ContractPortal(CustomerPortal):
    """A customer's contracts; the rules say who sees which."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "pemba_contract_count" in counters:
            contracts = request.env["pemba.contract"]
            values["pemba_contract_count"] = (
                contracts.search_count([], limit=1) if contracts.has_access("read") else 0
            )
        return values

    @http.route(
        ["/my/maintenance", "/my/maintenance/page/<int:page>"],
        type="http",
        auth="user",
        website=True,
        readonly=True,
    )
    def portal_my_maintenance(self, page=1, **kwargs):
        contracts = request.env["pemba.contract"]
        allowed = contracts.has_access("read")
        pager = portal_pager(
            url="/my/maintenance",
            total=contracts.search_count([]) if allowed else 0,
            page=page,
            step=self._items_per_page,
        )
        if allowed:
            contracts = contracts.search([], limit=self._items_per_page, offset=pager["offset"])
        values = self._prepare_contracts_values(contracts) | {"pager": pager}
        return request.render("pemba_crm.portal_my_contracts", values)

    def _prepare_contracts_values(self, contracts):
        """What the page shows.

        :param contracts: those of the page; none where the user may not read any
        """
        return self._prepare_portal_layout_values() | {
            "contracts": contracts.sudo(),  # names of types and products
            "today": get_today(contracts),
            "page_name": "maintenance",
            "default_url": "/my/maintenance",
        }
