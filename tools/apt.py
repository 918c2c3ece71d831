"""Debian packages without installing them: a private apt state, downloads unpacked into a folder.

Uses the machine's own configured mirror and keyring; nothing is installed system-wide and no
root is needed. Signatures are checked by apt as usual.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path

from tools.paths import RUN, user_name
from tools.say import SetupError, call

APT = RUN / "apt"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def os_release() -> dict[str, str]:
    """The keys of /etc/os-release, e.g. ID and VERSION_CODENAME."""
    text = Path("/etc/os-release").read_text()
    return dict(re.findall(r'^(\w+)="?([^"\n]*)"?$', text, re.MULTILINE))


def mirror() -> str:
    """Address of the Debian archive that this machine is configured to use.

    Raises SetupError where there is none (Ubuntu has no Debian sid, other systems no apt).
    """
    if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
        raise SetupError("this is no Debian or Ubuntu machine (apt-get is missing).", _own_odoo())
    listing = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(SITE) $(COMPONENT) $(ORIGIN) $(RELEASE)",
         "Created-By: Packages"],
        capture_output=True, text=True, check=False,
    ).stdout  # fmt: skip
    for line in listing.splitlines():
        site, component, origin, release = [*line.split(" "), "", "", "", ""][:4]
        plain = not re.search("security|updates|backports", release)
        if component == "main" and origin == "Debian" and plain:
            return site
    return _mirror_from_sources()


def _mirror_from_sources() -> str:
    """The same from the sources files: a fresh machine has no package lists yet."""
    folder = Path("/etc/apt")
    files = [folder / "sources.list", *sorted((folder / "sources.list.d").glob("*"))]
    text = "\n".join(f.read_text(errors="replace") for f in files if f.is_file())
    entry = re.search(
        r"^(?:deb (?:\[.*?\] )?|URIs: *)(\S*debian(?:/|\.list)?)(?: |$)", text, re.MULTILINE
    )
    if os_release().get("ID") == "debian" and entry:
        return entry[1]
    raise SetupError("no Debian package mirror is configured on this machine.", _own_odoo())


def _own_odoo() -> str:
    return (
        "give an Odoo 19 yourself: ODOO_SRC=/path/to/odoo (a checkout of branch 19.0), or"
        " ODOO_DEB=/path/to/odoo-19.deb, in front of the same command; and install a browser"
        " (chromium or google-chrome) and npm for tests and right-to-left pages."
    )


def apt_get(
    suite: str, *words: str, log: str, cwd: Path | None = None, program: str = "apt-get"
) -> str:
    """apt-get (or apt-cache) with a state of its own; its only source: one suite of the mirror."""
    state = APT / suite
    for folder in ("lists/partial", "cache/archives/partial"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    options: dict[str, str | Path] = {
        **_source_options(suite, state / "sources.list"),
        "Dir::State::lists": state / "lists",
        "Dir::Cache": state / "cache",
        "Acquire::Languages": "none",
        "Acquire::IndexTargets::deb::DEP-11::DefaultEnabled": "false",
        "APT::Sandbox::User": user_name(),
        "Acquire::Retries": "3",
        "Debug::NoLocking": "true",
    }
    flags = [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
    return call(
        [program, "-q", *flags, *words], log, cwd=cwd, env={**os.environ, "LC_ALL": "C.UTF-8"}
    )


def _source_options(suite: str, sources: Path) -> dict[str, str | Path]:
    """One suite of the Debian mirror; other systems use their own sources for their own suite."""
    if os_release().get("ID") != "debian" and suite == codename():
        return {}
    trusted = f"[signed-by={KEYRING}] " if KEYRING.exists() else ""
    sources.write_text(f"deb {trusted}{mirror()} {suite} main\n")
    return {"Dir::Etc::sourcelist": sources, "Dir::Etc::sourceparts": "-"}


def update(suite: str) -> None:
    """Fetch the package lists of a suite into the private state."""
    out = apt_get(suite, "update", log=f"apt-update-{suite}")
    if re.search(r"^(E|Err|W: Failed)", out, re.MULTILINE):
        raise SetupError(
            f"the package lists of Debian {suite} could not be fetched.",
            "check the network and this machine's package mirror, then run again.",
            RUN / "logs" / f"apt-update-{suite}.log",
        )


def download(suite: str, packages: list[str], folder: Path) -> list[Path]:
    """Download packages (name or name=version) into a folder; signature-checked by apt."""
    folder.mkdir(parents=True, exist_ok=True)
    log = "apt-download-" + re.sub(r"\W+", "-", packages[0])
    apt_get(suite, "download", *packages, log=log, cwd=folder)
    return sorted(folder.glob("*.deb"))


def closure(suite: str, packages: list[str]) -> list[str]:
    """The packages and all they need that this machine has not got, by apt's own reckoning."""
    out = apt_get(
        suite, "-s", "--no-install-recommends", "install", *packages, log=f"apt-plan-{packages[0]}"
    )
    planned = re.findall(r"^Inst (\S+) .*?\((\S+) ", out, re.MULTILINE)
    return [f"{name}={version}" for name, version in planned]


def unpack(debs: list[Path], prefix: Path) -> None:
    """Unpack packages into a folder, without running any of their scripts."""
    prefix.mkdir(parents=True, exist_ok=True)
    for deb in debs:
        call(["dpkg-deb", "-x", deb, prefix], f"unpack-{deb.name.split('_')[0]}")


def codename() -> str:
    """The suite of this machine, e.g. `bookworm`."""
    return os_release().get("VERSION_CODENAME", "stable")
