from markupsafe import Markup, escape
from odoo import models
from odoo.exceptions import UserError

from ..pipeline.crm_lead import CLOSED


class PembaOpportunityLine(models.Model):
    """What managers correct on the lines of closed deals is told in the history of these."""

    _inherit = "pemba.opportunity.line"

    def _trace_closed(self, what):
        """Lines are added to and removed from closed deals by managers only, and it is told."""
        self._trace({line: what for line in self if line.lead_id.won_status in CLOSED})

    def _trace_changes(self, old):
        """Terms of closed deals are corrected by managers only, and it is told.

        :param old: ``{line: {name of field: value before}}``
        """
        told = {}
        for line, before in old.items():
            names = [name for name in before if line[name] != before[name]]
            line._check_may_change(names)
            if names and line.lead_id.won_status in CLOSED:
                told[line] = ", ".join(line._describe(name, before[name]) for name in names)
        self._trace(told)

    def _check_may_change(self, names=None):
        """:param names: of the fields that changed; nothing if it is to go

        :raise UserError: naming the opportunity and the line that does not change any more
        """

    def _describe(self, name, before):
        """How a field changed, for people to read: what only some may see is told without its value."""

        def say(value):
            return (value.display_name if isinstance(value, models.BaseModel) else value) or "-"

        label = self._get_label(name)
        return (
            label
            if name in ("unit_cost", "type_margin_rate")
            else f"{label}: {say(before)} → {say(self[name])}"
        )

    def _trace(self, told):
        """:param told: ``{line of a closed deal: what happened to it}``"""
        if not told:
            return
        if not self.env["crm.lead"]._is_by_manager():
            line = next(iter(told))
            raise UserError(
                self.env._(
                    "%(lead)s is closed: only sales managers may change its lines (%(product)s).",
                    lead=line.lead_id.display_name,
                    product=line.product_id.display_name,
                )
            )
        bodies = {}
        for line, what in told.items():
            body = self.env._("Changed after closing: %s", f"{line.product_id.display_name} ({what})")
            bodies.setdefault(line.lead_id.id, []).append(body)
        leads = self.env["crm.lead"].browse(bodies)
        leads._message_log_batch(
            bodies={lead: Markup("<br/>").join(map(escape, lines)) for lead, lines in bodies.items()}
        )
