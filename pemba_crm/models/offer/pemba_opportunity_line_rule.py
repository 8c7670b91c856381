from odoo import api, models
from odoo.exceptions import ValidationError

from ..deferral import get_ready
from ..marks import APPLYING, FOLLOWING, OPENING, STARTING
from ..pipeline.crm_lead import CLOSED
from ..public import VALUES, VALUES_LIST, public
from .pemba_opportunity_line import MOST_YEARS


class PembaOpportunityLine(models.Model):
    """The rules of a line, whichever way it is created, written and removed."""

    _inherit = "pemba.opportunity.line"

    @api.model
    def _get_term_fields(self):
        """What a sale was agreed on: of a closed deal only managers correct it, with a trace. A new list."""
        return [
            *("lead_id", "product_id", "sale_type_id", "configuration_id", "quantity", "price_unit"),
            *("discount", "distributor_margin_rate", "unit_cost", "type_margin_rate", "date_start"),
            *("date_end", "active"),
        ]

    @api.model
    def _get_result_fields(self):
        """What follows from the terms and from configurations."""
        amounts = {"price_subtotal", "distributor_margin", "net_amount", "cost", "margin", "margin_percent"}
        return (
            super()._get_result_fields()
            | amounts
            | {"net_amount_company", "distributor_margin_company", "cost_company", "margin_company"}
            | {
                "company_currency_id",
                "rounding_amount",
                "is_cost_unknown",
                "is_recurring",
                "year_share",
                "is_distributed",
                "margin_rule_id",
            }
            | {"is_distributor_margin_typed", "is_price_typed", "configured_price_unit"}
            | {"configuration_role", "configuration_line_id"}
        )

    @api.constrains("quantity", "discount", "distributor_margin_rate", "type_margin_rate", "unit_cost")
    def _check_numbers(self):
        """:raise ValidationError: naming the opportunity, the product, the field and its value"""
        for line in self.sudo():  # costs are checked for those too who may not see them
            for name in ("discount", "distributor_margin_rate", "type_margin_rate"):
                if not 0 <= line[name] <= 100:
                    line._refuse(name, self.env._("%s is not between 0 and 100 %%.", line[name]))
            if line.quantity <= 0:
                line._refuse("quantity", self.env._("%s is not above zero.", line.quantity))
            if line.unit_cost < 0:
                line._refuse("unit_cost", self.env._("%s is below zero.", line.unit_cost))

    @api.constrains("date_start", "date_end", "is_recurring")
    def _check_dates(self):
        for line in self:
            years = line.date_end.year - line.date_start.year if line.date_start and line.date_end else 0
            if years > MOST_YEARS:
                line._refuse("date_end", self.env._("that is more than %s years.", MOST_YEARS))
            if (line.date_start or line.date_end) and not line.is_recurring:
                line._refuse("date_start", self.env._("only what recurs is sold for a period."))
            if line.date_start and line.date_end and line.date_end < line.date_start:
                line._refuse("date_end", self.env._("it is before the first day."))

    @api.constrains("lead_id", "configuration_id", "software_id", "module_id")
    def _check_configuration(self):
        for line in self:
            if line.configuration_id and line.configuration_id.lead_id != line.lead_id:
                line._refuse("configuration_id", self.env._("it is one of another opportunity."))
            if line.module_id and line.module_id.software_id != line.software_id:
                line._refuse(
                    "module_id",
                    self.env._(
                        "%(module)s is not a module of %(software)s.",
                        module=line.module_id.display_name,
                        software=line.software_id.display_name or self.env._("no software"),
                    ),
                )

    def _refuse(self, name, reason):
        raise ValidationError(
            self.env._(
                "%(lead)s, %(product)s, %(field)s: %(reason)s",
                lead=self.lead_id.display_name,
                product=self.product_id.display_name,
                field=self._get_label(name),
                reason=reason,
            )
        )

    def _get_label(self, name):
        return self.sudo().fields_get([name], ["string"])[name]["string"]  # also of fields of the margin

    # ------------------------------------------------------------
    # Creating and writing
    # ------------------------------------------------------------

    def _add_precomputed_values(self, vals_list):
        everyone = self.sudo()  # costs are computed for those too who may not see them
        everyone._add_list_prices(vals_list)
        return super(PembaOpportunityLine, everyone)._add_precomputed_values(vals_list)

    def _add_list_prices(self, vals_list):
        """Price new lines together, where Odoo would compute one after the other, and tell typed prices.

        :param vals_list: values of new lines, completed in place
        """
        leads = self.env["crm.lead"].browse({vals.get("lead_id") for vals in vals_list} - {None, False})
        keys = {lead.id: key for lead, key in leads._get_price_keys().items()}
        of_key = {}
        for vals in vals_list:
            if vals.get("product_id") and vals.get("lead_id") in keys:
                of_key.setdefault(keys[vals["lead_id"]], []).append(vals)
        products = self.env["product.product"]
        for price_key, priced in of_key.items():
            wanted = [
                (products.browse(vals["product_id"]), vals.get("quantity", 1.0) or 0.0) for vals in priced
            ]
            for vals, price in zip(priced, leads._get_list_prices(price_key, wanted), strict=True):
                if "price_unit" not in vals:
                    vals["price_unit"] = price
                elif "is_price_typed" not in vals:
                    own = vals.get("configured_price_unit", price)
                    vals["is_price_typed"] = self._is_other_price(vals["price_unit"] or 0.0, own)

    @api.model_create_multi
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):
        granted = self._take_creation(vals_list)
        vals_list = [self._without_empty_price(vals) for vals in vals_list]
        if granted not in (FOLLOWING, APPLYING, OPENING):
            vals_list = self._as_sent(vals_list, is_new=True)
        lines = super().create(vals_list)
        if granted != FOLLOWING:
            lines._follow_creation(vals_list)
        if granted not in (FOLLOWING, STARTING, OPENING):
            lines._trace_closed(self.env._("added"))
        if not granted:
            lines._follow_deals(lines.lead_id)
        return lines

    @public(vals=VALUES)
    def write(self, vals):
        granted = self._take_write(vals)
        if not granted:
            vals = self._as_sent([self._without_empty_price(vals)])[0]
        kept = {} if granted == FOLLOWING else self._get_kept(vals)
        changed = [name for name in self._get_term_fields() if name in vals]
        if not changed:
            result = super().write(vals)
            self._check_kept(kept)
            return result
        leads = self.lead_id
        if vals.get("lead_id"):
            self.env["crm.lead"].browse(vals["lead_id"]).check_access("write")
        old = {line: {name: line[name] for name in changed} for line in self.sudo()}  # costs too
        followed = self.browse() if granted else self._get_followed()
        licences = {line: line._get_licence_state() for line in followed}
        self._leave_typed_prices(vals)
        with self._keeping(vals, "product_id", ["price_unit", "unit_cost", "type_margin_rate"]):
            result = super().write(vals)
        if not granted and "price_unit" in vals:
            self._follow_typed_prices()
        if granted != FOLLOWING:
            self._trace_changes(old)
        self._follow_licences(licences)
        if not granted:
            is_corrected = not self._get_amount_terms().isdisjoint(changed)
            self._follow_deals(leads | self.lead_id, is_corrected)  # those too that lost a line
        self._check_kept(kept)
        return result

    @public
    def unlink(self):
        leads, granted = self.lead_id, self._take_removal()
        if granted != FOLLOWING:
            for line in self:
                line._check_may_change()
            self._trace_closed(self.env._("removed"))
        configurations = self.browse() if granted else self._get_followed()
        configurations = configurations.configuration_id
        result = super().unlink()
        configurations._follow_licences()
        if not granted:
            self._follow_deals(leads)
        return result

    def _follow_creation(self, vals_list):
        """What it means that a person added these, or a configuration.

        :param vals_list: the values that they were created with
        """

    def _get_kept(self, vals):
        """What has to stay, whatever a person writes: ``{line: {field: value}}``."""
        return {}

    def _check_kept(self, kept):
        """:param kept: see ``_get_kept``"""

    @public(one=True)
    def action_open_opportunity(self):
        """The opportunity of the line."""
        return self.lead_id.get_formview_action()

    @api.model
    def _get_amount_terms(self):
        """What the net amount of a line follows from: a new set."""
        names = {"lead_id", "product_id", "quantity", "price_unit", "discount", "distributor_margin_rate"}
        return names | {"date_start", "date_end", "active"}

    @api.model
    def _follow_deals(self, leads, is_corrected=True):
        """The sums of deals follow their lines, unless who writes these will see to it.

        :param is_corrected: whether what the lines bring may be another amount now
        :return: the deals that followed
        """
        ready = get_ready(leads, "sums")
        ready._follow_lines(is_corrected)
        return ready

    def _get_followed(self):
        """What maintenance follows: licences and modules of open deals."""
        return self.filtered(
            lambda line: (
                line._is_licence() and line.lead_id.won_status not in CLOSED and not line._keeps_amounts()
            )
        )

    def _get_licence_state(self):
        return self.configuration_id, self._get_unrounded("price_subtotal"), self.active

    @api.model
    def _follow_licences(self, before):
        """Maintenance follows what the customer pays for licences and modules.

        :param before: ``{line: (configuration, amount, whether it counts)}`` before a change
        """
        changed = {line: state for line, state in before.items() if line._get_licence_state() != state}
        configurations = self.env["pemba.opportunity.configuration"].union(
            *(configuration | line.configuration_id for line, (configuration, *_rest) in changed.items())
        )
        configurations._follow_licences()

    def _has_negotiated_price(self):
        """Whether another price than the configuration's was agreed on."""
        return self._is_other_price(self.price_unit, self.configured_price_unit)

    def _is_licence(self):
        """Whether maintenance is reckoned on it."""
        return self.configuration_role in ("licence", "module")

    def _get_configuration_key(self):
        """What its configuration knows the line by: ``(role, module's id, ready-made service's id)``."""
        return self.configuration_role, self.module_id.id, self.configuration_line_id.id

    def _get_outcome_fields(self):
        """What a line keeps when its configuration is applied again: a new list."""
        return [
            *("lead_id", "product_id", "sale_type_id", "configuration_role", "configuration_line_id"),
            *("software_id", "module_id", "quantity", "date_start", "date_end", "price_unit"),
            *("is_price_typed", "configured_price_unit", "discount", "distributor_margin_rate"),
            *("is_distributor_margin_typed", "unit_cost", "type_margin_rate", "active"),
        ]

    def _is_copied(self):
        """Whether a copy of its opportunity has it too."""
        return True

    def _prepare_update(self, vals):
        """What changes when its configuration is applied again; a negotiated price stays.

        :param vals: what the configuration gives now
        """
        vals = dict(vals)
        product = vals.pop("product_id", self.product_id.id)
        changes = {} if product == self.product_id.id else {"product_id": product}
        if "configured_price_unit" in vals and not self._has_negotiated_price():
            vals["price_unit"] = vals["configured_price_unit"]
        return changes | {name: value for name, value in vals.items() if value != self[name]}
