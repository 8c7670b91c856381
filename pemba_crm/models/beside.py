"""What is written beside something else that is not committed yet.

Odoo's transactions see the database as it was when they began. What a rule in Python compares with everything
else, and what many records take of one, would miss what others write meanwhile.
"""

from functools import partial

from odoo.modules.registry import Registry
from odoo.service.model import retrying
from odoo.tools import SQL

# How long whoever changes what others refer to waits for these: Odoo then begins again.
MOST_WAITING = "10s"


def write_alone(records, operation="write"):
    """One at a time writes what is checked against all others.

    A second one waits, and its request begins again where the first has committed.

    :param operation: what is about to be done, by who may
    """
    records.check_access(operation)
    # No value changes, yet PostgreSQL lets no two transactions do this that do not see each other.
    records.env.cr.execute(SQL("UPDATE ir_model SET model = model WHERE model = %s", records._name))


def follow_beside(records, method, *args):
    """What others take of records, they take once more after the commit: what was written beside it, too.

    Whoever wrote a record that refers to them is waited for; who comes later waits, and begins again.

    :param method: of the model, which is called again with the arguments
    """
    cr, registry, env = records.env.cr, records.env.registry, records.env
    if not records.ids or not registry.ready:  # while modules are loaded, nobody works
        return
    table, ids = SQL.identifier(records._table), tuple(records.ids)

    @cr.precommit.add
    def wait():
        cr.execute(SQL("SET LOCAL lock_timeout = %s", MOST_WAITING))
        cr.execute(SQL("SELECT id FROM %s WHERE id IN %s FOR UPDATE", table, ids))
        # Whoever comes now fails once we commit, and would not for a change of no key alone.
        cr.execute(SQL("UPDATE %s SET id = id WHERE id IN %s", table, ids))

    @cr.postcommit.add
    def again():
        registry.clear_cache()  # somebody may have read meanwhile what was committed before
        with Registry(cr.dbname).cursor() as after:
            model = env(cr=after)[method.__self__._name]
            retrying(partial(getattr(model, method.__name__), *args), model.env)
