"""A year of a partner's tier on the screens: criteria, review, notices, cure, lowered, appeal."""

from contextlib import contextmanager
from datetime import date, datetime
from unittest.mock import patch

from odoo import Command
from odoo.tests import HttpCase, freeze_time, new_test_user, tagged
from odoo.tests.common import ChromeBrowser

from .tier_common import TierCommon

#: the page's own clock, moved by as much as the server's
CLOCK = """
(() => {
    const Real = Date;
    const shift = %d - Real.now();
    const now = () => Real.now() + shift;
    window.Date = new Proxy(Real, {
        construct: (_target, args, made) =>
            args.length ? Reflect.construct(Real, args, made) : new Real(now()),
        apply: () => new Real(now()).toString(),
        get: (target, key) => (key === "now" ? now : Reflect.get(target, key)),
    });
})();
"""
MORNING = "%s 09:00:00"


@tagged("post_install", "-at_install")
@freeze_time(MORNING % "2027-01-04", tick=True)
class TestReviewTour(TierCommon, HttpCase):
    """The clock is the system's, set by freezegun, in all threads: those of HTTP requests too.

    It ticks on from the moment it is set to: waiting for the browser is measured with it. The
    database's own ``now()`` is not set; nothing of ours decides by it.
    """

    @contextmanager
    def on(self, day):
        """Let it be the morning of this day, on the server and in the browser."""
        moment = datetime.fromisoformat(MORNING % day)
        script = CLOCK % (moment.timestamp() * 1000)
        navigate = ChromeBrowser.navigate_to

        def go(browser, url, **more):
            browser._websocket_request(
                "Page.addScriptToEvaluateOnNewDocument", params={"source": script}
            )
            return navigate(browser, url, **more)

        with freeze_time(moment, tick=True), patch.object(ChromeBrowser, "navigate_to", go):
            self.env.cr._now = None
            self.assertEqual(self.company._relationship_today(), date.fromisoformat(day))
            yield

    def night(self, day):
        with self.on(day):
            self.env["prm.review.line"]._job_grace(500)
            self.env.flush_all()

    def sold(self, enrollment, amount, day):
        self.sell(enrollment, amount).date_order = f"{day} 12:00:00"
        self.env.flush_all()

    def show(self, day, address, tour, login):
        with self.on(day):
            self.start_tour(address, f"prm_review_{tour}_tour", login=login)

    def test_a_year(self):
        """The days pass, nights do their work; people do theirs in the browser, each their part.

        Gold asks for 1,000 in twelve months, Silver for 500, Bronze for 100.
        """
        manager, channel, third = "relationship_manager", "relationship_channel_manager", "third"
        new_test_user(
            self.env,
            third,
            groups="relationship_crm.group_manager,base.group_user",
            company_ids=[Command.set(self.company.ids)],
        )
        self.program.review_rhythm = "quarter"
        for grade, amount in ((self.silver, 500), (self.bronze, 100)):
            self.criterion(grade, "sold_revenue_ordered", amount)
        up, down, cured = (
            self.enroll(name, grade)
            for name, grade in (
                ("Rising", self.bronze),
                ("Falling", self.gold),
                ("Back", self.gold),
            )
        )
        # January: what Gold asks for is decided
        self.show("2027-01-04", f"/odoo/relationship-tiers/{self.gold.id}", "criteria", manager)
        asked = self.gold.prm_criterion_ids
        self.assertEqual((asked.metric_id.code, asked.threshold), ("sold_revenue_ordered", 1000))
        self.sold(up, 600, "2027-02-10")
        self.sold(down, 600, "2027-03-10")
        # April: the review
        start = "/odoo/relationship-reviews"
        self.show("2027-04-01", start, "compute", channel)
        review = self.env["prm.review"].search([("program_id", "=", self.program.id)])
        self.assertEqual((review.state, str(review.day)), ("computed", "2027-04-01"))
        self.assertEqual(len(review.line_ids), 3)
        self.show("2027-04-01", start, "approve", manager)
        self.assertEqual((review.state, up.grade_id), ("applied", self.silver))
        line = down.review_line_ids
        # 90 days after the 1st of April is the 30th of June
        self.assertEqual({str(one.grace_until) for one in down | cured}, {"2027-07-01"})
        # notices 90, 60 and 30 days before
        for day in ("2027-04-02", "2027-05-02", "2027-06-01"):
            self.night(day)
        told = (line.notice_90_on, line.notice_60_on, line.notice_30_on)
        self.assertEqual([str(day) for day in told], ["2027-04-02", "2027-05-02", "2027-06-01"])
        # June: one of the two sells enough
        self.sold(cured, 1500, "2027-06-20")
        self.night("2027-06-25")
        self.assertEqual((cured.review_line_ids.state, line.state), ("cured", "grace"))
        self.assertEqual(cured.grade_id, self.gold)
        # July: the other one's day
        self.night("2027-07-01")
        self.assertEqual((line.state, down.grade_id), ("due", self.gold))
        risk = "/odoo/relationship-tiers-at-risk"
        self.show("2027-07-02", risk, "lower", manager)
        self.assertEqual((down.grade_id, str(down.grade_since)), (self.silver, "2027-07-02"))
        self.show("2027-07-20", risk, "appeal", channel)
        self.assertEqual((line.appeal_state, str(line.appeal_on)), ("open", "2027-07-20"))
        self.show("2027-07-25", risk, "grant", third)
        self.assertEqual(down.grade_id, self.gold)
        moves = down.move_ids.sorted("id")
        self.assertEqual(
            [(str(move.date), move.kind, move.to_grade_id.name) for move in moves],
            [
                ("2027-01-04", "start", "Gold"),
                ("2027-07-02", "review", "Silver"),
                ("2027-07-25", "review", "Gold"),
            ],
        )
        # January again: the sales of March still count, not for Gold; those of June do
        with self.on("2028-01-01"):
            decisions = self.decide(up | down | cured, date(2028, 1, 1))
        self.assertEqual(
            [decisions[one.id].outcome for one in (up, down, cured)], ["keep", "demote", "keep"]
        )
