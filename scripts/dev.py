#!/usr/bin/env python3
"""The project's commands, one per make target: `python3 scripts/dev.py run` is `make run`."""

import sys

# Before anything else, and in a syntax that old interpreters can read.
if not (3, 10) <= sys.version_info[:2] <= (3, 13):
    sys.exit(
        "Odoo 19 needs Python 3.10 to 3.13 and this is Python %d.%d: "
        "try 'make PYTHON=python3.12 <command>'." % sys.version_info[:2]
    )

from commands import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
