"""What is written beside something else that is not committed yet.

Odoo's transactions see the database as it was when they began. What a rule in Python compares with everything
else, and what many records take of one, would miss what others write meanwhile.
"""

import logging
from functools import partial

from odoo.modules.registry import Registry
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL, mute_logger
from psycopg2 import OperationalError

_logger = logging.getLogger(__name__)

PENDING = "pemba_follow_beside"
# How long those who write beside a change are waited for.
MOST_WAITING = "2s"
TRIES = 5


def write_alone(records, operation="write"):
    """One at a time writes what is checked against all others.

    A second one waits, and its request begins again where the first has committed.

    :param operation: what is about to be done, by who may
    """
    records.check_access(operation)
    # No value changes, yet PostgreSQL lets no two transactions do this that do not see each other.
    records.env.cr.execute(SQL("UPDATE ir_model SET model = model WHERE model = %s", records._name))


def follow_beside(records, model, method, notes=None):
    """What others take of records, they take once more after the commit: what was written beside it, too.

    The method reads what is committed: it is called for what was rolled back as well.

    :param model, method: names; it is called with ``{id of a record: note}``
    :param notes: ``{record: what the method has to know of it}``, the first of a transaction
    """
    env = records.env
    if not records.ids or not env.registry.ready:  # while modules are loaded, nobody works
        return
    pending = env.cr.postcommit.data.setdefault(PENDING, {})
    if not pending:
        env.cr.postcommit.add(partial(_follow, env, pending))
    of_method = pending.setdefault((records._name, model, method), {})
    for record in records:
        of_method.setdefault(record.id, (notes or {}).get(record))


def _follow(env, pending):
    env.registry.signal_changes()  # what is committed is told to others first
    for (referred, model, method), notes in list(pending.items()):
        for tries_left in range(TRIES - 1, -1, -1):
            try:
                _wait_for_references(env, env[referred]._table, tuple(notes))
                with Registry(env.cr.dbname).cursor() as cr:
                    records = env(cr=cr)[model]
                    getattr(records, method)(notes)
                    records.env.flush_all()
                break
            except Exception as error:  # what was committed stays, and is told to who did it
                if not (tries_left and isinstance(error, PG_CONCURRENCY_EXCEPTIONS_TO_RETRY)):
                    _logger.exception("%s.%s of %s after the commit", model, method, referred)
                    break
    pending.clear()


def _wait_for_references(env, table, ids):
    """Who wrote a record that refers to these is waited for; who does now, and began before, begins again."""
    names = {"table": SQL.identifier(table), "ids": ids}
    try:
        with mute_logger("odoo.sql_db"), Registry(env.cr.dbname).cursor() as cr:
            cr.execute(SQL("SET LOCAL lock_timeout = %s", MOST_WAITING))
            cr.execute(SQL("SELECT id FROM %(table)s WHERE id IN %(ids)s FOR UPDATE", **names))
            # Of a change of no key alone, nobody would take notice.
            cr.execute(SQL("UPDATE %(table)s SET id = id WHERE id IN %(ids)s", **names))
    except OperationalError as error:
        _logger.info("Somebody writes for long beside a change of %s: %s", table, error)
