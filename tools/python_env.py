"""The project's own Python environment: a venv with the pinned packages and Odoo on its path."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools import apt
from tools.odoo_source import OdooSource, needs_space
from tools.paths import LOCKS, RUN, VENV, digest
from tools.say import SetupError, call, step


def python(venv: Path = VENV) -> Path:
    """The interpreter of a venv."""
    return venv / "bin" / "python"


def ensure(source: OdooSource) -> Path:
    """Make or refresh the venv for Odoo; gives its interpreter."""
    lock = LOCKS / "odoo.txt"
    ensure_venv(VENV, lock, "Python packages (about 45 s)", extra=str(source.packages))
    _hook(source)
    return python()


def ensure_venv(venv: Path, lock: Path, title: str, extra: str = "") -> Path:
    """A venv that holds exactly what a lock file names; rebuilt when the lock changed.

    A stamp written last makes an interrupted build start again.
    """
    stamp, key = venv / ".complete", digest(lock, text=f"{sys.version_info[:2]}{extra}")
    if not (stamp.exists() and stamp.read_text() == key):
        needs_space(1.0)
        with step(title):
            shutil.rmtree(venv, ignore_errors=True)
            _create(venv)
            call(
                [python(venv), "-m", "pip", "install", "-q", "--disable-pip-version-check",
                 "--no-deps", "-r", lock],
                f"pip-{venv.name}",
                failed=f"the Python packages of {lock.name} could not be installed.",
            )  # fmt: skip
            stamp.write_text(key)
    return python(venv)


def _create(venv: Path) -> None:
    """A venv; where Debian's python3-venv is missing, with pip from Debian's wheel package."""
    try:
        import ensurepip  # noqa: F401  (only asked whether it is there)
    except ImportError:
        call([sys.executable, "-m", "venv", "--without-pip", venv], f"venv-{venv.name}")
        wheel = _pip_wheel()
        call(
            [python(venv), f"{wheel}/pip", "install", "-q", "--no-index", wheel],
            f"venv-{venv.name}-pip",
        )
        return
    call(
        [sys.executable, "-m", "venv", venv],
        f"venv-{venv.name}",
        failed=f"{sys.executable} could not make a virtual environment.",
        remedy="install the package python3-venv, or choose another Python: make run PYTHON=…",
    )


def _pip_wheel() -> Path:
    folder = RUN / "pip"
    wheels = sorted(folder.glob("usr/share/python-wheels/pip-*.whl"))
    if not wheels:
        apt.update(apt.codename())
        apt.unpack(apt.download(apt.codename(), ["python3-pip-whl"], folder / "debs"), folder)
        wheels = sorted(folder.glob("usr/share/python-wheels/pip-*.whl"))
    return wheels[-1]


def _hook(source: OdooSource) -> None:
    """Put Odoo, and nothing else that lies beside it, on the venv's path."""
    site = next((VENV / "lib").glob("python3*/site-packages"))
    path = source.packages
    if source.version.startswith("installed"):
        # the folder holds every Python package of the machine: show only Odoo
        path = RUN / "odoo-link"
        path.mkdir(exist_ok=True)
        link = path / "odoo"
        if not link.is_symlink():
            link.symlink_to(source.packages / "odoo")
    (site / "odoo19.pth").write_text(f"{path}\n")


def check(environment: dict[str, str]) -> None:
    """See that Odoo can be imported, and is 19."""
    result = subprocess.run(
        [python(), "-c", "import odoo.release; print(odoo.release.version_info[0])"],
        capture_output=True, text=True, check=False, env=environment, cwd=os.sep,
    )  # fmt: skip
    if result.stdout.strip() != "19":
        raise SetupError(
            "Odoo 19 can't be imported: " + (result.stderr.strip().splitlines() or ["?"])[-1],
            f"delete {VENV} and run again; with ODOO_SRC, see that the checkout is whole.",
        )
