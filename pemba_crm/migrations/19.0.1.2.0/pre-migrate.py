import logging

from odoo.tools import SQL

_logger = logging.getLogger(__name__)

# What is nothing without its number.
WHOLE_ROWS = ("pemba_zone_rate", "pemba_price_index_value", "pemba_margin_rule", "pemba_target")


def migrate(cr, version):
    """Numbers that are none, which earlier versions took, go: the database refuses them from now on.

    A row that says nothing else goes with its number; else the number is empty, or 0 where it is required.
    Deals take their zone's rate again on the next day.
    """
    cr.execute(
        """SELECT table_name, column_name, is_nullable = 'YES'
             FROM information_schema.columns
             JOIN information_schema.tables USING (table_schema, table_name)
            WHERE table_schema = current_schema AND table_type = 'BASE TABLE'
              AND data_type IN ('double precision', 'numeric')
              AND (table_name LIKE 'pemba\\_%' OR table_name IN ('crm_lead', 'crm_stage'))"""
    )
    for table, column, is_nullable in cr.fetchall():
        names = {"table": SQL.identifier(table), "column": SQL.identifier(column)}
        is_none = SQL("NOT abs(%(column)s::float8) < 'Infinity'", **names)
        if table in WHOLE_ROWS:
            cr.execute(SQL("DELETE FROM %(table)s WHERE %(is_none)s", is_none=is_none, **names))
        else:
            value = SQL("NULL") if is_nullable else SQL("0")
            cr.execute(
                SQL(
                    "UPDATE %(table)s SET %(column)s = %(value)s WHERE %(is_none)s",
                    value=value,
                    is_none=is_none,
                    **names,
                )
            )
        if cr.rowcount:
            _logger.info("%s numbers of %s.%s were none", cr.rowcount, table, column)
