"""What lets our own methods pass the rules that hold for everybody.

A rule holds whichever way a record is changed: by form, import, API and code. What follows from the rules
has to pass them, and whatever else runs meanwhile must not: automation rules, mail, other add-ons. So a mark
is not a switch. It names the records that it is for and has an end:

* a *pass* is for one call: ``_set``, ``_put`` and ``_drop`` of the mixin write, create and delete what
  follows, and the model's first room takes the pass away before it hands on to Odoo (``_take_pass``);
* a *scope* is for what a block does with some records, and ends with it.

Both belong to the transaction, and not to the context: no client can send one, and none is left behind in
the records that a block returns. What needs neither is better: an argument, a method of its own.
"""

from contextlib import contextmanager
from weakref import WeakKeyDictionary

from odoo import api, models, tools

# What follows from other records: results may be written, and nobody is asked, told or followed.
FOLLOWING = "following"
# What a configuration writes: results may be written; whoever applies it sees to the sums.
APPLYING = "applying"
# What comes with its opportunity: a person's values, checked as a whole with the opportunity.
STARTING = "starting"

# ``{cursor: passes, the innermost last}`` and ``{cursor: {name: scopes}}``. Not in the cursor's own cache:
# a savepoint that is rolled back inside empties that one.
_passes = WeakKeyDictionary()
_scopes = WeakKeyDictionary()


class Pass:
    """Lets one call of ``write``, ``create`` or ``unlink`` pass.

    :param kind: one of the above
    :param records: those that are written or deleted
    :param operation: ``write`` or ``unlink``
    :param created: the names of the models whose records are created
    """

    def __init__(self, kind, records=None, operation="write", created=()):
        self.kind = kind
        self.target = None if records is None else (records._name, operation)
        self.ids = set() if records is None else set(records.ids)
        self.created = set(created)


def _get_scopes(env, name):
    """The scopes of a name in this transaction, the innermost last: a list of sets of ids, to change."""
    return _scopes.setdefault(env.cr, {}).setdefault(name, [])


@contextmanager
def scope(records, name):
    """Have records in a scope for as long as the block lasts.

    :param name: of the scope
    """
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
    """What is let pass once is taken out of its scope.

    :return: those of the records that were in it
    """
    ids = get_scope(records.env, name)
    taken = records.filtered(lambda record: record.id in ids)
    for of_scope in _get_scopes(records.env, name):
        of_scope.difference_update(taken.ids)
    return taken


class PembaRules(models.AbstractModel):
    """A model with results that no client writes, and what writes them."""

    _name = "pemba.rules"
    _description = "Rules and Results"

    @api.model
    def _get_result_fields(self):
        """What follows from the rules. What anybody else writes to it is ignored, by whatever channel.

        :return: a new set of the names of fields, for rooms and add-ons to extend
        """
        return set()

    @api.model
    @tools.ormcache()
    def _get_results(self):
        return frozenset(self._get_result_fields())

    @api.model
    def _without_results(self, vals):
        """Values as a client may write them."""
        results = self._get_results().intersection(vals)
        return {name: value for name, value in vals.items() if name not in results} if results else vals

    def _set(self, **vals):
        """Write what follows, past the rules."""
        self._set_as(FOLLOWING, vals)

    def _set_as(self, kind, vals):
        if self:
            with self._passing(Pass(kind, self)):
                self.write(vals)

    @api.model
    def _put(self, vals_list, kind=FOLLOWING, lines=()):
        """Create what follows, past the rules.

        :param kind: of the pass
        :param lines: the names of the fields whose records come with these
        """
        given = [name for name in lines if any(vals.get(name) for vals in vals_list)]
        created = [self._name, *(self._fields[name].comodel_name for name in given)]
        with self._passing(Pass(kind, created=created)):
            return self.create(vals_list)

    def _drop(self, kind=FOLLOWING):
        """Delete what does not follow any more, past the rules."""
        if self:
            with self._passing(Pass(kind, self, "unlink")):
                self.unlink()

    @contextmanager
    def _passing(self, granted):
        passes = _passes.setdefault(self.env.cr, [])
        passes.append(granted)
        try:
            yield
        finally:
            passes.pop()

    def _find_pass(self, operation):
        """The innermost pass, if it is for this and these records."""
        granted = (_passes.get(self.env.cr) or (None,))[-1]
        if granted is None:
            return None
        if operation == "create":
            return granted if self._name in granted.created else None
        is_for_these = granted.target == (self._name, operation) and self.ids
        return granted if is_for_these and granted.ids.issuperset(self.ids) else None

    def _get_pass(self, operation):
        """The kind of the pass that there is for what is done with these records now, if any.

        :param operation: ``create``, ``write`` or ``unlink``
        """
        granted = self._find_pass(operation)
        return granted and granted.kind

    def _take_pass(self, operation):
        """As ``_get_pass``; what runs inside from here on finds none any more."""
        granted = self._find_pass(operation)
        if granted is None:
            return None
        if operation == "create":
            granted.created.discard(self._name)
        else:
            granted.ids.difference_update(self.ids)
        return granted.kind
