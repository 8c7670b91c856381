from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL

# Where an axis is read from, by the column that holds it.
SOURCES = {
    "product_id": SQL("line.product_id"),
    "software_id": SQL("line.software_id"),
    "module_id": SQL("line.module_id"),
    "suite_id": SQL("software.suite_id"),
    "version_id": SQL("configuration.version_id"),
    "deployment_type_id": SQL("configuration.deployment_type_id"),
}


AXES = (
    "offered_product_ids",
    "offered_suite_ids",
    "offered_software_ids",
    "offered_module_ids",
    "offered_version_ids",
    "offered_deployment_type_ids",
)


class Axis(fields.Many2many):
    """What the lines of an opportunity name, to search and to group by.

    Its relation is a view on the lines, so that it is never written and always right.
    """

    def update_db(self, model, columns):
        model.pool.post_init(self._create_view, model)  # when the table of the lines is there

    def write_real(self, records_commands_list, create=False):
        model = records_commands_list[0][0]
        raise UserError(model.env._("%s follows from the lines of the opportunity.", self.string))

    def _create_view(self, model):
        source = SOURCES[self.column2]
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
                source=source,
            )
        )


class CrmLead(models.Model):
    """What opportunities are found and grouped by, from the lines that count."""

    _inherit = "crm.lead"

    offered_product_ids = Axis(
        "product.product",
        relation="crm_lead_offered_product",
        column1="lead_id",
        column2="product_id",
        readonly=True,
        copy=False,
    )
    offered_suite_ids = Axis(
        "pemba.software.suite",
        relation="crm_lead_offered_suite",
        column1="lead_id",
        column2="suite_id",
        readonly=True,
        copy=False,
    )
    offered_software_ids = Axis(
        "pemba.software",
        relation="crm_lead_offered_software",
        column1="lead_id",
        column2="software_id",
        string="Offered Software",
        readonly=True,
        copy=False,
    )
    offered_module_ids = Axis(
        "pemba.software.module",
        relation="crm_lead_offered_module",
        column1="lead_id",
        column2="module_id",
        readonly=True,
        copy=False,
    )
    offered_version_ids = Axis(
        "pemba.software.version",
        relation="crm_lead_offered_version",
        column1="lead_id",
        column2="version_id",
        readonly=True,
        copy=False,
    )
    offered_deployment_type_ids = Axis(
        "pemba.deployment.type",
        relation="crm_lead_offered_deployment_type",
        column1="lead_id",
        column2="deployment_type_id",
        readonly=True,
        copy=False,
    )
