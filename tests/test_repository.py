"""What must hold for the files of the repository: no database is asked."""

import ast
import os
import re
import struct
from pathlib import Path

import polib
import pytest
from lxml import etree

from odoo.addons.relationship_crm.tests.common import SAME

from tools.paths import ADDONS, ADDONS_DIR, BRIDGES, OURS, ROOT

#: made by tools, not part of the repository; so are hidden folders other than .ci
MADE = {"node_modules", "__pycache__"}
#: hosts of package registries, and folders of a person's machine
FOREIGN = re.compile(
    r"\bpypi\.org|pythonhosted\.org|registry\.(npmjs|yarnpkg)\b|\b(deb|ftp|security)\.debian\.org"
    r"|archive\.ubuntu\.com|[a-z]\.docker\.io|proxy\.golang\.org"
    r"|/home/[a-z]|/Users/[a-z]|/root/\w|[A-Z]:\\\\?Users|(?<![\w./…>}])/(work|opt/dev)\b"
)
PLACEHOLDER = re.compile(r"%\(\w+\)[sdf]|%[sd]|\{\{.*?\}\}|\$\{.*?\}|</?\w+[^>]*>")
#: parts of a tag that people read
READ = re.compile(r' (title|alt|placeholder|aria-label)="[^"]*"')
#: left as it is in every language: names, units, what a program reads
LETTERS = re.compile(r"[^\W\d_]")
KEYS = {"name", "version", "category", "summary", "author", "license", "depends", "data"}
DATA_FOLDERS = ("security", "data", "views", "wizard", "report", "demo")


def repository_files():
    """Every file that belongs to the repository."""
    found = []
    for folder, folders, names in os.walk(ROOT):
        folders[:] = [f for f in folders if f not in MADE and (f[0] != "." or f == ".ci")]
        found += [Path(folder, name) for name in names if not name.endswith((".pyc", ".coverage"))]
    return found


FILES = repository_files()
TEXTS = {
    path.relative_to(ROOT): path.read_text()
    for path in FILES
    if path.suffix not in (".png", ".ico", ".gif", ".jpg", ".pdf", ".woff2", ".xlsx", ".dat")
}
TEST_FILES = [
    path for path in TEXTS if path.name.startswith("test_") and "tests" in path.parts[:-1]
]


def manifest(addon):
    """The manifest of an addon as a dict."""
    return ast.literal_eval((ADDONS_DIR / addon / "__manifest__.py").read_text())


# ---------------------------------------------------------------- the whole repository


def test_no_foreign_hosts_and_paths():
    """Packages come from what a machine has set up; nobody else has our folders."""
    found = [
        f"{path}:{number}: {hit[0]}"
        for path, text in TEXTS.items()
        for number, line in enumerate(text.splitlines(), 1)
        if (hit := FOREIGN.search(line))
    ]
    assert found == []


def test_programs_can_be_executed():
    programs = [path for path, text in TEXTS.items() if text.startswith("#!")]
    assert programs
    assert [str(path) for path in programs if not os.access(ROOT / path, os.X_OK)] == []


def test_commands_in_documents_exist():
    """Every `make <target>` that a document names is a target."""
    makefile = (ROOT / "Makefile").read_text()
    targets = set(makefile.split(".PHONY:")[1].split("\n")[0].split())
    named = {
        (str(path), target)
        for path, text in TEXTS.items()
        if path.suffix == ".md"
        for target in re.findall(r"(?:^|`)make ([a-z][a-z-]*)", text, re.MULTILINE)
    }
    assert named
    assert sorted(pair for pair in named if pair[1] not in targets) == []


def test_links_in_documents_lead_somewhere():
    """Links and pictures with a relative address name files of the repository."""
    links = [
        (path, link)
        for path, text in TEXTS.items()
        if path.suffix == ".md"
        for link in re.findall(r"\]\(([^)#\s]+)", text)
        if not re.match(r"[a-z]+:", link)
    ]
    lost = [f"{path}: {link}" for path, link in links if not (ROOT / path.parent / link).exists()]
    assert lost == []


# ---------------------------------------------------------------- tests


def _tests_in(path):
    tree = ast.parse(TEXTS[path])
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]


def test_every_test_file_holds_tests():
    assert [str(path) for path in TEST_FILES if not _tests_in(path)] == []


