import base64
import hashlib
import logging

from odoo import api, fields, models
from odoo.fields import Command
from odoo.tools.translate import TranslationImporter, get_po_paths

from ..public import public

MANAGER = "spreadsheet_dashboard.group_dashboard_manager"
_logger = logging.getLogger(__name__)


class SpreadsheetDashboard(models.Model):
    """A dashboard that an add-on ships and users edit: an update brings what nobody edited.

    Of each field that users edit we remember what the add-on shipped last, and which of what it shipped the
    dashboard took last. What differs from the latter was edited; where both differ, an update was not taken.
    Dashboards of any add-on are kept so that say ``pemba_keeps_edits`` in their data.
    """

    _inherit = "spreadsheet.dashboard"

    pemba_keeps_edits = fields.Boolean(
        string="Keep Edits",
        copy=False,
        groups=MANAGER,
        help="Updates of the add-on that ships this dashboard leave alone what was edited.",
    )
    pemba_shipped = fields.Json(string="Shipped Last", copy=False, groups=MANAGER)
    pemba_shipped_data = fields.Binary(
        string="Spreadsheet File Shipped Last", attachment=False, copy=False, groups=MANAGER
    )
    pemba_taken = fields.Json(string="Taken Last", copy=False, groups=MANAGER)
    pemba_edited = fields.Char(
        string="Edited",
        compute="_compute_pemba_edited",
        groups=MANAGER,
        help="What differs from what the add-on ships.",
    )
    pemba_not_taken = fields.Char(
        string="Update Not Taken",
        compute="_compute_pemba_edited",
        groups=MANAGER,
        help="What an update of the add-on did not bring, because it was edited.",
    )

    @api.depends(lambda self: (*self._get_kept_fields(), "pemba_shipped", "pemba_taken"))
    @api.depends_context("lang")
    def _compute_pemba_edited(self):
        described = self.fields_get(self._get_kept_fields(), ["string"])
        for dashboard in self:
            for name, kept in (
                ("pemba_edited", dashboard._get_edited()),
                ("pemba_not_taken", dashboard._get_not_taken()),
            ):
                dashboard[name] = ", ".join(described[field]["string"] for field in kept)

    # --- updates ---

    @api.model
    def _get_kept_fields(self):
        """:return: the fields that users edit, of those that data may bring"""
        return ["name", "spreadsheet_binary_data", "dashboard_group_id", "group_ids", "sequence"]

    @api.model
    def _get_first_shipped(self):
        """What was shipped before dashboards kept edits: what still is as it was then was not edited.

        :return: ``{external id: {field: value}}``; a file as its SHA-256, records as a list of external ids
        """

        def dashboard(name, sequence, digest, *groups):
            return {
                "name": name,
                "spreadsheet_binary_data": digest,
                "dashboard_group_id": ["pemba_crm.spreadsheet_dashboard_group"],
                "group_ids": [f"pemba_crm.group_{group}" for group in groups],
                "sequence": sequence,
            }

        return {  # version 19.0.1.0.0
            "pemba_crm.spreadsheet_dashboard_sales": dashboard(
                "Sales and forecast",
                10,
                "044098474c2974e7b82f1bb7efa8ff1985b9e60ee964d2a7ef71f38ca60d9733",
                "user",
            ),
            "pemba_crm.spreadsheet_dashboard_margins": dashboard(
                "Margins",
                20,
                "6139860206291c2ff3ed891933553bfc3e909ab77d7cfe0a630934cb2bd0151e",
                "margin",
            ),
            "pemba_crm.spreadsheet_dashboard_maintenance": dashboard(
                "Maintenance and renewals",
                30,
                "3b8c14072aa7c0d964b6846f2b91d17f0779468c7ab43983cb3f72d931f4fbeb",
                *("user", "accountant"),
            ),
            "pemba_crm.spreadsheet_dashboard_installed_base": dashboard(
                "Installed base",
                40,
                "39a8f45bfb0afc0b4cb68ddd723844b7a8c623d1747ffd174bab724e6c5a654c",
                *("user", "support", "accountant"),
            ),
        }

    def _load_records_create(self, vals_list):
        dashboards = super()._load_records_create(vals_list)
        for dashboard, values in zip(dashboards, vals_list, strict=True):
            if dashboard.pemba_keeps_edits:
                dashboard.write(dashboard._keep_edited(values))
        return dashboards

    def _load_records_write(self, values):
        is_update = self.env.context.get("install_module")  # and not a user's import
        if is_update and values.get("pemba_keeps_edits", self.pemba_keeps_edits):
            values = self._keep_edited(values)
        return super()._load_records_write(values)

    def _keep_edited(self, values):
        """Tell in the log what an update does not bring.

        :param values: what the data of an add-on bring
        :return: those of fields that nobody edited, with what there is to remember of all
        """
        names = [name for name in self._get_kept_fields() if name in values]
        shown = self._get_shown(names)
        shipped = self.new({name: values[name] for name in names}, origin=self)._get_shown(names)
        taken = self.pemba_taken or self._get_first_taken()
        edited = [name for name in names if shown[name] not in (shipped[name], taken.get(name))]
        not_taken = [name for name in edited if shipped[name] != taken.get(name)]
        if not_taken:
            _logger.info(
                "Dashboard %r was edited: the update of %s was not taken.", self.name, ", ".join(not_taken)
            )
        return {name: value for name, value in values.items() if name not in edited} | {
            "pemba_shipped": (self.pemba_shipped or {}) | shipped,
            "pemba_shipped_data": values.get("spreadsheet_binary_data", self.pemba_shipped_data),
            "pemba_taken": taken | {name: shipped[name] for name in names if name not in edited},
        }

    def _get_shown(self, names):
        """What is in these fields, to be remembered and compared: records as ids, a file as its SHA-256."""
        dashboard = self.with_context(lang=None, bin_size=False)  # data are in no language
        shown = {}
        for name in names:
            value, field = dashboard[name], self._fields[name]
            if field.relational:
                value = sorted(value.ids)
            elif field.type == "binary":
                value = hashlib.sha256(base64.b64decode(value or b"")).hexdigest()
            shown[name] = value
        return shown

    def _get_first_taken(self):
        """What was shipped of this dashboard before it kept edits, as far as that is known."""
        taken = self._get_first_shipped().get(self.get_external_id()[self.id], {})
        for name, value in taken.items():
            if self._fields[name].relational:
                records = [self.env.ref(xml_id, raise_if_not_found=False) for xml_id in value]
                taken[name] = sorted(record.id for record in records if record)
        return taken

    def _get_edited(self):
        """:return: the fields that differ from what was shipped last"""
        shipped = self.pemba_shipped or {}
        names = [name for name in self._get_kept_fields() if name in shipped]
        shown = self._get_shown(names)
        return [name for name in names if shown[name] != shipped[name]]

    def _get_not_taken(self):
        """:return: those among them that an update would have changed"""
        taken = self.pemba_taken or {}
        return [name for name in self._get_edited() if taken.get(name) != self.pemba_shipped[name]]

    # --- back to what was shipped ---

    @public
    def action_restore_shipped(self):
        """Bring the update that was not taken; where none waits, all that was edited becomes as shipped last.

        :raise AccessError: for those who may not edit dashboards
        """
        self.check_access("write")
        for dashboard in self.with_context(lang=None, bin_size=False):
            dashboard._restore(dashboard._get_not_taken() or dashboard._get_edited())

    def _restore(self, names):
        self.write({name: self._get_shipped_value(name) for name in names})
        if "name" in names:
            self._restore_translations()
        shown = self._get_shown(names)
        self.write({"pemba_shipped": self.pemba_shipped | shown, "pemba_taken": self.pemba_taken | shown})

    def _get_shipped_value(self, name):
        """:return: what to write to a field, without records that are gone"""
        field, value = self._fields[name], self.pemba_shipped[name]
        if field.type == "binary":
            return self.pemba_shipped_data
        if field.relational:
            records = self.env[field.comodel_name].browse(value).exists()
            return [Command.set(records.ids)] if field.type == "many2many" else records.id
        return value

    def _restore_translations(self):
        """The name as the add-on's translations have it."""
        languages = [code for code, _name in self.env["res.lang"].get_installed()]
        self.update_field_translations("name", {code: False for code in languages if code != "en_US"})
        xml_id = self.get_external_id()[self.id]
        importer = TranslationImporter(self.env.cr, verbose=False)
        for code in languages:
            for path in get_po_paths(xml_id.partition(".")[0], code):
                importer.load_file(path, code, xmlids=[xml_id])
        importer.save(force_overwrite=True)
