from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import format_date

from ..installed_base.pemba_customer_mixin import get_differing
from ..offer.pemba_opportunity_line import get_months
from ..pipeline.crm_lead import CLOSED


class PembaOpportunityLine(models.Model):
    """A line of a renewal: the next term of a line of the contract."""

    _inherit = "pemba.opportunity.line"

    contract_line_id = fields.Many2one(
        "pemba.contract.line",
        string="Renews",
        readonly=True,
        copy=False,
        index="btree_not_null",
        ondelete="set null",
        help="The line of the contract that ends.",
    )
    proposed = fields.Json(
        readonly=True,
        copy=False,
        export_string_translation=False,
        help="What its contract proposed: what differs was negotiated.",
    )

    @api.model
    def _get_result_fields(self):
        return super()._get_result_fields() | {"contract_line_id", "proposed"}

    @api.model
    def _get_imported_results(self, is_new):
        """Managers import which line of a contract a line renews."""
        results = super()._get_imported_results(is_new)
        return results | ({"contract_line_id"} if is_new and self.env["crm.lead"]._is_by_manager() else set())

    @api.constrains("contract_line_id")
    def _check_contract_line(self):
        for line in self.filtered("contract_line_id"):
            if line.contract_line_id.contract_id != line.lead_id.sudo().renewal_contract_id:  # as below
                line._refuse(
                    "contract_line_id",
                    self.env._("%s is not renewed by this.", line.contract_line_id.display_name),
                )

    @api.depends("contract_line_id")
    def _compute_is_recurring(self):
        """What is renewed recurs, whatever its type."""
        result = super()._compute_is_recurring()
        self.filtered("contract_line_id").is_recurring = True
        return result

    def _has_own_period(self):
        """What is renewed follows the term before."""
        return not self.contract_line_id and super()._has_own_period()

    def _get_first_day(self):
        """The order of a renewal is expected at the end of the term; what extends the term starts today."""
        if self.contract_id and self.lead_id.renewal_contract_id and not self._keeps_terms():
            return self.lead_id._get_today()
        return super()._get_first_day()

    def _is_quoted_by_days(self):
        """What is renewed is as well."""
        return bool(self.contract_line_id) or super()._is_quoted_by_days()

    def _start_as_quoted(self, day, start, end):
        """What is renewed is ordered for the days that were quoted, where these follow its contract still."""
        if not self.contract_line_id:
            return super()._start_as_quoted(day, start, end)
        return self._renew_as_quoted(start, end)

    def _start_as_signed(self, start, end):
        if not self.lead_id.renewal_contract_id or self._is_extending():
            return super()._start_as_signed(start, end)
        return self._renew_as_quoted(start, end)

    def _renew_as_quoted(self, start, end):
        """The next term is what was quoted, if that follows its contract; else somebody is asked."""
        contract = self.lead_id.sudo().renewal_contract_id  # linked by us alone
        is_same = (start, end) == (self.date_start, self.date_end)
        if is_same or not (start and end) or self.lead_id.won_status in CLOSED:
            return None
        if start == contract._get_next_term()["date_start"]:
            self._set(date_start=start, date_end=end)
            return self.lead_id._follow_lines()
        return contract._ask(
            lambda env: env._("Its renewal was ordered for other days than are offered: which are right?"),
            lambda env: env._(
                "%(lead)s, %(product)s: %(quoted)s ordered, %(offered)s offered.",
                lead=self.lead_id.display_name,
                product=self.product_id.display_name,
                quoted=self.with_env(env)._format_period(start, end),
                offered=self.with_env(env)._format_period(self.date_start, self.date_end),
            ),
        )

    def _get_renewing(self):
        """Those that the next term is made of, and not the term that runs."""
        return self._get_contracted().filtered(lambda line: not line._is_extending())

    def _is_extending(self):
        """Whether it is for the term that runs: what is in it already stays there."""
        if self.contract_line_id:
            return False
        ours = self.sudo()  # linked by us alone
        elsewhere = ours.contracted_ids.contract_id - ours.lead_id.renewal_contract_id.successor_id
        return bool(self.contract_id or elsewhere)

    @api.depends("lead_id.renewal_contract_id.date_end")
    def _compute_dates(self):
        return super()._compute_dates()

    def _get_period(self, day, default=None):
        """What is added to a renewal, by hand or by its order, is for the next term."""
        contract = self.lead_id.sudo().renewal_contract_id  # linked by us alone
        if contract and not self.contract_id:
            proposed = (self.lead_id.opportunity_line_ids - self).filtered("proposed")
            term = contract._get_next_term() | proposed._get_negotiated_term()
            return term["date_start"], term["date_end"]
        return super()._get_period(day, default)

    def _follows_list_price(self):
        """What is renewed costs what the contract says."""
        return not self.contract_line_id and super()._follows_list_price()

    def _may_extend(self):
        return not self.contract_line_id and super()._may_extend()

    @api.depends("contract_line_id.contract_id.anchor_date", "lead_id.renewal_contract_id.anchor_date")
    def _compute_year_share(self):
        return super()._compute_year_share()

    def _get_year_start(self):
        """The years of a chain of terms are those of its first one."""
        contract = self.contract_line_id.contract_id or self.lead_id.sudo().renewal_contract_id  # as above
        anchor = contract.anchor_date
        goes_on = anchor and self.date_start and get_months(self.date_start, anchor) is not None
        return anchor if goes_on else super()._get_year_start()

    def _get_covered_equipment(self):
        return self.contract_line_id._get_next_equipment() or super()._get_covered_equipment()

    def _prepare_contract_line(self):
        return super()._prepare_contract_line() | {"predecessor_id": self.contract_line_id.id}

    def _get_details(self):
        """What is renewed says which equipment it covers."""
        equipment = self.sudo().contract_line_id._get_next_equipment()  # linked by us alone
        return [*super()._get_details(), *equipment.mapped("display_name")]

    @api.model
    def _get_base_domain(self):
        """What is renewed is there already."""
        return super()._get_base_domain() & Domain("contract_line_id", "=", False)

    @api.depends("contract_line_id")
    def _compute_comes_into_base(self):
        return super()._compute_comes_into_base()

    def _take_proposal(self, vals):
        """Be what the contract proposes now, but for what was negotiated.

        :param vals: see ``pemba.contract.line._prepare_proposal``
        :return: what that changes, in words
        """
        before, new = self.proposed, vals["proposed"]
        told = []
        if not (self.active or self.offer_terms):  # it had been withdrawn
            self._set(active=True)
            told.append(f"+ {self.product_id.display_name} × {self.quantity:.12g}")
        if new == before:
            return told
        negotiated = get_differing(self, before)
        changes = {
            name: value for name, value in new.items() if value != before.get(name) and name not in negotiated
        }
        told += [
            self.env._(
                "%(product)s, %(field)s: %(before)s → %(after)s",
                product=self.product_id.display_name,
                field=self._get_label(name),
                before=self._format_value(name),
                after=self._format_value(name, value),
            )
            for name, value in changes.items()
        ]
        self._set(**changes, proposed=new)
        return told

    def _withdraw_proposal(self):
        """Its contract does not propose it any more; it is kept: it may come back, or be ordered as quoted.

        :return: what that changes, in words
        """
        self._set(active=False)
        return [f"− {line.product_id.display_name} × {line.quantity:.12g}" for line in self]

    def _get_negotiated_term(self):
        """The last day of the next term, where another one than the contract's was agreed on."""
        ends = [
            line.date_end
            for line in self
            if fields.Date.to_string(line.date_end) != line.proposed["date_end"]
        ]
        return {"date_end": max(ends)} if ends and all(ends) else {}

    def _format_value(self, name, value=None):
        """A value of it, or another one that the field may have, for people to read."""
        value = self[name] if value is None else self._fields[name].convert_to_record(value, self)
        if isinstance(value, models.BaseModel):
            return value.display_name
        return format_date(self.env, value) if self._fields[name].type == "date" else f"{value:.12g}"