def test_expected_count_is_kept():
    """The noted number of tests is raised when tests are added, or it guards nothing."""
    written = sum(len(_tests_in(path)) for path in TEST_FILES)
    assert int((ROOT / "tests" / "expected_count").read_text()) >= written * 0.9


def test_no_test_waits_for_time():
    """Tests wait for conditions: a fixed wait is too short on one machine, too long on another."""
    waits = [
        f"{path}:{node.lineno}"
        for path, text in TEXTS.items()
        if path.suffix == ".py" and "tests" in path.parts
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", getattr(node.func, "id", ""))
        in ("sleep", "wait_for_timeout")
    ]
    assert waits == []


# ---------------------------------------------------------------- addons


def _imports(init):
    """The modules that an __init__.py imports; anything else in it is an error."""
    names = []
    for node in ast.parse(init.read_text()).body:
        assert isinstance(node, ast.ImportFrom), f"{init}:{node.lineno} is no import"
        assert node.level == 1, f"{init}:{node.lineno} is no relative import"
        names += [alias.name for alias in node.names]
    return names


@pytest.mark.parametrize("addon", OURS)
@pytest.mark.parametrize("folder", ["models", "wizard", "controllers", "report", "tests"])
def test_every_python_file_is_imported(addon, folder):
    """A file that nobody imports does nothing, and in tests/ Odoo's own runner passes it over."""
    files = {path.stem for path in (ADDONS_DIR / addon / folder).glob("*.py")} - {"__init__"}
    init = ADDONS_DIR / addon / folder / "__init__.py"
    if folder == "tests":
        files = {name for name in files if name.startswith("test_")}
        assert files, f"{addon} has no test"
    imported = _imports(init) if init.exists() else []
    assert sorted(files) == sorted(set(imported) - {"common"})
    if files and folder != "tests":
        assert folder in _imports(ADDONS_DIR / addon / "__init__.py")


@pytest.mark.parametrize("addon", ADDONS)
def test_manifest(addon):
    found = manifest(addon)
    assert set(found) >= KEYS
    assert found["license"] == "LGPL-3"
    assert re.fullmatch(r"19\.0\.\d+\.\d+\.\d+", found["version"])
    assert found["author"] == "Relationship Suite contributors"
    assert found["summary"].strip()
    others = set(ADDONS) - {"relationship_crm"}
    assert not others & set(found["depends"]), "the three addons never depend on one another"
    if addon != "relationship_crm":
        assert "relationship_crm" in found["depends"]


@pytest.mark.parametrize("bridge", BRIDGES)
def test_bridge(bridge):
    """A bridge joins one addon of ours to one of Odoo's, by itself, in a few lines."""
    found = manifest(bridge)
    assert found["auto_install"] is True
    assert found["license"] == "LGPL-3"
    assert re.fullmatch(r"19\.0\.\d+\.\d+\.\d+", found["version"])
    ours, theirs = found["depends"]
    assert ours in ADDONS
    assert bridge.startswith(f"{ours}_")
    assert theirs not in OURS
    texts = [
        (ADDONS_DIR.parent / path).read_text()
        for path in TEXTS
        if path.parts[:2] == ("addons", bridge)
        and path.suffix == ".py"
        and "tests" not in path.parts
    ]
    assert not [text for text in texts if re.search(r"^\s+_name = ", text, re.MULTILINE)]
    assert sum(map(lines_of_code, texts)) <= 150


def lines_of_code(text):
    """The number of lines on which statements of a module begin or go on; no words, no gaps."""
    tree = ast.parse(text)
    words = {
        line
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        for line in range(node.lineno, node.end_lineno + 1)
    }
    return sum(
        number not in words and bool(line.split("#")[0].strip())
        for number, line in enumerate(text.splitlines(), 1)
    )


@pytest.mark.parametrize("addon", OURS)
def test_manifest_names_every_data_file(addon):
    """A view that the manifest forgets is never loaded; a file it invents stops the install."""
    found = manifest(addon)
    named = [*found.get("data", []), *found.get("demo", [])]
    there = [
        str(path.relative_to(ADDONS_DIR / addon))
        for folder in DATA_FOLDERS
        for path in (ADDONS_DIR / addon / folder).rglob("*")
        if path.suffix in (".xml", ".csv")
    ]
    assert sorted(named) == sorted(there)
    demo = [name for name in found.get("data", []) if name.startswith("demo/")]
    assert demo == [], "demo data would be loaded in production"


