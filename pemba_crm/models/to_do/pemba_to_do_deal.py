from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL, format_date

from ..ir_rule import get_seen
from ..order.crm_lead_cancelled_orders import CANCELLED_ORDERS
from .pemba_to_do import NOTHING

# Orders of deals that are not won: assigned to them, or of their lines and assigned to none.
ORDERED_NOT_WON = SQL(
    """(
    SELECT orders.id AS order_id, orders.opportunity_id AS lead_id
      FROM sale_order orders
     WHERE orders.state = 'sale' AND orders.opportunity_id IN (
            SELECT id FROM crm_lead WHERE won_status != 'won' AND type = 'opportunity')
     UNION ALL
    SELECT orders.id, line.lead_id
      FROM sale_order orders
      JOIN sale_order_line order_line ON order_line.order_id = orders.id
      JOIN pemba_opportunity_line line ON line.id = order_line.opportunity_line_id
      JOIN crm_lead lead ON lead.id = line.lead_id
     WHERE orders.state = 'sale' AND orders.opportunity_id IS NULL AND lead.won_status != 'won'
    )"""
)


class PembaToDo(models.Model):
    """What waits at deals: offers, answers, orders that win nothing, what was sold and is not there."""

    _inherit = "pemba.to.do"

    @api.model
    def _get_lists(self):
        return [
            *super()._get_lists(),
            ("deliver", self._get_undelivered),
            ("service", self._get_planned),
            ("offer", self._get_renewals_without_offer),
            ("answer", self._get_offers_without_answer),
            ("win", self._get_ordered),
            ("cancelled", self._get_cancelled),
            ("signed", self._get_signed_late),
            ("owner", self._get_deals_of_nobody),
        ]

    def _select_deals(self, domain, joins=NOTHING, **columns):
        """Rows of deals; see ``_select_rows``."""
        of_company = SQL(
            "JOIN res_company company ON company.id = COALESCE(crm_lead.company_id, %s)",
            self.env["crm.lead"]._get_shared_company().id,
        )
        own = {
            "lead_id": SQL("crm_lead.id"),
            "partner_id": SQL("COALESCE(crm_lead.customer_id, crm_lead.partner_id)"),
            "company_id": SQL("company.id"),
            "in_charge_id": SQL("crm_lead.user_id"),
            "team_id": SQL("crm_lead.team_id"),
            "worth": SQL("crm_lead.expected_revenue"),
            "currency_id": SQL("company.currency_id"),
        }
        return self._select_rows("crm.lead", domain, SQL("%s %s", of_company, joins), **own | columns)

    # ------------------------------------------------------------
    # The lists
    # ------------------------------------------------------------

    def _get_undelivered(self):
        """Won deals of which something is not in the base."""
        return self._select_deals(
            Domain("is_to_deliver", "=", True),
            where=SQL(
                "NOT EXISTS (SELECT FROM %s question WHERE question.lead_id = crm_lead.id)",
                self._get_cancellations(),
            ),
            since=SQL("crm_lead.close_date"),
            limit=3,
        )

    @api.model
    def _get_cancellations(self):
        """The deals of which somebody is asked about cancelled orders, and since when, in SQL."""
        asked = self.env.ref(CANCELLED_ORDERS, raise_if_not_found=False)
        return SQL(
            """(
            SELECT res_id AS lead_id, MIN(create_date) AS create_date FROM mail_activity
             WHERE res_model = 'crm.lead' AND active AND activity_type_id = %s GROUP BY res_id
            )""",
            asked.id if asked else None,
        )

    def _get_planned(self):
        """Equipment that is planned: nobody said yet that it is in service."""
        of_sale = SQL(
            """
            JOIN res_company company ON company.id = pemba_equipment.company_id
            LEFT JOIN LATERAL (
                SELECT MIN(line.lead_id) AS lead_id,
                       SUM(line.net_amount_company * component.sold_quantity
                           / NULLIF(line.quantity, 0)) AS worth
                  FROM pemba_equipment_component component
                  JOIN pemba_opportunity_line line ON line.id = component.opportunity_line_id
                 WHERE component.equipment_id = pemba_equipment.id
            ) sale ON TRUE
            LEFT JOIN crm_lead deal ON deal.id = sale.lead_id
            """
        )
        delivered = self._get_day_of("pemba_equipment.create_date", "pemba_equipment.company_id")
        return self._select_rows(
            "pemba.equipment",
            Domain("state", "=", "planned"),
            SQL("%s %s", of_sale, self._join_seen("sale.lead_id")),
            equipment_id=SQL("pemba_equipment.id"),
            lead_id=SQL("seen.id"),
            partner_id=SQL("pemba_equipment.partner_id"),
            company_id=SQL("pemba_equipment.company_id"),
            in_charge_id=SQL("deal.user_id"),
            team_id=SQL("deal.team_id"),
            since=SQL("COALESCE(pemba_equipment.delivery_date, %s)", delivered),
            worth=SQL("CASE WHEN seen.id IS NOT NULL THEN sale.worth END"),
            currency_id=SQL("company.currency_id"),
            limit=7,
        )

    @api.model
    def _join_seen(self, lead):
        """The deal as ``seen``, where the user sees it: others are not named, and say no amount.

        :param lead: its id, in SQL
        """
        return SQL("LEFT JOIN %s seen ON seen.id = %s", get_seen(self.env["crm.lead"]), SQL(lead))

    def _get_renewals_without_offer(self):
        """Open renewals of which no offer was sent; late once the contract cannot be terminated any more.

        What is on hold waits for that alone: nothing is offered meanwhile.
        """
        opened = self._get_day_of("crm_lead.create_date", "renewed.company_id")
        return self._select_deals(
            Domain("renewal_contract_id", "!=", False)
            & Domain("renewal_contract_id.is_on_hold", "!=", True)
            & Domain("won_status", "=", "pending")
            & Domain("active", "=", True),
            SQL("JOIN pemba_contract renewed ON renewed.id = crm_lead.renewal_contract_id"),
            where=SQL(
                "NOT EXISTS (SELECT FROM sale_order offer WHERE offer.opportunity_id = crm_lead.id"
                " AND offer.state IN ('sent', 'sale')) AND %s",
                self._is_not_overdue("renewed"),
            ),
            contract_id=SQL("renewed.id"),
            since=SQL("LEAST(%s, renewed.renewal_date)", opened),
            due_date=SQL("LEAST(%s + 14, renewed.notice_date)", opened),
            worth=SQL("crm_lead.deal_amount"),
            currency_id=SQL("crm_lead.deal_currency_id"),
        )

    def _is_not_overdue(self, contract):
        """Whether the order for a renewal is not late yet: once it is, that row alone says so, in SQL."""
        expected = SQL.identifier(contract, "expected_order_date")
        today = self._get_day(f"{contract}.company_id")
        return SQL("(%s IS NULL OR %s >= %s)", expected, expected, today)

    def _get_offers_without_answer(self):
        """Quotations that were sent; late once they are not valid any more, or after two weeks."""
        return self._select_orders(
            Domain("state", "=", "sent"),
            SQL(
                "JOIN crm_lead deal ON deal.id = sale_order.opportunity_id"
                " AND deal.won_status = 'pending' AND deal.active"
                " LEFT JOIN pemba_contract renewed ON renewed.id = deal.renewal_contract_id"
            ),
            where=self._is_not_overdue("renewed"),
            due_date=SQL(
                "COALESCE(sale_order.validity_date, %s + 14)",
                self._get_day_of("sale_order.date_order", "sale_order.company_id"),
            ),
        )

    def _get_ordered(self):
        """Open or lost deals of which orders are confirmed; the order is named to who sees it."""
        return self._select_deals(
            Domain("won_status", "!=", "won"),
            SQL(
                "JOIN (SELECT lead_id, MIN(order_id) AS order_id FROM %s one GROUP BY lead_id) ordered"
                " ON ordered.lead_id = crm_lead.id JOIN sale_order one ON one.id = ordered.order_id"
                " LEFT JOIN %s sale_order ON sale_order.id = ordered.order_id",
                ORDERED_NOT_WON,
                get_seen(self.env["sale.order"]),
            ),
            order_id=SQL("sale_order.id"),
            since=self._get_day_of("one.date_order", "one.company_id"),
            worth=SQL("COALESCE(sale_order.amount_untaxed, crm_lead.deal_amount)"),
            currency_id=SQL("COALESCE(sale_order.currency_id, crm_lead.deal_currency_id)"),
        )

    def _select_orders(self, domain, joins, **columns):
        """Rows of orders.

        :param joins: of the deal, as ``deal``
        """
        return self._select_rows(
            "sale.order",
            domain,
            SQL("%s %s", joins, self._join_seen("deal.id")),
            **{
                "order_id": SQL("sale_order.id"),
                "lead_id": SQL("seen.id"),
                "partner_id": SQL("COALESCE(deal.customer_id, deal.partner_id, sale_order.partner_id)"),
                "company_id": SQL("sale_order.company_id"),
                "in_charge_id": SQL("COALESCE(deal.user_id, sale_order.user_id)"),
                "team_id": SQL("deal.team_id"),
                "since": self._get_day_of("sale_order.date_order", "sale_order.company_id"),
                "worth": SQL("sale_order.amount_untaxed"),
                "currency_id": SQL("sale_order.currency_id"),
            }
            | columns,
        )

    def _get_cancelled(self):
        """Won deals all of whose orders were cancelled, until somebody says that they are won still."""
        return self._select_deals(
            Domain("won_status", "=", "won"),
            SQL("JOIN %s question ON question.lead_id = crm_lead.id", self._get_cancellations()),
            since=self._get_day_of("question.create_date", "company.id"),
        )

    def _get_signed_late(self):
        """What the customer signed to start before the day of the order."""
        return self._select_deals(
            Domain("won_status", "=", "won") & Domain("opportunity_line_ids.is_signed_late", "=", True),
            since=SQL("crm_lead.close_date"),
            limit=7,
        )

    def _get_deals_of_nobody(self):
        """Open deals whose salesperson or contact is not there any more."""
        return self._select_deals(
            Domain("type", "=", "opportunity")
            & Domain("won_status", "=", "pending")
            & Domain("active", "=", True)
            & self._get_nobody_domain(),
            since=self._get_day_of("crm_lead.create_date", "company.id"),
            limit=7,
        )

    # ------------------------------------------------------------
    # What they say
    # ------------------------------------------------------------

    @api.model
    def _get_texts(self):
        return super()._get_texts() | {
            "deliver": type(self)._say_deliver,
            "service": type(self)._say_service,
            "offer": type(self)._say_offer,
            "answer": type(self)._say_answer,
            "win": type(self)._say_win,
            "cancelled": type(self)._say_cancelled,
            "signed": type(self)._say_signed,
        }

    def _say_deliver(self):
        return self.env._(
            "%(lead)s: %(what)s", lead=self.lead_id.display_name, what=self.lead_id.to_deliver or ""
        )

    def _say_service(self):
        return self.env._("%s is planned, not in service", self.equipment_id.display_name)

    def _say_offer(self):
        if self.lead_id.is_price_to_revise:
            return self._say_price_to_revise()
        return self.env._("%s: no renewal offer was sent", self.contract_id.name)

    def _say_answer(self):
        if not self.order_id.validity_date:
            return self.env._("%s: no answer yet", self.order_id.name)
        day = format_date(self.env, self.order_id.validity_date)
        return self.env._("%(order)s: no answer yet, valid until %(day)s", order=self.order_id.name, day=day)

    def _say_win(self):
        if not self.order_id:
            return self.env._("%s is ordered, and not won", self.lead_id.display_name)
        return self.env._(
            "%(order)s is confirmed, %(lead)s is not won",
            order=self.order_id.name,
            lead=self.lead_id.display_name,
        )

    def _say_cancelled(self):
        return self.env._("%s: all its orders are cancelled", self.lead_id.display_name)

    def _say_signed(self):
        return self.env._(
            "%(lead)s: signed to begin before its order of %(day)s",
            lead=self.lead_id.display_name,
            day=format_date(self.env, self.lead_id.close_date),
        )
