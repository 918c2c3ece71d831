"""The whole conflict check of a registration: all keys, look-alikes of names, all documents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from bench.runner.case import Case, Goal, Probe

PROBES = 240
#: From so much on a person looks.
LOOK = 50

ARABIC = (
    ("مؤسسة الأنوار للتجارة", "موسسه الانوار للتجاره"),
    ("شركة المنصوري ذ.م.م", "منصوري"),
    ("شركة الخليج العربي للمقاولات", "الخليج العربى للمقاولات المحدودة"),
    ("مُؤَسَّسة الزهراني", "الزهرانى"),
    ("Al Mansoori Trading LLC", "Almansouri Trading"),
    ("Mohammed Al Rashid Contracting", "Muhammad Al-Rasheed Contracting Est."),
)
VIETNAMESE = (
    ("Công ty TNHH Đại Phát Lợi", "DAI PHAT LOI CO., LTD"),
    ("Công ty Cổ phần Thương mại Sông Hồng", "CTCP TM Song Hong"),
    ("Công ty TNHH MTV Xây dựng Bách Khoa", "Cty TNHH XD Bach Khoa"),
    ("Trần Thị Bích Ngọc", "Ngoc Tran Thi Bich"),
    ("Tập đoàn Gỗ Trường Thành", "Go Truong Thanh JSC"),
    ("Công ty Cổ phần Dệt may Thắng Lợi", "Thang Loi Det May"),
)
FORMS = ("GmbH", "Inc.", "Co., Ltd", "SARL", "Ltd", "LLC", "S.L.", "B.V.")


class Planted(NamedTuple):
    """What a partner writes of a company in the base, and how it is spoilt."""

    kind: str
    company: Any
    typed: dict[str, Any]


def bare(name: str) -> str:
    """Return a company's name without the legal form the generator gives."""
    return next((name.removesuffix(form).strip() for form in FORMS if name.endswith(form)), name)


def spoilt_vat(company: Any) -> dict[str, Any]:
    """Return the tax ID with the country in front, written in groups."""
    code = company.country_id.code
    number = (company.vat or "").removeprefix(code)
    return {"customer_vat": f"{code} {number[:3]}.{number[3:6]} {number[6:]}"}


#: How a name or key is spoilt, for companies of the base.
SPOILT: dict[str, Callable[[Any], dict[str, Any]]] = {
    "sub-domain": lambda c: {"customer_domain": f"portal.{c.email.partition('@')[2]}"},
    "VAT spelling": spoilt_vat,
    "word order": lambda c: {"customer_name": " ".join(reversed(bare(c.name).split()))},
    "legal form": lambda c: {"customer_name": f"{bare(c.name)} S.A.".upper()},
    "letter": lambda c: {"customer_name": c.name[:3] + c.name[4:]},
}