@pytest.mark.parametrize("addon", OURS)
def test_assets_exist(addon):
    """Every pattern of the manifest's assets matches a file, every script and style is matched."""
    matched = set()
    for bundle, patterns in manifest(addon).get("assets", {}).items():
        for pattern in patterns:
            files = [path for path in ADDONS_DIR.glob(pattern) if path.is_file()]
            assert files, f"{bundle}: {pattern} matches nothing"
            matched |= set(files)
    shipped = {
        path
        for path in (ADDONS_DIR / addon / "static").rglob("*")
        if path.suffix in (".js", ".scss", ".css", ".xml")
        and "lib" not in path.relative_to(ADDONS_DIR / addon).parts
    }
    assert sorted(str(path) for path in shipped - matched) == []


@pytest.mark.parametrize("addon", ADDONS)
def test_icon(addon):
    """Odoo shows the icon at up to 140 pixels; a missing one becomes a grey box."""
    data = (ADDONS_DIR / addon / "static/description/icon.png").read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", data[16:24])
    assert width == height >= 128


@pytest.mark.parametrize("addon", OURS)
def test_always_invisible_fields_say_why(addon):
    """As Odoo's own test asks: a comment follows a field that is in a view for others to read."""
    bare = [
        f"{path.name}:{field.sourceline} {field.get('name')}"
        for path in (ADDONS_DIR / addon).rglob("*.xml")
        if "static" not in path.parts
        for field in etree.parse(str(path)).iter("field")
        if {field.get("invisible"), field.get("column_invisible")} & {"1", "True", "true"}
        and not isinstance(field.getnext(), etree._Comment)
    ]
    assert bare == []


def test_icons_differ():
    icons = [(ADDONS_DIR / addon / "static/description/icon.png").read_bytes() for addon in ADDONS]
    assert len(set(icons)) == len(ADDONS)


# ---------------------------------------------------------------- translations


def _catalogue(addon, name):
    return polib.pofile(str(ADDONS_DIR / addon / "i18n" / name), check_for_duplicates=True)


@pytest.mark.parametrize("language", ["ar", "vi"])
@pytest.mark.parametrize("addon", OURS)
def test_translation(addon, language):
    """Every term is translated, none is in doubt, and none lost what the program fills in."""
    terms = {(entry.msgctxt, entry.msgid) for entry in _catalogue(addon, f"{addon}.pot")}
    catalogue = _catalogue(addon, f"{language}.po")
    assert catalogue.metadata["Language"].split("_")[0] == language
    assert {(entry.msgctxt, entry.msgid) for entry in catalogue} == terms
    empty = {entry.msgid for entry in catalogue if not entry.msgstr.strip()}
    assert empty - SAME == set()
    assert [entry.msgid for entry in catalogue if entry.fuzzy or entry.obsolete] == []
    changed = [
        entry.msgid
        for entry in catalogue
        if entry.msgid not in empty and _filled_in(entry.msgid) != _filled_in(entry.msgstr)
    ]
    assert changed == []


def _filled_in(text):
    """What the program fills in, and the tags without what people read in them."""
    return sorted(PLACEHOLDER.findall(READ.sub("", text)))


@pytest.mark.parametrize("addon", OURS)
def test_translation_is_not_the_source(addon):
    """A sentence that stands unchanged in Arabic or Vietnamese was forgotten."""
    left = [
        f"{language}: {entry.msgid}"
        for language in ("ar", "vi")
        for entry in _catalogue(addon, f"{language}.po")
        if entry.msgstr == entry.msgid
        and len(entry.msgid.split()) > 2
        and LETTERS.search(PLACEHOLDER.sub("", entry.msgid))
    ]
    assert left == []


#: how a printed report is called: an expression, of which only the words in quotes are read
NAME_OF_A_PRINT = re.compile(r"'(%s|[^A-Za-z])*' % \(object\.")


@pytest.mark.parametrize("addon", OURS)
def test_arabic_is_written_in_arabic(addon):
    arabic = re.compile(r"[\u0600-\u06ff]")
    latin = [
        entry.msgid
        for entry in _catalogue(addon, "ar.po")
        if len(re.findall(r"[A-Za-z]{3,}", PLACEHOLDER.sub("", entry.msgid))) > 1
        and not NAME_OF_A_PRINT.match(entry.msgid)
        and not arabic.search(entry.msgstr)
    ]
    assert latin == []
