"""What a number and a day are, whoever sends them."""

import math
import sys
from datetime import date

from odoo import fields, models
from odoo.tools import SQL

LARGEST_INTEGER = 2**31 - 1  # PostgreSQL's
LARGEST, SMALLEST = 1e15, sys.float_info.min  # of more, sums and products are none
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)
NUMBERS = ("float", "monetary", "integer")
# What other systems write for "no end".
FOREVER = date(9999, 1, 1)


def is_number(value, kind):
    """Whether a value is one that a column of a kind keeps; nothing is 0.

    :param kind: the type of the field
    """
    if value is None or isinstance(value, bool) or value == "":
        return True
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        return False
    if kind == "integer":
        return math.isfinite(number) and abs(number) <= LARGEST_INTEGER
    return math.isfinite(number) and (not number or SMALLEST <= abs(number) <= LARGEST)


def is_empty(value):
    """Whether a client sends nothing for a field; zero is something."""
    return value is None or value is False or value == ""


def get_day(value):
    """:return: the day that a value means, ``False`` for nothing, ``None`` where it means none"""
    if not value:
        return False
    try:
        return fields.Date.to_date(value)
    except (TypeError, ValueError, AttributeError):
        return None


def clear(records, names):
    """Take amounts away, so that what is written next is kept: in another currency, an amount that rounds to
    the same would not be written.
    """
    if records:
        records.flush_recordset(names)
        columns = SQL(", ").join(SQL("%s = 0", SQL.identifier(name)) for name in names)
        table = SQL.identifier(records._table)
        records.env.cr.execute(SQL("UPDATE %s SET %s WHERE id = ANY(%s)", table, columns, records.ids))
        records.invalidate_recordset(names)


class FiniteNumbers(models.Constraint):
    """The database refuses what is no number, too: in every column that may have one."""

    def __init__(self, message):
        super().__init__("", message)

    def apply_to_database(self, model):
        numbers = (model._fields[name] for name in model._get_checked_fields(NUMBERS) - model._checked_too)
        columns = [
            field.name
            for field in numbers
            if field.store and field.column_type and field.column_type[0] in ("float8", "numeric")
        ]
        if columns:
            checks = " AND ".join(
                f"(abs({name}::float8) < 'Infinity' AND ({name} = 0 OR abs({name}::float8) >= {SMALLEST!r}))"
                for name in sorted(columns)
            )
            constraint = models.Constraint(f"check({checks})", self.message)
            constraint.name = self.name
            constraint.apply_to_database(model)
