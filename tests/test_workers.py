"""What holds between the processes that `make test` runs side by side."""

from pathlib import Path

from odoo.tests.common import get_db_name
from odoo.tools import config


def test_workers_do_not_share_files():
    """After each class Odoo removes files without an attachment: never those of another worker."""
    name = get_db_name()
    assert Path(config.filestore(name)).name == name
