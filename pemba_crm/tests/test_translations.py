from io import BytesIO
from pathlib import Path

import polib
from odoo.tests import tagged
from odoo.tools.translate import trans_export

from .common import PembaCommon

I18N = Path(__file__).parent.parent / "i18n"


def untranslated(template, translation):
    """The terms of a template that a translation lacks or holds only as a guess."""
    known = {entry.msgid for entry in translation if entry.msgstr and not entry.fuzzy and not entry.obsolete}
    return sorted({entry.msgid for entry in template} - known)


def places(catalogue):
    """Every (term, place) of a catalogue."""
    return {(entry.msgid, place) for entry in catalogue for place, _line in entry.occurrences}


@tagged("post_install", "-at_install")
class TestTranslations(PembaCommon):
    def test_every_term_is_in_french(self):
        buffer = BytesIO()
        trans_export(None, ["pemba_crm"], buffer, "po", self.env)
        terms = polib.pofile(buffer.getvalue().decode())
        self.assertGreater(len(terms), 20)
        french = polib.pofile(str(I18N / "fr.po"))
        self.assertEqual(untranslated(terms, french), [], "terms without French in i18n/fr.po")
        # A term of a view is found by the view's name as well: where it stands must be up to date.
        for name in ("pemba_crm.pot", "fr.po"):
            missing = places(terms) - places(polib.pofile(str(I18N / name)))
            self.assertFalse(missing, f"i18n/{name}: make translations")

    def test_a_missing_term_is_found(self):
        template = polib.POFile()
        template.append(polib.POEntry(msgid="Known"))
        template.append(polib.POEntry(msgid="Unknown"))
        template.append(polib.POEntry(msgid="Guessed"))
        french = polib.POFile()
        french.append(polib.POEntry(msgid="Known", msgstr="Connu"))
        french.append(polib.POEntry(msgid="Unknown", msgstr=""))
        french.append(polib.POEntry(msgid="Guessed", msgstr="Deviné", flags=["fuzzy"]))
        self.assertEqual(untranslated(template, french), ["Guessed", "Unknown"])
