from contextlib import contextmanager

from odoo.addons.base.tests.common import BaseCommon
from odoo.tests import new_test_user, tagged


@tagged("post_install", "-at_install")
class PembaCommon(BaseCommon):
    """The people and the pipeline that tests start from; nothing of it is demo data."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["res.lang"]._activate_and_install_lang("fr_FR")
        cls.stages = cls.env["crm.stage"].search([("pemba_step", "!=", False)]).grouped("pemba_step")
        cls.salesperson = cls._create_user("pemba_sales", "sales_team.group_sale_salesman")
        cls.manager = cls._create_user("pemba_manager", "sales_team.group_sale_manager")
        cls.support = cls._create_user("pemba_support", "pemba_crm.group_support")
        cls.accountant = cls._create_user("pemba_accountant", "pemba_crm.group_accountant")

    @classmethod
    def _create_user(cls, login, groups):
        return new_test_user(cls.env, login=login, groups=f"base.group_user,{groups}", lang="en_US")

    @contextmanager
    def _refused(self, exception, message):
        """What is done in it is refused with a message (a pattern) and undone."""
        with self.assertRaises(exception) as refusal:
            yield
        self.assertRegex(str(refusal.exception), message)

    @classmethod
    def _currency(cls, name):
        """A currency by its code, active."""
        currency = cls.env["res.currency"].with_context(active_test=False).search([("name", "=", name)])
        currency.active = True
        return currency

    @classmethod
    def _create_company(cls, name, currency):
        """A company in the time zone UTC, which the salesperson and the manager work for too."""
        return cls.env["res.company"].create({"name": name, "currency_id": cls._currency(currency).id})

    @classmethod
    def _create_zone(cls, name, countries=None, **vals):
        return cls.env["pemba.zone"].create(
            {"name": name, "code": name.upper(), "country_ids": (countries or cls.env["res.country"]).ids}
            | vals
        )

    @classmethod
    def _create_opportunity(cls, step="P", **vals):
        """An opportunity of the salesperson's at a step of the method."""
        return cls.env["crm.lead"].create(
            {
                "name": f"Opportunity at {step}",
                "type": "opportunity",
                "stage_id": cls.stages[step][:1].id,
                "user_id": cls.salesperson.id,
                **vals,
            }
        )
