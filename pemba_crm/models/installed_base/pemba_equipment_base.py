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
            WITH happened AS (
                SELECT * FROM pemba_equipment_event
                 WHERE date <= %(date)s AND equipment_id IN %(equipment)s
            ), last AS (
                SELECT equipment_id,
                       (ARRAY_AGG(state ORDER BY date DESC, id DESC) FILTER (WHERE state IS NOT NULL))[1]
                           AS state,
                       (ARRAY_AGG(version_id ORDER BY date DESC, id DESC)
                           FILTER (WHERE version_id IS NOT NULL))[1] AS version,
                       (ARRAY_AGG(partner_id ORDER BY date DESC, id DESC)
                           FILTER (WHERE partner_id IS NOT NULL))[1] AS partner,
                       (ARRAY_AGG(site_id ORDER BY date DESC, id DESC)
                           FILTER (WHERE site_id IS NOT NULL))[1] AS site
                  FROM happened
                 GROUP BY equipment_id
            )
            SELECT last.equipment_id AS equipment, line.product_id AS product, line.module_id AS module,
                   last.version, last.partner, last.site, last.state, SUM(line.quantity) AS quantity
              FROM last
              JOIN happened ON happened.equipment_id = last.equipment_id
              JOIN pemba_equipment_event_line line ON line.event_id = happened.id
             WHERE last.state IN ('in_service', 'suspended')
             GROUP BY last.equipment_id, line.product_id, line.module_id,
                      last.version, last.partner, last.site, last.state
            HAVING ABS(SUM(line.quantity)) > 1e-6
            """,
            date=date,
            equipment=equipment,
        )
