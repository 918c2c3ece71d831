"""The conflict check of deal registrations, against all deals and partners of the data."""

from __future__ import annotations

from typing import Any

from bench.runner.case import Case, Goal, Probe

PROBES = 240

LIMIT = """
    WITH customer AS (  -- the one company in the base with this VAT number
        SELECT min(commercial_partner_id) AS id, count(DISTINCT commercial_partner_id) AS found
          FROM res_partner WHERE vat IN %(vats)s AND active),
    wanted AS (
        SELECT 'vat' AS kind, %(vat_key)s AS value WHERE %(vat_key)s <> ''
        UNION ALL SELECT 'domain', %(domain)s WHERE %(domain)s <> ''
        UNION ALL SELECT 'customer', id::text FROM customer WHERE found = 1 AND id <> %(partner)s),
    bumped AS (
        INSERT INTO prm_claim_key AS k (key, kind, company_id, seq)
        SELECT %(company)s || ':' || kind || ':' || value, kind, %(company)s, 1
          FROM wanted ORDER BY 1
        ON CONFLICT (key) DO UPDATE SET seq = k.seq + 1
        RETURNING id),
    claimed AS (
        INSERT INTO prm_deal_claim (deal_id, key_id, company_id)
        SELECT %(deal)s, id, %(company)s FROM bumped
        ON CONFLICT DO NOTHING)
    SELECT coalesce(bool_or(p.id IS NOT NULL AND d.partner_id <> %(partner)s), false),
           array_agg(DISTINCT d.id) FILTER (
               WHERE d.state IN ('submitted', 'in_review', 'info_needed') OR p.id IS NOT NULL)
      FROM bumped b
      LEFT JOIN prm_deal_claim c ON c.key_id = b.id AND c.deal_id <> %(deal)s
      LEFT JOIN prm_deal d ON d.id = c.deal_id
      LEFT JOIN prm_deal_protection p ON p.deal_id = d.id AND p.live
           AND daterange(p.date_from, p.date_until) @> current_date"""


class Conflict(Case):
    """Claim the customer and find who else claims it, one registration after the other.

    A third of the probes are for customers that another partner holds, a third for customers in the
    base that nobody registered, a third for companies nobody knows. Core's search for duplicates of
    a lead with the same e-mail domain and customer is timed beside it; it answers another question,
    so its answers are not compared.
    """

    name = "conflict"
    title = "conflict check of a deal registration by exact keys"
    needs = ("prm.deal", "prm.claim.key", "prm.deal.claim")
    goals = (
        Goal("p95 ours/ordinary", "<=", 2),
        Goal("recall", ">=", 0.95),
        Goal("growth", "<=", 1.1),
    )
    compared = ("ours", "limit")
    warm = True

    def units(self) -> int:
        return PROBES

    def scale(self) -> float:
        """Growth is against the data: the work stays the same."""
        return float(self.note["rows"]["res_partner"])

    def setup(self, env: Any) -> None:
        """Make drafts of another reseller: held, known and unknown customers in turn."""
        held = (
            env["prm.deal"]
            .sudo()
            .search([("state", "=", "approved")], order="id", limit=PROBES // 3)
        )
        partner = env["res.partner"].browse(self.note["bases"]["res_partner"])
        deals = env["prm.deal"].sudo().with_context(mail_create_nolog=True, tracking_disable=True)
        base = partner.id
        vals = []
        for n in range(PROBES):
            kind = n % 3
            if kind == 0:
                known = held[(n // 3) % len(held)]
                facts = (known.company_id, known.customer_vat, known.customer_domain,
                         known.customer_country_id)  # fmt: skip
            elif kind == 1:
                known = env["res.partner"].browse(
                    base + 1 + n % self.note["rows"]["bench_companies"]
                )
                domain = (known.email or "").rpartition("@")[2]
                facts = (env.company, known.vat, domain, known.country_id)
            else:
                facts = (env.company, "", f"nobody-{n}.example", env.ref("base.de"))
            company, vat, domain, country = facts
            vals.append(
                {
                    "partner_id": self._another_reseller(env).id,
                    "company_id": company.id,
                    "customer_name": f"Probe {n}",
                    "customer_vat": vat,
                    "customer_domain": domain,
                    "customer_country_id": country.id,
                    "external_ref": f"probe {n}",
                }
            )
        self.deals = deals.create(vals)

    def _another_reseller(self, env: Any) -> Any:
        """Return a company that holds nothing, made for the probes."""
        if not hasattr(self, "reseller"):
            grade = env["res.partner.grade"].search([], limit=1)
            self.reseller = env["res.partner"].create(
                {"name": "Bench probing reseller", "is_company": True, "grade_id": grade.id}
            )
        return self.reseller

    def ours(self, env: Any, probe: Probe) -> Any:
        """Run the check that submitting runs."""
        answers = {}
        for deal in self.deals:
            with probe.lap():
                deal._claim()
                held = bool(deal._claimed_by_others())
                rivals = {row[1] for row in deal._rival_rows()}
            answers[deal.external_ref] = (held, rivals)
        return answers

    def ordinary(self, env: Any, probe: Probe) -> Any:
        """Let core look for duplicates of a lead about the same customer."""
        answers = {}
        for deal in self.deals:
            customer = (
                env["res.partner"].search([("vat", "=", deal.customer_vat)], limit=1)
                if (deal.customer_vat)
                else env["res.partner"]
            )
            lead = env["crm.lead"].new(
                {
                    "name": deal.customer_name,
                    "partner_id": customer.id,
                    "email_from": f"info@{deal.customer_domain}",
                }
            )
            with probe.lap():
                found = lead.duplicate_lead_ids
            answers[deal.external_ref] = (False, set(found.ids))
        return answers

    def limit(self, env: Any, probe: Probe) -> Any:
        """Do the same in one statement each."""
        answers = {}
        env.flush_all()
        for deal in self.deals:
            values = {
                "deal": deal.id,
                "partner": deal.partner_id.id,
                "company": deal.company_id.id,
                "vat_key": deal.vat_key or "",
                "domain": deal.domain_key or "",
                "vats": tuple(deal._vat_variants()) or ("",),
            }
            with probe.lap():
                env.cr.execute(LIMIT, values)
                held, rivals = env.cr.fetchone()
            answers[deal.external_ref] = (held, set(rivals or ()))
        return answers

    def result(self, env: Any, outcome: Any) -> dict[str, Any]:
        """Return for each probe whether another partner holds the customer, and the other deals.

        Probes that share a customer see each other; they are left out (their ids differ by run).
        """
        probes = set(self.deals.ids)
        return {ref: [held, sorted(rivals - probes)] for ref, (held, rivals) in outcome.items()}

    def extras(self, env: Any, outcome: Any) -> dict[str, float]:
        """Return the share of planted conflicts that were found."""
        found = [outcome[f"probe {n}"][0] for n in range(0, PROBES, 3)]
        return {"recall": sum(found) / len(found)}
