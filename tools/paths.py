"""Where things lie. Nothing here touches the disk."""

import getpass
import hashlib
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ADDONS_DIR = ROOT / "addons"
#: everything that set-up makes lies here; deleting it takes the project back to a fresh checkout
RUN = Path(os.environ.get("SUITE_RUN_DIR") or ROOT / ".run").resolve()
LOGS = RUN / "logs"
BIN = RUN / "bin"
DATA = RUN / "data"
VENV = RUN / "venv"
LOCKS = ROOT / "tools" / "locks"

#: the addons in the order in which they build on each other
ADDONS = ("relationship_crm", "partner_portal", "loyalty_rewards", "survey_feedback")
#: what joins one of them to an addon of Odoo's; each installs itself where both are installed
BRIDGES = ("loyalty_rewards_pos", "loyalty_rewards_shop")
OURS = (*ADDONS, *BRIDGES)


def project_key(machine: str = "") -> str:
    """Eight hex digits that tell this checkout from another (of another machine, when named)."""
    return hashlib.sha256(f"{machine}{RUN}".encode()).hexdigest()[:8]


def user_name() -> str:
    """Name of the user who runs this; the number where it has none (containers)."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.geteuid())


def digest(*paths: Path, text: str = "") -> str:
    """SHA-256 over the names and bytes of files, and of all files below folders."""
    sha = hashlib.sha256(text.encode())
    for path in paths:
        files = sorted(path.rglob("*")) if path.is_dir() else [path]
        for file in files:
            if file.is_file() and "__pycache__" not in file.parts:
                sha.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return sha.hexdigest()
