from odoo import api, fields, models
from odoo.tools import SQL

from ..company_day import get_today
from ..installed_base.pemba_equipment import IN_BASE
from ..marks import FOLLOWING, Pass
from ..public import VALUES_LIST, public


class ResPartner(models.Model):
    """What a company is to us: customer, prospect or neither, by what it was offered, runs and pays for."""

    _inherit = "res.partner"

    customer_lead_ids = fields.One2many(
        "crm.lead",
        "customer_id",
        groups="pemba_crm.group_user,pemba_crm.group_support,pemba_crm.group_accountant",
    )
    # By which the ORM finds whose status follows, together for many.
    entity_contact_ids = fields.One2many(
        "res.partner", "commercial_partner_id", string="Company and Contacts", groups="base.group_user"
    )
    pemba_status = fields.Selection(
        selection=[
            ("customer", "Customer"),
            ("customer_prospect", "Customer and Prospect"),
            ("prospect", "Prospect"),
            ("lost_prospect", "Lost Prospect"),
            ("unqualified", "Unqualified"),
        ],
        string="Commercial Status",
        compute="_compute_pemba_status",
        store=True,
        index=True,
        groups="base.group_user",
        help="Of the contact's company, for all of ours. A customer won a sale, runs equipment or has a"
        " contract in force, and is a prospect too while new business is open.",
    )
    pemba_status_date = fields.Date(
        string="Status since",
        compute="_compute_pemba_status",
        store=True,
        groups="base.group_user",
    )

    @api.depends(
        "commercial_partner_id.customer_lead_ids.type",
        "commercial_partner_id.customer_lead_ids.active",
        "commercial_partner_id.customer_lead_ids.won_status",
        "commercial_partner_id.customer_lead_ids.nature",
        "commercial_partner_id.equipment_ids.state",
        "commercial_partner_id.pemba_contract_ids.state",
        "commercial_partner_id.pemba_contract_ids.date_start",
        "commercial_partner_id.pemba_contract_ids.date_end",
    )
    def _compute_pemba_status(self):
        recorded = (self | self.commercial_partner_id)._origin._get_statuses()
        today = get_today(self)
        status_field, date_field = (self._fields[name] for name in ("pemba_status", "pemba_status_date"))
        for partner in self:
            entity = partner.commercial_partner_id._origin
            status, stored, date = recorded.get(entity.id, ("unqualified", None, None))
            if partner.id in recorded:
                # What does not change is not written: many may sell to one customer at a time.
                _status, own, own_date = recorded[partner.id]
                status_field._insert_cache(partner, [own])
                date_field._insert_cache(partner, [own_date])
            partner.pemba_status = status
            partner.pemba_status_date = date if status == stored else today

    @api.model_create_multi
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):
        """Nobody knows who is new; contacts of a company are what that is."""
        new = {"pemba_status": "unqualified", "pemba_status_date": get_today(self)}
        if not self._take_creation(vals_list):
            vals_list = self._as_sent(vals_list, is_new=True)
        vals_list = [vals if vals.get("parent_id") else vals | new for vals in vals_list]
        with self._passing(Pass(FOLLOWING, created={self._name: vals_list})):
            return super().create(vals_list)

    def _get_statuses(self):
        """What these would be to us if they were companies, by what is recorded now.

        :return: ``{id: (status, status that is stored, its date)}``
        """
        if not self:
            return {}
        rows = self.env.execute_query(
            SQL(
                "SELECT partner.id, %s, partner.pemba_status, partner.pemba_status_date"
                " FROM res_partner partner WHERE partner.id IN %s",
                self._get_status_sql(),
                tuple(self.ids),
            )
        )
        return {partner_id: values for partner_id, *values in rows}

    @api.model
    def _get_status_sql(self):
        """The status of a ``partner``; what it is decided by is flushed."""
        leads, equipment, contracts = (
            self.env[name] for name in ("crm.lead", "pemba.equipment", "pemba.contract")
        )
        leads.flush_model(["type", "active", "won_status", "nature", "customer_id"])
        equipment.flush_model(["state", "partner_id"])
        contracts.flush_model(["state", "partner_id", "date_start", "date_end"])
        return SQL(
            """CASE WHEN %(is_customer)s
                    THEN CASE WHEN %(is_sold_more)s THEN 'customer_prospect' ELSE 'customer' END
                    WHEN %(is_prospect)s THEN 'prospect'
                    WHEN %(is_lost)s THEN 'lost_prospect'
                    ELSE 'unqualified'
                END""",
            is_customer=SQL(
                "(%s OR %s OR %s)",
                self._get_lead_sql(SQL("lead.won_status = 'won'")),
                self._get_in_base_sql(),
                self._get_in_force_sql(),
            ),
            is_sold_more=self._get_lead_sql(
                SQL("%s AND lead.nature IS DISTINCT FROM 'renewal'", leads._get_open_sql())
            ),
            is_prospect=self._get_lead_sql(leads._get_open_sql()),
            is_lost=self._get_lead_sql(SQL("lead.won_status = 'lost'")),
        )

    @api.model
    def _get_lead_sql(self, condition):
        """Whether a ``partner`` has an opportunity of which a condition on ``lead`` is true."""
        return SQL(
            "EXISTS (SELECT FROM crm_lead lead"
            " WHERE lead.customer_id = partner.id AND lead.type = 'opportunity' AND %s)",
            condition,
        )

    @api.model
    def _get_in_base_sql(self):
        return SQL(
            "EXISTS (SELECT FROM pemba_equipment equipment"
            " WHERE equipment.partner_id = partner.id AND equipment.state IN %s)",
            IN_BASE,
        )

    @api.model
    def _get_in_force_sql(self):
        today = get_today(self)
        return SQL(
            "EXISTS (SELECT FROM pemba_contract contract WHERE contract.partner_id = partner.id"
            " AND contract.state != 'draft' AND contract.date_start <= %s AND contract.date_end >= %s)",
            today,
            today,
        )

    def _follow_merge(self, before):
        """What contacts had that were merged into these is of their company; statuses are taken again.

        :param before: the companies that the contacts belonged to
        """
        everybody = self.sudo().with_context(active_test=False)  # of all salespeople and companies
        before = before.with_env(everybody.env)
        self._follow_company(is_merged=True)
        self.env["crm.lead"]._follow_merge(everybody, before.exists())
        entities = everybody.commercial_partner_id | before.exists()
        below = everybody.search([("commercial_partner_id", "in", entities.ids)])
        for name in ("pemba_status", "pemba_status_date"):
            self.env.add_to_compute(self._fields[name], entities | below)

    @api.model
    def _cron_follow_status(self):
        """Statuses that time changed, as contracts start and end, are taken again in one statement.

        :return: how many contacts have another status
        """
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """WITH current AS MATERIALIZED (
                       SELECT partner.id, %(status)s AS status
                         FROM res_partner partner
                        WHERE partner.id = partner.commercial_partner_id)
                   UPDATE res_partner changed
                      SET pemba_status = current.status, pemba_status_date = %(today)s
                     FROM current
                    WHERE changed.commercial_partner_id = current.id
                      AND changed.pemba_status IS DISTINCT FROM current.status
                RETURNING changed.id""",
                status=self._get_status_sql(),
                today=get_today(self),
            )
        )
        self.invalidate_model(["pemba_status", "pemba_status_date"])
        return len(rows)

    # ------------------------------------------------------------
    # Installing on a database that has contacts
    # ------------------------------------------------------------

    def _auto_init(self):
        # Made here, so that no contact is computed in Python; _fill_statuses gives them their values.
        self.env.cr.execute(
            "ALTER TABLE res_partner ADD COLUMN IF NOT EXISTS pemba_status varchar,"
            " ADD COLUMN IF NOT EXISTS pemba_status_date date"
        )
        return super()._auto_init()

    @api.model
    def _fill_statuses(self):
        """Give the contacts that were there before the add-on their status, and the day it is of."""
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """WITH deals AS (
                       SELECT customer_id,
                              MIN(close_date) FILTER (WHERE won_status = 'won') AS first_won,
                              MIN(create_date::date) FILTER (WHERE won_status = 'pending') AS first_open,
                              MAX(close_date) FILTER (WHERE won_status = 'lost') AS last_lost
                         FROM crm_lead WHERE type = 'opportunity' GROUP BY customer_id
                   ), current AS MATERIALIZED (
                       SELECT partner.id, partner.create_date::date AS date, %s AS status
                         FROM res_partner partner
                        WHERE partner.id = partner.commercial_partner_id)
                   UPDATE res_partner changed
                      SET pemba_status = current.status,
                          pemba_status_date = CASE current.status
                              WHEN 'unqualified' THEN current.date
                              WHEN 'lost_prospect' THEN deals.last_lost
                              WHEN 'prospect' THEN deals.first_open
                              WHEN 'customer_prospect' THEN GREATEST(deals.first_won, deals.first_open)
                              ELSE deals.first_won END
                     FROM current
                LEFT JOIN deals ON deals.customer_id = current.id
                    WHERE changed.commercial_partner_id = current.id""",
                self._get_status_sql(),
            )
        )
        self.invalidate_model(["pemba_status", "pemba_status_date"])
