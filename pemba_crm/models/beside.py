"""What is written beside something else that is not committed yet.

Odoo's transactions see the database as it was when they began. What a rule in Python compares with everything
else, and what many records take of one, would miss what others write meanwhile.
"""

import logging
from functools import partial

from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.tools import SQL, mute_logger
from psycopg2 import OperationalError

_logger = logging.getLogger(__name__)

PENDING = "pemba_follow_beside"
# How long those who write beside a change are waited for.
MOST_WAITING = "2s"


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
    for (referred, model, method), notes in list(pending.items()):
        try:
            with Registry(env.cr.dbname).cursor() as cr:
                _wait_for_references(cr, env[referred]._table, tuple(notes))
            with Registry(env.cr.dbname).cursor() as cr:
                records = env(cr=cr)[model]
                retrying(partial(getattr(records, method), notes), records.env)
        except Exception:  # what was committed stays, and is told to who did it
            _logger.exception("%s.%s of %s after the commit", model, method, referred)
    pending.clear()


def _wait_for_references(cr, table, ids):
    """Who wrote a record that refers to these is waited for; who does now, and began before, begins again."""
    names = {"table": SQL.identifier(table), "ids": ids}
    try:
        with mute_logger("odoo.sql_db"):
            cr.execute(SQL("SET LOCAL lock_timeout = %s", MOST_WAITING))
            cr.execute(SQL("SELECT id FROM %(table)s WHERE id IN %(ids)s FOR UPDATE", **names))
            # Of a change of no key alone, nobody would take notice.
            cr.execute(SQL("UPDATE %(table)s SET id = id WHERE id IN %(ids)s", **names))
            cr.commit()
    except OperationalError as error:
        cr.rollback()
        _logger.info("Somebody writes for long beside a change of %s: %s", table, error)
