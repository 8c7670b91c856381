from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..company_day import get_today

# What the query of what is missing reads in the database.
READ = {
    "pemba.opportunity.line": ["active", "is_returned", "comes_into_base", "quantity", "delivered_quantity"],
    "pemba.opportunity.configuration": ["is_retained", "equipment_id", "version_id"],
    "pemba.equipment": ["version_id", "state"],
}


class PembaDelivery(models.AbstractModel):
    """From what won deals sold to equipment: first as proposals, a piece of equipment each.

    A proposal is ``{lead, configuration, equipment, missing, version}``: the equipment is the one that a
    configuration extends or has become already; missing is ``{line: quantity}``; the version is the id of the
    one that it is to run. What else it says by the name of a field of equipment is the value of that field
    for new equipment; the dialog asks for it where its lines have a field of that name.

    Add-ons of your own extend ``crm.lead``: ``_get_proposals``, ``_prepare_equipment``, ``_deliver``.
    """

    _name = "pemba.delivery"
    _description = "Delivery of Won Deals"

    # ------------------------------------------------------------
    # What is missing
    # ------------------------------------------------------------

    @api.model
    def _get_missing_query(self):
        """An SQL query of the opportunities that sold what is not in the base, won or not."""
        for model, names in READ.items():
            self.env[model].flush_model(names)
        return SQL(
            """(
            SELECT line.lead_id
              FROM pemba_opportunity_line line
             WHERE line.active AND line.comes_into_base AND line.is_returned IS NOT TRUE
               AND line.quantity - 1e-6 > COALESCE(line.delivered_quantity, 0)
             UNION
            SELECT configuration.lead_id
              FROM pemba_opportunity_configuration configuration
              JOIN pemba_equipment equipment ON equipment.id = configuration.equipment_id
              JOIN pemba_software_version sold ON sold.id = configuration.version_id
         LEFT JOIN pemba_software_version runs ON runs.id = equipment.version_id
             WHERE configuration.is_retained AND equipment.state IN ('in_service', 'suspended')
               AND sold.sequence > COALESCE(runs.sequence, sold.sequence - 1)
            )"""
        )

    @api.model
    def _get_proposals(self, leads):
        """See ``crm.lead._get_proposals``."""
        proposals = []
        nothing = self.env["pemba.opportunity.configuration"]
        for lead in leads:
            lines = lead.opportunity_line_ids.grouped("configuration_id")
            configurations = lead.opportunity_configuration_ids | nothing.union(*lines)
            for configuration in configurations.with_prefetch(leads.opportunity_configuration_ids._ids):
                of_lead = {"lead": lead, "configuration": configuration}
                missing = lines.get(configuration, lead.opportunity_line_ids.browse())._get_missing()
                of_configuration = {line: qty for line, qty in missing.items() if line.configuration_role}
                upgrade = configuration._get_upgrade()
                if of_configuration or upgrade:
                    installed = {"equipment": configuration._get_installed(), "version": upgrade}
                    proposals.append(of_lead | installed | {"missing": of_configuration})
            by_hand = {"equipment": self.env["pemba.equipment"], "version": False}
            for line, quantity in lead.opportunity_line_ids._get_missing().items():
                if not line.configuration_role:
                    units = line._get_units(quantity)
                    proposals += [
                        {"lead": lead, "configuration": nothing, "missing": {line: unit}} | by_hand
                        for unit in units
                    ]
        return proposals

    @api.model
    def _get_content(self, proposal):
        """What a proposal brings, in words."""
        content = [
            f"{line.module_id.name or line.product_id.name} {quantity:+g}"
            for line, quantity in proposal["missing"].items()
        ]
        if proposal["version"]:
            content.append(proposal["configuration"].version_id.display_name)
        return ", ".join(content)

    # ------------------------------------------------------------
    # Putting it into the base
    # ------------------------------------------------------------

    @api.model
    def _deliver(self, delivered, date=None):
        """See ``crm.lead._deliver``."""
        for proposal, _vals in delivered:
            self._check(proposal["lead"], proposal["equipment"])
        new = [(proposal, vals) for proposal, vals in delivered if not proposal["equipment"]]
        day = date or get_today(self)
        equipment = self.env["pemba.equipment"]._put(
            [vals | {"delivery_date": day} for vals in self._prepare_equipment(new)], lines=["component_ids"]
        )
        if date:
            equipment.action_start(date)
        for proposal, vals in delivered:
            if proposal["equipment"]:
                equipment |= self._extend(proposal, vals, date)
        leads = self.env["crm.lead"].union(*(proposal["lead"] for proposal, _vals in delivered))
        leads._settle_delivery()
        return equipment

    @api.model
    def _check(self, lead, equipment):
        """:param equipment: what is extended
        :raise UserError: naming the opportunity, and the equipment of somebody else
        """
        if lead.won_status != "won":
            raise UserError(self.env._("%s is not won: nothing is delivered for it.", lead.display_name))
        if not lead.customer_id:
            raise UserError(self.env._("%s has no customer: choose its contact first.", lead.display_name))
        if equipment and equipment.partner_id != lead.customer_id:
            raise UserError(
                self.env._(
                    "%(lead)s: %(equipment)s belongs to %(owner)s, not to %(customer)s.",
                    lead=lead.display_name,
                    equipment=equipment.display_name,
                    owner=equipment.partner_id.display_name,
                    customer=lead.customer_id.display_name,
                )
            )

    @api.model
    def _prepare_equipment(self, new):
        """Values of new equipment; units of one line are numbered one after the other.

        :param new: what ``_deliver`` takes
        """
        names = self.env["pemba.equipment"]._fields
        vals_list, units = [], {}
        for proposal, vals in new:
            components = [line._prepare_component(quantity) for line, quantity in proposal["missing"].items()]
            for component in components:
                line = component["opportunity_line_id"]
                component["sale_unit"] += units.get(line, 0)
                units[line] = units.get(line, 0) + 1
            proposed = {name: value for name, value in proposal.items() if name in names}
            given = {name: value for name, value in vals.items() if value}
            own = proposal["lead"]._prepare_equipment(proposal, components)
            vals_list.append(own | proposed | given)
        return vals_list

    @api.model
    def _extend(self, proposal, vals, date):
        """Add to equipment what a later sale brought; what is planned may go into service now."""
        equipment = proposal["equipment"]
        components = [line._prepare_component(quantity) for line, quantity in proposal["missing"].items()]
        if equipment.state == "planned":
            equipment.component_ids._put([{"equipment_id": equipment.id, **one} for one in components])
            if date:
                equipment.action_start(date)
            return equipment
        if components:
            equipment._add_sold(components, date)
        version = self.env["pemba.software.version"].browse(vals.get("version_id") or proposal["version"])
        if version and version.sequence > equipment.version_id.sequence:
            equipment.action_upgrade(version, date)
        return equipment
