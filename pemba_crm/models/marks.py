"""What lets our own methods pass the rules that hold for everybody.

A rule holds whichever way a record is changed: by form, import, API and code. What follows from the rules
has to pass them, and whatever else runs meanwhile must not: automation rules, mail, other add-ons. So a mark
is not a switch in the context. It names the records that it is for and has an end:

* a *pass* is for one call: ``_set``, ``_put`` and ``_drop`` of the mixin write, create and delete what
  follows, and the model's first room takes the pass away right before it hands on to Odoo (``_spend_pass``);
* a *scope* is for what a block does with some records, and is empty once the block is left.

Both are objects: no client can send one. What needs neither is better: an argument, a method of its own.
"""

from contextlib import contextmanager

from odoo import api, models, tools

# What follows from other records: results may be written, and nobody is asked, told or followed.
FOLLOWING = "following"
# What a configuration writes: results may be written; whoever applies it sees to the sums.
APPLYING = "applying"
# What comes with its opportunity: a person's values, checked as a whole with the opportunity.
STARTING = "starting"


class Pass:
    """Lets one call of ``write``, ``create`` or ``unlink`` pass.

    :param kind: one of the above
    :param records: those that are written or deleted
    :param created: the names of the models whose records are created
    """

    def __init__(self, kind, records=None, created=()):
        self.kind = kind
        self.model = None if records is None else records._name
        self.ids = set() if records is None else set(records.ids)
        self.created = set(created)


class Scope(set):
    """The ids of the records that something is done with, for as long as it is done."""


@contextmanager
def scope(records, name):
    """Have records in a scope for as long as the block lasts.

    :param name: of the scope
    :return: the records, to do it with
    """
    ids = Scope(records.ids)
    try:
        yield records.with_context(**{f"pemba_{name}": ids})
    finally:
        ids.clear()


def get_scope(env, name):
    """:return: the ids in a scope; an empty set outside of one"""
    ids = env.context.get(f"pemba_{name}")
    return ids if isinstance(ids, Scope) else Scope()


def is_in_scope(records, name):
    """Whether all of these records, and not only some, are in a scope; none that is not saved yet is."""
    return bool(records.ids) and get_scope(records.env, name).issuperset(records.ids)


def take(records, name):
    """What is let pass once is taken out of its scope.

    :return: those of the records that were in it
    """
    ids = get_scope(records.env, name)
    taken = records.filtered(lambda record: record.id in ids)
    ids.difference_update(taken.ids)
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
        if not self:
            return
        with self._passing(Pass(kind, self)) as passing:
            passing.write(vals)

    @api.model
    def _put(self, vals_list, kind=FOLLOWING, lines=()):
        """Create what follows, past the rules.

        :param kind: of the pass
        :param lines: the models whose records come with these, as lines do
        """
        with self._passing(Pass(kind, created=(self._name, *lines))) as passing:
            return passing.create(vals_list).with_env(self.env)

    def _drop(self, kind=FOLLOWING):
        """Delete what does not follow any more, past the rules."""
        if not self:
            return
        with self._passing(Pass(kind, self)) as passing:
            passing.unlink()

    @contextmanager
    def _passing(self, granted):
        try:
            yield self.with_context(pemba_pass=granted)
        finally:
            granted.ids.clear()
            granted.created.clear()

    def _get_pass(self):
        """The kind of the pass that these records have for what is done with them now, if any."""
        granted = self.env.context.get("pemba_pass")
        if not (isinstance(granted, Pass) and granted.model == self._name):
            return None
        return granted.kind if self.ids and granted.ids.issuperset(self.ids) else None

    @api.model
    def _get_creation_pass(self):
        """The kind of the pass that there is for creating records of this model, if any."""
        granted = self.env.context.get("pemba_pass")
        return granted.kind if isinstance(granted, Pass) and self._name in granted.created else None

    def _spend_pass(self, is_creation=False):
        """What runs inside from here on finds no pass for this any more."""
        granted = self.env.context.get("pemba_pass")
        if not isinstance(granted, Pass):
            return
        if is_creation:
            granted.created.discard(self._name)
        elif granted.model == self._name:
            granted.ids.difference_update(self.ids)
