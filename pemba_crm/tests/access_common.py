"""The people and the records that rights are tried with."""

from freezegun import freeze_time
from odoo.fields import Command
from odoo.tests import new_test_user

from .common import PembaContractCommon

WORLDS = ("own", "colleague's", "other company's")
DAY = "2031-03-03"
REPORTED = ("pemba.forecast.snapshot",)  # taken for all at once


class AccessCommon(PembaContractCommon):
    """Eight people, and what three of them have: a salesperson, a colleague, another company."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.roles = {
            "Employee": cls._create_user("pemba_employee_table", "base.group_user"),
            "Salesperson": cls.salesperson,
            "All documents": cls._create_user("pemba_all_table", "sales_team.group_sale_salesman_all_leads"),
            "Manager": cls.manager,
            "Support": cls.support,
            "Accountant": cls.accountant,
            "Margins": cls._create_user("pemba_margins_table", "pemba_crm.group_margin"),
            "Portal": new_test_user(
                cls.env, "pemba_portal_table", "base.group_portal", partner_id=cls._create_contact().id
            ),
        }
        cls._create_shared()
        colleague = cls._create_user("pemba_colleague_table", "sales_team.group_sale_salesman")
        elsewhere = cls.env["res.company"].create({"name": "Elsewhere"})
        cls.env.user.company_ids |= elsewhere
        vals = {"name": "There", "is_company": True, "company_id": elsewhere.id}
        there = cls.env["res.partner"].create(vals)
        cls.worlds = []
        for user, customer, company in (
            (cls.salesperson, cls.customer, cls.env.company),
            (colleague, cls.other, cls.env.company),
            (cls.env["res.users"], there, elsewhere),
        ):
            before = cls._get_all()
            leads = cls._create_world(user, customer, company)
            after = cls._get_all()
            cls.worlds.append(
                {name: ids - before[name] for name, ids in after.items()}
                | {"leads": leads, "customer": customer}
            )
        cls.env["pemba.to.do.question"].create({"key": "start:0:0:0:0"})
        snapshots = cls.env["pemba.forecast.snapshot"]
        with freeze_time(f"{DAY} 12:00:00"):
            snapshots._take()
        cls.worlds[0]["leads"][0].expected_revenue += 100
        snapshots._take()
        cls.env.flush_all()

    @classmethod
    def _create_contact(cls):
        return cls.env["res.partner"].create({"name": "Contact", "parent_id": cls.customer.id})

    @classmethod
    def _create_shared(cls):
        """What belongs to no one."""
        env = cls.env
        cls.zone, _dollar = cls._create_dollar_zone(1.25)
        cls.rival = env["pemba.competitor.product"].create({"name": "Rival", "competitor_id": cls.other.id})
        cls._create_index({"2025-01": 100})
        env["pemba.margin.rule"].create({"rate": 30})
        env["pemba.software.suite"].create({"name": "Suite"})
        env["pemba.contact.role"].create({"name": "Role"})
        env["crm.tag"].create({"name": "Tag"})

    @classmethod
    def _create_world(cls, user, customer, company):
        """A deal that is open and one that was won, and all that follows, of a user in a company.

        :return: the deals
        """
        cls.env.flush_all()
        env = cls.env(context=dict(cls.env.context, allowed_company_ids=company.ids))
        vals = {"name": "Deal", "type": "opportunity", "partner_id": customer.id, "company_id": company.id}
        vals |= {"user_id": user.id, "team_id": False, "stage_id": cls.stages["M"][:1].id}
        vals["opportunity_configuration_ids"] = [Command.create({"configuration_id": cls.ready.id})]
        vals["competitor_product_ids"] = cls.rival.ids
        deals = env["crm.lead"].create([vals, dict(vals)])
        for deal in deals:
            deal.opportunity_configuration_ids.action_apply()
        deals[1]._make_quotation().action_confirm()
        equipment = env["pemba.equipment"].create(
            {
                "partner_id": customer.id,
                "company_id": company.id,
                "software_id": cls.software.id,
                "version_id": cls.old.id,
                "deployment_type_id": cls.on_premise.id,
                "seat_count": 10,
                "state": "in_service",
                "in_service_date": "2020-01-01",
            }
        )
        line = {"product_id": cls.maintenance.id, "price_unit": 1200, "equipment_id": equipment.id}
        contract = {
            "partner_id": customer.id,
            "company_id": company.id,
            "contract_type_id": cls.kind.id,
            "currency_id": company.currency_id.id,
            "line_ids": [Command.create(line)],
        }
        ended = {"date_start": "2024-01-01", "date_end": "2024-12-31"}
        for dates in ({}, ended):
            env["pemba.contract"].create(contract | dates | {"state": "running"})
        env["pemba.contract"]._cron_expire()
        env["pemba.competitor.installation"].create(
            {"partner_id": customer.id, "competitor_product_id": cls.rival.id, "seen_date": "2026-01-01"}
        )
        env["pemba.zone.rate"].create(
            {
                "zone_id": cls.zone.id,
                "currency_id": cls._currency("USD").id,
                "rate": 1.3,
                "date": f"2026-01-0{len(cls.worlds) + 1}",
                "company_id": company.id,
            }
        )
        year = {"date_start": "2026-01-01", "date_end": "2026-12-31"}
        env["pemba.target"].create(
            [
                {"name": "T", "amount": 5, "user_id": user.id, "company_id": company.id, **year},
                {
                    "name": "M",
                    "amount": 5,
                    "user_id": user.id,
                    "company_id": company.id,
                    "metric": "margin",
                    **year,
                },
            ]
        )
        right = env["pemba.right"].search([], limit=1)
        env["pemba.right.grant"].create(
            {"partner_id": customer.id, "right_id": right.id, "reason": "Why not", **year}
        )
        sale = {"partner_id": customer.id, "product_id": cls.licence.id, "quantity": 9, "date": "2020-01-01"}
        env["pemba.opening.sale"].create(sale | {"company_id": company.id})
        run = env["pemba.reconciliation"].create({"company_id": company.id})
        run.action_compute()
        env["pemba.reconciliation.settlement"].create(
            {
                "company_id": company.id,
                "partner_id": customer.id,
                "product_id": cls.licence.id,
                "check": "installed",
                "date": run.date,
            }
        )
        env["pemba.renewal.estimate"]._freeze()
        env.flush_all()
        return deals

    @classmethod
    def _get_models(cls):
        """Ours, and those of Odoo's that we give a right or a rule for."""
        data = cls.env["ir.model.data"].search(
            [("module", "=", "pemba_crm"), ("model", "in", ("ir.model.access", "ir.rule"))]
        )
        given = {cls.env[one.model].browse(one.res_id).model_id.model for one in data}
        ours = {name for name, model in cls.env.items() if name.startswith("pemba.") and not model._abstract}
        return sorted(given | ours)

    @classmethod
    def _get_all(cls):
        cls.env.flush_all()
        return {
            name: set(cls.env[name].sudo().with_context(active_test=False).search([]).ids)
            for name in cls._get_models()
            if not cls.env[name]._transient and cls.env[name]._auto
        }

    @classmethod
    def _get_samples(cls, name):
        """``{whose: records}`` of a model, or rows of a report."""
        model = cls.env[name].with_context(active_test=False)
        if model._transient:
            return {"any": model}
        if name in REPORTED or not model._auto:
            link, key = ("lead_id", "leads") if "lead_id" in model else ("partner_id", "customer")
            samples = [model.search([(link, "in", one[key].ids)]) for one in cls.worlds]
        else:
            samples = [model.browse(sorted(one[name])) for one in cls.worlds]
        if all(samples):
            return dict(zip(WORLDS, samples, strict=True))
        return {"any": model.search([], limit=1)}
