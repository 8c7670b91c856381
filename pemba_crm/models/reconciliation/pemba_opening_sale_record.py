from collections import defaultdict
from datetime import timedelta

from odoo import api, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import format_date


class PembaOpeningSale(models.Model):
    """What runs and was not sold was sold before these records begin: recorded from differences."""

    _inherit = "pemba.opening.sale"

    @api.model
    def _record(self, lines):
        """Record what runs, or is under contract, and was not sold: once each.

        :param lines: differences, ``pemba.reconciliation.line``
        :return: the opening sales, and the lines that are left out
        :raise AccessError: for who may not create opening sales
        :raise UserError: naming a line of a run that is signed off or of the time that sales are closed for,
            or where none of them is such
        """
        if not self.has_access("create"):
            raise AccessError(self.env._("Only accountants record what was sold before."))
        lines.check_access("read")
        lines.reconciliation_id._check_is_compared()
        settlements = self.env["pemba.reconciliation.settlement"]
        under_way = settlements._get_under_way(lines)
        prepared = self._prepare_of_lines(lines, under_way)
        vals_list = [vals for of_line in prepared.values() for vals in of_line]
        if not vals_list:
            settlements._check_not_won(self.env["crm.lead"].union(*(one.won for one in under_way.values())))
            raise UserError(
                self.env._(
                    "%s: nothing runs that was not sold, or it is being sold or recorded already.",
                    lines[:1].display_name,
                )
            )
        return self.create(vals_list), lines.filtered(lambda line: not prepared[line])

    @api.model
    def _prepare_of_lines(self, lines, under_way):
        """Values of what was sold before: ``{line: [values]}``, none of what is being sold."""
        found = {}
        for of_run in lines.grouped("reconciliation_id").values():
            days, covering = self._get_days_in_service(of_run), self._get_covering(of_run)
            for line in of_run:
                _requests, sale, won, recorded = under_way[line]
                key = line._get_key()
                found[line] = []
                if not (sale or won):
                    found[line] = self._prepare_of_line(
                        line, recorded, days.get(key, ()), covering.get(key, ())
                    )
        return found

    @api.model
    def _get_days_in_service(self, lines):
        """Since when the equipment of lines of a run is in service: ``{(customer, product): days}``."""
        days = defaultdict(list)
        for equipment in self.env["pemba.equipment"].search(lines._get_equipment_domain()):
            for product in equipment.product_id | equipment.component_ids.product_id:
                key = equipment.partner_id.commercial_partner_id, product
                days[key].append(equipment.in_service_date)
        return days

    @api.model
    def _get_covering(self, lines):
        """Lines of contracts of the products of lines of a run, on its day, the newest first.

        :return: ``{(customer, product): contract lines}``
        """
        day = lines.reconciliation_id.date
        covering = self.env["pemba.contract.line"].search(
            Domain("product_id", "in", lines.product_id.ids)
            & Domain("date_start", "<=", day)
            & Domain("date_end", ">=", day)
            & Domain("contract_id.state", "!=", "draft")
            & lines._get_contract_domain(),
            order="date_start desc, id desc",
        )
        return covering.grouped(
            lambda one: (one.contract_id.partner_id.commercial_partner_id, one.product_id)
        )

    @api.model
    def _prepare_of_line(self, line, recorded, days, covering):
        """Values of what was sold before: what is installed or under contract beyond what was sold.

        :param recorded: the quantity that was recorded since
        :param days: since when its equipment is in service
        :param covering: lines of contracts of it, the newest first
        """
        if not (line.partner_id and line.product_id):
            return []
        vals = {
            "company_id": line.company_id.id,
            "partner_id": line.partner_id.id,
            "product_id": line.product_id.id,
            "distributor_id": line.distributor_id.id,
            "note": line.reconciliation_id.display_name,
        }
        if line.covered_result in ("not_sold", "quantity_gap") and line.covered_quantity > line.term_quantity:
            missing = line.covered_quantity - line.term_quantity - recorded
            return [vals | term for term in self._prepare_terms(line, missing, covering)]
        missing = line.installed_quantity - line.due_quantity - recorded
        if line.installed_result in ("not_sold", "quantity_gap") and missing > 1e-6:
            return [vals | {"quantity": missing, "date": self._get_first_day(line, days)}]
        return []

    @api.model
    def _get_first_day(self, line, days):
        """The first of some days, after those that sales are closed for; the run's where it is none.

        :raise UserError: naming a line of a run of the time that sales are closed for
        """
        company = line.company_id.sudo()  # accountants need not see companies
        closed_until = company.pemba_sales_closed_date
        first = min(filter(None, days), default=line.date)
        if closed_until and line.date <= closed_until:
            raise UserError(
                self.env._(
                    "%(line)s: sales are closed until %(date)s. Record it from a run of a later day.",
                    line=line.display_name,
                    date=format_date(self.env, closed_until),
                )
            )
        if closed_until and first <= closed_until:
            first = closed_until + timedelta(days=1)
        return min(first, line.date)

    @api.model
    def _prepare_terms(self, line, missing, covering):
        """Values of what is under contract and was not sold: each contract line's term, the newest first.

        :param missing: the quantity
        :param covering: lines of contracts of it, the newest first
        """
        terms = []
        for contracted in covering:
            quantity = min(contracted.quantity, missing)
            missing -= quantity
            if quantity > 1e-6:
                terms.append(
                    {
                        "quantity": quantity,
                        "date": self._get_first_day(line, [contracted.date_start]),
                        "date_start": contracted.date_start,
                        "date_end": contracted.date_end,
                    }
                )
        return terms
