"""What a value has to be to be kept, whoever sends it: a number that is one, a day of our times.

PostgreSQL and Python keep *not a number* and infinity, which compare as nothing should: a rate of NaN is
above zero, and makes a NaN of every sum that it comes into. Data tools write it for an empty cell.
"""

from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError

from .beside import write_alone
from .links import get_commands, get_linked, is_other
from .public import NAMES, ROWS, VALUES, VALUES_LIST, check_names, public
from .scalars import (
    FIRST_DAY,
    FOREVER,
    LAST_DAY,
    NUMBERS,
    FiniteNumbers,
    get_day,
    is_empty,
    is_number,
)

DAYS = ("date",)
KINDS = (*NUMBERS, *DAYS, "selection", "many2one", "many2many", "one2many")


class PembaValues(models.AbstractModel):
    """A model whose numbers are numbers, and whose days are days of our times."""

    _name = "pemba.values"
    _description = "Values"

    # Whether not everybody of a company sees all records: who links one must see it.
    _is_owned = False
    # Required fields that are filled again where they are emptied.
    _refilled = frozenset()
    # Numbers of Odoo's that ours follow from.
    _checked_too = frozenset()
    # Whether a rule compares each record with all others: an import waits before it begins, and not within.
    _is_written_alone = False

    _finite_numbers = FiniteNumbers("A number of this record is none.")

    @api.model
    def _is_ours(self, field):
        """Whether a field is of this add-on, or of a model of this add-on."""
        return self._name.startswith("pemba.") or "pemba_crm" in field._modules

    @api.model
    @tools.ormcache("types")
    def _get_checked_fields(self, types):
        """The names of the fields of ours that are of some types."""
        return frozenset(
            name
            for name, field in self._fields.items()
            if name != "id" and field.type in types and (self._is_ours(field) or name in self._checked_too)
        )

    @api.model
    def _get_endless_fields(self):
        """Last days that may be empty: what others write for no end is none. A new set."""
        return set()

    @api.model
    @public(fields=NAMES, data=ROWS)
    def load(self, fields, data):
        first = [field.partition("/")[0].partition(".")[0] for field in fields]
        check_names(self, [dict.fromkeys(filter(None, first))])
        if self._is_written_alone:
            write_alone(self, "create")
        return super().load(fields, data)

    @api.model_create_multi
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):
        vals_list = [self._check_values(self._without_empty(vals)) for vals in vals_list]
        if self._transient:
            self._check_links(vals_list, is_new=True)
        return super().create(vals_list)

    @public(vals=VALUES)
    def write(self, vals):
        self._check_given(vals)
        vals = self._check_values(vals)
        if self._transient:
            self._check_links([vals])
        return super().write(vals)

    @api.model
    @tools.ormcache()
    def _get_links(self):
        """The fields of ours by which records are linked that not everybody sees."""
        return frozenset(
            name
            for name, field in self._fields.items()
            if field.type in ("many2one", "many2many")
            and (field.store or field.inverse)
            and self._is_checked_link(field)
        )

    @api.model
    def _is_checked_link(self, field):
        """Whether who writes a field must see what it links."""
        linked = self.env.get(field.comodel_name)
        if not self._is_ours(field) or linked is None or linked._abstract:
            return False
        if self._transient and linked._name == "res.partner":
            return True
        has_rules = getattr(linked, "_is_owned", False) or getattr(linked, "_follows", ())
        return bool(has_rules or (linked._name.startswith("pemba.") and self._has_rules(linked._name)))

    @api.model
    def _has_rules(self, model):
        rules = self.env["ir.rule"].sudo()  # which there are is asked by everybody
        return bool(rules.search_count([("model_id.model", "=", model)], limit=1))

    @api.model
    def _get_link_operation(self, name):
        """What who links a record must be allowed: to write it, where it changes by what links it."""
        return "read"

    def _check_links(self, vals_list, is_new=False):
        """What a client links is what it may read: all that is followed later relies on that.

        Not what the records link already.

        :param is_new: whether records are created with these values, and with defaults
        :raise AccessError: as Odoo words it
        """
        links = self._get_links()
        if self.env.su or not links:
            return
        defaults = {}
        if is_new:
            own = self.env["ir.default"]._get_model_defaults(self._name)
            context = self.env.context
            defaults = {name: context.get(f"default_{name}", own.get(name)) for name in links}
        for name in links:
            ids = {one for vals in vals_list for one in self._get_linked(name, vals, defaults)}
            if ids and self and not is_new:
                linked = [set(record[name].ids) for record in self.sudo()]  # may be more than the user sees
                ids -= set.intersection(*linked)
            if ids:
                linked = self.env[self._fields[name].comodel_name].browse(ids)
                linked.check_access(self._get_link_operation(name))

    def _get_linked(self, name, vals, defaults):
        value = vals.get(name, defaults.get(name))
        try:
            if self._fields[name].type == "many2one" and isinstance(value, (list, tuple)):
                if not isinstance(value, tuple) or not value:
                    raise TypeError(value)
                value = value[0]  # with its name, as it is read
            return get_linked(value)
        except TypeError as error:
            self._refuse_value(name, error, self.env._("this is no record."))

    @api.model
    @tools.ormcache("self.env.uid")
    def _get_own_defaults(self):
        """The fields that the user has set a default for, for nobody else."""
        defaults = self.env["ir.default"].sudo()  # one's own
        own = defaults.search([("user_id", "=", self.env.uid), ("field_id.model", "=", self._name)])
        return frozenset(own.field_id.mapped("name"))

    @api.model
    @public(fields_list=NAMES)
    def default_get(self, fields_list):
        """What is none is no default either; nor, past the rights, what somebody set for himself."""
        context = self.env.context
        given = {key[8:]: value for key, value in context.items() if key.startswith("default_")}
        asked = self._get_checked_fields(KINDS).intersection(given, fields_list) if given else ()
        if asked:
            self._check_values({name: given[name] for name in asked})
        values = super().default_get(fields_list)
        if self.env.su:
            self._keep_fields_defaults(values, self._get_own_defaults().difference(given))
        return values

    def _keep_fields_defaults(self, values, names):
        """Some fields have no default but their own."""
        for name in names & values.keys():
            default = self._fields[name].default
            if default:
                values |= self._convert_to_write({name: default(self)})
            else:
                del values[name]

    @public(values=VALUES, field_names=NAMES, fields_spec=VALUES)
    def onchange(self, values, field_names, fields_spec):
        """On a form nothing is written yet, and much is computed with all rights."""
        self._check_form_links(values)
        return super().onchange(values, field_names, fields_spec)

    def _check_form_links(self, values):
        """As ``_check_values`` and ``_check_links``, for values of a form and of the lines in it."""
        self._check_values(values)
        self._check_links([values], is_new=not self)
        for name, value in values.items():
            field = self._fields.get(name)
            lines = self.env[field.comodel_name] if field and field.type == "one2many" else None
            for command in get_commands(value) if isinstance(lines, PembaValues) else ():
                is_known = command[0] == fields.Command.UPDATE and isinstance(command[1], int)
                if command[0] in (fields.Command.CREATE, fields.Command.UPDATE):
                    lines.browse(command[1] if is_known else ())._check_form_links(command[2])

    @public(default=VALUES)
    def copy_data(self, default=None):
        """A copy links what its user may read."""
        vals_list = super().copy_data(default)
        for name in () if self.env.su else self._get_links().difference(default or ()):
            for vals in vals_list:
                linked = self.env[self._fields[name].comodel_name].browse(get_linked(vals.get(name)))
                if linked and not linked.has_access(self._get_link_operation(name)):
                    del vals[name]
        return vals_list

    @api.model
    @tools.ormcache()
    def _get_required_fields(self):
        """The required fields of ours, but for numbers, of which none is 0."""
        return frozenset(
            name
            for name, field in self._fields.items()
            if name not in self._refilled
            and field.required
            and field.type not in (*NUMBERS, "boolean")
            and self._is_ours(field)
        )

    @api.model
    @tools.ormcache()
    def _get_filled_fields(self):
        """The required fields of ours that fill themselves: an empty cell says nothing of them."""
        return frozenset(
            name
            for name, field in self._fields.items()
            if field.required
            and field.type != "boolean"
            and (field.default or field.compute)
            and self._is_ours(field)
        )

    @api.model
    def _without_empty(self, vals):
        """Values of a new record, without those left empty that fill themselves."""
        empty = {name for name in self._get_filled_fields().intersection(vals) if is_empty(vals[name])}
        return {name: value for name, value in vals.items() if name not in empty} if empty else vals

    def _check_given(self, vals):
        """:raise ValidationError: naming the record and its required field that would be emptied"""
        for name in self._get_required_fields().intersection(vals):
            if is_empty(vals[name]):
                self._refuse_value(name, "", self.env._("it must not be empty."))

    def _check_values(self, vals):
        """Values as they can be kept.

        :return: the same; without an end where it is that of nothing
        :raise ValidationError: naming the record, the field and the value
        """
        for name in self._get_checked_fields(NUMBERS).intersection(vals):
            if not is_number(vals[name], self._fields[name].type):
                self._refuse_value(name, vals[name], self.env._("this is no number that can be kept."))
        for name in self._get_checked_fields(DAYS).intersection(vals):
            day = get_day(vals[name])
            if day and day >= FOREVER and name in self._get_endless_fields():
                vals = vals | {name: False}
            elif day is None or (day and not FIRST_DAY <= day <= LAST_DAY):
                self._refuse_value(
                    name, vals[name], self.env._("this is no day between the years 1900 and 2999.")
                )
        for name in self._get_checked_fields(("many2one", "many2many", "one2many")).intersection(vals):
            self._get_linked(name, vals, {})
        for name in self._get_checked_fields(("selection",)).intersection(vals):
            if not isinstance(vals[name] or "", str):
                self._refuse_value(name, vals[name], self.env._("this is none of its values."))
        return vals

    def _keeping(self, vals, name, names):
        """What follows from a field stays where the field is written and does not change."""
        same = self.browse()
        if name in vals:
            same = self.filtered(lambda one: not is_other(one, name, vals[name]))
        return self.env.protecting([self._fields[one] for one in names], same)

    def _refuse_value(self, name, value, reason):
        known = self.sudo()  # a name; whoever writes it
        record = known[:1].display_name or self.env["ir.model"]._get(self._name).name
        raise ValidationError(
            self.env._(
                "%(record)s, %(field)s: %(value)s: %(reason)s",
                record=record,
                field=known.fields_get([name], ["string"])[name]["string"],
                value=value,
                reason=reason,
            )
        )
