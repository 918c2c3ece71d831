"""The examples in the docstrings are true."""

import doctest
import importlib
import warnings

import pytest

from tools.paths import ADDONS_DIR, ROOT

LIBRARIES = sorted(
    "odoo.addons." + ".".join(path.relative_to(ADDONS_DIR).with_suffix("").parts)
    for path in ADDONS_DIR.glob("*/lib/*.py")
    if path.name != "__init__.py"
)
TOOLS = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in ROOT.glob("tools/**/*.py")
    if ">>> " in path.read_text() and path.name != "__main__.py"
)


@pytest.mark.parametrize("name", LIBRARIES + TOOLS)
def test_examples(name):
    """Every module of pure logic has examples, and each gives what it says."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = doctest.testmod(importlib.import_module(name))
    assert result.attempted, f"{name} has no example"
    assert not result.failed
