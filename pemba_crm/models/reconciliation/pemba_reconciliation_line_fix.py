from odoo import models
from odoo.exceptions import UserError

from ..public import public


class PembaReconciliationLine(models.Model):
    """What is done about a difference, by whoever reads it and with the rights that they have elsewhere.

    How it is settled is in ``pemba.reconciliation.fix``, how others are asked in ``….request``.
    """

    _inherit = "pemba.reconciliation.line"

    # ------------------------------------------------------------
    # Buttons
    # ------------------------------------------------------------

    @public(one=True)
    def action_fix(self):
        """Settle the gravest of its differences.

        :return: the window in which it is done; a message where somebody else was asked to do it
        :raise UserError: naming a line that matches, is of a run that is signed off, or has nobody in charge
        """
        return self._fix()

    @public(one=True)
    def action_fix_installed(self):
        """Settle what differs between sales and the base; see ``action_fix``."""
        return self._fix("installed")

    @public(one=True)
    def action_fix_covered(self):
        """Settle what differs between sales, the base and contracts; see ``action_fix``."""
        return self._fix("covered")

    @public(one=True)
    def action_fix_invoiced(self):
        """Settle what differs between sales and invoices; see ``action_fix``."""
        return self._fix("invoiced")

    @public(one=True)
    def action_correct(self):
        """Correct the installed base, with a reason; who may not asks support.

        :raise UserError: naming a line that matches, is of a run that is signed off, or has nobody in charge
        """
        return self._fix("correction")

    @public
    def action_ask(self):
        """Ask who is in charge of each to settle the gravest of its differences, once.

        Who is asked about several at once finds them among the activities, without a message for each.

        :return: a message that says who was asked, and names the lines that have nobody in charge
        :raise UserError: naming a run that is signed off or to be compared, or where nobody can be asked
        """
        self.check_access("read")
        self.reconciliation_id._check_is_compared()
        different = self.filtered(lambda one: one.result != "matched")
        # Where nothing differs, it is refused.
        checks = {line: line._get_gravest_check() for line in different or self[:1]}
        asked = self.env["pemba.reconciliation.request"]._ask(checks)
        unasked = different.filtered(lambda one: not asked[one])
        return self._notify(self.env["res.users"].union(*asked.values()), unasked)

    @public
    def action_record_opening(self):
        """What runs, or is under contract, and was not sold was sold before these records begin: once each.

        :raise AccessError: for who may not create opening sales
        :raise UserError: naming a line of a run that is signed off or of the time that sales are closed for,
            or where none of them is such
        """
        created, left = self.env["pemba.opening.sale"]._record(self)
        message = self.env._("Opening sales recorded: %s. Compare again to see what is left.", len(created))
        if left:
            names = "; ".join(left[:5].mapped("display_name"))
            message += " " + self.env._("Left out: %(count)s, %(names)s.", count=len(left), names=names)
        return self._display(message, bool(left))

    # ------------------------------------------------------------
    # What differs
    # ------------------------------------------------------------

    def _get_result_field(self, check):
        """What says what a check found; a correction is one of the installed base."""
        return "installed_result" if check == "correction" else f"{check}_result"

    def _differs_in(self, check):
        return self[self._get_result_field(check)] not in (False, "matched")

    def _get_gravest_check(self):
        """The first check that found the gravest of its results.

        :raise UserError: naming a line that matches
        """
        for check in self.env["pemba.reconciliation.judgement"]._get_checks():
            if self[self._get_result_field(check)] == self.result != "matched":
                return check
        return self._refuse_to_settle()

    def _is_unsold(self):
        """Whether more is installed than was sold, and not less."""
        return self.installed_quantity > self.due_quantity

    def _is_unattended(self):
        """Whether something runs that nothing covers, and maintenance of it can be offered."""
        return bool(self.covered_result == "not_covered" and self.uncovered_quantity)

    # ------------------------------------------------------------
    # How it is settled
    # ------------------------------------------------------------

    def _check_can_settle(self):
        """Whoever may read a run may ask, and do what they have the right to do elsewhere.

        :raise UserError: naming a run that is signed off or to be compared
        """
        self.ensure_one()
        self.check_access("read")
        self.reconciliation_id._check_is_compared()

    def _refuse_to_settle(self):
        raise UserError(self.env._("%s matches: there is nothing to settle.", self.display_name))

    def _fix(self, check=None):
        """Settle what a check found; the gravest, where none is given."""
        self._check_can_settle()
        check = check or self._get_gravest_check()
        if not self._differs_in(check):
            self._refuse_to_settle()
        return getattr(self.env["pemba.reconciliation.fix"], f"_fix_{check}")(self)

    def _ask(self, check):
        """Ask who is in charge of what a check found.

        :return: a message that says who it is
        :raise UserError: naming a line that has nobody in charge
        """
        asked = self.env["pemba.reconciliation.request"]._ask({self: check})
        return self._notify(asked[self])

    def _notify(self, users, unasked=()):
        """Say who was asked.

        :param unasked: lines that have nobody in charge
        """
        message = self.env._("Asked: %s.", ", ".join(users.sudo().mapped("name")))  # no secret
        if unasked:
            names = "; ".join(unasked[:5].mapped("display_name"))
            message += " " + self.env._("Nobody is in charge of: %s.", names)
        return self._display(message, bool(unasked))

    def _display(self, message, is_warning):
        """A message, over the lines as they are now."""
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if is_warning else "success",
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }
