from itertools import pairwise

from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.tools import format_date

from ..beside import write_alone
from ..public import VALUES, VALUES_LIST, public


class PembaMarginRule(models.Model):
    """The margin that distributors keep, by distributor, sales zone and sale type."""

    _name = "pemba.margin.rule"
    _description = "Distributor Margin Rule"
    _inherit = ["pemba.guarded"]
    _is_written_alone = True
    _order = "distributor_id, zone_id, sale_type_id, date_start desc, id"

    distributor_id = fields.Many2one(
        "res.partner",
        domain="[('is_distributor', '=', True)]",
        index=True,
        ondelete="cascade",
        help="Empty for all distributors.",
    )
    zone_id = fields.Many2one(
        "pemba.zone",
        string="Sales Zone",
        index=True,
        ondelete="cascade",
        help="Where the customer is, or the distributor if the sale has no zone; empty for all zones.",
    )
    sale_type_id = fields.Many2one(
        "pemba.sale.type", index=True, ondelete="cascade", help="Empty for all sale types."
    )
    rate = fields.Float(
        string="Margin (%)",
        required=True,
        min_display_digits=2,
        aggregator=None,
        help="The share of what the end customer pays that the distributor keeps.",
    )
    date_start = fields.Date(string="From")
    date_end = fields.Date(string="Until")
    active = fields.Boolean(default=True)

    _rate_range = models.Constraint(
        "check(rate >= 0 AND rate <= 100)", "The margin of a distributor is between 0 and 100 %."
    )
    _dates_in_order = models.Constraint(
        "check(date_end >= date_start)", "A margin rule cannot end before it starts."
    )

    @api.depends("distributor_id.name", "zone_id.name", "sale_type_id.name", "rate")
    def _compute_display_name(self):
        for rule in self:
            names = [rule[name].display_name for name in self._get_key_fields() if rule[name]]
            who = " · ".join(names) or self.env._("All sales")
            rule.display_name = f"{who}: {rule.rate:g} %"

    @api.constrains("distributor_id", "zone_id", "sale_type_id", "date_start", "date_end", "active")
    def _check_overlap(self):
        """Two rules of one key never hold on one day.

        :raise ValidationError: naming both
        """
        keys = {rule._get_key() for rule in self.filtered("active")}
        if not keys:
            return
        write_alone(self.sudo())  # it is written already
        names = self._get_key_fields()
        domain = [(name, "in", [key[rank] for key in keys]) for rank, name in enumerate(names)]
        domain.append(("active", "=", True))
        first, last = fields.Date.to_date("0001-01-01"), fields.Date.to_date("9999-12-31")
        rules = self.search(domain).sorted(lambda rule: (rule._get_key(), rule.date_start or first))
        for rule, following in pairwise(rules):
            overlap = (rule.date_end or last) >= (following.date_start or first)
            if rule._get_key() == following._get_key() and overlap and (rule in self or following in self):
                refused, other = (rule, following) if rule in self else (following, rule)
                raise ValidationError(
                    self.env._(
                        "%(rule)s, dates: they overlap those of another rule for the same sales, %(other)s "
                        "(%(period)s).",
                        rule=refused.display_name,
                        other=other.display_name,
                        period=other._get_period(),
                    )
                )

    def _get_period(self):
        """When the rule holds, in words."""
        start, end = (date and format_date(self.env, date) for date in (self.date_start, self.date_end))
        if start and end:
            return self.env._("from %(start)s to %(end)s", start=start, end=end)
        if start:
            return self.env._("from %s on", start)
        return self.env._("until %s", end) if end else self.env._("without dates")

    @api.model
    def _get_key_fields(self):
        """What a rule is chosen by, in this order: a new list."""
        return ["distributor_id", "zone_id", "sale_type_id"]

    def _get_key(self):
        return tuple(self[name].id for name in self._get_key_fields())

    @api.model
    def _get_endless_fields(self):
        return super()._get_endless_fields() | {"date_end"}

    @api.model_create_multi
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):
        self.env.registry.clear_cache()
        return super().create(vals_list)

    @public(vals=VALUES)
    def write(self, vals):
        self.env.registry.clear_cache()
        return super().write(vals)

    @public
    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    @api.model
    @tools.ormcache()
    def _get_rules(self):
        """All rules, newest first: ``(id, distributor, zone, sale type, rate, start, end)``, of ids."""
        rules = self.sudo().search(  # the same for everybody
            [("active", "=", True)], order="date_start desc nulls last, id desc"
        )
        return tuple((rule.id, *rule._get_key(), rule.rate, rule.date_start, rule.date_end) for rule in rules)

    @api.model
    def _get_rule(self, distributors, zones, sale_type, date):
        """The most specific rule: by distributor, then zone, then sale type, then the newest start.

        :param distributors: ids, the nearest first: the distributor's, its company's
        :param zones: ids, the nearest first: the sale's zone and its ancestors
        :param sale_type: id
        :return: ``(id, rate)``, with False and 0.0 where no rule holds
        """
        best, best_rank = (False, 0.0), None
        for rule, distributor, zone, of_type, rate, start, end in self._get_rules():
            if (start and start > date) or (end and end < date):
                continue
            if (
                (distributor and distributor not in distributors)
                or (zone and zone not in zones)
                or (of_type and of_type != sale_type)
            ):
                continue
            rank = (
                distributors.index(distributor) if distributor else len(distributors),
                zones.index(zone) if zone else len(zones),
                0 if of_type else 1,
            )
            if best_rank is None or rank < best_rank:
                best, best_rank = (rule, rate), rank
        return best
