"""The dashboards' files are what their description makes of them."""

import subprocess
import sys

from databases import ADDON
from odoo.addons.pemba_crm import dashboards

FILES = ADDON / "data/analysis/files"


def test_files_are_up_to_date():
    texts = dashboards.get_texts(dashboards.get_boards())
    for name, text in texts.items():
        assert (FILES / name).read_text() == text, f"{name}: run 'make dashboards'"
    assert {path.name for path in FILES.iterdir()} == set(texts)


def test_everything_has_a_filter_and_a_place():
    for board in dashboards.get_boards():
        assert len(board.cards) == 6
        assert all(card["menu"] and card["sample"] for card in board.cards)
        for source in (*board.pivots, *board.lists):
            assert len(source["fieldMatching"]) > 2


def test_they_are_built_without_odoo():
    program = "import dashboards as d, sys; d.get_texts(d.get_boards()); sys.exit('odoo' in sys.modules)"
    subprocess.run([sys.executable, "-c", program], cwd=ADDON, check=True)


def test_what_an_add_on_adds_is_its_own():
    """No list of ours is changed by who adds to the lists of a board."""

    class Extended(dashboards.SalesBoard):
        def get_axes(self):
            axes = super().get_axes()
            axes["country"] = "country_id"
            return axes

        def get_filters(self):
            filters = super().get_filters()
            filters["country"] = ("Country", "res.country")
            return filters

        def get_cards(self):
            cards = super().get_cards()
            return [*cards[1:], cards[0], *(self.card("Another", "1", sample=("1",)) for _number in range(3))]

    before = dashboards.get_texts([dashboards.SalesBoard()])
    content = Extended().build()
    assert before == dashboards.get_texts([dashboards.SalesBoard()])
    assert content["globalFilters"][-1]["modelName"] == "res.country"
    assert content["pivots"]["1"]["fieldMatching"]["country"] == {"chain": "country_id", "type": "many2one"}
    cards = [figure for figure in content["sheets"][0]["figures"] if figure["data"]["type"] == "scorecard"]
    assert [card["data"]["title"]["text"] for card in cards[:1]] == ["Sales Won"]
    places = [(card["offset"]["x"], card["offset"]["y"]) for card in cards]
    assert len(set(places)) == 9
    assert places[6:] == [(x, places[0][1] + 115) for x, _y in places[:3]]  # a second row of them
    chart = content["sheets"][0]["figures"][9]
    assert chart["row"] * 23 >= places[6][1] + 101
