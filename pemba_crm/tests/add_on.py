"""What an add-on with axes of its own consists of, and the tests' registry with it."""

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.orm.model_classes import add_to_registry
from odoo.tools import SQL

from ..models.offer.crm_lead_axis import Axis
from .test_analysis_forecast import ForecastCommon

ORIGINS = [("web", "Web Site"), ("fair", "Trade Fair")]
OWN_AXES = ("segment_id", "first_contact")


# Two axes: their fields on the opportunity and on the mixin, and one method.


class CrmLead(models.Model):
    _module = None
    _inherit = "crm.lead"

    segment_id = fields.Many2one("res.partner.category", ondelete="restrict")
    first_contact = fields.Selection(selection=ORIGINS)


class PembaAxisMixin(models.AbstractModel):
    _module = None
    _inherit = "pemba.axis.mixin"

    segment_id = fields.Many2one("res.partner.category")
    first_contact = fields.Selection(selection=ORIGINS)

    @api.model
    def _get_lead_axes(self):
        return [*super()._get_lead_axes(), *OWN_AXES]


# What it may extend beside.


class PembaTarget(models.Model):
    _module = None
    _inherit = "pemba.target"

    segment_id = fields.Many2one(ondelete="restrict")


class PembaSaleReport(models.Model):
    _module = None
    _inherit = "pemba.sale.report"

    fair_count = fields.Integer()

    @api.model
    def _get_opportunity_counts(self):
        return super()._get_opportunity_counts() | {"fair_count": SQL("first_contact = 'fair'")}

    @api.model
    def _get_ordered_selections(self):
        return [*super()._get_ordered_selections(), "first_contact"]


class DigestDigest(models.Model):
    _module = None
    _inherit = "digest.digest"

    kpi_fair_revenue = fields.Boolean()
    kpi_fair_revenue_value = fields.Monetary(compute="_compute_kpi_fair_revenue_value")

    @api.model
    def _get_opportunity_figures(self):
        fair = Domain("first_contact", "=", "fair")
        return super()._get_opportunity_figures() | {"kpi_fair_revenue": ("create_date", fair)}

    def _compute_kpi_fair_revenue_value(self):
        self._sum_opportunities("kpi_fair_revenue")


class PembaOpportunityLine(models.Model):
    _module = None
    _inherit = "pemba.opportunity.line"

    use_id = fields.Many2one("res.partner.category")


class CrmLeadOffer(models.Model):
    _module = None
    _inherit = "crm.lead"

    offered_use_ids = Axis(
        "res.partner.category",
        relation="crm_lead_offered_use",
        column2="use_id",
        source=SQL("line.use_id"),
    )


class AxesCommon(ForecastCommon):
    """A registry with an add-on as above, its columns included; what it was before comes back at the end."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._extend(
            *(CrmLead, PembaAxisMixin, PembaTarget, PembaSaleReport, DigestDigest),
            *(PembaOpportunityLine, CrmLeadOffer),
        )
        cls.targets = cls.env["pemba.target"]
        cls.report = cls.env["pemba.sale.report"]
        cls.public, cls.private, cls.other = cls.env["res.partner.category"].create(
            [{"name": name} for name in ("Public Sector", "Private Sector", "Other Sector")]
        )

    @classmethod
    def _extend(cls, *definitions):
        """Add definitions of models to the registry, as when an add-on is installed.

        The case itself sets the registry up again once its cursor is closed.
        """
        names = [definition._name for definition in definitions]
        for definition in definitions:
            model = cls.registry[definition._name]
            cls.addClassCleanup(setattr, model, "_base_classes__", model._base_classes__)
            add_to_registry(cls.registry, definition)
        cls.registry._setup_models__(cls.cr, [])
        cls.registry.init_models(cls.cr, cls.registry.descendants(names, "_inherit", "_inherits"), {})

    @classmethod
    def _create_target(cls, amount=1000.0, **vals):
        return cls.targets.create(
            {"date_start": "2030-01-01", "date_end": "2030-12-31", "amount": amount, **vals}
        )

    def _win(self, revenue, day="2030-05-05", **vals):
        lead = self._create_deal(self._line(price_unit=revenue, unit_cost=revenue * 0.6), **vals)
        lead.with_user(self.manager).write({"stage_id": self.stages["A"][:1].id, "close_date": day})
        return lead
