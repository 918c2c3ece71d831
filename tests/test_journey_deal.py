"""The main job in a browser: partners register deals, staff decide, partners see the outcome."""

import re
import shutil
from contextlib import contextmanager

import pytest
from api_client import vat
from playwright.sync_api import expect, sync_playwright

DESKTOP, PHONE = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
#: what a partner must never read: the rival, its people, and whether somebody else was first
TELLTALE = re.compile("seller|other partner|already|existing", re.IGNORECASE)
DEALS = "/odoo/action-partner_portal.prm_deal_action"


class Person:
    """Somebody at a browser, logged in. Errors in the console, or from the server, are noted."""

    def __init__(self, served, browser, login, size):
        self.served, self.login = served, login
        self.context = browser.new_context(viewport=size, locale="en-US", timezone_id="UTC")
        self.context.set_default_timeout(30_000)
        # the website's style sheet asks for fonts from outside
        self.context.route(
            "**/fonts.googleapis.com/**",
            lambda route: route.fulfill(status=200, content_type="text/css", body=""),
        )
        self.page, self.errors = self.context.new_page(), []
        self.page.on("console", self._note_console)
        self.page.on("pageerror", lambda error: self.errors.append(f"page: {error}"))
        self.page.on("response", self._note_response)

    def _note_console(self, message):
        if message.type == "error":
            self.errors.append(f"console: {message.text}")

    def _note_response(self, response):
        if response.status >= 400:
            self.errors.append(f"{response.status}: {response.url}")

    def log_in(self):
        """Through the login page, as everybody does."""
        self.go("/web/login")
        self.page.fill("input[name=login]", self.login)
        self.page.fill("input[name=password]", self.login)
        self.page.click(".oe_login_form button[type=submit]")
        self.page.wait_for_url(re.compile("/(my|odoo)"))
        return self

    def go(self, path):
        """Open a page of the server."""
        self.page.goto(self.served.url + path)

    def assert_fits(self):
        """Nothing sticks out to the right."""
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= self.page.viewport_size["width"]


class Partner(Person):
    """A partner's person in the portal."""

    def register(self, name, number, amount="12500"):
        """Register a deal from the list's button; gives the address of its page."""
        self.go("/my/deals")
        self.page.get_by_role("link", name="Register a deal").click()
        self.page.get_by_label("Customer's name").fill(name)
        self.page.get_by_label("VAT number").fill(number)
        self.page.get_by_label("Expected amount, without tax").fill(amount)
        self.assert_fits()
        self.page.get_by_role("button", name="Submit").click()
        self.page.wait_for_url(re.compile(r"/my/deals/\d+"))
        expect(self.page.get_by_role("heading", name=name)).to_be_visible()
        self.assert_fits()
        return self.page.url.removeprefix(self.served.url)

    def reads(self, path, state):
        """The text of a deal's page, which shows this state; nothing in it tells of others."""
        self.go(path)
        main = self.page.locator(".o_prm_deal")
        expect(main.locator(".badge")).to_have_text(state)
        self.assert_fits()
        text = main.inner_text()
        assert not TELLTALE.search(text), text
        return text


class Staff(Person):
    """A channel manager in Odoo's web client."""

    def open(self, name, partner):
        """Open a deal from the list by customer and partner."""
        self.go(f"{DEALS}?view_type=list")
        self.page.locator(".o_data_row", has_text=name).filter(has_text=partner).locator(
            "td[name=customer_name]"
        ).click()
        expect(
            self.page.locator(".o_form_view .o_field_widget[name=customer_name]")
        ).to_be_visible()

    def press(self, label):
        """Press a button above the form."""
        self.page.locator(".o_form_statusbar").get_by_role("button", name=label).click()

    def expect_state(self, label):
        """The status bar marks this state."""
        current = self.page.locator(".o_statusbar_status .o_arrow_button_current")
        expect(current).to_contain_text(label)


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        # the wrapper that the set-up puts first on PATH chooses the browser and its flags
        chrome = playwright.chromium.launch(executable_path=shutil.which("google-chrome"))
        yield chrome
        chrome.close()


@pytest.fixture
def people(served, browser):
    """Log people in; at the end none of them may have met an error."""
    there = []

    def enter(kind, login, size=DESKTOP):
        person = kind(served, browser, login, size)
        there.append(person)
        return person.log_in()

    yield enter
    met = {person.login: person.errors for person in there if person.errors}
    for person in there:
        person.context.close()
    assert met == {}


