import base64
import json
from tempfile import NamedTemporaryFile

from odoo.exceptions import AccessError
from odoo.fields import Command
from odoo.tests import tagged
from odoo.tools.convert import convert_file, convert_xml_import

from .common import PembaCommon

LOG = "odoo.addons.pemba_crm.models.analysis.spreadsheet_dashboard"
SALES = "pemba_crm.spreadsheet_dashboard_sales"


def _set(records):
    """The command as plain numbers, which a data file can have."""
    return [(6, 0, records.ids)]


@tagged("post_install", "-at_install")
class TestDashboardUpdates(PembaCommon):
    """What an update of an add-on brings to its dashboards, and what it leaves alone."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.board = cls.env.ref(SALES)
        cls.margins = cls.env.ref("pemba_crm.spreadsheet_dashboard_margins")

    def _update(self):
        """What an update of ours does with the dashboards' data."""
        path = "data/analysis/spreadsheet_dashboard_data.xml"
        convert_file(self.env, "pemba_crm", path, {}, mode="update")

    def _ship(self, xml_id=SALES, module="pemba_crm", data=None, **values):
        """What an update of an add-on does with data that have these values in them.

        :param data: the content of the spreadsheet's file
        """
        if data:
            values["spreadsheet_binary_data"] = base64.b64encode(data.encode()).decode()
        fields = "".join(
            f'<field name="{name}">{value}</field>'
            if isinstance(value, str)
            else f'<field name="{name}" eval="{value!r}"/>'
            for name, value in values.items()
        )
        with NamedTemporaryFile(suffix=".xml") as file:
            record = f'<record id="{xml_id}" model="spreadsheet.dashboard">{fields}</record>'
            file.write(f"<odoo>{record}</odoo>".encode())
            file.seek(0)
            convert_xml_import(self.env, module, file, {}, mode="update")
        return self.env.ref(xml_id)

    def _version(self, number, board=None):
        """The content of a board's file with another name of its sheet."""
        data = json.loads((board or self.board).spreadsheet_data)
        data["sheets"][0]["name"] = f"Version {number}"
        return json.dumps(data)

    def test_a_new_database_has_them_as_shipped(self):
        for board in self.env["spreadsheet.dashboard"].search([("pemba_keeps_edits", "=", True)]):
            self.assertEqual((board.pemba_edited, board.pemba_not_taken), ("", ""), board.name)
            self.assertEqual(board.pemba_shipped, board.pemba_taken)
            self.assertEqual(set(board.pemba_shipped), set(board._get_kept_fields()))

    def test_what_nobody_edited_follows(self):
        group = self.env["spreadsheet.dashboard.group"].create({"name": "Other"})
        groups = self.env.ref("pemba_crm.group_manager")
        data = self._version(2)
        with self.assertNoLogs(LOG):
            self._ship(
                name="Second",
                data=data,
                sequence=15,
                group_ids=_set(groups),
                dashboard_group_id=group.id,
            )
        self.assertEqual((self.board.name, self.board.sequence), ("Second", 15))
        self.assertEqual((self.board.group_ids, self.board.dashboard_group_id), (groups, group))
        self.assertEqual(self.board.spreadsheet_data, data)
        self.assertEqual((self.board.pemba_edited, self.board.pemba_not_taken), ("", ""))
        self._update()
        self.assertEqual((self.board.name, self.board.sequence), ("Sales and forecast", 10))

    def test_what_somebody_edited_stays_and_says_so(self):
        mine = self._version("of mine")
        self.board.write({"name": "Mine", "spreadsheet_data": mine})
        with self.assertNoLogs(LOG):
            self._update()  # brings nothing new
        self.assertEqual((self.board.name, self.board.spreadsheet_data), ("Mine", mine))
        self.assertEqual(
            (self.board.pemba_edited, self.board.pemba_not_taken), ("Name, Spreadsheet file", "")
        )

        with self.assertLogs(LOG) as log:
            self._ship(name="Sales and forecast", data=self._version(2), sequence=15)
        self.assertEqual(
            log.output,
            [f"INFO:{LOG}:Dashboard 'Mine' was edited: the update of spreadsheet_binary_data was not taken."],
        )
        self.assertEqual((self.board.name, self.board.spreadsheet_data), ("Mine", mine))
        self.assertEqual(self.board.sequence, 15)
        self.assertEqual(self.board.pemba_not_taken, "Spreadsheet file")
        self.assertEqual(self.board.dashboard_group_id.pemba_not_taken_count, 1)

        self.board.name = "Sales and forecast"
        self._ship(name="Third", data=self._version(3))
        self.assertEqual(self.board.name, "Third", "whoever takes an edit back follows again")
        self.assertEqual(self.board.pemba_not_taken, "Spreadsheet file")

    def test_an_edit_in_one_language_stays_in_it(self):
        self.board.with_context(lang="fr_FR").name = "Le mien"
        self._ship(name="Second")
        self.assertEqual((self.board.name, self.board.with_context(lang="fr_FR").name), ("Second", "Le mien"))

    def test_who_sees_a_dashboard_stays_as_edited(self):
        users, managers = self.env.ref("pemba_crm.group_user"), self.env.ref("pemba_crm.group_manager")
        self.board.group_ids = managers
        self._update()
        self.assertEqual(self.board.group_ids, managers)
        self._ship(group_ids=_set(users | managers))
        self.assertEqual((self.board.group_ids, self.board.pemba_not_taken), (managers, "Group"))

    def test_restoring_takes_the_update_and_leaves_other_edits(self):
        mine, second = self._version("of mine"), self._version(2)
        self.board.write({"name": "Mine", "spreadsheet_data": mine})
        self._ship(name="Sales and forecast", data=second)
        self.board.action_restore_shipped()
        self.assertEqual((self.board.name, self.board.spreadsheet_data), ("Mine", second))
        self.assertEqual((self.board.pemba_edited, self.board.pemba_not_taken), ("Name", ""))
        with self.assertNoLogs(LOG):
            self._ship(name="Sales and forecast", data=self._version(3))
        self.assertEqual(self.board.spreadsheet_data, self._version(3))

    def test_restoring_without_an_update_brings_back_what_was_shipped(self):
        shipped = self.board.spreadsheet_data
        groups, group = self.board.group_ids, self.board.dashboard_group_id
        for lang in ("en_US", "fr_FR"):
            self.board.with_context(lang=lang).name = "Mine"
        self.board.write(
            {
                "spreadsheet_data": self._version("of mine"),
                "sequence": 99,
                "group_ids": [Command.set(self.env.ref("base.group_system").ids)],
                "dashboard_group_id": self.env["spreadsheet.dashboard.group"].create({"name": "Other"}).id,
            }
        )
        boss = self._create_user("pemba_boards", "spreadsheet_dashboard.group_dashboard_manager")
        self.board.with_user(boss).with_context(lang="fr_FR", bin_size=True).action_restore_shipped()
        self.assertEqual(self.board.name, "Sales and forecast")
        self.assertEqual(self.board.with_context(lang="fr_FR").name, "Ventes et prévisions")
        self.assertEqual((self.board.spreadsheet_data, self.board.sequence), (shipped, 10))
        self.assertEqual((self.board.group_ids, self.board.dashboard_group_id), (groups, group))
        self.assertFalse(self.board.pemba_edited)

    def test_restoring_does_without_groups_that_are_gone(self):
        gone = self.env["res.groups"].create({"name": "Gone"})
        groups = self.board.group_ids
        self._ship(group_ids=_set(groups | gone))
        gone.unlink()
        self.assertEqual(self.board.pemba_edited, "Group")
        self.board.action_restore_shipped()
        self.assertEqual((self.board.group_ids, self.board.pemba_edited), (groups, ""))

    def test_only_administrators_of_dashboards_restore(self):
        self.board.name = "Mine"
        with self.assertRaises(AccessError):
            self.board.with_user(self.manager).action_restore_shipped()
        with self.assertRaises(AccessError):
            self.board.with_user(self.manager).read(["pemba_edited"])
        self.assertEqual(self.board.name, "Mine")

    def test_old_databases_know_what_was_shipped_then(self):
        """A database of 19.0.1.0.0, with what somebody edited of two dashboards."""
        boards = self.env["spreadsheet.dashboard"].search([("pemba_keeps_edits", "=", True)])
        self.assertEqual(len(boards), 4)
        mine = self._version("of mine", self.margins)
        self.margins.spreadsheet_data = mine
        self.board.name = "Mine"
        boards.write(
            dict.fromkeys(("pemba_keeps_edits", "pemba_shipped", "pemba_shipped_data", "pemba_taken"), False)
        )
        with self.assertLogs(LOG) as told:
            self._update()
        self.assertEqual(len(told.output), 1)
        self.assertIn("'Margins' was edited", told.output[0])  # there is a newer one by now
        self.assertEqual(self.margins.spreadsheet_data, mine)
        self.assertEqual(self.margins.pemba_edited, "Spreadsheet file")
        self.assertEqual(self.margins.pemba_not_taken, "Spreadsheet file")
        self.assertEqual((self.board.pemba_edited, self.board.pemba_not_taken), ("Name", ""))
        self.assertFalse((boards - self.board - self.margins).filtered("pemba_edited"))

    def test_an_old_database_takes_a_newer_version_at_once(self):
        boards = self.board | self.margins
        mine = self._version("of mine", self.margins)
        self.margins.spreadsheet_data = mine
        boards.write(
            dict.fromkeys(("pemba_keeps_edits", "pemba_shipped", "pemba_shipped_data", "pemba_taken"), False)
        )
        news = {"pemba_keeps_edits": True, "name": "Second", "sequence": 15}
        self._ship(data=self._version(2), **news)
        with self.assertLogs(LOG):
            self._ship("pemba_crm.spreadsheet_dashboard_margins", data=self._version(2, self.margins), **news)
        self.assertEqual(boards.mapped("name"), ["Second", "Second"])
        self.assertEqual(self.board.spreadsheet_data, self._version(2))
        self.assertEqual(self.margins.spreadsheet_data, mine)
        self.assertEqual(boards.mapped("pemba_not_taken"), ["", "Spreadsheet file"])

    def test_dashboards_of_other_add_ons_keep_edits_if_they_say_so(self):
        group = self.board.dashboard_group_id
        first, second = self._version(1), self._version(2)
        values = {"name": "First", "dashboard_group_id": group.id}
        keeping = self._ship("pemba_crm.other_one", pemba_keeps_edits=True, data=first, **values)
        plain = self._ship("pemba_crm.other_two", data=first, **values)
        for board in (keeping, plain):
            self.assertEqual((board.pemba_edited, board.pemba_not_taken), ("", ""))
            board.name = "Mine"
        for xml_id in ("pemba_crm.other_one", "pemba_crm.other_two"):
            self._ship(xml_id, name="Second", data=second)
        self.assertEqual((keeping.name, keeping.spreadsheet_data), ("Mine", second))
        self.assertEqual((plain.name, plain.spreadsheet_data), ("Second", second))
        self.assertEqual(keeping.pemba_not_taken, "Name")
        self.assertFalse(plain.pemba_edited)

    def test_an_add_on_that_changes_ours_ships_it_from_then_on(self):
        theirs, managers = self._version("of theirs"), self.env.ref("pemba_crm.group_manager")
        groups = self.board.group_ids
        changes = {"module": "crm", "data": theirs, "group_ids": [(4, managers.id)]}
        self._ship(**changes)
        self.assertEqual((self.board.spreadsheet_data, self.board.group_ids), (theirs, groups | managers))
        self.assertFalse(self.board.pemba_edited)

        self._update()  # and then the one that depends on us
        self._ship(**changes)
        self.assertEqual((self.board.spreadsheet_data, self.board.group_ids), (theirs, groups | managers))
        self.assertFalse(self.board.pemba_edited)

        mine = self._version("of mine")
        self.board.spreadsheet_data = mine
        self._update()
        self._ship(**changes)
        self.assertEqual(self.board.spreadsheet_data, mine)
        self.assertEqual((self.board.pemba_edited, self.board.pemba_not_taken), ("Spreadsheet file", ""))

    def test_what_a_user_imports_is_an_edit(self):
        result = self.env["spreadsheet.dashboard"].load(["id", "name"], [[SALES, "Imported"]])
        self.assertFalse(result["messages"])
        self._update()
        self.assertEqual((self.board.name, self.board.pemba_edited), ("Imported", "Name"))

    def test_a_copy_is_the_user_s(self):
        copy = self.board.copy()
        self.assertFalse(copy.pemba_keeps_edits or copy.pemba_shipped or copy.pemba_shipped_data)
        self.assertFalse(copy.pemba_edited)

    def test_the_group_of_dashboards_stays_as_edited(self):
        group = self.board.dashboard_group_id
        group.write({"name": "Ours", "sequence": 1})
        self._update()
        self.assertEqual((group.name, group.sequence), ("Ours", 1))
