"""What a client may call: which records it is for, and what its arguments are, said once and in words.

A client sends any JSON: no id, the text "7", a list for a day. What is not meant is refused before anything
is done, and not where it happens to be used. Each public method of ours is marked;
``tests/public_methods.txt`` lists them.
"""

import inspect
from collections.abc import Collection, Mapping
from functools import wraps

from odoo.api import NewId
from odoo.exceptions import UserError
from odoo.models import BaseModel

from .scalars import FIRST_DAY, LARGEST_INTEGER, LAST_DAY, get_day

DAY, TEXT, VALUES, VALUES_LIST, NAMES, ROWS = "day", "text", "values", "values_list", "names", "rows"
CHECKS = {
    TEXT: lambda value: isinstance(value, str),
    VALUES: lambda value: isinstance(value, Mapping),
    VALUES_LIST: lambda value: _is_list_of(value, Mapping),
    NAMES: lambda value: _is_list_of(value, str),
    ROWS: lambda value: _is_list_of(value, (list, tuple)),
}


def _is_list_of(value, kind):
    """JSON has lists alone; Odoo's own code takes what comes in its order, too, as the keys of a dict."""
    is_many = isinstance(value, Collection) and not isinstance(value, (str, bytes, Mapping))
    return is_many and all(issubclass(one, kind) for one in set(map(type, value)))  # many are of few types


def public(method=None, /, *, one=False, some=False, **kinds):
    """Mark a method as one that clients may call.

    :param one: it is for one record
    :param some: it is for one or more
    :param kinds: ``{argument: kind}``: one of those above, or the name of a model, of which an id is taken
        too; where the argument has a default, nothing is taken as well
    """
    if method is None:
        return lambda function: public(function, one=one, some=some, **kinds)
    names = list(inspect.signature(method).parameters)
    positions = {names.index(name) - 1: name for name in kinds}

    @wraps(method)
    def checked(self, *args, **kwargs):
        _check_ids(self, one, some)
        if kinds:
            args = [
                _convert(self, method, positions[position], value, kinds[positions[position]])
                if position in positions
                else value
                for position, value in enumerate(args)
            ]
            for name in kinds.keys() & kwargs.keys():
                kwargs[name] = _convert(self, method, name, kwargs[name], kinds[name])
        return method(self, *args, **kwargs)

    checked._is_public = True
    return checked


def _check_ids(records, one, some):
    """:raise UserError: for what is no id, and for none or several records where one is meant"""
    for value in records._ids:
        if not isinstance(value, NewId) and (type(value) is not int or value <= 0):
            raise UserError(records.env._("%(value)s is no number of a record.", value=value))
    if (one and len(records) != 1) or (some and not records):
        message = (
            records.env._("%(model)s: choose one first.", model=_get_label(records))
            if not records
            else records.env._(
                "%(model)s: this is done for one at a time, not for %(count)s.",
                model=_get_label(records),
                count=len(records),
            )
        )
        raise UserError(message)


def _get_label(records):
    return records.env["ir.model"]._get(records._name).name or records._name


def _convert(records, method, name, value, kind):
    """:return: an argument as the method takes it: a day, a text, records"""
    if kind in CHECKS and CHECKS[kind](value):
        if kind in (VALUES, VALUES_LIST):
            check_names(records, [value] if kind == VALUES else value)
        return value
    if value in (None, False, "") and type(value) is not int:
        if inspect.signature(method).parameters[name].default is not inspect.Parameter.empty:
            return None
    elif kind == DAY and not isinstance(value, bool):
        day = get_day(value)
        if day and FIRST_DAY <= day <= LAST_DAY:
            return day
    elif isinstance(value, BaseModel) and value._name == kind:
        return value
    elif kind in records.env and type(value) is int and 0 < value <= LARGEST_INTEGER:
        found = records.env[kind].browse(value).exists()
        if found and found.has_access("read"):
            return found
    raise UserError(
        records.env._(
            "%(model)s, %(argument)s: %(value)s is not what is asked for: %(kind)s.",
            model=_get_label(records),
            argument=name,
            value=value,
            kind=_get_kind(records.env, kind),
        )
    )


def get_active_ids(env):
    """:return: the ids that a list hands over: of what was selected
    :raise UserError: for what is no id
    """
    ids = env.context.get("active_ids") or []
    if not _is_list_of(ids, int) or any(type(one) is not int or one <= 0 for one in ids):
        raise UserError(env._("%(value)s is no number of a record.", value=ids))
    return list(ids)


def check_names(records, vals_list):
    """:raise UserError: for values of no field of ours; those of Odoo's models other add-ons may take away"""
    names = {name for vals in vals_list if not vals.keys() <= records._fields.keys() for name in vals}
    for name in names - records._fields.keys() if records._name.startswith("pemba.") else ():
        raise UserError(
            records.env._("%(model)s has no field named %(name)s.", model=_get_label(records), name=name)
        )


def _get_kind(env, kind):
    kinds = {
        DAY: env._("a day such as 2027-01-31"),
        TEXT: env._("a text"),
        VALUES: env._("values by their names"),
        VALUES_LIST: env._("a list of values by their names"),
        NAMES: env._("a list of names"),
        ROWS: env._("a list of rows"),
    }
    return kinds.get(kind) or env._("the number of a record, %s", _get_label(env[kind]))
