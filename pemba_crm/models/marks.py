"""What lets our own methods pass the rules that hold for everybody.

A rule holds whichever way a record is changed: by form, import, API and code. What follows from the rules
has to pass them, and whatever else runs meanwhile must not: automation rules, mail, other add-ons. So a mark
is not a switch. It names the records that it is for and has an end:

* a *pass* is for one call: ``_set``, ``_put`` and ``_drop`` of the mixin write, create and delete what
  follows, and the model's first room takes the pass away before it hands on to Odoo (``_take_write`` …);
* a *scope* is for what a block does with some records, and ends with it.

Both belong to the transaction, and not to the context: no client can send one, and none is left behind in
the records that a block returns. What needs neither is better: an argument, a method of its own.
"""

from contextlib import contextmanager
from weakref import WeakKeyDictionary

from odoo import api, models, tools
from odoo.fields import Command

from .links import get_commands
from .public import VALUES, VALUES_LIST, public

# What follows from other records: results may be written, and nobody is asked, told or followed.
FOLLOWING = "following"
# What a configuration writes: results may be written; whoever applies it sees to the sums.
APPLYING = "applying"
# What comes with its opportunity: a person's values, checked as a whole with the opportunity.
STARTING = "starting"
# What comes with an opportunity that follows itself, as a renewal does: results may be given.
OPENING = "opening"

# ``{cursor: passes, the innermost last}`` and ``{cursor: {name: scopes}}``. Not in the cursor's own cache:
# a savepoint that is rolled back inside empties that one.
_passes = WeakKeyDictionary()
_scopes = WeakKeyDictionary()


class Pass:
    """Lets one call of ``write``, ``create`` or ``unlink`` pass, and no other one that comes in between.

    :param kind: one of the above
    :param records: those that are written or deleted
    :param vals: what is written to them
    :param created: ``{model: values of each record that is created}``
    :param told: called once Odoo has written, before anybody else hears of it
    """

    def __init__(self, kind, records=None, vals=None, created=None, told=None):
        self.kind = kind
        self.model = None if records is None else records._name
        self.ids = set() if records is None else set(records.ids)
        self.vals = vals
        self.created = {model: list(vals_list) for model, vals_list in (created or {}).items()}
        self.told = told

    def tell(self):
        """Tell what was written, once."""
        told, self.told = self.told, None
        if told:
            told()

    def is_for(self, records, vals=None):
        """Whether it is for these records, which are deleted, or to which values are written."""
        if self.model != records._name or not records.ids or not self.ids.issuperset(records.ids):
            return False
        return self.vals is vals or (None not in (self.vals, vals) and _includes(vals, self.vals))

    def take_created(self, model, vals_list, is_asked=False):
        """Whether all of these are what is created; they are created once, unless it is only asked."""
        left = list(self.created.get(model, ()))
        for vals in vals_list:
            place = next((place for place, own in enumerate(left) if _includes(vals, own)), None)
            if place is None:
                return False
            del left[place]
        if vals_list and not is_asked:
            self.created[model] = left
        return bool(vals_list)


def _includes(vals, own):
    """Whether values are these, or these and more: what is on the way adds to them."""
    return all(name in vals and (vals[name] is value or vals[name] == value) for name, value in own.items())


def _get_scopes(env, name):
    """The scopes of a name in this transaction, the innermost last: a list of sets of ids, to change."""
    return _scopes.setdefault(env.cr, {}).setdefault(name, [])


@contextmanager
def scope(records, name):
    """Have records in a scope of a name for as long as the block lasts."""
    scopes = _get_scopes(records.env, name)
    scopes.append(set(records.ids))
    try:
        yield
    finally:
        scopes.pop()


def get_scope(env, name):
    """:return: the ids in a scope; an empty set outside of one"""
    return set().union(*_scopes.get(env.cr, {}).get(name, ()))


def is_in_scope(records, name):
    """Whether all of these records, and not only some, are in a scope; none that is not saved yet is."""
    return bool(records.ids) and get_scope(records.env, name).issuperset(records.ids)


def take(records, name):
    """What is let pass once is taken out of its scope: those of the records that were in it."""
    ids = get_scope(records.env, name)
    taken = records.filtered(lambda record: record.id in ids)
    for of_scope in _get_scopes(records.env, name):
        of_scope.difference_update(taken.ids)
    return taken


