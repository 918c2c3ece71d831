"""Walks the story through all four addons in the running demo, as its people would, with pictures.

    python tools/story_pictures.py --url http://127.0.0.1:8069 --out docs/images

A partner registers a deal, we approve it, it is won, ordered, invoiced and paid; the partner earns
points and redeems some, is asked how the relationship is and is not happy; a case is opened, and
the 360 view shows all of it. Everything is done in the browser; only what the clock would start
(scheduled actions) is started by hand. The demo keeps what was done: on a fresh one (`make reset`)
the pictures come out the same. Ends with 1 if a page had an error, with 2 if a step failed.
"""

import argparse
import contextlib
import email
import email.policy
import re
import socketserver
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Any, ClassVar

from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect, sync_playwright
from playwright.sync_api import Error as BrowserError

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.contact_sheet import Picture, Target
from tools.screenshots import (
    FONT_HOSTS,
    HERE,
    PAGE_LIMIT,
    READY,
    STILL_CHARTS,
    TWO_FRAMES,
    Odoo,
    Stop,
    Watch,
    _no_font,
)

CUSTOMER, SITE = "Rheinau Werft GmbH", "rheinau-werft.example"
RESELLER = "partner_portal.res_partner_rhein_demo"
SELLER = "partner_portal.res_partner_rhein_contact_demo"
DESKTOP, TALL, PHONE = (1280, 860), (1280, 1180), (390, 760)
#: what the clock would start by itself within minutes
SCHEDULED = (
    "relationship_crm.ir_cron_interaction_consume",
    "relationship_crm.ir_cron_profile_refresh",
)
COLOURS = 128
#: a mail program shows a letter as wide as its window
VIEWPORT = '<meta name="viewport" content="width=device-width">'


class Person:
    """Somebody of the story at a browser; what goes wrong on the pages is kept."""

    def __init__(self, tour: "Tour", login: str, size: tuple[int, int] = DESKTOP):
        self.tour = tour
        phone = size == PHONE
        self.context = tour.browser.new_context(
            base_url=tour.odoo.url,
            viewport={"width": size[0], "height": size[1]},
            is_mobile=phone,
            has_touch=phone,
            reduced_motion="reduce",
            locale="en-US",
        )
        self.context.set_default_timeout(PAGE_LIMIT * 2000)
        self.context.route(FONT_HOSTS, _no_font)
        self.context.add_init_script(STILL_CHARTS)
        self.log = Picture(Target(login, "", login), "en", size[0])
        if login != "-":
            tour.odoo.log_in(self.context, login)
        self.page: Page = self.context.new_page()
        self.watch = Watch(self.page, self.log)

    def go(self, address: str) -> None:
        """Open a page of the server, or of an e-mail."""
        self.page.goto(address)

    def press(self, name: str, within: str = ".o_form_statusbar") -> None:
        """Press a button, by default one above the form."""
        self.page.locator(within).get_by_role("button", name=name, exact=True).first.click()

    def state(self, label: str) -> None:
        """Wait until the status bar marks this state."""
        current = self.page.locator(".o_statusbar_status .o_arrow_button_current")
        expect(current).to_contain_text(label, timeout=60_000)

    def choose(self, field: Locator, text: str) -> None:
        """Type into a field that looks up records, and take the first that it finds."""
        field.click()
        field.press_sequentially(text, delay=15)
        self.page.locator(".o-autocomplete--dropdown-item:not(.o_m2o_dropdown_option)").filter(
            has_text=text
        ).first.click()

    def save(self) -> None:
        """Press the cloud of a form, and wait until it is gone."""
        button = self.page.locator(".o_form_button_save")
        button.click()
        expect(button).to_be_hidden()

    def shoot(self, name: str, full: bool = False) -> None:
        """Take a picture of what is to be seen, once it is calm."""
        self._calm()
        self.page.evaluate("document.activeElement?.blur(); window.scrollTo(0, 0)")
        self.page.mouse.move(0, 0)
        path = self.tour.out / f"{name}.png"
        self.page.screenshot(path=path, full_page=full, animations="disabled")
        small(path)
        print(f"  {name:<16} {path.stat().st_size // 1024:>4} KB", flush=True)

    def _calm(self) -> None:
        """Wait until nothing is loading, over two drawn frames."""
        deadline = time.monotonic() + PAGE_LIMIT
        calm = 0
        while calm < 2 and time.monotonic() < deadline:
            self.page.evaluate(TWO_FRAMES)
            ready = self.page.evaluate(READY, "") and not self.watch.under_way
            calm = calm + 1 if ready else 0


