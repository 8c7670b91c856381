"""What a number and a day are, whoever sends them."""

import math
import sys
from datetime import date

from odoo import fields
from odoo.tools import SQL

LARGEST_INTEGER = 2**31 - 1  # PostgreSQL's
LARGEST, SMALLEST = 1e15, sys.float_info.min  # of more, sums and products are none
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2999, 12, 31)
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
