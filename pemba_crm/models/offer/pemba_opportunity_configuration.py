from odoo import api, fields, models
from odoo.exceptions import UserError

from ..marks import FOLLOWING, OPENING, STARTING
from ..public import VALUES, VALUES_LIST, public
from .crm_lead import MARGIN, SHOWN


class PembaOpportunityConfiguration(models.Model):
    """What the contact retained, or an alternative to it, and the lines that it puts into the offer."""

    _name = "pemba.opportunity.configuration"
    _description = "Opportunity Configuration"
    _inherit = ["pemba.configuration.mixin", "pemba.rules"]
    _is_owned = True
    _follows = ("lead_id",)
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
    retained_beside = fields.Char(
        compute="_compute_retained_beside",
        help="What the opportunity retains of the same software: the lines of both count.",
    )
    preview = fields.Html(
        string="Prices", compute="_compute_preview", sanitize=False, export_string_translation=False
    )

    @api.depends("software_id", "version_id", "deployment_type_id")
    @api.depends_context("lang")
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
        "software_id",
        "is_retained",
        *(
            f"lead_id.opportunity_configuration_ids.{name}"
            for name in ("is_retained", "software_id", "version_id", "deployment_type_id")
        ),
    )
    @api.depends_context("lang")
    def _compute_retained_beside(self):
        for configuration in self:
            others = (
                configuration.lead_id.opportunity_configuration_ids - configuration - configuration._origin
            )
            beside = others.filtered(
                lambda other, configuration=configuration: (
                    other.is_retained and other.software_id == configuration.software_id
                )
            )
            names = beside.mapped("display_name") if configuration.is_retained else []
            configuration.retained_beside = "; ".join(names)

    @api.depends(
        "software_id",
        "deployment_type_id",
        "module_ids",
        "seat_count",
        "configuration_id",
        "is_retained",
        "line_ids.quantity",
        "line_ids.price_unit",
        "line_ids.discount",
        "lead_id.distributor_id",
        "lead_id.deal_currency_id",
    )
    @api.depends_context("uid", "lang")
    def _compute_preview(self):
        sees_margin = self.env.user.has_group(MARGIN)
        for configuration in self:
            rows = configuration._get_preview_rows()
            configuration.preview = self.env["ir.qweb"]._render(
                "pemba_crm.pemba_opportunity_configuration_preview",
                {
                    "configuration": configuration,
                    "rows": rows,
                    "total": {name: sum(row["amounts"][name] for row in rows) for name in (*SHOWN, "costed")},
                    "currency": configuration.deal_currency_id
                    or configuration.lead_id._get_deal_company().currency_id,
                    "is_distributed": configuration.lead_id.distributor_id,
                    "sees_margin": sees_margin,
                },
            )

    def _get_preview_rows(self):
        """What applying the configuration as it stands would make of the offer.

        :return: a list of ``{line, amounts, old_quantity, state}``: a line in memory, its amounts in the
            deal's currency, the quantity that it replaces, and ``new``, ``changed``, ``kept`` or ``removed``
        """
        offer, obsolete = self._prepare_offer()
        rows = [
            {
                "line": outcome,
                "amounts": outcome._get_amounts(),
                "old_quantity": line.quantity if line.quantity != outcome.quantity else 0,
                "state": "new" if not line else "changed" if self._is_seen(changes) else "kept",
            }
            for line, changes, outcome in offer
        ]
        nothing = dict.fromkeys((*SHOWN, "costed"), 0.0)
        return rows + [
            {"line": line, "amounts": nothing, "old_quantity": 0, "state": "removed"} for line in obsolete
        ]

    @api.model
    def _is_seen(self, changes):
        return not {"configured_price_unit"}.issuperset(changes)

    @api.model
    def _get_term_fields(self):
        """What a closed opportunity was agreed on: a new set."""
        return {
            *("lead_id", "is_retained", "software_id", "version_id", "deployment_type_id", "module_ids"),
            "seat_count",
        }

    def _get_all_lines(self):
        """Its lines, those that do not count too."""
        return self.with_context(active_test=False).line_ids.with_env(self.env)

    @api.model_create_multi
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):
        granted = self._take_creation(vals_list)
        if not granted or granted == STARTING:
            vals_list = self._as_sent(vals_list, is_new=True)
        configurations = super().create(vals_list)
        if granted not in (FOLLOWING, STARTING, OPENING):
            configurations.lead_id._check_offer_is_open()
        return configurations

    @public(vals=VALUES)
    def write(self, vals):
        if self._take_write(vals) == FOLLOWING:
            return super().write(vals)
        vals = self._as_sent([vals])[0]
        if "lead_id" in vals:
            moved = self.filtered(lambda configuration: configuration.lead_id.id != vals["lead_id"])[:1]
            if moved:
                raise UserError(
                    self.env._("%s: a configuration stays with its opportunity.", moved.display_name)
                )
        result = super().write(vals)
        if not self._get_term_fields().isdisjoint(vals):
            self.lead_id._check_offer_is_open()
        if "deployment_type_id" in vals:  # subscriptions recur
            self.lead_id._follow_lines()
        if "is_retained" in vals:
            lines = self._get_all_lines()
            lines.filtered(lambda line: line.active != line.configuration_id.is_retained).write(
                {"active": bool(vals["is_retained"])}
            )
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_closed(self):
        self.lead_id._check_offer_is_open()

    @public
    def unlink(self):
        self._get_all_lines().unlink()  # so that the sums follow
        return super().unlink()
