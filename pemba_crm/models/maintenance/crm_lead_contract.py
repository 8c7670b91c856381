from dateutil.relativedelta import relativedelta
from odoo import api, fields, models

from ..company_day import get_today
from ..offer.crm_lead import OFFER_FIELDS
from ..pipeline.crm_lead import CLOSED
from ..public import VALUES, public


class CrmLead(models.Model):
    """Contracts of what was won, and what becomes of them when it is not any more."""

    _inherit = "crm.lead"

    contract_ids = fields.One2many("pemba.contract", "lead_id", string="Maintenance Contracts")
    sold_contract_ids = fields.Many2many(
        "pemba.contract",
        string="Contracts of the Sale",
        compute="_compute_sold_contract_ids",
        help="Those that it brought, and those that its lines extend.",
    )

    has_contracted_lines = fields.Boolean(
        compute="_compute_has_contracted_lines", export_string_translation=False
    )

    @api.depends("opportunity_line_ids.is_contracted")
    def _compute_has_contracted_lines(self):
        for lead in self:
            lead.has_contracted_lines = any(lead.opportunity_line_ids.mapped("is_contracted"))

    @api.depends("contract_ids", "opportunity_line_ids.contract_id")
    def _compute_sold_contract_ids(self):
        for lead in self:
            lead.sold_contract_ids = lead.contract_ids | lead.opportunity_line_ids.contract_id

    def _start_results(self, given):
        result = super()._start_results(given)
        self.filtered(lambda lead: lead.won_status == "won")._follow_contracts()
        return result

    def _start_offers(self, offers, given):
        result = super()._start_offers(offers, given)
        self.filtered(lambda lead: lead.won_status == "won")._follow_contracts()
        return result

    def _follow_results(self, before, vals):
        result = super()._follow_results(before, vals)
        was = {lead: before[lead]["won_status"] for lead in self}
        won = self.filtered(lambda lead: lead.won_status == "won")
        has_come = "partner_id" in vals  # the customer, after the result
        won.filtered(lambda lead: has_come or was[lead] != "won")._follow_contracts()
        self.filtered(lambda lead: was[lead] == "won" and lead.won_status != "won")._withdraw_contracts()
        return result

    @public
    def action_keep_as_signed(self):
        """The periods that the customer signed hold, though the order came later."""
        self.check_access("write")
        self.opportunity_line_ids._accept_period()
        return True

    @public(vals=VALUES)
    def write(self, vals):
        """What was to start before it is won starts on that day."""
        stage_id = vals.get("stage_id")  # or what a client sends for it
        stage = self.env["crm.stage"].browse(stage_id if type(stage_id) is int else ())
        if stage.exists().is_won and OFFER_FIELDS.isdisjoint(vals):  # with lines, once these are written
            for lead in self.filtered(lambda lead: lead.won_status not in CLOSED):
                lead._start_by(fields.Date.to_date(vals.get("close_date")) or lead._get_today())
        result = super().write(vals)
        if not self._get_contract_choice().isdisjoint(vals):
            open_ones = self.filtered(lambda lead: lead.won_status not in CLOSED)
            open_ones.opportunity_line_ids._leave_terms()
            if not (self._get_contract_choice() - {"date_deadline"}).isdisjoint(vals):
                # What it left before may be its own again.
                open_ones.opportunity_line_ids._propose_contracts()
            open_ones.filtered("opportunity_line_count")._follow_lines()
        return result

    @api.model
    def _get_contract_choice(self):
        """What decides on the contract that recurring lines add to, and on their days: a new set."""
        return {
            "date_deadline",
            *("partner_id", "customer_id", "distributor_id", "deal_currency_id", "company_id", "zone_id"),
        }

    def _get_today(self):
        return get_today(self._get_deal_company())

    def _bring_up_to_date(self):
        """What is quoted starts today at the earliest."""
        for lead in self.filtered(lambda lead: lead.won_status not in CLOSED):
            lead._start_by(lead._get_today())
        return super()._bring_up_to_date()

    def _start_by(self, day):
        """Lines whose period nobody typed start on a day at the earliest, at amounts in proportion.

        :return: the lines that start on another day now
        """
        moved = self.opportunity_line_ids._start_by(day)
        if moved:
            self._follow_lines()
        return moved

    def _write_offer(self, vals):
        result = super()._write_offer(vals)
        self.filtered(lambda lead: lead.won_status == "won")._follow_contracts()  # corrected since
        return result

    def _align(self, orders):
        result = super()._align(orders)
        self.filtered(lambda lead: lead.won_status == "won")._follow_contracts()
        return result

    def _return_to_offer(self):
        """All orders are cancelled: what is won still is the offer, and so is its contract."""
        result = super()._return_to_offer()
        self.filtered(lambda lead: lead.won_status == "won")._follow_contracts()
        return result

    def _follow_contracts(self):
        """What was won is in a contract.

        Done again it brings these up to date, and adds nothing twice.
        """
        for lead in self.filtered("customer_id"):
            if lead._get_all_lines():
                lead._follow_contract(lead.opportunity_line_ids._get_contracted())

    def _follow_contract(self, sold):
        """What recurs is in a running contract or in a new one.

        :param sold: the lines that recur
        """
        if sold or self._get_all_lines().sudo().contracted_ids:  # who wins may write the deal
            self._sell_contracts(sold)

    def _sell_contracts(self, sold, lines=None):
        """Lines go into the running contract that they extend, else into a draft of their type.

        :param sold: the lines that recur
        :param lines: those that may be in contracts by this, all if not given
        """
        lines = self._get_all_lines() if lines is None else lines
        contract_lines = self.env["pemba.contract.line"].sudo()  # who wins may write the deal
        known = contract_lines.search([("opportunity_line_id", "in", lines.ids)])
        of_line, contracts = known.grouped(lambda one: one.opportunity_line_id.id), known.contract_id
        known.filtered(lambda one: one.opportunity_line_id.id not in sold.ids)._withdraw()
        unmatched = sold.filtered(lambda line: not line.contract_id and line.id not in of_line)
        running = unmatched._get_running_contracts() if unmatched else self.env["pemba.contract"]
        for line in sold:
            if line.id in of_line:
                of_line[line.id]._follow_sale(line)
                continue
            if line.taken_off:
                line._ask_about_taken_off()
                continue
            given = line.contract_id.sudo()  # seen when linked
            given = given if given and line._belongs_to(given) else given.browse()
            contract = given or line._get_matching(running, is_whole=True).sudo()  # as above
            contract = contract._get_running_term()
            if not (contract and contract._is_extensible()):
                contract = self._get_draft_contract(line)
            contract._extend(line)
        contracts.exists()._get_terms_from_here()._answer_about_unsold()

    def _get_draft_contract(self, line):
        """The draft of this deal for the contract type of a line."""
        kind = line._get_contract_type()
        drafts = self.sudo().contract_ids.filtered(  # of the deal, which may be written
            lambda one: one.state == "draft" and one.contract_type_id == kind
        )
        return drafts[:1] or drafts._put([self._prepare_contract(line, kind)])

    def _prepare_contract(self, line, kind):
        """Values of a new contract, for a first line of what was won."""
        start = line.date_start or self.close_date or get_today(self._get_deal_company())
        vals = {
            "company_id": self._get_deal_company().id,
            "contract_type_id": kind.id,
            "partner_id": self.customer_id.id,
            "contact_id": self.partner_id.id if self.partner_id != self.customer_id else False,
            "distributor_id": self.distributor_id.id,
            "user_id": self.user_id.id,
            "currency_id": self.deal_currency_id.id,
            "date_start": start,
            "date_end": line.date_end or start + relativedelta(months=kind.duration_months, days=-1),
            "lead_id": self.id,
        }
        if kind.index_id:
            # As old as the one that the next term is compared with will be then.
            vals["index_base_month"] = kind.index_id._get_newest_month(kind._get_last_month(start))
        return vals

    def _follow_settled_orders(self, texts):
        """Its contracts stay as it was closed: whoever is in charge of them is asked."""
        result = super()._follow_settled_orders(texts)
        lines = self.env["pemba.contract.line"].sudo()  # of all salespeople
        for line in lines.search([("opportunity_line_id.lead_id", "in", self.ids)]):
            text = "\n".join(texts[line.opportunity_line_id.lead_id.id])
            line.contract_id._get_running_term()._ask(
                lambda env: env._("Its order was changed after sales were closed: is it?"),
                lambda _env, text=text: text,
            )
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_from_contracts(self):
        """What a deleted deal sold is not sold any more."""
        self._get_all_lines()._unlink_from_contracts()

    def _cover_by_hand(self):
        """Contracts of what was sold without a configuration cover what came of it, where that is clear."""
        if not self:
            return
        lines = self.env["pemba.contract.line"].sudo()  # who delivers need not see contracts
        for line in lines.search(
            [
                ("equipment_id", "=", False),
                ("opportunity_line_id.lead_id", "in", self.ids),
                ("opportunity_line_id.configuration_id", "=", False),
            ]
        ):
            equipment = line.opportunity_line_id._get_covered_equipment()
            if equipment:
                line.equipment_id = equipment

    def _withdraw_contracts(self):
        """What is not won any more leaves the drafts it came into."""
        sold = self._get_all_lines()
        if sold:
            sold.filtered("taken_off")._set(taken_off=False)
            lines = self.env["pemba.contract.line"].sudo()  # who reopens may write the deal
            lines.search([("opportunity_line_id", "in", sold.ids)])._withdraw()
