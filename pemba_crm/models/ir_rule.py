"""What hangs on another record is seen and changed by the rules of that record: derived, not copied.

A model names the fields of the records that it hangs on in ``_follows``. A rule that somebody adds for
opportunities then holds for their lines as well.
"""

from odoo import api, models, tools
from odoo.fields import Domain
from odoo.tools import SQL, config


def search_seen(model, domain=Domain.TRUE):
    """:return: the query for the records that the user sees, archived ones too; none without the right"""
    model = model.with_context(active_test=False)
    if model.has_access("read"):
        return model._search(domain)
    return model.sudo()._search(Domain.FALSE)  # nothing at all


def get_seen(model):
    """:return: the rows of the records that the user sees, as a table of a query"""
    return SQL("(%s)", search_seen(model).select(SQL("%s.*", SQL.identifier(model._table))))


class IrRule(models.Model):
    _inherit = "ir.rule"

    @api.model
    def _compute_domain(self, model_name, mode="read"):
        domain = super()._compute_domain(model_name, mode)
        follows = () if self.env.su else getattr(self.env[model_name], "_follows", ())
        for name in follows:
            domain &= self._get_followed_domain(model_name, name, mode)
        return domain.optimize(self.env[model_name]) if follows else domain

    @api.model
    @tools.conditional(
        "xml" not in config["dev_mode"],
        tools.ormcache(
            "self.env.uid", "model_name", "name", "mode", "tuple(self._compute_domain_context_values())"
        ),
    )
    def _get_followed_domain(self, model_name, name, mode):
        """What hangs on records that the user may read, or write; and what hangs on none."""
        field = self.env[model_name]._fields[name]
        mode = "read" if mode == "read" else "write"  # a line more or less changes its opportunity
        followed = Domain.FALSE
        if self.env["ir.model.access"].check(field.comodel_name, mode, raise_exception=False):
            followed = self._compute_domain(field.comodel_name, mode)
        if followed.is_true():
            return followed
        followed = Domain(field.name, "any", followed)
        return followed if field.required else followed | Domain(field.name, "=", False)

    def _get_failing(self, for_records, mode="read"):
        """With those of what the records hang on, which the message names."""
        rules = super()._get_failing(for_records, mode)
        for name in getattr(for_records, "_follows", ()):
            followed = for_records.sudo()[name].with_env(self.env)  # to say which rule refuses
            mode = "read" if mode == "read" else "write"
            rules |= super()._get_failing(followed.with_context(active_test=False), mode)
        return rules
