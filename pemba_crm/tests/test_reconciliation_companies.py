from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tests import tagged

from .reconciliation_common import DAY, ReconciliationCommon


@tagged("post_install", "-at_install")
class TestReconciliationCompanies(ReconciliationCommon):
    """Each company has its own sales, currency and colleagues."""

    def test_each_company_has_its_own(self):
        other = self._create_company("Other", "JPY")
        buyer = self._customer("Buyer")
        self._win(buyer, {"product_id": self.training.id, "price_unit": 700})
        self.env.user.company_ids |= other
        elsewhere = self._create_deal(
            {"product_id": self.training.id, "price_unit": 90000},
            partner_id=buyer.id,
            company_id=other.id,
            deal_currency_id=other.currency_id.id,
            team_id=False,
            user_id=False,
        )
        elsewhere.action_set_won()
        elsewhere.close_date = "2026-03-01"
        self.assertEqual(self._run().line_ids.mapped("gap_amount_company"), [700])
        theirs = self.env["pemba.reconciliation"].create({"date": DAY, "company_id": other.id})
        theirs.action_compute()
        self.assertEqual(theirs.line_ids.mapped("gap_amount_company"), [90000])
        self.assertEqual(theirs.line_ids.company_currency_id, other.currency_id)
        self.accountant.company_ids |= other
        own = {"allowed_company_ids": self.company.ids}
        for records in (theirs, theirs.line_ids):
            as_accountant = records.with_user(self.accountant)
            of_both = {"allowed_company_ids": [self.company.id, other.id]}
            self.assertEqual(
                len(as_accountant.with_context(**of_both).search([("id", "in", records.ids)])), 1
            )
            self.assertFalse(as_accountant.with_context(**own).search([("id", "in", records.ids)]))
        with self._refused(UserError, "Compare another company in another run"):
            theirs.company_id = self.company

    def test_companies_add_up_in_the_users_currency(self):
        other = self._create_company("Other", "JPY")
        self.env["res.currency.rate"].create(
            {
                "currency_id": other.currency_id.id,
                "company_id": self.company.id,
                "rate": 160 * self.company.currency_id.rate,
                "name": self.today,
            }
        )
        self.env.user.company_ids |= other
        for company, price in ((self.company, 700), (other, 80000)):
            deal = self._create_deal(
                {"product_id": self.training.id, "price_unit": price},
                partner_id=self._customer(f"Buyer of {company.name}").id,
                company_id=company.id,
                deal_currency_id=company.currency_id.id,
                team_id=False,
                user_id=False,
            )
            deal.action_set_won()
            deal.close_date = "2026-03-01"
            run = self.env["pemba.reconciliation"].create({"date": DAY, "company_id": company.id})
            run.action_compute()
        lines = self.env["pemba.reconciliation.line"].with_context(
            allowed_company_ids=[self.company.id, other.id]
        )
        groups = lines._read_group(
            [("company_id", "in", (self.company | other).ids)],
            ["company_id"],
            ["gap_amount_company:sum_currency"],
        )
        self.assertEqual(
            {company: round(amount, 2) for company, amount in groups}, {self.company: 700, other: 500}
        )

    def test_the_list_price_of_a_companys_own_product_is_in_its_currency(self):
        main = self.env["res.company"]._get_main_company()
        main.currency_id = self._currency("USD")
        self.env["res.currency.rate"].create(
            {
                "currency_id": main.currency_id.id,
                "company_id": self.company.id,
                "name": "2020-01-01",
                "rate": 2,
            }
        )
        customer = self._customer("Bare")
        self._install(customer, 5)
        # five at 1,000 dollars, at 18 %, two dollars a euro
        self.assertEqual(self._run().line_ids.missed_amount_company, 450)
        self.licence.product_tmpl_id.company_id = self.company
        self.assertEqual(self._run().line_ids.missed_amount_company, 900)

    def test_what_is_missed_is_before_taxes(self):
        """Five at 1,200 with 20 % of taxes in it, at 18 %."""
        tax = self.env["account.tax"].create(
            {
                "name": "20 % included",
                "amount": 20,
                "price_include_override": "tax_included",
                "company_id": self.company.id,
            }
        )
        self.licence.write({"list_price": 1200, "taxes_id": [Command.set(tax.ids)]})
        self._install(self._customer("Bare"), 5)
        self.assertEqual(self._run().line_ids.missed_amount_company, 900)

    def test_a_deal_without_a_company_is_of_that_of_its_orders(self):
        customer = self._customer("Shared")
        order = self._order(customer, {"product_id": self.study.id, "price_unit": 700})
        self._invoice(order)
        shared = self._create_deal(
            {"product_id": self.study.id, "price_unit": 50}, partner_id=customer.id, company_id=False
        )
        shared.action_set_won()
        shared.close_date = "2026-03-01"
        order.opportunity_id.write({"company_id": False})
        self.company.pemba_sales_closed_date = DAY
        self.assertEqual([lead._is_settled() for lead in order.opportunity_id | shared], [True, False])
        run = self._run()
        self.assertEqual((run.line_ids.ids, run.matched_won_amount), ([], 700))
        elsewhere = self.env["crm.lead"]._get_shared_company()
        self.assertNotEqual(elsewhere, self.company)
        self.env.user.company_ids |= elsewhere
        other = self._run(company_id=elsewhere.id)
        line = self._line_of(other, customer, self.study)
        self.assertEqual((line.result, line.won_amount_company), ("not_invoiced", 50))
        sold = self.env["pemba.opportunity.line"].search(line.action_open_sales()["domain"])
        self.assertEqual(sold, shared.opportunity_line_ids)

    def test_companies_ask_about_a_shared_customer_each(self):
        other = self._create_company("Other", "EUR")
        self.env.user.company_ids |= other
        (self.salesperson | self.accountant).company_ids |= other
        customer = self._customer("Shared", user_id=self.salesperson.id)
        self._place(customer)
        self._place(customer, company_id=other.id)
        self._run().line_ids.with_user(self.accountant).action_ask()
        theirs = self.env["pemba.reconciliation"].create({"date": DAY, "company_id": other.id})
        theirs.action_compute()
        theirs.line_ids.with_user(self.accountant).with_context(allowed_company_ids=other.ids).action_ask()
        self.assertEqual(self._asked(customer), [(self.salesperson, "Server: Not Sold")] * 2)

    def test_a_deal_of_another_company_is_not_asked_about(self):
        other = self._create_company("Other", "EUR")
        self.env.user.company_ids |= other
        self.salesperson.company_ids |= other
        customer = self._customer("Both")
        ours = self._win(customer, expected_revenue=400)
        theirs = self._create_deal(
            partner_id=customer.id,
            company_id=other.id,
            expected_revenue=900,
            team_id=False,
            user_id=self.salesperson.id,
        )
        theirs.action_set_won()
        theirs.close_date = "2026-03-01"
        line = self._run(user=self.accountant).line_ids
        line.action_fix()
        self.assertEqual((len(self._asked(ours)), len(self._asked(theirs))), (1, 0))

    def test_who_is_not_of_the_company_is_not_in_charge(self):
        outsider = self._create_user("pemba_outsider", "sales_team.group_sale_salesman")
        elsewhere = self._create_company("Elsewhere", "EUR")
        outsider.write({"company_ids": [Command.set(elsewhere.ids)], "company_id": elsewhere.id})
        customer = self._customer("Far", user_id=outsider.id)
        self._place(customer)
        self._win(customer, {"product_id": self.training.id, "price_unit": 0})
        line = self._line_of(self._run(), customer, self.server)
        lead = self.env["crm.lead"].browse(line.with_user(self.manager).action_fix()["res_id"])
        self.assertEqual(lead.user_id, self.salesperson)
