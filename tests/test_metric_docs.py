"""The page about metrics says of every shipped metric what the metric says of itself."""

import re
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).parents[1]
DATA = ROOT / "addons/relationship_crm/data/relationship_metric_data.xml"
PAGE = ROOT / "docs/admins/metrics.md"


def shipped():
    """{code: (name, formula)} of the records of the addon."""
    metrics = {}
    for record in ElementTree.parse(DATA).iter("record"):
        fields = {field.get("name"): " ".join((field.text or "").split()) for field in record}
        metrics[fields["code"]] = (fields["name"], fields["description"])
    return metrics


def test_page_lists_every_metric_with_its_formula():
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \|.*\| (.+?) \|$", PAGE.read_text(), re.MULTILINE)
    assert {code: (name, formula) for code, name, formula in rows} == shipped()
