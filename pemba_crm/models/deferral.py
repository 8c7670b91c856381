"""What is done in several steps is followed once, when it is whole."""

from contextlib import contextmanager

from .marks import get_scope, scope


@contextmanager
def deferring(records, name):
    """What follows from records waits for the end of the block, which sees to it.

    :param name: of what waits
    """
    with scope(records, f"defers_{name}"):
        yield


def get_ready(records, name):
    """:return: those of the records for which nothing waits"""
    waiting = get_scope(records.env, f"defers_{name}")
    return records.filtered(lambda record: record.id not in waiting)
