"""`python3 -m tools <command>`: the entry point behind the Makefile."""

import sys

MINIMUM, MAXIMUM = (3, 10), (3, 13)

if sys.version_info < MINIMUM:
    sys.exit(
        "Stopped: Python %d.%d is too old; Odoo 19 needs 3.10 or newer.\n"  # noqa: UP031
        "What to do: install a newer Python and run: make run PYTHON=/path/to/python3"
        % sys.version_info[:2]
    )

if sys.version_info[:2] > MAXIMUM:
    sys.exit(
        "Stopped: Python %d.%d is too new for Odoo 19's packages (3.10 to 3.13).\n"  # noqa: UP031
        "What to do: install one of these and run: make run PYTHON=/path/to/python3.13"
        % sys.version_info[:2]
    )

from tools.cli import main

sys.exit(main(sys.argv[1:]))