def small(path: Path) -> None:
    """Keep a picture of pages with few colours."""
    with Image.open(path) as image:
        image.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)


class Letterbox(socketserver.StreamRequestHandler):
    """Takes the demo's e-mails in, as a mail server would, and keeps them for the story."""

    letters: ClassVar[list[EmailMessage]] = []

    def handle(self) -> None:
        """Speak as much SMTP as it takes."""
        self.wfile.write(b"220 letterbox\r\n")
        for line in self.rfile:
            word = line[:4].upper()
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                text = b"".join(iter(self.rfile.readline, b".\r\n"))
                message = email.message_from_bytes(text, policy=email.policy.default)
                self.letters.append(message)
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 well\r\n")
            if word == b"QUIT":
                return


#: in their order
STEPS = ("register", "approve", "queue", "sell", "reward", "ask", "care", "rules", "goals")


class Tour:
    """The steps of the story, in their order; each leaves what the next one stands on."""

    def __init__(self, browser: Browser, odoo: Odoo, out: Path):
        self.browser, self.odoo, self.out = browser, odoo, out
        self.people: dict[str, Person] = {}
        self.deal = self.lead = self.order = 0

    def as_(self, login: str, size: tuple[int, int] = DESKTOP) -> Person:
        """The person of this login, who stays at the browser."""
        key = f"{login} {size}"
        if key not in self.people:
            self.people[key] = Person(self, login, size)
        return self.people[key]

    def ref(self, xmlid: str) -> int:
        """Id of a record of the demo."""
        module, _, name = xmlid.partition(".")
        return int(self.odoo.call("ir.model.data", "check_object_reference", module, name)[1])

    def newest(self, model: str, domain: list[Any]) -> int:
        """Id of the newest record that fits."""
        found = self.odoo.call(model, "search", domain, limit=1, order="id desc")
        if not found:
            raise Stop(f"There is no {model} with {domain}.")
        return int(found[0])

    def let_time_pass(self, *more: str) -> None:
        """Start what the clock would start."""
        for xmlid in (*SCHEDULED, *more):
            self._start(self.ref(xmlid))

    def _start(self, cron: int) -> None:
        """Start a scheduled action, once the clock is not about it itself."""
        deadline = time.monotonic() + PAGE_LIMIT
        while not self._started(cron):
            if time.monotonic() > deadline:
                raise Stop("A scheduled action does not end.")
            time.sleep(1)

    def _started(self, cron: int) -> bool:
        try:
            self.odoo.call("ir.cron", "method_direct_trigger", [cron])
        except Stop as stop:
            if "already executing" in str(stop):
                return False
            raise
        return True

    # ------------------------------------------------------------ the steps

    def register(self) -> None:
        """A partner sees how it stands, and registers a deal."""
        seller = self.as_("partner1")
        seller.go("/my/partner")
        seller.shoot("partner-page")
        seller.go("/my/deals/new")
        page = seller.page
        page.get_by_label("Customer's name").fill(CUSTOMER)
        page.get_by_role("textbox", name="Website").fill(SITE)
        page.get_by_label("Expected amount, without tax").fill("12400")
        page.get_by_role("textbox", name="Description").fill(
            "Spare parts and repairs for two shipyards."
        )
        seller.shoot("deal-new")
        page.get_by_role("button", name="Submit").click()
        page.wait_for_url(re.compile(r"/my/deals/\d+"))
        self.deal = self.newest("prm.deal", [("customer_name", "=", CUSTOMER)])

    def approve(self) -> None:
        """The channel manager approves it, and wins the opportunity."""
        channel = self.as_("channel")
        channel.go(f"/odoo/deal-registrations/{self.deal}")
        channel.state("Under Review")
        channel.press("Approve")
        channel.state("Registered")
        channel.shoot("deal")
        [lead] = self.odoo.call("prm.deal", "read", [self.deal], ["lead_id"])
        self.lead = lead["lead_id"][0]
        seller = self.as_("partner1")
        seller.go("/my/deals")
        seller.shoot("portal-deals")

    def queue(self) -> None:
        """What staff see of registrations, and a partner who is asked something."""
        channel, seller = self.as_("channel"), self.as_("partner1")
        deals = "/odoo/deal-registrations"
        channel.go(f"{deals}?view_type=kanban")
        channel.shoot("deal-board")
        channel.go(f"{deals}/{self.ref('partner_portal.prm_deal_brewery_rival_demo')}")
        channel.page.locator(".o_prm_deal_matches .o_kanban_record").first.wait_for()
        channel.shoot("deal-matches")
        asked = self.ref("partner_portal.prm_deal_brewery_demo")
        channel.go(f"{deals}/{asked}")
        channel.press("Ask the Partner")
        channel.page.locator(".modal [name=question] textarea").fill(
            "Which of the halls is it about, and when do they decide?"
        )
        channel.press("Ask", within=".modal-footer")
        channel.state("Information Needed")
        channel.shoot("deal-clock")
        seller.go(f"/my/deals/{asked}")
        seller.shoot("deal-question")
        channel.go("/odoo/protected-customers?view_type=calendar")
        channel.shoot("deal-calendar")
        channel.go("/odoo/deal-registration-report")
        channel.shoot("deal-report")

    def sell(self) -> None:
        """It is won, ordered, invoiced and paid."""
        channel = self.as_("channel")
        channel.go(f"/odoo/crm/{self.lead}")
        channel.press("Won")
        channel.go(f"/odoo/crm/{self.lead}")
        channel.press("New Quotation")
        self._order(channel, "Suite Licence", "40")
        channel.press("Confirm")
        channel.state("Sales Order")
        channel.shoot("order")
        self.order = self.newest("sale.order", [("opportunity_id", "=", self.lead)])
        admin = self.as_("admin")
        admin.go(f"/odoo/orders/{self.order}")
        admin.press("Create Invoice")
        admin.press("Create Draft", within=".modal-footer")
        admin.page.locator(".o_form_statusbar button[name=action_post]").first.click()
        admin.press("Pay")
        admin.press("Create Payment", within=".modal-footer")
        expect(admin.page.get_by_text("Paid on")).to_be_visible(timeout=60_000)
        admin.shoot("invoice")

    def _order(self, person: Person, product: str, quantity: str) -> None:
        page = person.page
        page.get_by_role("button", name="Add a product").or_(
            page.get_by_text("Add a product", exact=True)
        ).first.click()
        line = page.locator(".o_selected_row")
        person.choose(
            line.locator("[name=product_template_id] input, [name=product_id] input").first, product
        )
        line.locator("[name=product_uom_qty] input").fill(quantity)
        person.save()

    def reward(self) -> None:
        """The partner sees its points, and spends some in an ordinary order."""
        self.let_time_pass("loyalty_rewards.ir_cron_ledger_release")
        seller = self.as_("partner1")
        seller.go("/my/loyalty")
        seller.shoot("points")
        channel = self.as_("channel")
        channel.go("/odoo/orders/new")
        channel.choose(channel.page.locator("[name=partner_id] input").first, "Rhein Systems")
        self._order(channel, "Barcode Scanner", "3")
        channel.press("Reward", within=".o_form_view")
        offered = channel.page.locator(".modal")
        offered.get_by_role("radio", name="off your next order").check()
        offered.get_by_role("button", name="Apply").click()
        line = channel.page.locator(".o_data_row", has_text="off your next order")
        expect(line).to_be_visible(timeout=60_000)
        channel.shoot("reward")
        channel.press("Confirm")
        channel.state("Sales Order")

    def ask(self) -> None:
        """The partner is asked by e-mail how the relationship is, and is not happy."""
        manager = self.as_("manager")
        program = self.odoo.call(
            "feedback.program", "create", [{
                "name": "Partners: how are we doing?",
                "survey_id": self.ref("survey_feedback.survey_relationship_b2b"),
                "rhythm": "once",
                "domain": f"[('id', '=', {self.ref(RESELLER)})]",
            }]
        )  # fmt: skip
        wave = self.odoo.call("feedback.wave", "create", [{"program_id": program[0]}])[0]
        manager.go(f"/odoo/feedback-waves/{wave}")
        manager.press("Draw")
        manager.press("Send")
        manager.press("Send", within=".modal-footer")
        self.let_time_pass("survey_feedback.ir_cron_feedback_send")
        letter = self._question()
        person = self.as_("-", PHONE)
        person.page.set_content(f"{VIEWPORT}{letter}")
        person.shoot("survey-mail")
        links = re.findall(r'href="([^"]*/feedback/[^"]*score=3\b[^"]*)"', letter)
        person.go(re.sub(r"^https?://[^/]+", "", links[0].replace("&amp;", "&")))
        person.shoot("survey-answer")
        person.page.get_by_role("button").first.click()
        person.page.wait_for_url(re.compile("/survey/"))
        person.page.locator("textarea").first.fill("We waited three days for a call back.")
        person.page.locator("button[type=submit]").first.click()
        dialog = person.page.locator(".modal-dialog")
        dialog.get_by_role("button", name="Submit").click()
        expect(
            person.page.get_by_text(re.compile("Thank you", re.IGNORECASE)).first
        ).to_be_visible()

    @staticmethod
    def _question() -> str:
        """The e-mail with the question, once it came, among those of the deals."""
        deadline = time.monotonic() + PAGE_LIMIT
        while time.monotonic() < deadline:
            for message in reversed(Letterbox.letters):
                part = message.get_body(("html",))
                text = part.get_content() if part else ""
                if "/feedback/" in text:
                    return str(text)
            time.sleep(1)
        raise Stop("The e-mail with the question did not come.")

    def care(self) -> None:
        """Somebody gets a case to call back, and the 360 view shows all of it."""
        self.let_time_pass()
        manager = self.as_("manager")
        case = self.newest("relationship.case", [("contact_id", "=", self.ref(SELLER))])
        manager.go(f"/odoo/cases/{case}")
        expect(manager.page.locator(".o_form_view")).to_be_visible()
        manager.shoot("case")
        manager.go(f"/odoo/relationship-360/{self.ref(RESELLER)}")
        expect(manager.page.locator(".o_view360_row").first).to_be_visible()
        manager.shoot("view360", full=True)
        manager.go("/odoo/action-relationship_crm.relationship_overview_action")
        manager.shoot("overview")

    def rules(self) -> None:
        """Tiers: what they ask for, a draft, a review and its second person, a tier at risk."""
        program = self.ref("relationship_crm.prm_program_reseller_demo")
        tier = self.ref("partnership.res_partner_grade_data_gold")
        manager = self.as_("manager")
        manager.go(f"/odoo/relationship-tiers/{tier}")
        expect(manager.page.locator("[name=prm_criterion_ids] .o_data_row").first).to_be_visible()
        manager.shoot("tier")
        draft = {"name": "Gold from 40,000", "program_id": program}
        simulation = self.odoo.call("prm.simulation", "create", [draft])[0]
        asked = self.newest("relationship.criterion", self._asked_of(simulation, tier))
        self.odoo.call("relationship.criterion", "write", [asked], {"threshold": 40_000})
        self._cheaper(simulation, tier)
        reader = self.as_("manager", TALL)
        reader.go(f"/odoo/relationship-simulations/{simulation}")
        reader.press("Run")
        reader.state("Tried")
        reader.page.get_by_role("tab", name="Result").click()
        expect(reader.page.locator(".o_prm_tier_flows path").first).to_be_visible()
        reader.shoot("simulation")
        review = self.odoo.call("prm.review", "create", [{"program_id": program}])[0]
        channel = self.as_("channel")
        channel.go(f"/odoo/relationship-reviews/{review}")
        channel.press("Compute")
        channel.state("Computed")
        channel.shoot("review")
        manager.go(f"/odoo/relationship-reviews/{review}")
        manager.press("Approve")
        manager.page.locator(".modal-footer .btn-primary").click()
        manager.state("Applied")
        risky = [("review_id", "=", review), ("state", "=", "grace")]
        line = self.newest("prm.review.line", risky)
        manager.go(f"/odoo/relationship-tiers-at-risk/{line}")
        manager.page.get_by_role("tab", name="Grace").click()
        manager.shoot("tier-at-risk")

    @staticmethod
    def _asked_of(simulation: int, tier: int) -> list[Any]:
        """Which criterion of a draft asks a tier for sales."""
        return [
            ("simulation_id", "=", simulation),
            ("simulated_grade_id", "=", tier),
            ("metric_id.unit", "=", "money"),
        ]

    def _cheaper(self, simulation: int, tier: int) -> None:
        """Let a draft give a tier lower prices, so that it costs something."""
        item = {"applied_on": "3_global", "compute_price": "percentage", "percent_price": 10}
        prices = {"name": "Gold: 10 % off", "item_ids": [(0, 0, item)]}
        pricelist = self.odoo.call("product.pricelist", "create", [prices])[0]
        drafted = [("simulation_id", "=", simulation), ("grade_id", "=", tier)]
        drafted_tier = self.newest("prm.simulation.tier", drafted)
        values = {"pricelist_id": pricelist}
        self.odoo.call("prm.simulation.tier", "write", [drafted_tier], values)

    def goals(self) -> None:
        """A target, a plan, the scorecard of a partner."""
        partner, year = self.ref(RESELLER), time.strftime("%Y")
        enrollment = self.newest("prm.enrollment", [("partner_id", "=", partner)])
        revenue = self.ref("relationship_crm.relationship_metric_sold_revenue_invoiced")
        goal = {"metric_id": revenue, "period": "year", "date_from": f"{year}-01-01"}
        target = self.odoo.call(
            "prm.target",
            "create",
            [
                {**goal, "subject": "partner", "partner_id": partner, "goal": 120_000},
                {**goal, "subject": "company", "goal": 900_000},
            ],
        )[0]
        plan = self.odoo.call(
            "prm.plan",
            "create",
            [
                {
                    "name": f"Grow together {year}",
                    "enrollment_id": enrollment,
                    "contact_id": self.ref(SELLER),
                    "user_id": self.ref("relationship_crm.res_users_channel_demo"),
                    "date_from": f"{year}-01-01",
                    "date_to": f"{year}-12-31",
                    "line_ids": [
                        (0, 0, {"name": name, "due_on": f"{year}-12-{day}", "target_id": goal_of})
                        for name, day, goal_of in (
                            ("Reach the target of the year", "31", target),
                            ("Certify two more consultants", "15", False),
                            ("Invite ten customers to an evening", "10", False),
                        )
                    ],
                }
            ],
        )[0]
        channel = self.as_("channel")
        channel.go(f"/odoo/relationship-targets/{target}")
        channel.shoot("target")
        channel.go(f"/odoo/relationship-plans/{plan}")
        channel.press("Agreed by Both")
        channel.state("Agreed")
        channel.shoot("plan")
        channel.go(f"/odoo/relationship-enrollments/{enrollment}")
        channel.page.get_by_role("tab", name="Scorecard").click()
        expect(channel.page.locator(".o_form_view").get_by_text("Target Attained")).to_be_visible()
        channel.shoot("scorecard", full=True)

    @contextlib.contextmanager
    def letterbox(self) -> Iterator[None]:
        """Let the demo, which has no mail server, send its e-mails to us meanwhile."""
        with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Letterbox) as box:
            box.daemon_threads = True
            threading.Thread(target=box.serve_forever, daemon=True).start()
            values = {
                "name": "Story",
                "smtp_host": "127.0.0.1",
                "smtp_port": box.server_address[1],
                "smtp_encryption": "none",
                "sequence": 0,
            }
            server = self.odoo.call("ir.mail_server", "create", [values])
            try:
                yield
            finally:
                self.odoo.call("ir.mail_server", "unlink", server)
                box.shutdown()

    def walk(self, names: Sequence[str]) -> list[str]:
        """Do these steps; what went wrong on their pages."""
        for step in (getattr(self, name) for name in STEPS if not names or name in names):
            print(f"{step.__name__}: {(step.__doc__ or '').splitlines()[0]}", flush=True)
            step()
        return [
            f"{name}: {problem}"
            for name, person in self.people.items()
            for problem in person.log.problems
        ]


def main(argv: Sequence[str]) -> int:
    """Walk the story; the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--url", default="http://127.0.0.1:8069", help="the server's address")
    parser.add_argument("--out", type=Path, required=True, help="folder for the pictures")
    parser.add_argument("steps", nargs="*", metavar="step", help="to go on after a stop")
    options = parser.parse_args(argv)
    options.out.mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=PAGE_LIMIT * 1000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=HERE / "bin" / "google-chrome",
            chromium_sandbox=True,  # the script there knows whether it works
        )
        tour = Tour(browser, Odoo(browser, options.url.rstrip("/"), {}), options.out)
        try:
            with tour.letterbox():
                problems = tour.walk(options.steps)
        except (Stop, BrowserError, AssertionError) as error:
            for name, person in tour.people.items():
                person.page.screenshot(path=options.out / f"stopped-{name.split()[0]}.png")
            print(f"Stopped: {error}", file=sys.stderr)
            return 2
        finally:
            browser.close()
    print("\n".join(problems) or "No problem on any page.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
