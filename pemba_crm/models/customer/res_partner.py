from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import Query

from ..installed_base.pemba_equipment import IN_BASE
from ..public import TEXT, public

# Those who have bought.
CUSTOMERS = ("customer", "customer_prospect")


class ResPartner(models.Model):
    """The tracking window: who is in it, former customers, and through whom they buy."""

    _inherit = "res.partner"

    is_former_customer = fields.Boolean(
        string="Former Customer",
        compute="_compute_is_former_customer",
        search="_search_is_former_customer",
        groups="base.group_user",
        help="A customer with nothing in service, and no contract in force.",
    )
    is_tracked = fields.Boolean(
        string="Customer or Prospect",
        compute="_compute_is_tracked",
        search="_search_is_tracked",
        export_string_translation=False,
        groups="base.group_user",
    )
    distributor_ids = fields.Many2many(
        "res.partner",
        string="Distributors",
        compute="_compute_distributor_ids",
        search="_search_distributor_ids",
        groups="base.group_user",
        help="Through whom it was offered something, or has something.",
    )

    @api.depends("pemba_status")
    def _compute_is_former_customer(self):
        former = set(self._search([("id", "in", self.ids), ("is_former_customer", "=", True)]))
        for partner in self:
            partner.is_former_customer = partner._origin.id in former

    def _search_is_former_customer(self, operator, value):
        if operator != "in":
            return NotImplemented
        everybody = self.sudo()  # of all salespeople and companies, as the status
        equipment = everybody.env["pemba.equipment"]._search([("state", "in", IN_BASE)])
        contracts = everybody.env["pemba.contract"]._search([("is_in_force", "=", True)])
        return (
            Domain("pemba_status", "in", CUSTOMERS)
            & Domain("commercial_partner_id", "not in", equipment.subselect("partner_id"))
            & Domain("commercial_partner_id", "not in", contracts.subselect("partner_id"))
        )

    @api.depends("is_company", "parent_id", "is_distributor", "pemba_status")
    def _compute_is_tracked(self):
        tracked = set(self._search([("id", "in", self.ids), ("is_tracked", "=", True)]))
        for partner in self:
            partner.is_tracked = partner._origin.id in tracked

    def _search_is_tracked(self, operator, value):
        """Companies, and persons without one: neither ourselves, nor distributors, nor publishers.

        Competitors only once they were offered something.
        """
        if operator != "in":
            return NotImplemented
        software = self.env["pemba.software"].sudo().with_context(active_test=False)  # whoever looks
        publishers = software._search([("publisher_id", "!=", False)])
        products = software.env["pemba.competitor.product"]
        return (
            (Domain("is_company", "=", True) | Domain("parent_id", "=", False))
            & Domain("partner_share", "=", True)
            & Domain("ref_company_ids", "=", False)
            & Domain("is_distributor", "=", False)
            & Domain("id", "not in", publishers.subselect("publisher_id"))
            & (
                Domain("pemba_status", "!=", "unqualified")
                | Domain("id", "not in", products._search([]).subselect("competitor_id"))
            )
        )

    def _compute_distributor_ids(self):
        entities = self.commercial_partner_id
        distributors = dict.fromkeys(entities, self.browse())
        for model, name in self._get_distributed():
            groups = model._read_group(
                [(name, "in", entities.ids), ("distributor_id", "!=", False)],
                [name],
                ["distributor_id:recordset"],
            )
            for entity, found in groups:
                distributors[entity] |= found
        for partner in self:
            found = distributors[partner.commercial_partner_id].with_env(self.env)
            partner.distributor_ids = found._filtered_access("read")

    def _search_distributor_ids(self, operator, value):
        if operator == "any":  # by a name
            found = value if isinstance(value, Query) else self._search(value)
            operator, value = "in", found.get_result_ids()
        if operator != "in":
            return NotImplemented
        distributed = [
            Domain(
                "commercial_partner_id",
                "in",
                model._search([("distributor_id", "in", value), (name, "!=", False)]).subselect(name),
            )
            for model, name in self._get_distributed()
        ]
        return Domain.OR(distributed)

    @api.model
    @public(field_name=TEXT)
    def search_panel_select_multi_range(self, field_name, **kwargs):
        """Distributors are chosen among distributors; a domain in the view would take the counts away."""
        if field_name == "distributor_ids":
            given = Domain(kwargs.get("comodel_domain") or [])
            kwargs["comodel_domain"] = given & Domain("is_distributor", "=", True)
        return super().search_panel_select_multi_range(field_name, **kwargs)

    @api.model
    def _get_distributed(self):
        """What may come through a distributor: ``[(model, its field of the customer)]``."""
        everybody = self.env["res.partner"].sudo().env  # of all salespeople
        return [
            (everybody["crm.lead"], "customer_id"),
            (everybody["pemba.equipment"], "partner_id"),
            (everybody["pemba.contract"], "partner_id"),
        ]

    @api.model
    def _get_belongings(self):
        """What is known of competitors goes with the rest."""
        return [*super()._get_belongings(), self.env["pemba.competitor.installation"]]
