"""The dashboards' files are what their description makes of them."""

import dashboards


def test_files_are_up_to_date():
    for name, text in dashboards.get_texts().items():
        assert (dashboards.FILES / name).read_text() == text, f"{name}: run 'make dashboards'"
    assert {path.name for path in dashboards.FILES.iterdir()} == set(dashboards.get_texts())


def test_everything_has_a_filter_and_a_place():
    for module in dashboards.BOARDS.values():
        board = module.get_board()
        assert len(board.cards) == 6
        assert all(card["menu"] and card["sample"] for card in board.cards)
        for source in (*board.pivots, *board.lists):
            assert len(source["fieldMatching"]) > 2
