from odoo import api, fields, models
from odoo.tools import SQL

from ..public import VALUES, VALUES_LIST, public
from .pemba_zone import COUNTRY_TABLE


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["res.partner", "pemba.rules"]

    zone_id = fields.Many2one(
        "pemba.zone",
        string="Sales Zone",
        compute="_compute_zone_id",
        inverse="_inverse_zone_id",
        store=True,
        readonly=False,
        recursive=True,
        index="btree_not_null",
        ondelete="set null",
        help="The zone of the address' country, else that of the company it belongs to.",
    )
    is_zone_manual = fields.Boolean(
        string="Zone Chosen by Hand",
        readonly=True,
        copy=False,
        help="The zone differs from the one its country gives, and stays when zones change.",
    )

    @api.model_create_multi
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):
        if not self._take_creation(vals_list):  # here, since Odoo's own changes the values
            vals_list = self._as_sent(vals_list, is_new=True)
        return super().create(vals_list)

    @public(vals=VALUES)
    def write(self, vals):
        if not self._take_write(vals):
            vals = self._as_sent([vals])[0]
        return super().write(vals)

    @api.depends("country_id", "parent_id.zone_id")
    def _compute_zone_id(self):
        for partner in self:
            if not partner.is_zone_manual:
                partner.zone_id = partner._get_own_zone()

    def _inverse_zone_id(self):
        for partner in self:
            is_manual = partner.zone_id != partner._get_own_zone()
            if partner.is_zone_manual != is_manual:
                partner._set(is_zone_manual=is_manual)

    def _get_own_zone(self):
        """The zone that the address gives: its country's, else the parent's."""
        return self.env["pemba.zone"]._get_country_zone(self.country_id) or self.parent_id.zone_id

    @api.model
    def _follow_zones(self, condition):
        """Give contacts the zones of their countries, where they were not chosen by hand.

        Without a loop over contacts: one statement, and one for each level of contacts below.

        :param condition: SQL on the contact ``p``
        """
        self.env.flush_all()
        level = self._update_zones(condition)
        while level:
            level = self._update_zones(SQL("p.parent_id IN %s", tuple(level)))
        self.invalidate_model(["zone_id"])

    @api.model
    def _update_zones(self, condition):
        rows = self.env.execute_query(
            SQL(
                """UPDATE res_partner c SET zone_id = COALESCE(r.zone_id, parent.zone_id)
                     FROM res_partner p
                LEFT JOIN %(table)s r ON r.country_id = p.country_id
                LEFT JOIN res_partner parent ON parent.id = p.parent_id
                    WHERE c.id = p.id AND p.is_zone_manual IS NOT TRUE AND %(condition)s
                      AND c.zone_id IS DISTINCT FROM COALESCE(r.zone_id, parent.zone_id)
                RETURNING c.id""",
                table=SQL.identifier(COUNTRY_TABLE),
                condition=condition,
            )
        )
        return [partner_id for (partner_id,) in rows]

    def _auto_init(self):
        # No zone exists yet when the add-on is installed: nothing to compute for each contact.
        self.env.cr.execute(
            "ALTER TABLE res_partner ADD COLUMN IF NOT EXISTS zone_id int4,"
            " ADD COLUMN IF NOT EXISTS is_zone_manual bool"
        )
        return super()._auto_init()
