from unittest.mock import patch

from odoo.tests import tagged

from .common import PembaContractCommon


@tagged("post_install", "-at_install")
class TestRenewalOffer(PembaContractCommon):
    """What the customer is sent."""

    def _offer(self):
        """A contract that follows an index, and the quotation of its renewal."""
        index = self._create_index({"2025-01": 293.9, "2026-06": 307.0})
        contract = self._create_contract(
            date_start="2026-01-01", index_id=index.id, index_base_month="2025-01-01"
        )
        return contract, contract._open_renewals()._make_quotation()

    def _print(self, order):
        content, _kind = self.env["ir.actions.report"]._render_qweb_html("sale.report_saleorder", order.ids)
        return " ".join(content.decode().replace("\u202f", " ").replace("\xa0", " ").split())

    def test_the_offer_tells_how_its_price_came_about(self):
        contract, order = self._offer()
        self.assertEqual(order._find_mail_template(), self.env.ref("pemba_crm.mail_template_renewal_offer"))
        for lang, words in (
            ("en_US", ("Price Revision", "January 2025", "293.9", "1,200.00", "1,253.49", "1.044573")),
            ("fr_FR", ("Révision du prix", "janvier 2025", "293,90", "1,044573", "1 200,00", "1 253,49")),
        ):
            self.customer.lang = lang
            text = self._print(order)
            for word in words:
                self.assertIn(word, text, lang)
            template = order._find_mail_template()
            [subject] = template._render_field("subject", order.ids, compute_lang=True).values()
            self.assertIn(contract.name, subject)
            [body] = template._render_field("body_html", order.ids, compute_lang=True).values()
            self.assertIn(order.name, body)
        other = self._create_opportunity(partner_id=self.customer.id)
        order = self.env["sale.order"].create({"partner_id": self.customer.id, "opportunity_id": other.id})
        self.assertEqual(order._find_mail_template(), self.env.ref("sale.email_template_edi_sale"))

    def test_another_formula_tells_what_it_used(self):
        self.kind.write({"fixed_share": 15, "has_cap": True, "cap_rate": 5})
        _contract, order = self._offer()
        terms, coefficient = "Fixed share 15.00 %. Cap 5.00 %.", "Coefficient 1.037887."
        self.assertIn(f"{terms} {coefficient}", self._print(order))

        def rows(_indices, facts):  # as an add-on with another formula has them
            return [("Wages", f"{facts['ratio']:.4f}"), ("Energy", "none")]

        with patch.object(type(self.env["pemba.price.index"]), "_get_formula_rows", rows):
            self.assertIn(f"{terms} Wages 1.0446. Energy none. {coefficient}", self._print(order))
