import ast
import re
import tempfile
from pathlib import Path

from odoo.orm.model_classes import is_model_class
from odoo.tests import TransactionCase, tagged

ADDON = Path(__file__).parent.parent
ROOMS = (
    "territory",
    "catalogue",
    "pipeline",
    "offer",
    "order",
    "installed_base",
    "maintenance",
    "renewal",
    "rights",
    "customer",
    "analysis",
    "reconciliation",
    "to_do",
)
FOLDERS = ("models", "controllers", "wizards", "reports", "views", "data", "demo")
WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*")

# Fields by the agreed names that are words of every room as well.
WORDS = {"version"}
QUOTED = re.compile(r"""["']([A-Za-z]+)["']""")


def room_files(addon, room):
    """The files of a room in all folders of the add-on."""
    for folder in FOLDERS:
        for suffix in ("py", "xml", "csv"):
            yield from sorted((addon / folder / room).rglob(f"*.{suffix}"))


def subfolders(folder):
    return {path.name for path in folder.iterdir() if path.is_dir()} - {"__pycache__"}


def defined_names(path):
    """The models, fields, methods and records that a file defines."""
    if path.suffix == ".xml":
        return set(re.findall(r'<(?:record|template|menuitem)\b[^>]*?\bid="([\w.]+)"', path.read_text()))
    if path.suffix != ".py":
        return set()
    names = set()
    for definition in ast.walk(ast.parse(path.read_text())):
        if not isinstance(definition, ast.ClassDef):
            continue
        for node in definition.body:
            if isinstance(node, ast.FunctionDef):
                names.add(node.name)
            elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                if node.targets[0].id == "_name":
                    names.add(ast.literal_eval(node.value))
                elif isinstance(node.value, ast.Call):
                    names.add(node.targets[0].id)
    return names


def used_names(path):
    """Every name that a file could mean a model, a field, a method or a record by.

    Not the plain words of its prose: "cost" is a field, and a word of many a help text.
    """
    text = path.read_text()
    if path.suffix != ".py":
        words = [word for word in WORD.findall(text) if not word.isalpha()] + QUOTED.findall(text)
    else:
        words = []
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Attribute):
                words.append(node.attr)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                found = WORD.findall(node.value)
                words += [word for word in found if not word.isalpha() or " " not in node.value]
            elif isinstance(node, ast.ImportFrom):
                words += (node.module or "").split(".")
    return {name for word in words for name in (word, *word.split("."))}


def uses_of_later_rooms(addon, stock_names):
    """What a room uses of the rooms after it, a line each.

    :param stock_names: names that exist without the add-on and so belong to no room
    """
    below = set().union(*map(defined_names, (addon / "models").glob("*.py")))  # all rooms stand on these
    defined = {
        room: set().union(*map(defined_names, room_files(addon, room))) - stock_names - below
        for room in ROOMS
    }
    lines = []
    for position, room in enumerate(ROOMS):
        earlier = below.union(*(defined[before] for before in ROOMS[: position + 1]))
        for path in room_files(addon, room):
            used = used_names(path)
            for later in ROOMS[position + 1 :]:
                lines += [
                    f"{path.relative_to(addon)} uses {name} of {later}"
                    for name in sorted(used & ((defined[later] - earlier - WORDS) | {f"models.{later}"}))
                ]
    return lines


@tagged("post_install", "-at_install")
class TestRooms(TransactionCase):
    def _stock_names(self):
        names = set()
        for model in self.env.registry.values():
            names |= {name for name, field in model._fields.items() if "pemba_crm" not in field._modules}
            # The registry's own class of a model has fields of all modules that are defined more than once.
            definitions = [cls for cls in model.mro() if not is_model_class(cls)]
            names |= {name for cls in definitions if "pemba_crm" not in cls.__module__ for name in vars(cls)}
            if "pemba_crm" not in model._original_module:
                names.add(model._name)
        return names

    def test_no_room_uses_a_later_one(self):
        self.assertEqual(uses_of_later_rooms(ADDON, self._stock_names()), [])

    def test_folders_hold_nothing_but_rooms(self):
        for folder in FOLDERS:
            self.assertFalse(subfolders(ADDON / folder) - set(ROOMS), folder)
        self.assertEqual(subfolders(ADDON / "models"), set(ROOMS))

    def test_a_use_of_a_later_room_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            addon = Path(folder)
            for name, text in {
                "models/maintenance/pemba_contract.py": (
                    "class PembaContract(models.Model):\n"
                    "    _name = 'pemba.contract'\n"
                    "    notice_date = fields.Date()\n"
                    "    def _open_renewals(self): pass\n"
                ),
                "models/pipeline/crm_lead.py": (
                    "class CrmLead(models.Model):\n"
                    "    _inherit = 'crm.lead'\n"
                    "    contract_id = fields.Many2one('pemba.contract')\n"
                    "    def _close(self):\n"
                    "        self.contract_id._open_renewals()\n"
                ),
                "models/analysis/crm_lead.py": (
                    "class CrmLead(models.Model):\n"
                    "    _inherit = 'crm.lead'\n"
                    "    late = fields.Date(related='contract_id.notice_date')\n"
                ),
                "views/territory/zone_views.xml": (
                    '<odoo><record id="v"><field name="notice_date"/></record></odoo>'
                ),
            }.items():
                path = addon / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            self.assertEqual(
                uses_of_later_rooms(addon, {"name"}),
                [
                    "views/territory/zone_views.xml uses notice_date of maintenance",
                    "models/pipeline/crm_lead.py uses _open_renewals of maintenance",
                    "models/pipeline/crm_lead.py uses pemba.contract of maintenance",
                ],
            )