class PembaRules(models.AbstractModel):
    """A model with results that no client writes, and what writes them."""

    _name = "pemba.rules"
    _inherit = "pemba.values"
    _description = "Rules and Results"

    @api.model
    def _get_result_fields(self):
        """What follows from the rules. What anybody else writes to it is ignored, by whatever channel.

        A column of ours that is readonly is one, whether it is computed or not.

        :return: a new set of the names of fields, for rooms and add-ons to extend
        """
        return {
            name
            for name, field in self._fields.items()
            if field.store
            and field.readonly
            and field.column_type
            and not field.inverse  # that one says itself what writing means
            and "pemba_crm" in field._modules
        }

    @api.model
    @tools.ormcache()
    def _get_results(self):
        return frozenset(self._get_result_fields())

    @api.model
    def _get_imported_results(self, is_new):
        """Of the results, what this user brings in, who imports history: a new set.

        :param is_new: whether records are created
        """
        return set()

    def _as_sent(self, vals_list, is_new=False):
        """Values as a client may send them: every room's door.

        :param is_new: whether records are created with them
        :return: them without results
        :raise AccessError: where they link what the user may not read
        :raise ValidationError: where a number or a day is none
        """
        if is_new:
            vals_list = [self._without_empty(vals) for vals in vals_list]
        for vals in () if is_new else vals_list:
            self._check_given(vals)
        results = self._get_results()
        if any(not results.isdisjoint(vals) for vals in vals_list):
            results -= self._get_imported_results(is_new)
        sent = [
            self._check_values(
                vals
                if results.isdisjoint(vals)
                else {name: value for name, value in vals.items() if name not in results}
            )
            for vals in vals_list
        ]
        self._check_links(sent, is_new=is_new)
        return sent

    @api.model
    @public
    def default_get(self, fields_list):
        """A result has no default but its own: neither one of the context nor one that a user set."""
        values = super().default_get(fields_list)
        self._keep_fields_defaults(values, self._get_results())
        return values

    def _set(self, **vals):
        """Write what follows, past the rules."""
        self._set_as(FOLLOWING, vals)

    def _set_as(self, kind, vals, told=None):
        """:param told: see ``Pass``"""
        if self:
            with self._passing(Pass(kind, self, vals, told=told)):
                self.write(vals)

    @api.model
    def _put(self, vals_list, kind=FOLLOWING, lines=()):
        """Create what follows, past the rules.

        :param kind: of the pass
        :param lines: the names of the fields whose records come with these
        """
        if not vals_list:
            return self.browse()
        created = {self._name: vals_list} | self._get_line_vals(vals_list, lines)
        with self._passing(Pass(kind, created=created)):
            return self.create(vals_list)

    @api.model
    def _get_line_vals(self, vals_list, lines):
        """``{model: values}`` of the records that values of some fields create."""
        return {
            self._fields[name].comodel_name: [
                command[2]
                for vals in vals_list
                for command in get_commands(vals.get(name))
                if command[0] == Command.CREATE
            ]
            for name in lines
        }

    def _drop(self, kind=FOLLOWING):
        """Delete what does not follow any more, past the rules."""
        if self:
            with self._passing(Pass(kind, self)):
                self.unlink()

    @contextmanager
    def _passing(self, granted):
        passes = _passes.setdefault(self.env.cr, [])
        passes.append(granted)
        try:
            yield
        finally:
            passes.pop()

    def _get_passing(self):
        """The innermost pass, whatever it is for."""
        return (_passes.get(self.env.cr) or (None,))[-1]

    @api.model
    def _is_passing(self):
        """Whether records of this model are being created past the rules."""
        granted = self._get_passing()
        return granted is not None and self._name in granted.created

    @api.model
    def _is_granted(self, vals_list):
        """Whether there is a pass for creating these."""
        granted = self._get_passing()
        return bool(granted and granted.take_created(self._name, vals_list, is_asked=True))

    @api.model
    def _take_creation(self, vals_list):
        """The kind of the pass that there is for creating these, if any; there is none after that."""
        granted = self._get_passing()
        return granted and granted.take_created(self._name, vals_list) and granted.kind or None

    def _take_write(self, vals):
        """The kind of the pass that there is for writing these values, if any; there is none after that."""
        granted = self._get_passing()
        if not granted or not granted.is_for(self, vals):
            return None
        granted.ids.difference_update(self.ids)
        return granted.kind

    def _take_removal(self):
        """As ``_take_write``, for deleting these."""
        return self._take_write(None)


class PembaGuarded(models.AbstractModel):
    """A model that has no more to do when it is written than to keep what no client writes."""

    _name = "pemba.guarded"
    _inherit = "pemba.rules"
    _description = "Guarded Results"

    @api.model_create_multi
    @public(vals_list=VALUES_LIST)
    def create(self, vals_list):
        if not self._take_creation(vals_list):
            vals_list = self._as_sent(vals_list, is_new=True)
        return super().create(vals_list)

    @public(vals=VALUES)
    def write(self, vals):
        if not self._take_write(vals):
            vals = self._as_sent([vals])[0]
        return super().write(vals)
