from odoo import api, fields, models
from odoo.tools import SQL


class PembaEquipmentEvent(models.Model):
    """The base of any day follows from the events that had taken effect by then."""

    _inherit = "pemba.equipment.event"

    @api.model
    def _get_base_at(self, date, equipment):
        """See ``pemba.equipment._get_base_at``.

        :param equipment: an SQL query of the ids of equipment
        """
        self.env.flush_all()
        rows = self.env.execute_query_dict(
            SQL(
                "%s ORDER BY equipment, module NULLS FIRST, product",
                self._get_base_query(fields.Date.to_date(date), equipment),
            )
        )
        line = self.env["pemba.equipment.event.line"]._fields
        columns = self._get_base_columns() | {
            "equipment": self._fields["equipment_id"],
            "product": line["product_id"],
            "module": line["module_id"],
        }
        models = {
            name: self.env[field.comodel_name] for name, field in columns.items() if field.type == "many2one"
        }
        return [
            row | {name: model.browse(row[name] and [row[name]]) for name, model in models.items()}
            for row in rows
        ]

    @api.model
    def _get_base_columns(self):
        """What the base of a day says of each piece besides its state.

        :return: ``{column: field of events}``
        """
        names = self.env["pemba.equipment"]._get_ledger_fields()
        return {name.removesuffix("_id"): self._fields[name] for name in names}

    @api.model
    def _get_base_query(self, date, equipment):
        """The rows of ``_get_base_at``, with ids.

        :param date: the day, at its end
        :param equipment: an SQL query of the ids of equipment
        """
        columns = ("equipment", "state", *self._get_base_columns())
        return SQL(
            """
            WITH last AS (%(states)s)
            SELECT %(of_day)s, line.product_id AS product, line.module_id AS module,
                   SUM(line.quantity) AS quantity
              FROM last
              JOIN pemba_equipment_event event ON event.equipment_id = last.equipment
                                              AND event.date <= %(date)s
              JOIN pemba_equipment_event_line line ON line.event_id = event.id
             GROUP BY %(of_day)s, line.product_id, line.module_id
            HAVING ABS(SUM(line.quantity)) > 1e-6
            """,
            date=date,
            states=self._get_states_query(date, equipment),
            of_day=SQL(", ").join(SQL.identifier("last", column) for column in columns),
        )

    @api.model
    def _get_states_query(self, date, equipment):
        """What was in service or suspended: a row each, with its state, version, partner and site of the day.

        :param date: the day, at its end
        :param equipment: an SQL query of the ids of equipment
        """
        columns = {"state": self._fields["state"]} | self._get_base_columns()
        newest = SQL(", ").join(
            SQL(
                "(ARRAY_AGG(%(name)s ORDER BY date DESC, id DESC) FILTER (WHERE %(name)s IS NOT NULL))[1]"
                " AS %(alias)s",
                name=SQL.identifier(field.name),
                alias=SQL.identifier(column),
            )
            for column, field in columns.items()
        )
        return SQL(
            """
            SELECT * FROM (
                SELECT equipment_id AS equipment, %(newest)s
                  FROM pemba_equipment_event
                 WHERE date <= %(date)s AND equipment_id IN %(equipment)s
                 GROUP BY equipment_id) of_day
             -- As it is, the planner would expect one in a hundred; so, half of them.
             WHERE COALESCE(state IN ('in_service', 'suspended'), FALSE)
            """,
            newest=newest,
            date=date,
            equipment=equipment,
        )
