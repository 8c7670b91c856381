from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..pipeline.crm_lead import CLOSED
from ..public import VALUES, VALUES_LIST, public
from .pemba_equipment import IN_BASE


class PembaOpportunityConfiguration(models.Model):
    """A configuration may extend equipment: then only what that lacks is offered."""

    _inherit = "pemba.opportunity.configuration"

    customer_id = fields.Many2one(related="lead_id.customer_id")
    company_id = fields.Many2one("res.company", compute="_compute_company_id")
    equipment_id = fields.Many2one(
        "pemba.equipment",
        string="Extends",
        domain="[('partner_id', '=', customer_id), ('kind', '=', 'software'), ('state', '!=', 'retired'),"
        " ('company_id', '=', company_id)]",
        index="btree_not_null",
        ondelete="restrict",
        copy=False,
        help="What the customer runs: only what it lacks is offered. Empty for a new installation.",
    )
    installed = fields.Char(compute="_compute_installed", help="What the equipment that it extends is now.")
    difference = fields.Char(compute="_compute_difference", help="What changes on that equipment.")
    has_fewer = fields.Boolean(compute="_compute_difference")
    installed_ids = fields.One2many(
        "pemba.equipment", "opportunity_configuration_id", string="Delivered as", copy=False
    )

    @api.depends("equipment_id")
    def _compute_from_configuration(self):
        extending = self.filtered(lambda one: one.equipment_id and not one.configuration_id)
        for configuration in extending:
            equipment = configuration.equipment_id
            for name in ("software_id", "version_id", "deployment_type_id"):
                configuration[name] = equipment[name]
            configuration.seat_count = equipment.seat_count
        return super(PembaOpportunityConfiguration, self - extending)._compute_from_configuration()

    @api.depends("equipment_id")
    def _compute_module_ids(self):
        extending = self.filtered(lambda one: one.equipment_id and not one.configuration_id)
        for configuration in extending:
            configuration.module_ids = configuration.equipment_id.module_ids
        return super(PembaOpportunityConfiguration, self - extending)._compute_module_ids()

    @api.depends("lead_id.company_id")
    def _compute_company_id(self):
        for configuration in self:
            configuration.company_id = configuration.lead_id._get_deal_company()

    @api.depends("equipment_id")
    @api.depends_context("lang")
    def _compute_installed(self):
        for configuration in self:
            equipment = configuration.equipment_id
            seats = equipment and self.env._("%s seats", equipment.seat_count)
            names = [equipment.version_id.display_name, equipment.deployment_type_id.display_name, seats]
            names += equipment.module_ids.mapped("name")
            configuration.installed = ", ".join(filter(None, names))

    @api.depends("equipment_id", "version_id", "deployment_type_id", "seat_count", "module_ids")
    @api.depends_context("lang")
    def _compute_difference(self):
        for configuration in self:
            is_open = configuration.lead_id.won_status not in CLOSED  # else it is installed by now
            equipment, parts = configuration.equipment_id.filtered(lambda _one, keep=is_open: keep), []
            more = configuration.seat_count - equipment.seat_count
            modules = configuration.module_ids._origin
            added, left = modules - equipment.module_ids, equipment.module_ids - modules
            if more:
                parts.append(self.env._("Seats %+d", more))
            for name in ("version_id", "deployment_type_id"):
                old, new = equipment[name], configuration[name]
                if new != old:
                    parts.append(f"{old.name or '–'} → {new.name or '–'}")
            parts += [f"+ {module.name}" for module in added] + [f"− {module.name}" for module in left]
            configuration.difference = bool(equipment) and ", ".join(parts)
            configuration.has_fewer = bool(equipment) and (more < 0 or bool(left))

    @api.constrains("equipment_id", "software_id", "lead_id")
    def _check_equipment(self):
        """:raise ValidationError: naming the equipment of another customer or software"""
        for configuration in self.filtered("equipment_id"):
            equipment, customer = configuration.equipment_id, configuration.lead_id.customer_id
            if equipment.software_id != configuration.software_id:
                raise ValidationError(
                    self.env._(
                        "%(configuration)s: %(equipment)s is not %(software)s.",
                        configuration=configuration.display_name,
                        equipment=equipment.display_name,
                        software=configuration.software_id.display_name,
                    )
                )
            if equipment.company_id != configuration.lead_id._get_deal_company():
                raise ValidationError(
                    self.env._(
                        "%(configuration)s: %(equipment)s is of %(company)s.",
                        configuration=configuration.display_name,
                        equipment=equipment.display_name,
                        company=equipment.company_id.display_name,
                    )
                )
            if customer and equipment.partner_id != customer:
                raise ValidationError(
                    self.env._(
                        "%(configuration)s: %(equipment)s belongs to %(owner)s, not to %(customer)s.",
                        configuration=configuration.display_name,
                        equipment=equipment.display_name,
                        owner=equipment.partner_id.display_name,
                        customer=customer.display_name,
                    )
                )

    @api.model_create_multi
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):
        configurations = super().create(vals_list)
        configurations._follow_nature()
        return configurations

    @public(vals=VALUES)
    def write(self, vals):
        result = super().write(vals)
        if not {"equipment_id", "is_retained"}.isdisjoint(vals):
            self._follow_nature()
        return result

    def _follow_nature(self):
        """A new deal that extends what is installed is an extension."""
        extended = self.filtered(lambda one: one.equipment_id and one.is_retained).lead_id
        extended.filtered(lambda lead: lead.nature == "new").nature = "extension"

    def _prepare_lines(self):
        """Without what the equipment has already, save what this deal brought itself."""
        lines = super()._prepare_lines()
        if not self.equipment_id:
            return lines
        has, own = {}, self.lead_id._get_all_lines()
        for component in self.equipment_id._get_components():
            if component.opportunity_line_id not in own:  # a colleague's cannot be read
                key = component.product_id.id, component.module_id.id
                has[key] = has.get(key, 0.0) + component.quantity
        return {
            (role, module, service): vals | {"quantity": vals["quantity"] - installed}
            for (role, module, service), vals in lines.items()
            for installed in [has.get((vals["product_id"], module), 0.0) if role != "service" else 0.0]
            if vals["quantity"] > installed
        }

    def _get_installed(self):
        """The equipment that it extends or has become, unless that is retired."""
        equipment = self.equipment_id or self.installed_ids[:1]
        return equipment.filtered(lambda one: one.state != "retired")

    def _get_upgrade(self):
        """The id of the version that the equipment it extends is to run, where that is a later one."""
        runs = self.equipment_id.version_id
        is_running = self.equipment_id.state in IN_BASE and self.is_retained
        sold = self.version_id
        return is_running and sold and (not runs or sold.sequence > runs.sequence) and sold.id
