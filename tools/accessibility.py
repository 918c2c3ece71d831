"""What axe-core (WCAG 2.1, levels A and AA) finds on a page, without what is Odoo's own.

What Odoo's own pages show too is listed in tools/axe_core.txt, a line each:
    rule | part of the element's selector or HTML
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

HERE = Path(__file__).resolve().parent
RUN_AXE = """
async () => {
  const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"];
  const { violations } = await axe.run(document, { runOnly: { type: "tag", values: tags } });
  return violations.flatMap((one) =>
    one.nodes.map((node) => ({
      rule: one.id,
      target: node.target.flat().join(" "),
      html: node.html,
      message: node.failureSummary.split("\\n").slice(1).join(" ").trim(),
    })),
  );
}
"""


@dataclass(frozen=True)
class Finding:
    """One element that breaks one rule."""

    rule: str
    target: str
    html: str
    message: str

    def __str__(self) -> str:
        return f"axe {self.rule}: {self.target} {self.html[:160]} ({self.message[:160]})"


def read_known(path: Path = HERE / "axe_core.txt") -> list[tuple[str, str]]:
    """Rule and part of the element, of each line of the list of what is Odoo's own."""
    lines = [line.strip() for line in path.read_text("utf-8").splitlines()]
    pairs = [line.partition("|") for line in lines if line and not line.startswith("#")]
    return [(rule.strip(), part.strip()) for rule, _, part in pairs]


def is_known(finding: Finding, known: list[tuple[str, str]]) -> bool:
    """Whether the finding is one of Odoo's own.

    >>> one = Finding("region", "div.o_main_navbar", "<div>", "")
    >>> is_known(one, [("region", "o_main_navbar")]), is_known(one, [("list", "o_main_navbar")])
    (True, False)
    """
    return any(
        finding.rule == rule and (part in finding.target or part in finding.html)
        for rule, part in known
    )


def findings(page: Page, axe: Path) -> list[Finding]:
    """What axe-core (the file of its script) finds on the page as it stands."""
    page.evaluate(axe.read_text("utf-8"))
    found: list[dict[str, Any]] = page.evaluate(RUN_AXE)
    known = read_known()
    every = dict.fromkeys(Finding(**one) for one in found)
    return [one for one in every if not is_known(one, known)]
