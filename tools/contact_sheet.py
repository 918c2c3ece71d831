"""What tools/screenshots.py took, and the page that shows it all."""

import html
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Target:
    """A line of the list of pages."""

    name: str
    address: str
    login: str
    selector: str = ""


@dataclass
class Picture:
    """One page in one language and width, and what was wrong with it."""

    target: Target
    language: str
    width: int
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def file(self) -> str:
        return f"{self.target.name}-{self.language}-{self.width}.png"


def contact_sheet(pictures: list[Picture], url: str) -> str:
    """index.html: a row for each page, its pictures beside each other."""
    rows = []
    for target in dict.fromkeys(picture.target for picture in pictures):
        cells = []
        for picture in pictures:
            if picture.target != target:
                continue
            lines = "".join(
                f'<li class="{kind}">{html.escape(text)}</li>'
                for kind, texts in (("problem", picture.problems), ("note", picture.notes))
                for text in texts
            )
            label = f"{picture.language}, {picture.width} px"
            cells.append(
                f'<figure><a href="{picture.file}"><img loading="lazy" src="{picture.file}"'
                f' alt="{html.escape(target.name)}, {label}"></a>'
                f"<figcaption>{label}<ul>{lines}</ul></figcaption></figure>"
            )
        title = f"{html.escape(target.name)} <small>{html.escape(target.address)}"
        rows.append(
            f"<h2>{title} ({html.escape(target.login)})</small></h2><div>{''.join(cells)}</div>"
        )
    style = (
        "body{font:14px sans-serif;margin:1rem;background:#f4f4f4}div{display:flex;flex-wrap:wrap;"
        "gap:1rem}figure{margin:0}img{height:260px;max-width:420px;object-fit:cover;object-position:"
        "top;border:1px solid #bbb;background:#fff}small{font-weight:normal;color:#666}"
        ".problem{color:#b00020}.note{color:#8a6d00}figcaption{max-width:420px}"
    )
    wrong = sum(1 for picture in pictures if picture.problems)
    return (
        '<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Screenshots</title>'
        f"<style>{style}</style><h1>{len(pictures)} pictures of {html.escape(url)},"
        f" {wrong} with problems</h1>{''.join(rows)}</html>\n"
    )
