"""One true story through all four addons, in a browser.

A partner registers a deal, we approve it, it is won, invoiced and paid, the partner earns points
and redeems some, is asked how the relationship is, and the 360 view shows all of it.
"""

import json
import re
from pathlib import Path

import pytest
from api_client import vat
from playwright.sync_api import expect
from test_journey_deal import PHONE, Partner, Staff, browser, dialog, people  # noqa: F401 - fixtures

from tools.paths import RUN

STEP = """
import sys
sys.path.insert(0, {folder!r})
from story_steps import run
run(env, {step!r}, {facts!r})
"""
CUSTOMER = "Story Works"


@pytest.fixture
def behind(served, databases):
    """Do a step of the office, or of the background, in a process of its own."""
    path = RUN / f"{served.database}_story.json"

    def do(step):
        script = STEP.format(folder=str(Path(__file__).parent), step=step, facts=str(path))
        databases.odoo(served.database, f"story-{step}", stdin=script)
        return json.loads(path.read_text())

    yield do
    path.unlink(missing_ok=True)


def test_story(people, behind):  # noqa: F811 - the fixture
    reseller = behind("prepare")["partner"]

    # the partner sees what the next tier takes, and registers a deal
    seller = people(Partner, "partner1")
    seller.go("/my/partner")
    expect(seller.page.get_by_text("0 of 100 points")).to_be_visible()
    expect(seller.page.get_by_text("60 days")).to_be_visible()
    seller.assert_fits()
    mine = seller.register(CUSTOMER, vat(900010), amount="1000")

    # we approve it and win it
    staff = people(Staff, "channel")
    staff.open(CUSTOMER, "Reseller 1")
    staff.press("Approve")
    staff.expect_state("Registered")
    assert "Protected until" in seller.reads(mine, "Registered")
    staff.page.get_by_role("button", name="Opportunity").click()
    staff.page.locator(".o_form_statusbar").get_by_role("button", name="Won", exact=True).click()
    staff.expect_state("Won")
    seller.reads(mine, "Won")

    # it is ordered, invoiced and paid; points wait for the payment
    sold = behind("sell")
    assert sold["deal_state"] == "won"
    assert sold["sold_through"] == [reseller, reseller]
    assert sold["pending"] == ["pending"]
    assert (sold["points"], sold["holder"]) == (100, reseller)

    # the partner sees the points, spends some, and sees that as well
    seller.go("/my/loyalty")
    expect(seller.page.get_by_text("100").first).to_be_visible()
    spent = behind("redeem")
    assert (spent["points"], spent["sum"]) == (50, 50)
    assert spent["kinds"] == ["earn", "redeem"]
    seller.go(f"/my/loyalty/{spent['card']}")
    expect(seller.page.get_by_text("50").first).to_be_visible()
    seller.assert_fits()
    seller.go("/my/partner")
    expect(seller.page.get_by_text("50 of 100 points")).to_be_visible()

    # it is asked how the relationship is, and is not happy
    asked = behind("ask")
    assert asked["to"] == ["seller@story.example"]
    person = people(Partner, "partner1", PHONE)
    [three] = {link for link in asked["links"] if re.search(r"score=3\b", link)}
    person.go(three.replace("&amp;", "&"))
    person.assert_fits()
    assert behind("after")["scores"] == [], "looking is no answer"
    person.page.get_by_role("button").first.click()
    person.page.wait_for_url(re.compile("/survey/"))
    person.page.locator("textarea").fill("Nobody called me back.")
    person.page.locator("button[type=submit]").first.click()
    with dialog(person.page) as sure:
        sure.get_by_role("button", name="Submit").click()
    expect(person.page.get_by_text(re.compile("Thank you", re.IGNORECASE)).first).to_be_visible()
    told = behind("after")
    assert told["scores"] == [3]
    assert told["cases"] == ["new"]
    for kind in ("deal_submitted", "deal_approved", "deal_won", "points_earned",
                 "points_redeemed", "survey_completed", "case_opened"):  # fmt: skip
        assert kind in told["kinds"], kind

    # the 360 view shows all of it
    manager = people(Staff, "manager")
    manager.go(f"/odoo/relationship-360?partner_id={reseller}")
    view = manager.page.locator(".o_relationship_360, .o_relationship_view360").first
    expect(view).to_be_visible()
    for text in ("Deal won", "Points", "Survey"):
        expect(view.get_by_text(re.compile(text, re.IGNORECASE)).first).to_be_visible()
