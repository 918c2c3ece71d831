"""The words of names, as background work would have written them."""

from __future__ import annotations

from ..context import Context
from ..engine import Stage

#: Names written at a time.
CHUNK = 10_000

#: Who holds a name: contacts that are nobody's, opportunities without a contact, deals.
HOLDERS = {
    "partner": """SELECT p.id, p.name, c.code
                    FROM res_partner p LEFT JOIN res_country c ON c.id = p.country_id
                   WHERE p.active AND p.commercial_partner_id = p.id""",
    "lead": """SELECT l.id, l.partner_name, c.code
                 FROM crm_lead l LEFT JOIN res_country c ON c.id = l.country_id
                WHERE l.partner_id IS NULL AND l.partner_name > ''""",
    "deal": """SELECT d.id, d.customer_name, c.code
                 FROM prm_deal d LEFT JOIN res_country c ON c.id = d.customer_country_id
                WHERE d.state <> 'draft'""",
}


class Names(Stage):
    """The words of all names, by the addon's own code: what a word is, SQL can't tell."""

    name = "names"
    bulk = False
    needs = {
        "relationship_name_token": ("holder", "token", "sound"),
        "bench_duplicate": (),
    }
    tables = ("relationship_name_token",)

    def run(self, ctx: Context) -> None:
        """Write the words in the order of their holders."""
        model = ctx.env["relationship.name.token"]
        for holder in model._holder_columns():
            ctx.cr.execute(f"{HOLDERS[holder]} ORDER BY 1")
            rows = ctx.cr.fetchall()
            for start in range(0, len(rows), CHUNK):
                part = rows[start : start + CHUNK]
                model._write_names(holder, {one: (name, code) for one, name, code in part})
        ctx.cr.execute("SELECT count(*) FROM relationship_name_token")
        ctx.rows["relationship_name_token"] = ctx.cr.fetchone()[0]