class ConflictNames(Case):
    """Everything that may be about the customer, for companies written in another way.

    Each planted company has an open opportunity, so that core's search for duplicates of a lead
    could find it too; `recall of core` is what it does find. One probe in six is of a company that
    nobody knows: `false alarms` is the share of them that a person would have to look at.
    """

    name = "conflict_names"
    title = "conflict check with look-alikes of names, on all documents"
    needs = ("prm.deal.match", "relationship.name.token")
    goals = (
        Goal("p95 ours/ordinary", "<=", 10),
        Goal("ours p95 ms", "<=", 100),
        Goal("recall", ">=", 0.95),
        Goal("growth", "<=", 1.1),
    )
    compared = ("ours", "ordinary")
    warm = True

    def units(self) -> int:
        return PROBES

    def scale(self) -> float:
        """Growth is against the data: the work stays the same."""
        return float(self.note["rows"]["res_partner"])

    def setup(self, env: Any) -> None:
        """Plant the companies, and draft what partners write of them."""
        env = env(context={**env.context, "tracking_disable": True, "mail_create_nolog": True})
        planted = [*self._of_the_base(env), *self._of_two_scripts(env)]
        env["crm.lead"].create([self._lead(one) for one in planted])
        grade = env["res.partner.grade"].search([], limit=1)
        reseller = env["res.partner"].create(
            {"name": "Bench probing reseller", "is_company": True, "grade_id": grade.id}
        )
        unknown = [
            {"customer_name": f"{self._word(n)} {self._word(n + 7)}",
             "customer_country_id": env.ref("base.us").id}
            for n in range(PROBES - len(planted))
        ]  # fmt: skip
        typed = [one.typed for one in planted] + unknown
        self.planted = planted
        self.deals = env["prm.deal"].sudo().create(
            [
                {
                    "customer_name": f"{self._word(n + 3)} {self._word(n + 11)}",
                    "customer_domain": f"probe-{n}.example",
                    **values,
                    "partner_id": reseller.id,
                    "company_id": env.ref("base.main_company").id,
                    "external_ref": f"probe {n}",
                }
                for n, values in enumerate(typed)
            ]
        )  # fmt: skip
        env.flush_all()
        self.deals._claim()

    def _word(self, n: int) -> str:
        """Return a word that no company of the data has in its name."""
        return (
            "".join("bdfgkz"[(n * 7 + i * n + i) % 6] + "ou"[(n >> i) % 2] for i in range(4)) + "q"
        )

    def _of_the_base(self, env: Any) -> list[Planted]:
        """Companies of the data with a tax ID and an address, five ways of spoiling in turn."""
        base = self.note["bases"]["res_partner"]
        last = base + self.note["rows"]["bench_companies"] * 9 // 10
        step = max((last - base) // 176, 1)
        companies = env["res.partner"].search(
            [("id", "in", [base + 1 + n * step for n in range(176)]), ("company_id", "=", False),
             ("vat", "!=", False), ("email", "!=", False)], order="id"
        )  # fmt: skip
        result = []
        for place, company in enumerate(companies):
            kind = list(SPOILT)[place % len(SPOILT)]
            typed = SPOILT[kind](company) | {"customer_country_id": company.country_id.id}
            result.append(Planted(kind, company, typed))
        return result

    def _of_two_scripts(self, env: Any) -> list[Planted]:
        """Companies with Arabic and Vietnamese names, seen by the background work."""
        result = []
        for kind, code, pairs in (("Arabic", "ae", ARABIC), ("Vietnamese", "vn", VIETNAMESE)):
            country = env.ref(f"base.{code}").id
            for name, written in pairs:
                company = env["res.partner"].create(
                    {"name": name, "is_company": True, "country_id": country}
                )
                typed = {"customer_name": written, "customer_country_id": country}
                result.append(Planted(kind, company, typed))
        env.flush_all()
        companies = env["res.partner"].union(*(one.company for one in result))
        env["relationship.identity"]._bring_up_to_date(companies)
        return result

    def _lead(self, one: Planted) -> dict[str, Any]:
        return {
            "name": f"Talks with {one.company.name}",
            "type": "opportunity",
            "partner_id": one.company.id,
        }

    def ours(self, env: Any, probe: Probe) -> Any:
        """Run the whole check."""
        found = {}
        for deal in self.deals:
            with probe.lap():
                matches = deal._matches()[deal.id]
            found[deal.external_ref] = [
                (match["customer_name"], match["score"]) for match in matches
            ]
        return found

    def ordinary(self, env: Any, probe: Probe) -> Any:
        """Let core look for duplicates of a lead about the same customer."""
        found = {}
        for deal in self.deals:
            lead = self._typed_lead(env, deal)
            with probe.lap():
                duplicates = lead.duplicate_lead_ids
            found[deal.external_ref] = [(one.partner_id.id, 100) for one in duplicates]
        return found

    def _typed_lead(self, env: Any, deal: Any) -> Any:
        """Return a lead with what a seller would write of the same customer."""
        customer = env["res.partner"]
        if deal.customer_vat:
            customer = customer.search([("vat", "=", deal.customer_vat)], limit=1)
        return env["crm.lead"].new(
            {
                "name": deal.customer_name,
                "partner_name": deal.customer_name,
                "partner_id": customer.id,
                "email_from": f"info@{deal.customer_domain}",
            }
        )

    def result(self, env: Any, outcome: Any) -> dict[str, Any]:
        """Which requests were answered; what is found differs by design and is in the extras."""
        return dict.fromkeys(sorted(outcome), True)

    def extras(self, env: Any, outcome: Any) -> dict[str, float]:
        """Return the share of planted companies found, of each kind and by core; false alarms."""
        hits: dict[str, list[bool]] = {}
        core = []
        for one, deal in zip(self.planted, self.deals, strict=False):
            found = outcome[deal.external_ref]
            hit = any(name == one.company.name and score >= LOOK for name, score in found)
            hits.setdefault(one.kind, []).append(hit)
            core.append(one.company in self._typed_lead(env, deal).duplicate_lead_ids.partner_id)
        every = [hit for some in hits.values() for hit in some]
        alarms = [
            max((score for _name, score in outcome[deal.external_ref]), default=0) >= LOOK
            for deal in self.deals[len(self.planted):]
        ]  # fmt: skip
        return {
            "recall": sum(every) / len(every),
            **{f"recall, {kind}": sum(some) / len(some) for kind, some in hits.items()},
            "recall of core": sum(core) / len(core),
            "false alarms": sum(alarms) / len(alarms),
        }
