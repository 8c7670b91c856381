from freezegun import freeze_time
from odoo.fields import Domain
from odoo.tests import tagged
from odoo.tools import SQL

from .common import PembaContractCommon


@tagged("post_install", "-at_install")
class TestSold(PembaContractCommon):
    """What of a sale comes into the installed base is stored on its line, by one rule."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.server.pemba_equipment_policy = "per_unit"
        cls.lines = cls.env["pemba.opportunity.line"]
        cls.keeper = cls._create_user("pemba_keeper", "product.group_product_manager")

    def _sell_geo(self, *lines):
        """A deal with Geo and Maps, their maintenance and a training, and lines made by hand."""
        deal = self._create_deal(*lines, partner_id=self.customer.id)
        vals = {"lead_id": deal.id, "configuration_id": self.ready.id}
        self.env["pemba.opportunity.configuration"].create(vals).action_apply()
        return deal

    def _check_rule(self, lines):
        """What is stored is what the rule says, in Python and in the database."""
        self.env.flush_all()
        self.env.invalidate_all()
        rule, among = self.lines._get_base_domain(), Domain("id", "in", lines.ids)
        found = lines.with_context(active_test=False).search(among & rule, limit=None)
        for based in (lines.filtered_domain(rule), found):
            self.assertEqual(set(based.ids), set(lines.filtered("comes_into_base").ids))
        unset = SQL("SELECT id FROM pemba_opportunity_line WHERE comes_into_base IS NULL")
        self.assertEqual(self.env.execute_query(unset), [])

    def test_licence_modules_and_what_products_say(self):
        deal = self._sell_geo(
            {"product_id": self.server.id}, {"product_id": self.training.id}, {"product_id": self.licence.id}
        )
        lines = deal.opportunity_line_ids.sorted()
        self.assertEqual(
            [(line.product_id.name, line.configuration_role, line.comes_into_base) for line in lines],
            [
                ("Server", False, True),
                ("Training", False, False),
                ("Licence", False, False),  # by hand, it is what its product says
                ("Licence", "licence", True),
                ("Maps", "module", True),
                ("Maintenance", "maintenance", False),
                ("Training", "service", False),
            ],
        )
        self._check_rule(lines)
        lines[0].product_id = self.training
        lines[1].product_id = self.server
        self.assertEqual(lines[:2].mapped("comes_into_base"), [False, True])
        self._check_rule(lines)

    def test_what_is_renewed_is_there_already(self):
        contract = self._create_contract(
            {"product_id": self.server.id, "price_unit": 10}, date_start="2026-01-01"
        )
        with freeze_time("2026-09-01"):
            self.env["pemba.contract"]._cron_open_renewals()
        renewal = self.env["crm.lead"].search([("renewal_contract_id", "=", contract.id)])
        self.assertEqual(renewal.opportunity_line_ids.product_id, self.server)
        self.assertFalse(renewal.opportunity_line_ids.comes_into_base)
        self._check_rule(renewal.opportunity_line_ids)

    def test_lines_follow_the_policy_of_their_product(self):
        deals = [self._sell_geo({"product_id": self.server.id}) for _sale in range(3)]
        delivered, won, pending = deals
        (delivered | won).action_set_won()
        delivered._create_equipment()
        alternative = pending.opportunity_configuration_ids
        alternative.is_retained = False  # its lines are archived
        lines = self.env["crm.lead"].union(*deals)._get_all_lines()
        for policy, names in (("none", set()), ("per_line", {"Server"}), ("none", set())):
            self.server.with_user(self.keeper).pemba_equipment_policy = policy
            by_hand = lines.filtered(lambda line: line.comes_into_base and not line.configuration_role)
            self.assertEqual(set(by_hand.mapped("product_id.name")), names)
            self._check_rule(lines)
            self.assertFalse(delivered.is_to_deliver)
            self.assertEqual("Server" in won.to_deliver, bool(names))
        self.licence.pemba_equipment_policy = "per_line"
        self.maintenance.active = False
        self.maintenance.pemba_equipment_policy = "per_line"
        self._check_rule(lines)

    def test_a_policy_changes_a_thousand_lines_in_one_statement(self):
        def count(product, size):
            self._create_deal(*({"product_id": product.id} for _line in range(size)))
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            product.pemba_equipment_policy = "per_line"
            self.env.flush_all()
            return self.env.cr.sql_log_count - before

        few, many = (self._create_product(name, type="consu") for name in ("Few", "Many"))
        count(self.training, 1)
        self.assertEqual(count(few, 2), count(many, 1000))
        self._check_rule(self.lines.search([("product_id", "in", (few | many).ids)], limit=None))

    def test_no_client_says_it(self):
        deal = self._create_deal(
            {"product_id": self.server.id, "comes_into_base": False},
            {"product_id": self.training.id, "comes_into_base": True},
            user_id=self.manager.id,
        )
        server, training = deal.opportunity_line_ids.with_user(self.manager)
        server.comes_into_base = False
        training.write({"comes_into_base": True, "quantity": 2})
        self.assertEqual((server.comes_into_base, training.comes_into_base), (True, False))
        self.assertEqual(training.quantity, 2)

    def test_a_database_that_has_lines_is_filled_without_computing(self):
        deal = self._sell_geo({"product_id": self.server.id}, {"product_id": self.training.id})
        deal.opportunity_configuration_ids.is_retained = False
        lines = deal._get_all_lines()
        known = lines.mapped("comes_into_base")
        self.env.flush_all()
        self.env.cr.execute("ALTER TABLE pemba_opportunity_line DROP COLUMN comes_into_base")
        self.env.invalidate_all()

        def compute(_lines):
            raise AssertionError("Lines were computed one by one.")

        self.patch(self.registry["pemba.opportunity.line"], "_compute_comes_into_base", compute)
        self.registry.init_models(self.env.cr, ["pemba.opportunity.line"], {"module": "pemba_crm"})
        self.assertEqual(lines.mapped("comes_into_base"), known)
        self.assertEqual(set(known), {True, False})
        self._check_rule(lines)
