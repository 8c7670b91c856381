"""Write the files of our dashboards, where the data of the add-on take them from."""

from pathlib import Path

from . import get_boards, write

write(get_boards(), Path(__file__).parent.parent / "data/analysis/files")
