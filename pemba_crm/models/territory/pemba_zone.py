from collections import defaultdict

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL, format_date

from ..beside import follow_beside, write_alone
from ..public import VALUES, VALUES_LIST, public
from ..scalars import is_number

COUNTRY_TABLE = "pemba_zone_res_country_rel"


class PembaZone(models.Model):
    """A sales territory: countries, who is in charge, and the two currencies that deals are made in.

    Zones are shared by all companies; conversion rates are each company's own.
    """

    _name = "pemba.zone"
    _description = "Sales Zone"
    _inherit = ["pemba.guarded"]
    _is_written_alone = True
    _order = "name, id"
    _parent_store = True

    name = fields.Char(required=True, translate=True)
    code = fields.Char(required=True, copy=False)
    parent_id = fields.Many2one(
        "pemba.zone", string="Parent Zone", index="btree_not_null", ondelete="restrict"
    )
    parent_path = fields.Char(index=True)
    child_ids = fields.One2many("pemba.zone", "parent_id", string="Sub-zones")
    ancestor_ids = fields.Many2many(
        "pemba.zone",
        compute="_compute_ancestor_ids",
        search="_search_ancestor_ids",
        string="Zone and Parent Zones",
        help="To find a zone together with its sub-zones.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Manager",
        domain="[('share', '=', False)]",
        index="btree_not_null",
        ondelete="set null",
    )
    team_id = fields.Many2one("crm.team", string="Sales Team", index="btree_not_null", ondelete="set null")
    country_ids = fields.Many2many(
        "res.country",
        relation=COUNTRY_TABLE,
        column1="zone_id",
        column2="country_id",
        string="Countries",
        copy=False,
        help="A country is in one zone. Contacts and open opportunities there follow, "
        "unless their zone was chosen by hand.",
    )
    currency_id = fields.Many2one(
        "res.currency",
        required=True,
        default=lambda self: self.env.company.currency_id,
        ondelete="restrict",
        help="New deals in the zone are made in this currency.",
    )
    secondary_currency_id = fields.Many2one(
        "res.currency",
        string="Second Currency",
        ondelete="restrict",
        help="The other currency that deals in the zone may be made in.",
    )
    rate_ids = fields.One2many("pemba.zone.rate", "zone_id", string="Conversion Rates")

    _code_uniq = models.Constraint("unique(code)", "Another zone has this code.")
    _two_currencies = models.Constraint(
        "check(secondary_currency_id IS NULL OR secondary_currency_id != currency_id)",
        "The second currency of a zone must differ from its first.",
    )

    @api.depends("parent_path")
    def _compute_ancestor_ids(self):
        for zone in self:
            zone.ancestor_ids = [int(part) for part in (zone.parent_path or "").split("/")[:-1]]

    def _search_ancestor_ids(self, operator, value):
        if operator == "any":
            zones = self.search(value)
        elif operator in ("in", "child_of"):
            zones = self.browse(filter(None, value))
        elif operator in ("ilike", "=ilike"):
            zones = self.search([("name", operator, value)])
        else:
            return NotImplemented
        return [("id", "child_of", zones.ids)]

    @api.constrains("country_ids")
    def _check_country_ids(self):
        self.env["pemba.zone"].flush_model(["country_ids"])
        rows = self.env.execute_query(
            SQL(
                """SELECT r.country_id, r.zone_id, o.zone_id FROM %(table)s r
                     JOIN %(table)s o ON o.country_id = r.country_id AND o.zone_id != r.zone_id
                    WHERE r.zone_id IN %(zones)s LIMIT 1""",
                table=SQL.identifier(COUNTRY_TABLE),
                zones=tuple(self.ids),
            )
        )
        if rows:
            country_id, zone_id, other_id = rows[0]
            raise ValidationError(
                self.env._(
                    "Zone %(zone)s, countries: %(country)s is in the zone %(other)s already, "
                    "and a country is in one zone.",
                    zone=self.browse(zone_id).name,
                    country=self.env["res.country"].browse(country_id).name,
                    other=self.browse(other_id).name,
                )
            )

    @api.model_create_multi
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):
        zones = super().create(vals_list)
        if zones.country_ids:
            write_alone(zones)  # a country is in one zone
        self._clear_countries()
        zones._move_countries(zones.country_ids)
        return zones

    @public(vals=VALUES)
    def write(self, vals):
        if "country_ids" not in vals:
            return super().write(vals)
        write_alone(self)
        before = {zone: zone.country_ids for zone in self}
        result = super().write(vals)
        self._clear_countries()
        moved = self.env["res.country"]
        for zone, countries in before.items():
            moved |= (countries - zone.country_ids) | (zone.country_ids - countries)
        self._move_countries(moved)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_except_parent(self):
        for zone in self:
            if zone.child_ids - self:
                raise UserError(
                    self.env._(
                        "%(zone)s has sub-zones, which must go first: %(children)s.",
                        zone=zone.name,
                        children=", ".join(zone.child_ids.mapped("name")),
                    )
                )

    @public
    def unlink(self):
        """The contacts that were put in the zone by hand follow their countries again."""
        countries = self.country_ids
        partners = self.env["res.partner"].sudo().with_context(active_test=False)  # whoever sees them
        chosen = partners.search([("zone_id", "in", self.ids), ("is_zone_manual", "=", True)])
        chosen._set(is_zone_manual=False)
        result = super().unlink()
        self._clear_countries()
        self._move_countries(countries)
        if chosen:
            partners._follow_zones(SQL("p.id IN %s", tuple(chosen.ids)))
        return result

    def _clear_countries(self):
        self.env["res.country"].invalidate_model(["pemba_zone_id"])

    @api.model
    def _get_country_zone(self, country):
        """The zone a country is in; no zone where it is in none."""
        zone = country.sudo().pemba_zone_id  # the same for everybody
        return zone.with_env(self.env)

    @api.model
    def _move_countries(self, countries):
        self._follow_countries(countries)
        follow_beside(countries, "pemba.zone", "_follow_again")

    @api.model
    def _follow_again(self, country_ids):
        self._follow_countries(self.env["res.country"].browse(country_ids))

    @api.model
    def _follow_countries(self, countries):
        """Countries went to another zone: so does what is in them, unless its zone was chosen by hand.

        In SQL, one statement for each level of contacts.
        """
        if countries:
            self.env["res.partner"]._follow_zones(SQL("p.country_id IN %s", tuple(countries.ids)))

    @api.model
    def _get_rates(self, keys, date):
        """The rates of many (zone, currency, company) at once.

        :param keys: iterable of (zone id or False, currency id, company id)
        A branch has the rates of its company.

        :param date: the day; the newest rate not after it counts, on the zone or its nearest ancestor that
            has one, else Odoo's own rate
        :return: ``{key: units of the currency for one unit of the company's currency}``
        """
        keys = set(keys)
        company_ids = {company_id for *_key, company_id in keys}
        companies = self.env["res.company"].sudo().browse(company_ids)  # a deal may be of another company
        currency_by_company = {company.id: company.currency_id.id for company in companies}
        root_by_company = {company.id: company.root_id.id for company in companies}
        rates = {key: 1.0 for key in keys if key[1] == currency_by_company[key[2]]}
        missing = keys - rates.keys()
        zones = self.sudo().browse({zone_id for zone_id, *_key in missing if zone_id})  # rates are not secret
        ancestors = {
            zone.id: [int(part) for part in reversed(zone.parent_path.split("/")[:-1])] for zone in zones
        }
        own = defaultdict(dict)
        if ancestors:
            rows = self.env.execute_query(
                SQL(
                    """SELECT DISTINCT ON (zone_id, currency_id, company_id)
                              zone_id, currency_id, company_id, rate
                         FROM pemba_zone_rate
                        WHERE zone_id IN %s AND currency_id IN %s AND company_id IN %s AND date <= %s
                     ORDER BY zone_id, currency_id, company_id, date DESC""",
                    tuple({zone_id for path in ancestors.values() for zone_id in path}),
                    tuple({currency_id for _zone, currency_id, _company in missing}),
                    tuple(root_by_company.values()),
                    date,
                )
            )
            for zone_id, currency_id, company_id, rate in rows:
                own[currency_id, company_id][zone_id] = rate
        for key in missing:
            zone_id, currency_id, company_id = key
            of_zone = own[currency_id, root_by_company[company_id]]
            rates[key] = next(
                (of_zone[ancestor] for ancestor in ancestors.get(zone_id, ()) if ancestor in of_zone), None
            ) or self._get_odoo_rate(currency_id, company_id, date)
        return rates

    @api.model
    def _get_odoo_rate(self, currency_id, company_id, date):
        company = self.env["res.company"].sudo().browse(company_id)  # as in _get_rates
        currency = self.env["res.currency"].browse(currency_id)
        rate = self.env["res.currency"]._get_conversion_rate(company.currency_id, currency, company, date)
        if not is_number(rate, "float") or rate <= 0:  # Odoo takes what is no number
            raise UserError(
                self.env._(
                    "%(currency)s has no rate that can be used on %(date)s: %(rate)s.",
                    currency=currency.name,
                    date=format_date(self.env, date),
                    rate=rate,
                )
            )
        return rate

    def _get_rate(self, currency, date, company=None):
        """The conversion rate of a zone; without a zone, Odoo's own.

        :param currency: the deal's currency
        :param date: the day for which it is asked
        :param company: the company whose rates count; the current one if none is given
        :return: units of ``currency`` for one unit of the company's currency
        """
        key = (self.id, currency.id, (company or self.env.company).id)
        return self._get_rates([key], fields.Date.to_date(date))[key]
