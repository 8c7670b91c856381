from collections import defaultdict
from datetime import timedelta

from odoo import models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import format_date


class PembaReconciliationLine(models.Model):
    """What runs and was not sold was sold before these records begin: the opening balance."""

    _inherit = "pemba.reconciliation.line"

    def action_record_opening(self):
        """What runs, or is under contract, and was not sold was sold before these records begin: once each.

        :raise AccessError: for who may not create opening sales
        :raise UserError: naming a line of a run that is signed off or of the time that sales are closed for,
            or where none of them is such
        """
        openings = self.env["pemba.opening.sale"]
        if not openings.has_access("create"):
            raise AccessError(self.env._("Only accountants record what was sold before."))
        self.check_access("read")
        self.reconciliation_id._check_is_compared()
        under_way = self._get_under_way()
        vals_list, left = [], self.browse()
        for lines in self.grouped("reconciliation_id").values():
            days, covering = lines._get_days_in_service(), lines._get_covering()
            for line in lines:
                _requests, sale, won, recorded = under_way[line]
                prepared = []
                if not (sale or won):
                    key = line._get_key()
                    prepared = line._prepare_openings(recorded, days.get(key, ()), covering.get(key, ()))
                vals_list += prepared
                left |= line if not prepared else self.browse()
        if not vals_list:
            self._check_not_won(self.env["crm.lead"].union(*(one.won for one in under_way.values())))
            raise UserError(
                self.env._(
                    "%s: nothing runs that was not sold, or it is being sold or recorded already.",
                    self[:1].display_name,
                )
            )
        created = openings.create(vals_list)
        message = self.env._("Opening sales recorded: %s. Compare again to see what is left.", len(created))
        if left:
            names = "; ".join(left[:5].mapped("display_name"))
            message += " " + self.env._("Left out: %(count)s, %(names)s.", count=len(left), names=names)
        return self._display(message, bool(left))

    def _get_days_in_service(self):
        """Since when the equipment of lines of a run is in service: ``{(customer, product): days}``."""
        days = defaultdict(list)
        for equipment in self.env["pemba.equipment"].search(self._get_equipment_domain()):
            for product in equipment.product_id | equipment.component_ids.product_id:
                key = equipment.partner_id.commercial_partner_id, product
                days[key].append(equipment.in_service_date)
        return days

    def _get_covering(self):
        """Lines of contracts of the products of lines of a run, on its day, the newest first.

        :return: ``{(customer, product): contract lines}``
        """
        day = self.reconciliation_id.date
        covering = self.env["pemba.contract.line"].search(
            Domain("product_id", "in", self.product_id.ids)
            & Domain("date_start", "<=", day)
            & Domain("date_end", ">=", day)
            & Domain("contract_id.state", "!=", "draft")
            & self._get_contract_domain(),
            order="date_start desc, id desc",
        )
        return covering.grouped(
            lambda one: (one.contract_id.partner_id.commercial_partner_id, one.product_id)
        )

    def _prepare_openings(self, recorded, days, covering):
        """Values of what was sold before: what is installed or under contract beyond what was sold.

        :param recorded: the quantity that was recorded since
        :param days: since when its equipment is in service
        :param covering: lines of contracts of it, the newest first
        """
        if not (self.partner_id and self.product_id):
            return []
        vals = {
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "product_id": self.product_id.id,
            "distributor_id": self.distributor_id.id,
            "note": self.reconciliation_id.display_name,
        }
        if self.covered_result in ("not_sold", "quantity_gap") and self.covered_quantity > self.term_quantity:
            missing = self.covered_quantity - self.term_quantity - recorded
            return [vals | term for term in self._prepare_opening_terms(missing, covering)]
        missing = self.installed_quantity - self.due_quantity - recorded
        if self.installed_result in ("not_sold", "quantity_gap") and missing > 1e-6:
            return [vals | {"quantity": missing, "date": self._get_opening_date(days)}]
        return []

    def _get_opening_date(self, days):
        """The first of some days, after those that sales are closed for; the run's where it is none.

        :raise UserError: naming a line of a run of the time that sales are closed for
        """
        company = self.company_id.sudo()  # accountants need not see companies
        closed_until = company.pemba_sales_closed_date
        first = min(filter(None, days), default=self.date)
        if closed_until and self.date <= closed_until:
            raise UserError(
                self.env._(
                    "%(line)s: sales are closed until %(date)s. Record it from a run of a later day.",
                    line=self.display_name,
                    date=format_date(self.env, closed_until),
                )
            )
        if closed_until and first <= closed_until:
            first = closed_until + timedelta(days=1)
        return min(first, self.date)

    def _prepare_opening_terms(self, missing, covering):
        """Values of what is under contract and was not sold: each line's term, the newest first.

        :param missing: the quantity
        :param covering: lines of contracts of it, the newest first
        """
        terms = []
        for line in covering:
            quantity = min(line.quantity, missing)
            missing -= quantity
            if quantity > 1e-6:
                terms.append(
                    {
                        "quantity": quantity,
                        "date": self._get_opening_date([line.date_start]),
                        "date_start": line.date_start,
                        "date_end": line.date_end,
                    }
                )
        return terms