@contextmanager
def dialog(page):
    """A dialog that opens, and is gone afterwards."""
    opened = page.locator(".modal-dialog")
    expect(opened).to_be_visible()
    yield opened
    expect(opened).to_have_count(0)


def test_from_registration_to_decision(people):
    """Two partners, one customer: the first is registered, the second waits and is refused."""
    first, second = people(Partner, "partner1"), people(Partner, "partner2")
    number = vat(900001)
    mine = first.register("Journey Works", number)
    assert "looking at it" in first.reads(mine, "Under Review")
    waiting = second.register("Journey Works Ltd", number)
    assert "looking at it" in second.reads(waiting, "Under Review")

    staff = people(Staff, "channel")
    staff.open("Journey Works", "Reseller 2")
    expect(staff.page.get_by_text("Another partner names the same customer.")).to_be_visible()
    staff.press("Approve")
    with dialog(staff.page) as refusal:
        expect(refusal).to_contain_text("submitted earlier")
        refusal.get_by_role("button", name="Close").last.click()
    staff.expect_state("Under Review")
    staff.open("Journey Works", "Reseller 1")
    staff.press("Approve")
    staff.expect_state("Registered")
    expect(staff.page.get_by_role("button", name="Opportunity")).to_be_visible()

    first.reads(mine, "Registered")
    first.page.get_by_role("link", name="your opportunities").click()
    expect(first.page.get_by_role("link", name=re.compile("Journey Works")).first).to_be_visible()

    refused = second.reads(waiting, "Can't Be Registered")
    assert "can't be registered" in refused
    late = second.register("Journey Works GmbH", number)
    assert _answer(second.reads(late, "Can't Be Registered")) == _answer(refused)


def _answer(text):
    """What the page says about the decision, without the names and dates of the deal."""
    return text.split("This deal can't be registered.")[1].split("Reference")[0].strip()


def test_refusal_with_a_reason_on_a_phone(people):
    """At 360 pixels: a draft is kept and submitted; staff refuse with their own words."""
    partner = people(Partner, "partner1", PHONE)
    partner.go("/my/deals/new")
    partner.page.get_by_label("Customer's name").fill("Phone Works")
    partner.page.get_by_role("button", name="Submit").click()
    expect(partner.page.get_by_role("alert")).to_be_visible()
    partner.page.get_by_label("VAT number").fill(vat(900002))
    partner.page.get_by_role("button", name="Save as draft").click()
    partner.page.wait_for_url(re.compile(r"/my/deals/\d+"))
    path = partner.page.url.removeprefix(partner.served.url)
    partner.reads(path, "Draft")
    partner.page.get_by_role("button", name="Submit").click()
    expect(partner.page.locator(".o_prm_deal .badge")).to_have_text("Under Review")

    staff = people(Staff, "channel")
    staff.open("Phone Works", "Reseller 1")
    staff.press("Refuse")
    with dialog(staff.page) as form:
        form.get_by_label("Reason for the partner").fill("Please tell us more about the project.")
        form.get_by_label("Internal reason").fill("Looks like a guess.")
        form.get_by_role("button", name="Refuse").click()
    staff.expect_state("Can't Be Registered")

    text = partner.reads(path, "Can't Be Registered")
    assert "Please tell us more about the project." in text
    assert "guess" not in text
    partner.go("/my/deals")
    expect(partner.page.get_by_role("link", name="Phone Works")).to_be_visible()
    partner.assert_fits()


def test_new_partner_is_told_what_to_do(people):
    """From the portal's home to an empty list that says what comes next."""
    partner = people(Partner, "partner3")
    partner.go("/my")
    partner.page.get_by_role("link", name="Deal registrations").first.click()
    expect(partner.page.get_by_text("You have not registered a deal yet")).to_be_visible()
    partner.page.get_by_role("link", name="Register a deal").click()
    expect(partner.page.get_by_label("Customer's name")).to_be_visible()


def test_stranger_and_rival_see_no_deal(people):
    """A portal user of no partner gets a friendly nothing; a foreign deal is not found."""
    owner = people(Partner, "partner1")
    path = owner.register("Private Works", vat(900003))
    stranger = people(Partner, "stranger")
    stranger.go("/my/deals")
    expect(stranger.page.get_by_text("Deal registrations are for our partners")).to_be_visible()
    for login in ("stranger", "partner2"):
        person = stranger if login == "stranger" else people(Partner, login)
        assert person.page.goto(person.served.url + path).status == 404
        assert "Private Works" not in person.page.content()
        person.errors = [error for error in person.errors if "404" not in error]
