from odoo import api, fields, models
from odoo.exceptions import UserError

from .crm_lead import OURS

# What a closed opportunity was agreed on.
TERMS = (
    "lead_id",
    "is_retained",
    "software_id",
    "version_id",
    "deployment_type_id",
    "module_ids",
    "seat_count",
)


class PembaOpportunityConfiguration(models.Model):
    """What the contact retained, or an alternative to it, and the lines that it puts into the offer."""

    _name = "pemba.opportunity.configuration"
    _description = "Opportunity Configuration"
    _inherit = "pemba.configuration.mixin"
    _order = "lead_id desc, sequence, id"

    lead_id = fields.Many2one(
        "crm.lead", string="Opportunity", required=True, index=True, ondelete="cascade", copy=False
    )
    sequence = fields.Integer(default=10)
    configuration_id = fields.Many2one(
        "pemba.configuration",
        string="Ready-Made Configuration",
        index="btree_not_null",
        ondelete="set null",
        help="It gives software, version, deployment, modules and seats, and brings its services.",
    )
    software_id = fields.Many2one(
        compute="_compute_from_configuration", store=True, readonly=False, precompute=True, required=True
    )
    version_id = fields.Many2one(
        compute="_compute_from_configuration", store=True, readonly=False, precompute=True
    )
    deployment_type_id = fields.Many2one(
        compute="_compute_from_configuration", store=True, readonly=False, precompute=True
    )
    seat_count = fields.Integer(
        default=None, compute="_compute_from_configuration", store=True, readonly=False, precompute=True
    )
    module_ids = fields.Many2many(compute="_compute_module_ids", store=True, readonly=False)
    is_retained = fields.Boolean(
        string="Retained",
        default=True,
        help="The customer's choice. The lines of an alternative do not count, and come back with it.",
    )
    line_ids = fields.One2many("pemba.opportunity.line", "configuration_id")
    deal_currency_id = fields.Many2one(related="lead_id.deal_currency_id")
    amount = fields.Monetary(
        string="Net",
        compute="_compute_amount",
        currency_field="deal_currency_id",
        help="What its lines bring, in the deal's currency and before tax, retained or not.",
    )
    is_applied = fields.Boolean(compute="_compute_amount", string="Applied")
    preview = fields.Html(
        string="What It Costs", compute="_compute_preview", sanitize=False, export_string_translation=False
    )

    @api.depends("software_id", "version_id", "deployment_type_id")
    def _compute_display_name(self):
        for configuration in self:
            names = [
                configuration.version_id.display_name or configuration.software_id.display_name,
                configuration.deployment_type_id.display_name,
            ]
            configuration.display_name = ", ".join(filter(None, names)) or self.env._("Configuration")

    @api.depends("configuration_id")
    def _compute_from_configuration(self):
        for configuration in self:
            source = configuration.configuration_id or configuration
            for name in ("software_id", "version_id", "deployment_type_id"):
                configuration[name] = source[name]
            configuration.seat_count = source.seat_count or 1

    @api.depends("configuration_id")
    def _compute_module_ids(self):
        for configuration in self:
            if configuration.configuration_id:
                configuration.module_ids = configuration.configuration_id.module_ids

    @api.depends("line_ids.net_amount")
    def _compute_amount(self):
        lines = self.env["pemba.opportunity.line"].with_context(active_test=False)
        sums = {
            configuration.id: amount
            for configuration, amount in lines._read_group(
                [("configuration_id", "in", self.ids)], ["configuration_id"], ["net_amount:sum"]
            )
        }
        for configuration in self:
            configuration.amount = sums.get(configuration._origin.id, 0.0)
            configuration.is_applied = configuration._origin.id in sums

    @api.depends(
        "software_id", "deployment_type_id", "module_ids", "seat_count", "configuration_id", "line_ids"
    )
    def _compute_preview(self):
        for configuration in self:
            rows = configuration._get_preview_rows()
            total = sum(row["amount"] for row in rows)
            configuration.preview = self.env["ir.qweb"]._render(
                "pemba_crm.pemba_opportunity_configuration_preview",
                {"rows": rows, "total": total, "currency": configuration.deal_currency_id},
            )

    def _get_preview_rows(self):
        """What applying the configuration as it stands would put into the offer.

        :return: a list of ``{product, module, quantity, price_unit, discount, amount, state}`` in the deal's
            currency; the state is ``new``, ``changed``, ``kept`` or ``removed``
        """
        current = self._origin._get_all_lines()
        rows, licences = [], 0.0
        lines = self._prepare_lines()
        for key, vals in lines.items():
            line = current.filtered(lambda line, key=key: line._get_configuration_key() == key)
            module = self.env["pemba.software.module"].browse(key[1])
            rows.append(self._get_preview_row(line, vals) | {"module": module.name})
            licences += rows[-1]["amount"] if key[0] in ("licence", "module") else 0.0
        for key, vals in self._prepare_maintenance(licences).items():
            line = current.filtered(lambda line, key=key: line._get_configuration_key() == key)
            rows.append(self._get_preview_row(line, vals) | {"module": False})
            lines[key] = vals
        removed = {"quantity": 0, "price_unit": 0, "discount": 0, "amount": 0, "state": "removed"}
        rows += [
            {"product": line.product_id, "module": line.module_id.name} | removed
            for line in current
            if line.configuration_role and line._get_configuration_key() not in lines
        ]
        return rows

    def _get_preview_row(self, line, vals):
        changes = line._prepare_update(vals) if line else vals
        product = self.env["product.product"].browse(vals["product_id"])
        discount = line.discount
        price = changes.get("price_unit") or line.price_unit
        if not line or "product_id" in changes:
            price = vals.get("configured_price_unit") or self.lead_id._get_list_prices(
                self.lead_id._get_price_key(), product, vals["quantity"]
            ).get(product.id, 0.0)
        return {
            "product": product,
            "quantity": vals["quantity"],
            "price_unit": price,
            "discount": discount,
            "amount": self.deal_currency_id.round(
                vals["quantity"] * price * (line.year_share or 1.0) * (1 - discount / 100)
            ),
            "state": "new" if not line else "changed" if changes else "kept",
        }

    @api.constrains(*TERMS)
    def _check_offer_is_open(self):
        context = self.env.context
        if OURS not in (context.get("pemba_following"), context.get("pemba_starting")):
            self.lead_id._check_offer_is_open()

    def _get_all_lines(self):
        """Its lines, those that do not count too."""
        return self.with_context(active_test=False).line_ids.with_env(self.env)

    def write(self, vals):
        if "lead_id" in vals and self.env.context.get("pemba_following") is not OURS:
            moved = self.filtered(lambda configuration: configuration.lead_id.id != vals["lead_id"])[:1]
            if moved:
                raise UserError(
                    self.env._("%s: a configuration stays with its opportunity.", moved.display_name)
                )
        result = super().write(vals)
        if "is_retained" in vals and self.env.context.get("pemba_following") is not OURS:
            lines = self._get_all_lines()
            lines.filtered(lambda line: line.active != line.configuration_id.is_retained).write(
                {"active": bool(vals["is_retained"])}
            )
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_closed(self):
        self.lead_id._check_offer_is_open()

    def unlink(self):
        self._get_all_lines().unlink()  # so that the sums follow
        return super().unlink()

    # ------------------------------------------------------------
    # From the configuration to the lines
    # ------------------------------------------------------------

    def action_configure(self):
        """Open the configuration to change it and apply it again."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "pemba_crm.pemba_opportunity_configuration_action"
        )
        return action | {"res_id": self.id}

    def action_apply(self):
        """Write the lines of the configuration, or bring those it has up to date.

        Negotiated prices and discounts stay, and lines added by hand are left alone. A year of
        maintenance costs the software's rate of what the customer pays for licence and modules.

        :raise UserError: naming a closed opportunity
        """
        self.lead_id._check_offer_is_open()
        for configuration in self.with_context(pemba_defers_sums=OURS, pemba_applying=OURS):
            configuration._apply_lines(configuration._prepare_lines(), ("licence", "module", "service"))
            licences = configuration._get_all_lines().filtered(
                lambda line: line.configuration_role in ("licence", "module")
            )
            maintenance = configuration._prepare_maintenance(sum(licences.mapped("price_subtotal")))
            configuration._apply_lines(maintenance, ("maintenance",))
        self.lead_id._follow_lines()
        return True

    def _prepare_lines(self):
        """The lines for licence, modules and services.

        :return: ``{(role, module's id, id of the ready-made service): values}``
        """
        lines = {}
        product = self.software_id._get_product(self.deployment_type_id)
        if product:
            lines["licence", False, False] = {"product_id": product.id, "quantity": self.seat_count}
        for module in self.module_ids._origin:
            product = module._get_product(self.deployment_type_id)
            if product:
                lines["module", module.id, False] = {
                    "product_id": product.id,
                    "quantity": self.seat_count,
                }
        for service in self.configuration_id.line_ids._origin:
            lines["service", False, service.id] = {
                "product_id": service.product_id.id,
                "quantity": service.quantity,
            }
        return lines

    def _prepare_maintenance(self, licences):
        """The maintenance line, in the form of ``_prepare_lines``; none for a subscription.

        :param licences: what the customer pays for licence and modules, in the deal's currency
        """
        software = self.software_id
        price = self.deal_currency_id.round(licences * software.maintenance_rate / 100)
        product = software.maintenance_product_id
        if not product or not price or self.deployment_type_id.is_subscription:
            return {}
        vals = {"product_id": product.id, "quantity": 1.0, "configured_price_unit": price}
        return {("maintenance", False, False): vals}

    def _apply_lines(self, lines, roles):
        """Create, update and remove the lines of some roles.

        :param lines: see ``_prepare_lines``
        """
        existing = {
            line._get_configuration_key(): line
            for line in self._get_all_lines()
            if line.configuration_role in roles
            and (line.configuration_role != "service" or line.configuration_line_id)
        }
        to_create = []
        for key, vals in lines.items():
            line = existing.pop(key, None)
            if line:
                line.write(line._prepare_update(vals))
            else:
                to_create.append(self._prepare_new_line(key, vals))
        self.env["pemba.opportunity.line"].create(to_create)
        self.env["pemba.opportunity.line"].union(*existing.values()).unlink()

    def _prepare_new_line(self, key, vals):
        role, module, service = key
        price = vals.get("configured_price_unit")
        return {
            "lead_id": self.lead_id.id,
            "configuration_id": self.id,
            "configuration_role": role,
            "module_id": module,
            "configuration_line_id": service,
            "software_id": self.software_id.id,
            "active": self.is_retained,
            "sequence": {"licence": 10, "module": 20, "maintenance": 30, "service": 40}[role],
            **({"price_unit": price} if price else {}),
            **vals,
        }
