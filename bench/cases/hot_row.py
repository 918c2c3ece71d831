"""Sixteen connections at one row: the points of a card, the claim on a customer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from bench.cases.points import cards, program
from bench.runner.case import Case, Goal, Probe

WRITERS = 16


class HotRow(Case):
    """Writers who each act again and again, each time as Odoo serves a request.

    What they do is committed: the copy of the database is thrown away in the end.
    """

    goals = (
        Goal("ours p95 ms", "<=", 3000),
        Goal("lost", "<=", 0),
    )

    def units(self) -> int:
        return WRITERS * self.by_size(1, 5, 10, 20)

    def race(self, probe: Probe, act: Callable[[int], Any]) -> None:
        """Let the writers act, each time with another number; count what failed in the end."""
        self.lost = 0

        def work(writer: int) -> None:
            for number in range(writer, self.units(), WRITERS):
                with probe.lap():
                    try:
                        act(number)
                    except Exception:  # noqa: BLE001 - counted, and the goal is none
                        self.lost += 1

        threads = [threading.Thread(target=work, args=(number,)) for number in range(WRITERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def served(self, env: Any, function: Callable[[Any], Any]) -> None:
        """Do something in a transaction of its own, tried again as Odoo does."""
        from odoo.service.model import retrying

        with env.registry.cursor() as cr:
            own = env(cr=cr)
            retrying(lambda: function(own), own)

    def waiting(self, env: Any, statement: str, row: int) -> None:
        """Run a statement on the row that waits its turn (READ COMMITTED)."""
        with env.registry.cursor() as cr:
            cr.connection.set_isolation_level(1)
            cr.execute(statement, [row])

    def asked(self, env: Any, query: str, row: int) -> int:
        """Return the number that a query finds now."""
        with env.registry.cursor() as cr:
            cr.execute(query, [row])
            return int(cr.fetchone()[0] or 0)

    def result(self, env: Any, outcome: Any) -> dict[str, Any]:
        """Return how many were posted or counted as lost: all, each once."""
        return {"settled": outcome + self.lost}

    def extras(self, env: Any, outcome: Any) -> dict[str, float]:
        """Return how many were lost."""
        return {"lost": float(self.lost)}


class HotRowCard(HotRow):
    """They give points to one card."""

    name = "hot_row_card"
    title = "16 writers on one card, each posting again and again"
    needs = ("loyalty.ledger",)

    def setup(self, env: Any) -> None:
        """Make one committed card."""
        with env.registry.cursor() as cr:
            made = cards(env(cr=cr), program(env(cr=cr)), 1)
            self.card = made.id

    def points(self, env: Any) -> int:
        return self.asked(env, "SELECT points FROM loyalty_card WHERE id = %s", self.card)

    def ours(self, env: Any, probe: Probe) -> Any:
        """Post by the API."""

        def accrue(own: Any, number: int) -> None:
            key = f"{self.card}-{number}"
            own["loyalty.card"].accrue([{"card_id": self.card, "points": 1, "key": key}])

        self.race(probe, lambda n: self.served(env, lambda own: accrue(own, n)))
        return self.points(env)

    def ordinary(self, env: Any, probe: Probe) -> Any:
        """Add one by the ORM, as core does; our ledger follows."""

        def add(own: Any) -> None:
            own["loyalty.card"].browse(self.card).points += 1

        self.race(probe, lambda _n: self.served(env, add))
        return self.points(env)

    def limit(self, env: Any, probe: Probe) -> Any:
        """Add one by a statement that waits its turn."""
        one_more = "UPDATE loyalty_card SET points = coalesce(points, 0) + 1 WHERE id = %s"
        self.race(probe, lambda _n: self.waiting(env, one_more, self.card))
        return self.points(env)


class HotRowCustomer(HotRow):
    """They register deals about one customer, each for another partner.

    All are taken in, each in one try. Who finds another at the customer waits for its check, which
    the server's job does: here beside the race, as there, and after it until nobody waits. The p95
    is what the person waits who submits; the job's own time and how many it checked stand beside
    it. A deal counts once it is checked.
    """

    name = "hot_row_customer"
    title = "16 writers register deals about one customer"
    needs = ("prm.deal", "prm.claim.key")

    def setup(self, env: Any) -> None:
        """Know the partners; let the first deal about a new customer be there."""
        self.dollar, self.company = env.ref("base.USD").id, env.ref("base.main_company").id
        self.country = env.ref("base.be").id
        found = env["res.partner"].search(
            [("grade_id", "!=", False), ("ref", "=like", "B%"), ("company_id", "=", False)],
            order="id", limit=self.units() + 1,
        )  # fmt: skip
        *self.partners, first = found.ids
        with env.registry.cursor() as cr:
            deal = self._register(env(cr=cr), first)
            key = f"{self.company}:domain:{deal.domain_key}"
            found = env(cr=cr)["prm.claim.key"].search([("key", "=", key)])
            self.key = found.id

    def _register(self, env: Any, partner: int) -> Any:
        domain = f"hot-{self._customer(env)}.example"
        deal = env["prm.deal"].create(
            {
                "partner_id": partner,
                "customer_name": f"Hot {domain}",
                "customer_domain": domain,
                "customer_country_id": self.country,
                "amount": 1000,
                "currency_id": self.dollar,
                "company_id": self.company,
            }
        )
        deal.action_submit()
        return deal

    def _customer(self, env: Any) -> int:
        """Number of this run's customer: each run has another."""
        if not hasattr(self, "number"):
            env.cr.execute("SELECT coalesce(max(id), 0) FROM prm_claim_key")
            [self.number] = env.cr.fetchone()
        return self.number

    def claims(self, env: Any) -> int:
        return self.asked(
            env, "SELECT count(*) - 1 FROM prm_deal_claim WHERE key_id = %s", self.key
        )

    def ours(self, env: Any, probe: Probe) -> Any:
        """Register and submit, while the job checks who has to wait."""
        self.waited: set[int] = set()
        self.job_seconds = 0.0
        over = threading.Event()
        job = threading.Thread(target=self._check_beside, args=(env, over))
        job.start()

        def register(own: Any, number: int) -> None:
            if self._register(own, self.partners[number]).state == "submitted":
                self.waited.add(number)

        self.race(probe, lambda n: self.served(env, lambda own: register(own, n)))
        over.set()
        job.join()
        return self.claims(env)

    def _check_beside(self, env: Any, over: threading.Event) -> None:
        """Do the job whenever somebody waits, as the server does, until nobody comes any more."""
        count = "SELECT count(*) FROM prm_deal WHERE state = 'submitted' AND company_id = %s"
        last = False
        while not last:
            last = over.wait(0.05)
            if self.asked(env, count, self.company):
                start = time.perf_counter()
                with env.registry.cursor() as cr:
                    env(cr=cr)["prm.deal"].sudo()._cron_check_submitted()
                self.job_seconds += time.perf_counter() - start

    def extras(self, env: Any, outcome: Any) -> dict[str, float]:
        """Return how many were lost, and what the job did."""
        return {
            **super().extras(env, outcome),
            "checked by the job": float(len(self.waited)),
            "job s": self.job_seconds,
        }

    def limit(self, env: Any, probe: Probe) -> Any:
        """Count one more claim by a statement that waits its turn."""
        one_more = "UPDATE prm_claim_key SET seq = seq + 1 WHERE id = %s"
        self.race(probe, lambda _n: self.waiting(env, one_more, self.key))
        return self.units()
