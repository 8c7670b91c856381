from odoo import api, fields, models
from odoo.tools import SQL

from ..company_day import get_today
from ..ir_rule import get_seen
from ..public import public

# How many kinds of rows there may be: ids of the history are those of its sources times it.
KINDS = 16


class PembaCustomerHistory(models.Model):
    """All that happened with a customer, day by day: a row for each event, from where it is recorded.

    What happened with opportunities and orders is that of those that the user sees.
    """

    _name = "pemba.customer.history"
    _description = "Customer History"
    _auto = False
    _order = "date desc, id desc"
    _depends = {
        "crm.lead": [
            "type",
            "customer_id",
            "user_id",
            "company_id",
            "deal_currency_id",
            "deal_amount",
            "close_date",
            "won_status",
        ],
        "sale.order": ["state", "date_order", "partner_id", "opportunity_id", "amount_untaxed"],
        "pemba.equipment": ["partner_id", "company_id"],
        "pemba.equipment.event": ["date", "equipment_id"],
        "pemba.contract": ["state", "partner_id", "date_start", "date_end", "amount_annual"],
        "res.partner": ["company_id", "commercial_partner_id"],
        "pemba.competitor.installation": ["partner_id", "seen_date", "lead_id"],
    }

    date = fields.Date(readonly=True)
    kind = fields.Selection(
        selection=[
            ("opened", "Opportunity Opened"),
            ("won", "Won"),
            ("lost", "Lost"),
            ("ordered", "Order Confirmed"),
            ("equipment", "Installed Base"),
            ("contract_start", "Contract Starts"),
            ("contract_end", "Contract Ended"),
            ("competitor", "Competitor Seen"),
        ],
        string="What",
        readonly=True,
    )
    partner_id = fields.Many2one("res.partner", string="Customer", readonly=True)
    user_id = fields.Many2one("res.users", string="Salesperson", readonly=True)
    company_id = fields.Many2one("res.company", readonly=True)
    currency_id = fields.Many2one("res.currency", readonly=True)
    amount = fields.Monetary(readonly=True, aggregator=None, help="In its own currency, before tax.")
    lead_id = fields.Many2one("crm.lead", string="Opportunity", readonly=True)
    order_id = fields.Many2one("sale.order", readonly=True)
    event_id = fields.Many2one("pemba.equipment.event", readonly=True)
    equipment_id = fields.Many2one("pemba.equipment", readonly=True)
    contract_id = fields.Many2one("pemba.contract", readonly=True)
    installation_id = fields.Many2one("pemba.competitor.installation", readonly=True)
    description = fields.Char(compute="_compute_description")

    @api.depends("lead_id", "order_id", "event_id", "equipment_id", "contract_id", "installation_id")
    def _compute_description(self):
        for row in self.sudo():  # who sees that it happened may know what
            if row.event_id:
                kinds = dict(row.event_id._fields["kind"]._description_selection(self.env))
                parts = [row.equipment_id.display_name, kinds[row.event_id.kind], row.event_id.description]
            else:
                parts = [row._get_source().display_name]
                if row.kind == "lost":
                    parts += [row.lead_id.lost_reason_id.name, row.lead_id.lost_competitor_product_id.name]
                elif row.kind == "contract_end":
                    parts.append(row.contract_id.close_reason)
            row.description = ", ".join(filter(None, parts))

    def _get_source(self):
        """The record that it is about."""
        self.ensure_one()
        return self.order_id or self.contract_id or self.installation_id or self.equipment_id or self.lead_id

    @public(one=True)
    def action_open_source(self):
        """Show the record that it is about."""
        return self._get_source().get_formview_action()

    @property
    def _table_query(self):
        today = get_today(self.env.company)
        leads, orders = (get_seen(self.env[name]) for name in ("crm.lead", "sale.order"))
        # The columns that are of a kind; the first rows give them their names.
        opportunity = SQL(
            "lead.customer_id AS partner_id, lead.user_id, lead.company_id,"
            " lead.deal_currency_id AS currency_id, lead.deal_amount AS amount, lead.id AS lead_id,"
            " NULL::int AS order_id, NULL::int AS event_id, NULL::int AS equipment_id,"
            " NULL::int AS contract_id, NULL::int AS installation_id"
        )
        order = SQL(
            "sale.user_id, sale.company_id, sale.currency_id, sale.amount_untaxed, sale.opportunity_id,"
            " sale.id, NULL, NULL, NULL, NULL"
        )
        contract = SQL(
            "contract.partner_id, contract.user_id, contract.company_id, contract.currency_id,"
            " contract.amount_annual, NULL, NULL, NULL, NULL, contract.id, NULL"
        )
        return SQL(
            """SELECT lead.id * %(kinds)s::bigint AS id, lead.create_date::date AS date, 'opened' AS kind,
                      %(opportunity)s
                 FROM %(leads)s lead
                WHERE lead.type = 'opportunity' AND lead.customer_id IS NOT NULL
            UNION ALL
               SELECT lead.id * %(kinds)s::bigint + 1, lead.close_date, lead.won_status, %(opportunity)s
                 FROM %(leads)s lead
                WHERE lead.type = 'opportunity' AND lead.customer_id IS NOT NULL
                  AND lead.won_status IN ('won', 'lost')
            UNION ALL
               SELECT sale.id * %(kinds)s::bigint + 2, sale.date_order::date, 'ordered',
                      lead.customer_id, %(order)s
                 FROM %(orders)s sale
                 JOIN crm_lead lead ON lead.id = sale.opportunity_id
                WHERE sale.state = 'sale' AND lead.customer_id IS NOT NULL
            UNION ALL
               SELECT sale.id * %(kinds)s::bigint + 2, sale.date_order::date, 'ordered',
                      buyer.commercial_partner_id, %(order)s
                 FROM %(orders)s sale
                 JOIN res_partner buyer ON buyer.id = sale.partner_id
            LEFT JOIN crm_lead lead ON lead.id = sale.opportunity_id
                WHERE sale.state = 'sale' AND lead.customer_id IS NULL
            UNION ALL
               SELECT event.id * %(kinds)s::bigint + 3, event.date, 'equipment', equipment.partner_id, NULL,
                      equipment.company_id, NULL, NULL, NULL, NULL, event.id, equipment.id, NULL, NULL
                 FROM pemba_equipment_event event
                 JOIN pemba_equipment equipment ON equipment.id = event.equipment_id
            UNION ALL
               SELECT contract.id * %(kinds)s::bigint + 4, contract.date_start, 'contract_start', %(contract)s
                 FROM pemba_contract contract
                WHERE contract.state != 'draft'
            UNION ALL
               SELECT contract.id * %(kinds)s::bigint + 5, contract.date_end, 'contract_end', %(contract)s
                 FROM pemba_contract contract
                WHERE contract.state != 'draft' AND contract.date_end < %(today)s
            UNION ALL
               SELECT known.id * %(kinds)s::bigint + 6, known.seen_date, 'competitor', known.partner_id, NULL,
                      partner.company_id, NULL, NULL, known.lead_id, NULL, NULL, NULL, NULL, known.id
                 FROM pemba_competitor_installation known
                 JOIN res_partner partner ON partner.id = known.partner_id
                WHERE known.seen_date IS NOT NULL""",
            kinds=KINDS,
            leads=leads,
            orders=orders,
            opportunity=opportunity,
            order=order,
            contract=contract,
            today=today,
        )
