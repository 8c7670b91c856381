from datetime import timedelta

from odoo import models
from odoo.exceptions import UserError
from odoo.fields import Domain


class PembaReconciliationLine(models.Model):
    """What runs and was not sold was sold before these records begin: the opening balance."""

    _inherit = "pemba.reconciliation.line"

    def action_record_opening(self):
        """What runs, or is under contract, and was not sold was sold before these records begin: once each.

        :raise UserError: naming a line of a run that is signed off, or where none of them is such
        """
        self.reconciliation_id._check_is_compared()
        self._lock_customers()
        openings = self.env["pemba.opening.sale"]
        recorded = self._get_recorded()
        vals_list, left = [], self.browse()
        for line in self:
            is_being_sold = line.fix_lead_id.sudo().won_status == "pending"  # whoever sells it
            prepared = [] if is_being_sold else line._prepare_openings(recorded.get(line, 0.0))
            vals_list += prepared
            left |= line if not prepared else self.browse()
        if not vals_list:
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

    def _get_recorded(self):
        """What was recorded since their runs were compared, by whatever run: ``{line: quantity}``."""
        recorded = {}
        for run, lines in self.grouped("reconciliation_id").items():
            sums = {
                (partner, product): quantity
                for partner, product, quantity in self.env["pemba.opening.sale"]._read_group(
                    [
                        ("id", ">", run.last_opening),
                        ("company_id", "=", run.company_id.id),
                        ("partner_id", "in", lines.partner_id.ids),
                        ("product_id", "in", lines.product_id.ids),
                    ],
                    ["partner_id", "product_id"],
                    ["quantity:sum"],
                )
            }
            recorded |= {line: sums.get((line.partner_id, line.product_id), 0.0) for line in lines}
        return recorded

    def _prepare_openings(self, recorded):
        """Values of what was sold before: what is installed or under contract beyond what was sold.

        :param recorded: the quantity that was recorded since
        """
        if not (self.partner_id and self.product_id):
            return []
        vals = {
            "company_id": self.company_id.id,
            "partner_id": self.partner_id.id,
            "product_id": self.product_id.id,
            "distributor_id": self.distributor_id.id,
            "date": self._get_opening_date(
                self.env["pemba.equipment"].search(self._get_equipment_domain()).mapped("in_service_date")
            ),
            "note": self.reconciliation_id.display_name,
        }
        if self.covered_result in ("not_sold", "quantity_gap") and self.covered_quantity > self.term_quantity:
            missing = self.covered_quantity - self.term_quantity - recorded
            return [vals | term for term in self._prepare_opening_terms(missing)]
        missing = self.installed_quantity - self.due_quantity - recorded
        if self.installed_result in ("not_sold", "quantity_gap") and missing > 1e-6:
            return [vals | {"quantity": missing}]
        return []

    def _get_opening_date(self, days):
        """The first of some days, after those that sales are closed for; the run's where it is none."""
        company = self.company_id.sudo()  # accountants need not see companies
        closed_until = company.pemba_sales_closed_date
        first = min(filter(None, days), default=self.date)
        if closed_until and first <= closed_until:
            first = closed_until + timedelta(days=1)
        return min(first, self.date)

    def _prepare_opening_terms(self, missing):
        """Values of what is under contract and was not sold: each line's term, the newest first.

        :param missing: the quantity
        """
        lines = self.env["pemba.contract.line"].search(
            Domain("product_id", "=", self.product_id.id)
            & Domain("date_start", "<=", self.date)
            & Domain("date_end", ">=", self.date)
            & Domain("contract_id.state", "!=", "draft")
            & self._get_contract_domain(),
            order="date_start desc, id desc",
        )
        terms = []
        for line in lines:
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
