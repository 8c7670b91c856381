from odoo import api, models

from ..marks import APPLYING
from ..public import public


class PembaOpportunityConfiguration(models.Model):
    """From the configuration to the lines that it puts into the offer."""

    _inherit = "pemba.opportunity.configuration"

    @public(one=True)
    def action_configure(self):
        """Open the configuration to change it and apply it again."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "pemba_crm.pemba_opportunity_configuration_action"
        )
        return action | {"res_id": self.id}

    @public
    def action_apply(self):
        """Write the lines of the configuration, or bring those it has up to date.

        Negotiated prices and discounts stay, and lines added by hand are left alone. A year of
        maintenance costs the software's rate of what the customer pays for licence and modules.

        :raise UserError: naming a closed opportunity
        """
        self.lead_id._check_offer_is_open()
        for configuration in self:
            offer, obsolete = configuration._prepare_offer()
            for line, changes, _outcome in offer:
                if line and changes:
                    line._set_as(APPLYING, changes)
            obsolete._put([changes for line, changes, _outcome in offer if not line], APPLYING)
            obsolete._drop(APPLYING)
        self.lead_id._follow_lines()
        return True

    def _prepare_offer(self):
        """What the configuration makes of its lines, found without writing anything.

        :return: ``(offer, obsolete)``, the first a list of ``(line, changes, outcome)``: the line that is
            there, or none; what to write to it, or to create; and a line in memory with the amounts that
            follow; the second the lines to remove
        """
        existing = {
            line._get_configuration_key(): line
            for line in self._origin._get_all_lines()
            if line.configuration_role
            and (line.configuration_role != "service" or line.configuration_line_id)
        }
        offer = self._prepare_changes(self._prepare_lines(), existing)
        licences = self.env["pemba.opportunity.line"].union(
            *(outcome for _line, _changes, outcome in offer if outcome._is_licence())
        )
        has_maintenance = ("maintenance", False, False) in existing
        offer += self._prepare_changes(self._prepare_maintenance(licences, has_maintenance), existing)
        return offer, self.env["pemba.opportunity.line"].union(*existing.values())

    def _prepare_changes(self, lines, existing):
        """See ``_prepare_offer``.

        :param lines: see ``_prepare_lines``
        :param existing: ``{key: line}``, from which those that go on are taken away
        """
        Line = self.env["pemba.opportunity.line"]
        offer, new_vals = [], []
        for key, vals in lines.items():
            line = existing.pop(key, Line)
            changes = line._prepare_update(vals) if line else self._prepare_new_line(key, vals)
            if line and line.software_id != self.software_id:
                changes["software_id"] = self.software_id.id
            offer.append((line, changes))
            if not line:
                new_vals.append(changes)
        Line._add_list_prices(new_vals)
        return [(line, changes, self._get_outcome(line, changes)) for line, changes in offer]

    def _get_outcome(self, line, changes):
        """A line in memory as it will be: of this configuration as it stands, saved or not."""
        if not line:
            return line.new(changes | {"configuration_id": self.id})
        # Not as a copy in memory of the line, which a form may be changing meanwhile.
        [vals] = line.sudo().read(line._get_outcome_fields(), load=None)  # costs too
        outcome = line.new(vals | {"id": False, "configuration_id": self.id})
        outcome.update(changes)
        return outcome

    def _follow_licences(self):
        """Maintenance is its rate of what the customer pays for licences, unless its price was negotiated."""
        for configuration in self:
            lines = configuration._get_all_lines()
            licences = configuration._get_counting_licences(lines)
            for line in lines.filtered(lambda line: line.configuration_role == "maintenance"):
                if line._keeps_amounts():
                    continue
                price = configuration._get_maintenance_price(licences)
                if licences or line._has_negotiated_price():
                    line._set_as(APPLYING, line._prepare_update({"configured_price_unit": price}))
                else:
                    line._drop(APPLYING)

    def _get_counting_licences(self, lines):
        return lines.filtered(lambda line: line._is_licence() and line.active == self.is_retained)

    def _prepare_lines(self):
        """The lines for licence, modules and services.

        :return: ``{(role, module's id, id of the ready-made service): values}``
        """
        lines = {}
        always = {"active": self.is_retained}
        product = self.software_id._get_product(self.deployment_type_id)
        if product:
            lines["licence", False, False] = {"product_id": product.id, "quantity": self.seat_count} | always
        for module in self.module_ids._origin:
            product = module._get_product(self.deployment_type_id)
            if product:
                lines["module", module.id, False] = {
                    "product_id": product.id,
                    "quantity": self.seat_count,
                } | always
        for service in self.configuration_id.line_ids._origin:
            lines["service", False, service.id] = {
                "product_id": service.product_id.id,
                "quantity": service.quantity,
            } | always
        return lines

    def _prepare_maintenance(self, licences, has_maintenance):
        """The maintenance line, in the form of ``_prepare_lines``; none for a subscription.

        :param licences: the lines for licence and modules
        :param has_maintenance: whether there is one: it stays at a price of 0 too
        """
        price = self._get_maintenance_price(licences)
        product = self.software_id.maintenance_product_id
        if not product or not licences or self.deployment_type_id.is_subscription:
            return {}
        if not price and not has_maintenance:
            return {}
        vals = {"product_id": product.id, "quantity": 1.0, "configured_price_unit": price}
        return {("maintenance", False, False): vals | {"active": self.is_retained}}

    def _get_maintenance_price(self, licences):
        """A year of maintenance, in the deal's currency: the rate of what the customer pays for licences.

        :param licences: the lines for licence and modules, each with its software's rate
        """
        currency = self.deal_currency_id or self.lead_id._get_deal_company().currency_id
        return currency.round(
            sum(
                line._get_unrounded("price_subtotal") * line.software_id.maintenance_rate for line in licences
            )
            / 100
        )

    def _get_first_sequence(self):
        """Its lines stay together: after those of the configurations before it."""
        others = self.lead_id.opportunity_configuration_ids
        return 10 * (len(others.filtered(lambda other: other.id < self._origin.id)) + 1)

    @api.model
    def _get_role_rank(self, role):
        """The place of a role's lines in the offer: as the roles are listed."""
        roles = self.env["pemba.opportunity.line"]._fields["configuration_role"].get_values(self.env)
        return roles.index(role)

    def _prepare_new_line(self, key, vals):
        role, module, service = key
        price = vals.get("configured_price_unit")
        return {
            "lead_id": self.lead_id.id,
            "configuration_id": self._origin.id,
            "configuration_role": role,
            "module_id": module,
            "configuration_line_id": service,
            "software_id": self.software_id.id,
            "sequence": self._get_first_sequence() + self._get_role_rank(role),
            **({"price_unit": price} if price else {}),
            **vals,
        }
