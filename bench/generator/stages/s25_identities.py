"""Keys by which the partners are recognised, as background work would have made them."""

from __future__ import annotations

from .. import words
from ..context import Context
from ..engine import Stage

# The tax ID is the company's, a domain is everybody's who writes from there.
KEYS = """
    SELECT id, create_date, 'email' AS type, email_normalized AS value
      FROM bench_holder WHERE email_normalized > ''
    UNION ALL
    SELECT id, create_date, 'phone', phone_sanitized FROM bench_holder WHERE phone_sanitized > ''
    UNION ALL
    SELECT id, create_date, 'vat', CASE WHEN starts_with(vat, code) THEN vat ELSE code || vat END
      FROM bench_holder WHERE vat > '' AND id = commercial_partner_id
    UNION ALL
    SELECT id, create_date, 'domain', split_part(email_normalized, '@', 2)
      FROM bench_holder
     WHERE email_normalized > '' AND NOT split_part(email_normalized, '@', 2) = ANY(%(free)s)
    UNION ALL
    SELECT id, create_date, 'domain', split_part(website, '://www.', 2)
      FROM bench_holder
     WHERE website > ''
       AND split_part(website, '://www.', 2)
           IS DISTINCT FROM split_part(coalesce(email_normalized, ''), '@', 2)"""


class Identities(Stage):
    """E-mail, phone, tax ID and domain of every partner: about three keys each."""

    name = "identities"
    needs = {
        "relationship_identity": ("partner_id", "type", "value", "source"),
        "bench_duplicate": (),
    }
    tables = ("relationship_identity",)

    def run(self, ctx: Context) -> None:
        """Write the keys in the order of the partners."""
        base = ctx.bases["res_partner"]
        ctx.plan(
            "bench_holder",
            """SELECT p.*, c.code FROM res_partner p JOIN res_country c ON c.id = p.country_id
                WHERE p.id BETWEEN %(base)s + 1 AND %(base)s + %(partners)s""",
            {"base": base, "partners": ctx.size.partners},
        )
        count = ctx.plan(
            "bench_key",
            f"""SELECT row_number() OVER (ORDER BY id, type, value) AS no, k.*
                  FROM ({KEYS}) k""",
            {"free": list(words.FREEMAIL)},
        )
        ctx.insert(
            "relationship_identity",
            {
                "id": "%(base)s + k.no",
                "partner_id": "k.id",
                "type": "k.type",
                "value": "k.value",
                "source": "'contact'",
                "first_seen": "k.create_date",
                "last_seen": "k.create_date",
                "shared": "false",
            },
            "bench_key k ORDER BY k.no",
            {"base": ctx.reserve("relationship_identity", count)},
        )
