"""Run by path from tools/bin/wkhtmltopdf, whatever the current folder is."""

import sys
from pathlib import Path

# not the current folder: it may hold another package named `tools` (Odoo's own source does)
sys.path[0] = str(Path(__file__).resolve().parents[2])

from tools.report_printer.cli import main

sys.exit(main(sys.argv[1:]))
