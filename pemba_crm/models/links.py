"""What a value of a relational field links, whoever sends it and in whatever form."""

from collections.abc import Mapping

from odoo import fields
from odoo.api import NewId
from odoo.models import BaseModel

UNLINKING = (fields.Command.DELETE, fields.Command.UNLINK, fields.Command.CLEAR)


def is_other(record, name, value):
    """Whether a value that is written, an id or a record, is another than a record has."""
    field = record._fields[name]
    return field.convert_to_cache(value, record) != field.convert_to_cache(record[name], record)


def get_commands(value):
    """:return: the whole commands in a value of a one2many field, whatever a client sends"""
    return [
        command
        for command in (value if isinstance(value, (list, tuple)) else ())
        if isinstance(command, (list, tuple)) and len(command) == 3 and _is_whole(command)
    ]


def _is_whole(command):
    brings_values = command[0] in (fields.Command.CREATE, fields.Command.UPDATE)
    return not brings_values or isinstance(command[2], dict)


def get_linked(value):
    """:return: the ids that a value of a relational field links, whatever stands for a record there

    :raise TypeError: where it is no such value
    """
    if isinstance(value, (list, tuple)):
        return [one for command in value for one in _get_linked_by(command)]
    return _get_linked_one(value)


def _get_linked_by(command):
    if not isinstance(command, (list, tuple)):
        return _get_linked_one(command)
    number = command[0] if command and isinstance(command[0], int) else None
    if number == fields.Command.SET and len(command) == 3 and isinstance(command[2], (list, tuple, set)):
        return [one for value in command[2] for one in _get_linked_one(value)]
    if number == fields.Command.LINK and len(command) >= 2:
        return _get_linked_one(command[1])
    if number in (*UNLINKING, fields.Command.CREATE, fields.Command.UPDATE) and len(command) <= 3:
        return []
    raise TypeError(command)


def _get_linked_one(value):
    if isinstance(value, BaseModel):
        return value._origin.ids
    if isinstance(value, NewId):
        return [value.origin] if value.origin else []
    if isinstance(value, Mapping):  # as a form sends it
        return _get_linked_one(value.get("id"))
    if value is None or value is False or type(value) is int:
        return [value] if value else []
    raise TypeError(value)
