"""Where Odoo 19 comes from: ODOO_SRC, an installed Odoo 19, or Debian's package unpacked here."""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tools import apt
from tools.paths import RUN
from tools.say import SetupError, note, step

PREFIX = RUN / "odoo19"
#: the package this was built and tested with; a newer 19.0 is taken, and said, when it is gone
PACKAGE, PINNED = "odoo-19", os.environ.get("ODOO_DEB_VERSION") or "19.0.0+dfsg-1"
#: what links in the package point to: fonts and scripts of the machine's own suite
LINKED = [
    "libjs-jquery",
    "libjs-jquery-form",
    "libjs-underscore",
    "fonts-font-awesome",
    "fonts-roboto-unhinted",
    "fonts-inconsolata",
    "fonts-ocr-b",
]


@dataclass(frozen=True)
class OdooSource:
    """An Odoo 19: `packages` goes on the Python path, `launcher` is the script that starts it."""

    packages: Path
    launcher: Path
    addons: tuple[Path, ...]
    version: str


def find() -> OdooSource:
    """The Odoo to use; the Debian package is fetched when there is no other."""
    given = os.environ.get("ODOO_SRC")
    if given:
        return _checkout(Path(given).expanduser().resolve())
    return _installed() or _debian_package()


def release(folder: Path) -> str:
    """Version text of the `odoo` package in a folder, e.g. `19.0`; empty when there is none."""
    try:
        text = (folder / "odoo" / "release.py").read_text()
    except OSError:
        return ""
    found = re.search(r"^version_info = \((\d+), (\d+)", text, re.MULTILINE)
    return f"{found[1]}.{found[2]}" if found else ""


def _checkout(root: Path) -> OdooSource:
    if release(root) != "19.0":
        what = release(root)
        raise SetupError(
            f"ODOO_SRC={root} is " + (f"Odoo {what}, not 19.0." if what else "no Odoo checkout."),
            "point ODOO_SRC at a folder that holds odoo-bin, odoo/ and addons/ of branch 19.0.",
        )
    addons = (root / "odoo" / "addons", root / "addons")
    launcher = root / "odoo-bin"
    version = f"checkout {root} {_state_of(root)}"
    return OdooSource(root, launcher, tuple(a for a in addons if a.is_dir()), version)


def _state_of(root: Path) -> str:
    """What changes when a checkout or an installed Odoo is updated."""
    head = subprocess.run(
        ["git", "-C", str(root), "rev-parse", "HEAD"], capture_output=True, text=True, check=False
    ).stdout.strip() if shutil.which("git") else ""  # fmt: skip
    return head or str((root / "odoo" / "release.py").stat().st_mtime)


def _installed() -> OdooSource | None:
    launcher = shutil.which("odoo") or "/usr/bin/odoo"
    for folder in (
        Path("/usr/lib/python3/dist-packages"),
        Path("/usr/local/lib/python3/dist-packages"),
    ):
        if release(folder) == "19.0" and Path(launcher).exists():
            return OdooSource(
                folder,
                Path(launcher),
                (folder / "odoo" / "addons",),
                f"installed {_state_of(folder)}",
            )
    return None


def _debian_package() -> OdooSource:
    stamp = PREFIX / ".complete"
    if not stamp.exists():
        _unpack_package(stamp)
    packages = PREFIX / "usr/lib/python3/dist-packages"
    return OdooSource(
        packages, PREFIX / "usr/bin/odoo", (packages / "odoo/addons",), stamp.read_text().strip()
    )


def _unpack_package(stamp: Path) -> None:
    """Download, unpack and repair in a folder aside, then move it into place at once."""
    needs_space(3.0)
    debs, fresh = RUN / "debs" / "odoo", PREFIX.with_suffix(".new")
    for folder in (debs, fresh, PREFIX):
        shutil.rmtree(folder, ignore_errors=True)
    version = _download(debs)
    with step(f"Odoo {version}: unpack and repair"):
        apt.unpack(sorted(debs.glob("*.deb")), fresh)
        _repair(fresh)
        (fresh / stamp.name).write_text(version)
        fresh.rename(PREFIX)
        shutil.rmtree(debs)


def _download(debs: Path) -> str:
    own = os.environ.get("ODOO_DEB")
    fonts = ["fonts-montserrat"]
    with step("Package lists of the mirror"):
        apt.update("sid")
        apt.update(apt.codename())
    version = Path(own).name.split("_")[1] if own else _available()
    with step(f"Odoo {version}: download (about 130 MB)"):
        wanted = [] if own else [f"{PACKAGE}={version}"]
        apt.download("sid", wanted + fonts, debs)
        apt.download(apt.codename(), LINKED, debs)
        if own:
            shutil.copy(own, debs)
    return version


def _available() -> str:
    """The pinned version, or the newest 19 that the mirror has now."""
    out = apt.apt_get("sid", "show", "-a", PACKAGE, log="apt-show-odoo", program="apt-cache")
    versions = re.findall(r"^Version: (\S+)", out, re.MULTILINE)
    if PINNED in versions:
        return PINNED
    newer = [v for v in versions if v.startswith("19.")]
    if not newer or os.environ.get("ODOO_DEB_VERSION"):
        raise SetupError(
            f"Debian's package {PACKAGE} {PINNED} is no longer on this machine's mirror"
            f" (there: {', '.join(versions) or 'none'}).",
            "give ODOO_SRC=/path/to/odoo-19-checkout, or ODOO_DEB=/path/to/odoo-19.deb, in front"
            " of the same command.",
        )
    note(f"Tested with {PACKAGE} {PINNED}; the mirror has moved on, taking {newer[0]}.")
    return str(newer[0])


def _repair(prefix: Path) -> None:
    """Mend what the package leaves out, and see that no link dangles.

    Without jquery every page answers 500; without the (optional) selfie script the web client
    logs an error at each start.
    """
    mail = prefix / "usr/lib/python3/dist-packages/odoo/addons/mail/static/lib"
    script = mail / "selfie_segmentation" / "selfie_segmentation.js"
    script.parent.mkdir(parents=True, exist_ok=True)
    if not script.exists():
        script.write_text("/* Left out by Debian; only blurs the background in video calls. */\n")
    found = subprocess.run(
        ["find", prefix, "-xtype", "l"], capture_output=True, text=True, check=True
    ).stdout.split("\n")
    dangling = [line for line in found if line and "fontawesome-webfont" not in line]
    if any("jquery" in line for line in dangling):
        raise SetupError(
            "Odoo's package points to a script that its packages do not hold: " + dangling[0],
            "the mirror's packages have changed; give ODOO_SRC=/path/to/odoo-19-checkout.",
        )
    if dangling:
        note(f"{len(dangling)} links of the package lead nowhere (fonts; harmless).")


def needs_space(gigabytes: float) -> None:
    """Refuse early when the disk has too little room."""
    RUN.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(RUN).free / 1e9
    if free < gigabytes:
        raise SetupError(
            f"the disk is full: {free:.1f} GB free at {RUN}, {gigabytes:.0f} GB needed.",
            "free some space, or put the run folder elsewhere: SUITE_RUN_DIR=/big/disk make run.",
        )
