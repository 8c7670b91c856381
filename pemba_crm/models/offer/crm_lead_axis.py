from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL


class Axis(fields.Many2many):
    """What the lines of an opportunity name, to search and to group by.

    Its relation is a view on the lines, so that it is never written and always right. An add-on adds an axis
    of its own by such a field of the opportunity, with ``relation``, ``column2`` and ``source``.

    :param SQL source: what of a line that counts it is: an expression on ``line``, its ``software`` and its
        ``configuration``
    """

    source = None
    column1 = "lead_id"
    readonly = True
    copy = False

    def update_db(self, model, columns):
        model.pool.post_init(self._create_view, model)  # when the table of the lines is there

    def write_real(self, records_commands_list, create=False):
        model = records_commands_list[0][0]
        raise UserError(model.env._("%s follows from the lines of the opportunity.", self.string))

    def _create_view(self, model):
        model.env.cr.execute(
            SQL(
                """CREATE OR REPLACE VIEW %(view)s AS
                   SELECT DISTINCT line.lead_id AS %(lead)s, %(source)s AS %(column)s
                     FROM pemba_opportunity_line line
                LEFT JOIN pemba_software software ON software.id = line.software_id
                LEFT JOIN pemba_opportunity_configuration configuration
                       ON configuration.id = line.configuration_id
                    WHERE line.active AND %(source)s IS NOT NULL""",
                view=SQL.identifier(self.relation),
                lead=SQL.identifier(self.column1),
                column=SQL.identifier(self.column2),
                source=self.source,
            )
        )


class CrmLead(models.Model):
    """What opportunities are found and grouped by, from the lines that count."""

    _inherit = "crm.lead"

    offered_product_ids = Axis(
        "product.product",
        relation="crm_lead_offered_product",
        column2="product_id",
        source=SQL("line.product_id"),
    )
    offered_suite_ids = Axis(
        "pemba.software.suite",
        relation="crm_lead_offered_suite",
        column2="suite_id",
        source=SQL("software.suite_id"),
    )
    offered_software_ids = Axis(
        "pemba.software",
        relation="crm_lead_offered_software",
        column2="software_id",
        string="Offered Software",
        source=SQL("line.software_id"),
    )
    offered_module_ids = Axis(
        "pemba.software.module",
        relation="crm_lead_offered_module",
        column2="module_id",
        source=SQL("line.module_id"),
    )
    offered_version_ids = Axis(
        "pemba.software.version",
        relation="crm_lead_offered_version",
        column2="version_id",
        source=SQL("configuration.version_id"),
    )
    offered_deployment_type_ids = Axis(
        "pemba.deployment.type",
        relation="crm_lead_offered_deployment_type",
        column2="deployment_type_id",
        source=SQL("configuration.deployment_type_id"),
    )

    @api.model
    def _get_offered_axes(self):
        """The fields of what lines name: they are read again once lines change."""
        return [name for name, field in self._fields.items() if isinstance(field, Axis)]
