from odoo.fields import Command
from odoo.tests import new_test_user

from .common import PembaContractCommon

# What no client creates or writes: by actions alone, and refused by name.
APPEND_ONLY = {"pemba.equipment.event", "pemba.equipment.event.line", "pemba.forecast.snapshot"}
ODOO_MODELS = ("crm.lead", "crm.stage", "sale.order", "sale.order.line", "res.partner", "product.pricelist")


class SentCommon(PembaContractCommon):
    """A record of each model, and what of it is whose."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        env = cls.env
        cls.deal = cls._create_opportunity(
            "M",
            partner_id=cls.customer.id,
            opportunity_configuration_ids=[Command.create({"configuration_id": cls.ready.id})],
        )
        cls.deal.opportunity_configuration_ids.action_apply()
        cls.order = cls.deal._make_quotation()
        cls.contract = cls._create_contract()
        cls.zone, _dollar = cls._create_dollar_zone(1.25)
        product = env["pemba.competitor.product"].create(
            {"name": "Rival", "competitor_id": cls.other.id, "replaced_by_ids": cls.software.ids}
        )
        cls._create_index({"2025-01": 100})
        env["pemba.competitor.installation"].create(
            {"partner_id": cls.customer.id, "competitor_product_id": product.id}
        )
        env["pemba.margin.rule"].create({"rate": 30})
        env["pemba.software.suite"].create({"name": "Suite"})
        env["pemba.contact.role"].create({"name": "Role"})
        env["pemba.target"].create(
            {"name": "T", "date_start": "2026-01-01", "date_end": "2026-12-31", "amount": 5}
        )
        env["pemba.right.grant"].create(
            {
                "partner_id": cls.customer.id,
                "right_id": env["pemba.right"].search([], limit=1).id,
                "date_start": "2026-01-01",
                "date_end": "2026-12-31",
                "reason": "Why not",
            }
        )
        env["pemba.to.do.question"].create({"key": "start:0:0:0:0"})
        env["pemba.opening.sale"].create(
            {
                "partner_id": cls.customer.id,
                "product_id": cls.licence.id,
                "quantity": 1,
                "date": "2020-01-01",
            }
        )
        cls.accountant = new_test_user(
            env, "pemba_accountant_sent", groups="base.group_user,pemba_crm.group_accountant"
        )
        env["pemba.reconciliation"].create({}).action_compute()
        env["pemba.renewal.estimate"]._freeze()
        env["pemba.forecast.snapshot"]._take()
        env.flush_all()

    def _get_models(self):
        """Ours that have a table, and those of Odoo's that have columns of ours."""
        ours = [
            name
            for name, model in self.env.items()
            if name.startswith("pemba.") and model._auto and not model._abstract and not model._transient
        ]
        return sorted(ours) + list(ODOO_MODELS)

    def _get_fields(self, model, test):
        fields = self.env[model]._fields.items()
        return [name for name, field in fields if "pemba_crm" in field._modules and test(field)]

    def _get_results(self, model):
        return getattr(self.env[model], "_get_results", frozenset)()

    def _get_sample(self, model):
        chosen = {"crm.lead": self.deal, "sale.order": self.order, "res.partner": self.customer}
        if model in chosen:
            return chosen[model]
        if model == "sale.order.line":
            return self.order.order_line[:1]
        return self.env[model].with_context(active_test=False).search([], limit=1)
