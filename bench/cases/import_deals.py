"""The import wizard of deal registrations against creating and submitting them one by one."""

from __future__ import annotations

import base64
import csv
import io
from typing import Any

from bench.runner.case import Case, Goal, Probe

COLUMNS = ("Reference", "Partner", "Customer", "VAT", "Domain", "Country", "Amount", "Currency")

# Read the file, find partners and customers, then number, claim, check and tell, set by set.
COPY = (
    "COPY bench_row (ref, partner, customer, vat, domain, country, amount, currency) "
    "FROM STDIN CSV HEADER"
)
LIMIT = """
    CREATE TEMP TABLE bench_deal_row ON COMMIT DROP AS
    SELECT r.*, p.id AS partner_id, co.id AS country_id, cur.id AS currency_id,
           %(company)s AS company_id,
           CASE WHEN r.vat IS NULL THEN '' WHEN starts_with(r.vat, r.country) THEN r.vat
                ELSE r.country || r.vat END AS vat_key,
           nextval(%(ids)s) AS deal_id, nextval('prm_deal_submit_no_seq') AS submit_no
      FROM bench_row r
      JOIN res_partner p ON p.ref = r.partner
      JOIN res_country co ON co.code = r.country
      JOIN res_currency cur ON cur.name = r.currency
     ORDER BY r.line;
    CREATE TEMP TABLE bench_customer_of ON COMMIT DROP AS
    SELECT r.line, min(p.commercial_partner_id) AS customer_id
      FROM bench_deal_row r JOIN res_partner p ON p.vat IN (r.vat, r.vat_key) AND p.active
     GROUP BY r.line, r.partner_id HAVING count(DISTINCT p.commercial_partner_id) = 1
        AND min(p.commercial_partner_id) <> r.partner_id;
    INSERT INTO prm_deal (id, name, company_id, partner_id, customer_name, customer_vat,
           customer_domain, customer_country_id, customer_id, vat_key, domain_key, amount,
           currency_id, state, source, external_ref, submit_no, submitted_on, submitted_by,
           create_uid, write_uid, create_date, write_date)
    SELECT deal_id, 'L' || deal_id, company_id, partner_id, customer, vat, domain, country_id,
           customer_id, vat_key, domain, amount, currency_id, 'in_review', 'import', ref, submit_no,
           now(), 2, 2, 2, now(), now()
      FROM bench_deal_row LEFT JOIN bench_customer_of USING (line);
    CREATE TEMP TABLE bench_key ON COMMIT DROP AS
    SELECT deal_id, line, partner_id, f.kind,
           r.company_id || ':' || f.kind || ':' || f.value AS key
      FROM bench_deal_row r LEFT JOIN bench_customer_of c USING (line)
      CROSS JOIN LATERAL (VALUES ('vat', vat_key), ('domain', domain),
           ('customer', c.customer_id::text)) AS f(kind, value)
     WHERE f.value <> '';
    INSERT INTO prm_claim_key AS k (key, kind, company_id, seq, create_uid, create_date)
    SELECT DISTINCT key, kind, %(company)s, 1, 2, now() FROM bench_key ORDER BY key
        ON CONFLICT (key) DO UPDATE SET seq = k.seq + 1;
    INSERT INTO prm_deal_claim (deal_id, key_id, company_id, create_uid, create_date)
    SELECT b.deal_id, k.id, %(company)s, 2, now() FROM bench_key b JOIN prm_claim_key k USING (key);
    UPDATE prm_deal d SET state = 'rejected', decided_on = now()
      FROM (SELECT DISTINCT b.deal_id FROM bench_key b JOIN prm_claim_key k USING (key)
              JOIN prm_deal_claim c ON c.key_id = k.id
              JOIN prm_deal r ON r.id = c.deal_id AND r.partner_id <> b.partner_id
              JOIN prm_deal_protection p ON p.deal_id = r.id AND p.live
               AND daterange(p.date_from, p.date_until) @> current_date) held
     WHERE d.id = held.deal_id;
    UPDATE prm_deal d SET verdict = CASE
           WHEN EXISTS (SELECT FROM prm_deal_claim m JOIN prm_deal_claim o USING (key_id)
                        JOIN prm_deal r ON r.id = o.deal_id AND r.id <> d.id
                         AND r.state IN ('submitted', 'in_review', 'info_needed', 'approved')
                         AND r.partner_id <> d.partner_id
                        WHERE m.deal_id = d.id) THEN 'other_partner'
           WHEN EXISTS (SELECT FROM res_partner c WHERE c.id = d.customer_id
                           AND c.customer_rank > 0) THEN 'existing_customer'
           WHEN EXISTS (SELECT FROM prm_deal_claim m JOIN prm_deal_claim o USING (key_id)
                        JOIN prm_deal r ON r.id = o.deal_id AND r.id <> d.id
                         AND r.state IN ('submitted', 'in_review', 'info_needed', 'approved')
                        WHERE m.deal_id = d.id) THEN 'same_partner'
           ELSE 'clear' END
     WHERE d.state = 'in_review' AND d.id IN (SELECT deal_id FROM bench_deal_row);
    INSERT INTO mail_message (model, res_id, message_type, subtype_id, body, author_id, email_from,
           date, create_uid, write_uid, create_date, write_date, is_internal)
    SELECT 'prm.deal', deal_id, 'notification', %(note)s, m.body, %(author)s, %(email)s,
           now(), 2, 2, now(), now(), true
      FROM bench_deal_row CROSS JOIN (VALUES ('<p>Created.</p>'), ('<p>Submitted.</p>')) m(body)"""


