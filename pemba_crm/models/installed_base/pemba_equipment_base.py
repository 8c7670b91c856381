from odoo import api, fields, models
from odoo.tools import SQL


class PembaEquipment(models.Model):
    """The base of any day follows from the events that had taken effect by then."""

    _inherit = "pemba.equipment"

    @api.model
    def _get_base_at(self, date, domain=None):
        """The installed base as it was on a day, by the events that had taken effect by then.

        :param date: the day, at its end
        :param domain: on equipment as it is now
        :return: a list of ``{equipment, product, module, version, partner, site, state, quantity}``, one for
            each product or module of equipment that was in service or suspended
        """
        self.env.flush_all()
        # Whose events may be read is who may read the equipment.
        equipment = self.with_context(active_test=False)._search(domain or [])
        rows = self.env.execute_query_dict(
            SQL(
                "%s ORDER BY equipment, module NULLS FIRST, product",
                self._get_base_query(fields.Date.to_date(date), equipment.subselect()),
            )
        )
        models = {
            "equipment": self,
            "product": self.env["product.product"],
            "module": self.env["pemba.software.module"],
            "version": self.env["pemba.software.version"],
            "partner": self.env["res.partner"],
            "site": self.env["res.partner"],
        }
        return [
            row | {name: model.browse(row[name] and [row[name]]) for name, model in models.items()}
            for row in rows
        ]

    @api.model
    def _get_base_query(self, date, equipment):
        """The rows of ``_get_base_at``, with ids.

        :param date: the day, at its end
        :param equipment: an SQL query of the ids of equipment
        """
        return SQL(
            """
            WITH last AS (%(states)s)
            SELECT last.equipment, line.product_id AS product, line.module_id AS module,
                   last.version, last.partner, last.site, last.state, SUM(line.quantity) AS quantity
              FROM last
              JOIN pemba_equipment_event event ON event.equipment_id = last.equipment
                                              AND event.date <= %(date)s
              JOIN pemba_equipment_event_line line ON line.event_id = event.id
             GROUP BY last.equipment, line.product_id, line.module_id,
                      last.version, last.partner, last.site, last.state
            HAVING ABS(SUM(line.quantity)) > 1e-6
            """,
            date=date,
            states=self._get_states_query(date, equipment),
        )

    @api.model
    def _get_states_query(self, date, equipment):
        """What was in service or suspended: a row each, with its state, version, partner and site of the day.

        :param date: the day, at its end
        :param equipment: an SQL query of the ids of equipment
        """
        newest = SQL(", ").join(
            SQL(
                "(ARRAY_AGG(%(name)s ORDER BY date DESC, id DESC) FILTER (WHERE %(name)s IS NOT NULL))[1]"
                " AS %(alias)s",
                name=SQL.identifier(name),
                alias=SQL.identifier(name.removesuffix("_id")),
            )
            for name in ("state", "version_id", "partner_id", "site_id")
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
