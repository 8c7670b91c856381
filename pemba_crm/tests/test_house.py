"""The house: how large its files are, and that no room leans on a later one through a model of both."""

import ast
import inspect
import re
import textwrap
from collections import Counter
from functools import cached_property
from statistics import median

from odoo.tests import TransactionCase, tagged

from .test_rooms import ADDON, ROOMS

MOST_LINES = 300
USUAL_LINES = 120
MOST_FILES = 6  # of one model in a room
PACKAGE = "odoo.addons.pemba_crm.models."
# What may pass a rule is said in one file; the places that use it stay few.
MARKS = re.compile(
    r"\b(Pass|scope|get_scope|is_in_scope|take|_is_passing|_take_creation|_take_write|_take_removal)\("
)
MOST_MARKS = 60


def python_files(addon):
    """The add-on's Python files, without tests."""
    for path in sorted(addon.rglob("*.py")):
        if "tests" not in path.relative_to(addon).parts:
            yield path


def room_of(definition):
    """The room of a class that defines a part of a model: None for Odoo's and for what all rooms stand on."""
    name = definition.__module__
    if not name.startswith(PACKAGE):
        return None
    room = name.removeprefix(PACKAGE).partition(".")[0]
    return ROOMS.index(room) if room in ROOMS else None


class Method:
    """A method of a room, with what it asks of its own records."""

    def __init__(self, function):
        self.function = function

    @cached_property
    def tree(self):
        return ast.parse(textwrap.dedent(inspect.getsource(self.function)))

    def get_own_names(self):
        """The names that it takes of ``self``."""
        return {
            node.attr
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id == "self"
        }

    def get_super_names(self):
        """The methods that it hands on to."""
        return {
            node.attr
            for node in ast.walk(self.tree)
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Call)
            and isinstance(node.value.func, ast.Name)
            and node.value.func.id == "super"
        }


def methods_of(definition):
    for value in vars(definition).values():
        function = value.fget if isinstance(value, property) else value
        if inspect.isfunction(function) and function.__module__ == definition.__module__:
            yield Method(function)


def uses_of_later_rooms(model):
    """What a room uses of its own model that only a later room defines, a line each.

    :param model: a class of the registry
    """
    definitions = [one for one in model.mro() if one is not model]
    lines = []
    for position, definition in enumerate(definitions):
        room = room_of(definition)
        if room is None:
            continue
        for method in methods_of(definition):
            where = f"{definition.__module__.removeprefix(PACKAGE)}: {method.function.__name__}"
            below = definitions[position + 1 :]
            lines += [
                f"{where} hands on to {name}, which no room before it has"
                for name in method.get_super_names()
                if not any(name in vars(one) for one in below)
            ]
            for name in method.get_own_names():
                rooms = [room_of(one) for one in definitions if name in vars(one)]
                if rooms and all(one is not None and one > room for one in rooms):
                    lines.append(f"{where} uses {name} of {ROOMS[min(rooms)]}")
    return lines


@tagged("post_install", "-at_install")
class TestHouse(TransactionCase):
    def test_odoo_knows_every_test(self):
        """Who runs the tests with Odoo's own options runs those that are imported."""
        tests = ADDON / "tests"
        known = re.findall(r"^from \. import (\w+)$", (tests / "__init__.py").read_text(), re.MULTILINE)
        self.assertEqual(known, sorted(path.stem for path in tests.glob("test_*.py")))

    def test_no_file_is_long(self):
        lengths = {path: len(path.read_text().splitlines()) for path in python_files(ADDON)}
        long = {str(path.relative_to(ADDON)): lines for path, lines in lengths.items() if lines > MOST_LINES}
        self.assertFalse(long)
        of_rooms = [lines for path, lines in lengths.items() if path.name != "__init__.py"]
        self.assertLess(median(of_rooms), USUAL_LINES)

    def test_no_model_fills_a_room(self):
        counts = Counter()
        for path in (ADDON / "models").rglob("*.py"):
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.ClassDef):
                    counts[path.parent.name, node.name] += 1
        many = {key: count for key, count in counts.items() if count > MOST_FILES}
        self.assertFalse(many)

    def test_no_room_leans_on_a_later_one(self):
        lines = [line for model in self.env.registry.values() for line in uses_of_later_rooms(model)]
        self.assertEqual(sorted(set(lines)), [])

    def test_leaning_on_a_later_room_is_found(self):
        def define(room, **names):
            return type("Definition", (), names | {"__module__": f"{PACKAGE}{room}.model"})

        base = define("pipeline", start=_start)
        _start.__module__ = base.__module__
        later = define("renewal", renewal_id=None, _finish=lambda self: None)
        registry_class = type("Registry", (later, base), {})
        self.assertEqual(
            sorted(uses_of_later_rooms(registry_class)),
            [
                "pipeline.model: _start hands on to start, which no room before it has",
                "pipeline.model: _start uses _finish of renewal",
                "pipeline.model: _start uses renewal_id of renewal",
            ],
        )

    def test_every_sudo_says_why(self):
        """On its line: what was checked before, or what for nothing has to be."""
        silent = [
            f"{path.relative_to(ADDON)}: {line.strip()}"
            for path in python_files(ADDON)
            for line in path.read_text().splitlines()
            if ".sudo()" in line and "#" not in line
        ]
        self.assertEqual(silent, [])

    def test_few_places_pass_a_rule(self):
        places = [
            f"{path.relative_to(ADDON)}: {line.strip()}"
            for path in python_files(ADDON)
            if path.name != "marks.py"
            for line in path.read_text().splitlines()
            if MARKS.search(line)
        ]
        self.assertLess(len(places), MOST_MARKS, "\n".join(places))


def _start(self):
    """What a room must not do."""
    super().start()
    return self.renewal_id or self._finish()