class ImportDeals(Case):
    """A file of good rows: two fifths about companies in the base, the rest about unknown ones."""

    name = "import"
    title = "import deal registrations by file, submitted at once"
    needs = ("prm.deal.import", "prm.claim.key", "prm.deal.claim")
    goals = (
        Goal("ordinary/ours", ">=", 3, ("S", "M", "L")),
        Goal("ours/limit", "<=", 20, ("S", "M", "L")),
        Goal("growth", "<=", 1.1),
    )

    def units(self) -> int:
        return self.by_size(50, 1000, 10_000, 10_000)

    def setup(self, env: Any) -> None:
        """Write the file."""
        base = self.note["bases"]["res_partner"]
        resellers = env["res.partner"].search(
            [("grade_id", "!=", False), ("ref", "=like", "B%"), ("company_id", "=", False)],
            order="id",
            limit=50,
        )
        companies = env["res.partner"].browse(
            base + 1 + n for n in range(0, self.note["rows"]["bench_companies"], 3)
        )
        companies.fetch(["vat", "email", "name", "country_id"])
        self.rows = []
        for n in range(self.units()):
            reseller = resellers[n % len(resellers)]
            facts = ("Unknown", "", f"unknown-{n}.example", "DE")
            if n % 5 < 2 and n // 5 * 2 + n % 5 < len(companies):
                known = companies[n // 5 * 2 + n % 5]
                domain = (known.email or f"@other-{n}.example").lower().rpartition("@")[2]
                facts = (known.name, known.vat or "", domain, known.country_id.code)
            name, vat, domain, country = facts
            self.rows.append(
                (f"row {n}", reseller.ref, name, vat, domain, country, 1000 + n, "USD")
            )
        text = io.StringIO()
        csv.writer(text).writerows([COLUMNS, *self.rows])
        self.file = text.getvalue()
        self.partners = {reseller.ref: reseller.id for reseller in resellers}
        self.countries = {c.code: c.id for c in env["res.country"].search([])}

    def ours(self, env: Any, probe: Probe) -> Any:
        """Import the file by the wizard."""
        wizard = env["prm.deal.import"].create(
            {
                "file": base64.b64encode(self.file.encode()),
                "filename": "deals.csv",
                "company_id": env.ref("base.main_company").id,
                "beyond_limits": True,
            }
        )
        wizard.action_import()
        return wizard.deal_ids

    def ordinary(self, env: Any, probe: Probe) -> Any:
        """Create and submit each row by itself: a sample of them, scaled up."""
        done = min(len(self.rows), 200)
        probe.share = done / len(self.rows)
        deals = env["prm.deal"]
        dollar, company = env.ref("base.USD").id, env.ref("base.main_company").id
        for ref, partner, name, vat, domain, country, amount, _currency in self.rows[:done]:
            deal = env["prm.deal"].create(
                {
                    "external_ref": ref,
                    "partner_id": self.partners[partner],
                    "customer_name": name,
                    "customer_vat": vat,
                    "customer_domain": domain,
                    "customer_country_id": self.countries[country],
                    "amount": amount,
                    "currency_id": dollar,
                    "company_id": company,
                    "beyond_limits": True,
                }
            )
            deal.action_submit()
            env.flush_all()
            deals |= deal
        return deals

    def limit(self, env: Any, probe: Probe) -> Any:
        """COPY the file and do the rest set by set."""
        cr = env.cr
        cr.execute(
            "CREATE TEMP TABLE bench_row (line serial, ref text, partner text, customer text, "
            "vat text, domain text, country text, amount numeric, currency text) ON COMMIT DROP"
        )
        cr.copy_expert(COPY, io.StringIO(self.file))
        cr.execute("ANALYZE bench_row")
        author = env.user.partner_id
        cr.execute(
            LIMIT,
            {
                "company": env.ref("base.main_company").id,
                "ids": "prm_deal_id_seq",
                "note": env.ref("mail.mt_note").id,
                "author": author.id,
                "email": author.email_formatted,
            },
        )
        cr.execute("SELECT deal_id FROM bench_deal_row")
        ids = [row[0] for row in cr.fetchall()]
        env.invalidate_all()
        return env["prm.deal"].browse(ids)

    def result(self, env: Any, outcome: Any) -> dict[str, Any]:
        """Return what stands in the database for each row.

        Not the verdict: the weighted check knows more than this statement, by look-alikes of names
        and by documents. Of the claims those that the row itself gives.
        """
        env.cr.execute(
            """SELECT external_ref, partner_id, customer_id, vat_key, domain_key, amount::float,
                      state, (SELECT count(*) FROM prm_deal_claim c
                               WHERE c.deal_id = d.id AND c.weight IS NULL)
                 FROM prm_deal d WHERE id = ANY(%s)""",
            [outcome.ids],
        )
        return {row[0]: list(row[1:]) for row in env.cr.fetchall()}
