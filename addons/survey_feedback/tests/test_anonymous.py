"""Anonymous waves: what a database administrator finds, and what the receipt does."""

import re
from unittest.mock import patch
from urllib.parse import urlsplit

from werkzeug.test import Client

from odoo.exceptions import UserError, ValidationError
from odoo.fields import Command
from odoo.http import get_default_session, root
from odoo.sql_db import Cursor
from odoo.tests import HttpCase, new_test_user, tagged
from odoo.tests.common import get_db_name

from odoo.addons.relationship_crm.tests.race_common import connection, retrying

from ..lib.receipt import new_receipt
from ..models import res_device_log
from .common import LINK, FeedbackCommon
from .test_race import CommittedCase

#: tables that hold what was said; whatever else is written is about people
SAID = ("survey_user_input", "survey_user_input_line", "feedback_score")
PEOPLE = ("res_partner", "res_users", "feedback_invitation", "relationship_interaction")
#: what the points program of the test leaves, once the invitations are gone
CLEAN_POINTS = """
    DELETE FROM relationship_interaction_todo WHERE interaction_id IN
        (SELECT id FROM relationship_interaction WHERE contact_id = ANY(%(contacts)s)
            OR partner_id = ANY(%(contacts)s));
    DELETE FROM relationship_interaction WHERE partner_id = ANY(%(contacts)s);
    DELETE FROM loyalty_notice WHERE program_id = %(points)s;
    DELETE FROM loyalty_ledger_lot WHERE entry_id IN
        (SELECT id FROM loyalty_ledger_entry WHERE program_id = %(points)s);
    DELETE FROM loyalty_ledger_entry WHERE program_id = %(points)s;
    DELETE FROM loyalty_earning_rule WHERE program_id = %(points)s;
    DELETE FROM loyalty_history WHERE card_id IN
        (SELECT id FROM loyalty_card WHERE program_id = %(points)s);
    DELETE FROM loyalty_card WHERE program_id = %(points)s;
    DELETE FROM loyalty_reward WHERE program_id = %(points)s;
    DELETE FROM loyalty_rule WHERE program_id = %(points)s;
    DELETE FROM loyalty_program WHERE id = %(points)s;
    UPDATE relationship_interaction_consumer SET active = false WHERE code = 'loyalty_earning'
       AND NOT EXISTS (SELECT FROM loyalty_earning_rule);
"""
#: order in which the people drawn as number 0, 1, 2 … answer: neither forwards nor backwards
ORDER = (3, 0, 5, 2, 6, 1, 4)


class Administrator:
    """Somebody with the whole database before them, who wants to know who said what."""

    def __init__(self, env, wave, people):
        self.env, self.wave, self.people = env, wave, people
        env.cr.execute(
            "SELECT id FROM survey_user_input WHERE feedback_wave_id = %s ORDER BY id", [wave.id]
        )
        self.answers = [row for (row,) in env.cr.fetchall()]

    def query(self, statement, *params):
        self.env.cr.execute(statement, params)
        return self.env.cr.fetchall()

    def by_key(self):
        """Columns through which an answer, or a row that hangs on it, leads to a person."""
        found = []
        links = self.query(
            """
            SELECT c.conrelid::regclass::text, a.attname, c.confrelid::regclass::text
              FROM pg_constraint c
              JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
             WHERE c.contype = 'f'
            """
        )
        personal = {table for table, _column, target in links if target in PEOPLE}
        for table, column, target in links:
            if table in SAID and target not in (*SAID, "feedback_wave", "feedback_program"):
                key = "id" if table == "survey_user_input" else "user_input_id"
                rows = self.query(
                    f"SELECT DISTINCT {column} FROM {table} WHERE {key} = ANY(%s)"
                    f" AND {column} IS NOT NULL",
                    self.answers,
                )
                about_people = target in ("res_partner", "feedback_invitation") or (
                    target == "res_users" and rows not in ([], [(1,)])
                )
                if rows and about_people:
                    found.append(f"{table}.{column}")
            leads_back = target == "survey_user_input" and table in personal - {*SAID}
            if leads_back and self.query(
                f"SELECT 1 FROM {table} WHERE {column} = ANY(%s)", self.answers
            ):
                found.append(f"{table}.{column}")
        return found

    def times(self):
        """Moments within a day that a row of what was said tells."""
        found = []
        for table in SAID:
            key = "id" if table == "survey_user_input" else "user_input_id"
            for (column,) in self.query(
                "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
                " AND atttypid = 'timestamp'::regtype AND NOT attisdropped",
                table,
            ):
                if column != "deadline" and self.query(
                    f"SELECT 1 FROM {table} WHERE {key} = ANY(%s)"
                    f" AND {column} <> date_trunc('day', {column})",
                    self.answers,
                ):
                    found.append(f"{table}.{column}")
        return found

    def _rows_of_people(self):
        if "loyalty.ledger.entry" not in self.env:
            return self._rows_without_points()
        return {
            **self._rows_without_points(),
            "loyalty_card": ("partner_id = ANY(%s)", self.people),
            "loyalty_ledger_entry": ("partner_id = ANY(%s)", self.people),
            "loyalty_ledger_lot": (
                "card_id IN (SELECT id FROM loyalty_card WHERE partner_id = ANY(%s))",
                self.people,
            ),
            "relationship_profile": ("partner_id = ANY(%s)", self.people),
        }

    def _rows_without_points(self):
        return {
            "feedback_invitation": ("wave_id = %s", self.wave.id),
            "feedback_ballot": ("wave_id = %s", self.wave.id),
            "relationship_interaction": ("contact_id = ANY(%s)", self.people),
            "res_partner": ("id = ANY(%s)", self.people),
            "mail_message": (
                "model = 'res.partner' AND res_id = ANY(%s)",
                self.people,
            ),
        }

    def by_transaction(self):
        """Transactions that wrote of a person and of an answer."""
        said = set()
        for table in SAID:
            key = "id" if table == "survey_user_input" else "user_input_id"
            rows = self.query(
                f"SELECT xmin::text, xmax::text FROM {table} WHERE {key} = ANY(%s)", self.answers
            )
            said |= {number for row in rows for number in row if number != "0"}
        found = []
        for table, (where, value) in self._rows_of_people().items():
            rows = self.query(f"SELECT xmin::text, xmax::text FROM {table} WHERE {where}", value)
            if said & {number for row in rows for number in row}:
                found.append(table)
        return found

    def beside(self):
        """Tables of which any row at all was written in a transaction that wrote of an answer."""
        said = set()
        for table in SAID:
            key = "id" if table == "survey_user_input" else "user_input_id"
            said |= set(
                self.query(f"SELECT xmin::text FROM {table} WHERE {key} = ANY(%s)", self.answers)
            )
        numbers = [number for (number,) in said]
        tables = self.query(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r'"
            " AND relnamespace = 'public'::regnamespace AND oid::regclass::text <> ALL(%s)",
            [*SAID, "survey_question_survey_user_input_rel"],
        )
        return [
            table
            for (table,) in tables
            if self.query(f"SELECT 1 FROM {table} WHERE xmin::text = ANY(%s) LIMIT 1", numbers)
        ]

    def orders(self):
        """The order of the people by each column that tells them apart, and by what PostgreSQL
        keeps of a row: {table and column: people}."""
        found = {}
        tables = {"feedback_invitation": "contact_id", "relationship_interaction": "contact_id"}
        if "loyalty.ledger.entry" in self.env:
            tables |= {"loyalty_card": "partner_id", "loyalty_ledger_entry": "partner_id"}
        for table, person in tables.items():
            where, value = self._rows_of_people()[table]
            columns = self.query(
                "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass"
                " AND attnum > 0 AND NOT attisdropped AND atttypid <> ALL(%s::regtype[])",
                table,
                ["json", "jsonb"],
            )
            for column in [*(name for (name,) in columns), "xmin::text::bigint", "ctid"]:
                rows = self.query(
                    f"SELECT row.{person}, row.{column}::text FROM {table} row"
                    f" WHERE {where} ORDER BY row.{column}",
                    value,
                )
                if rows and len({shown for _contact, shown in rows}) == len(rows):
                    found[f"{table}.{column}"] = [contact for contact, _shown in rows]
        return found

    def by_order(self, sequence, before):
        """Columns that put the people into the order in which they answered, or its reverse.

        :param list sequence: ids of the people in that order
        :param dict before: the orders that stood before anybody had answered
        """
        wanted = (sequence, sequence[::-1])
        return [
            column
            for column, people in self.orders().items()
            if people in wanted and people not in before.values()
        ]


@tagged("post_install", "-at_install")
class TestAdministrator(CommittedCase):
    PROGRAMS = 1
    PEOPLE = len(ORDER)

    def _send(self, anonymity):
        """Send a wave; return its id and the invitations in the order of people."""
        with connection() as env:
            program = env["feedback.program"].browse(self.ids["programs"])
            program.anonymity = anonymity
            wave = env["feedback.wave"].create({"program_id": program.id})
            wave.action_draw()
            wave.action_send()
            while env["feedback.invitation"]._job_send(100):
                pass
            self.ids["waves"] = [*self.ids.get("waves", ()), wave.id]
            rows = wave.invitation_ids.sorted("id").ids
        with connection() as env:
            self.before = self._administrator(env, wave.id).orders()
        return wave.id, rows

    def _answer_in_turn(self, invitations, anonymous):
        """Let the people answer one after the other, each step in a transaction of its own."""
        for number in ORDER:
            with connection() as env:
                answer = env["feedback.invitation"].browse(invitations[number])._answer(number)
                row = answer.id
            with connection() as env:
                answer = env["survey.user_input"].browse(row)
                answer._mark_done()
                env.flush_all()
                receipt = answer.feedback_receipt
            if anonymous:
                with connection() as env:
                    env["feedback.invitation"].browse(invitations[number])._hand_in(receipt)

    def _administrator(self, env, wave):
        return Administrator(env, env["feedback.wave"].browse(wave), self.ids["contacts"])

    def _sequence(self, env, invitations):
        return [
            env["feedback.invitation"].browse(invitations[number]).contact_id.id for number in ORDER
        ]

    def _assert_nothing_found(self, wave, invitations):
        with connection() as env:
            someone = self._administrator(env, wave)
            self.assertEqual(len(someone.answers), len(ORDER))
            self.assertEqual(someone.by_key(), [])
            self.assertEqual(someone.times(), [])
            self.assertEqual(someone.by_transaction(), [])
            self.assertEqual(someone.by_order(self._sequence(env, invitations), self.before), [])

    def test_nothing_joins_answer_and_person(self):
        wave, invitations = self._send("anonymous")
        self._answer_in_turn(invitations, anonymous=True)
        self._assert_nothing_found(wave, invitations)
        with connection() as env:
            states = set(env["feedback.wave"].browse(wave).invitation_ids.mapped("state"))
            self.assertEqual(states, {"sent"}, "nothing is posted before the night")
        retrying(lambda env: env["feedback.ballot"]._job_post(10))
        with connection() as env:
            rows = env["feedback.wave"].browse(wave).invitation_ids
            self.assertEqual(set(rows.mapped("state")), {"done"})
            told = env["relationship.interaction"].search(
                [
                    ("contact_id", "in", rows.contact_id.ids),
                    ("kind_id.code", "=", "survey_completed"),
                ]
            )
            self.assertEqual(len(told), len(ORDER))
            self.assertEqual({str(one.occurred_at.time()) for one in told}, {"00:00:00"})
        self._assert_nothing_found(wave, invitations)

    def _promise_points(self, env):
        """Let a complete answer earn five points."""
        program = env["loyalty.program"].create(
            {
                "name": "Points for answers",
                "program_type": "loyalty",
                "applies_on": "both",
                "trigger": "auto",
                "loyalty_earn_by": "event",
            }
        )
        kind = env["relationship.interaction.kind"].search([("code", "=", "survey_completed")])
        env["loyalty.earning.rule"].create(
            {
                "name": "Thank you",
                "program_id": program.id,
                "kind_id": kind.id,
                "mode": "fixed",
                "points": 5,
                "valid_from": "2020-01-01",
            }
        )
        return program.id

    def _clean_points(self):
        with connection() as env:
            env.cr.execute(CLEAN_POINTS, self.ids)

    def _consume_all(self):
        """Let those who react to what happened do so, each batch in a transaction of its own."""
        while retrying(lambda env: env["relationship.interaction.todo"]._job_consume(500)):
            pass

    def _entries(self, env):
        return env["loyalty.ledger.entry"].search([("program_id", "=", self.ids["points"])])

    def test_points_are_credited_blind(self):
        """From the answer to the points: the ledger knows who answered, and not what."""
        with connection() as env:
            if "loyalty.earning.rule" not in env:
                self.skipTest("nothing gives points here")
            self.ids["points"] = self._promise_points(env)
        self.addCleanup(self._clean_points)
        wave, invitations = self._send("anonymous")
        self._answer_in_turn(invitations, anonymous=True)
        self._consume_all()
        with connection() as env:
            self.assertFalse(self._entries(env), "nothing is credited before the night")
        retrying(lambda env: env["feedback.ballot"]._job_post(10))
        self._consume_all()
        with connection() as env:
            entries = self._entries(env)
            self.assertEqual(sorted(entries.partner_id.ids), sorted(self.ids["contacts"]))
            self.assertEqual(entries.mapped("points"), [5] * len(ORDER))
            self.assertEqual(set(entries.card_id.mapped("points")), {5})
            self.assertFalse(entries.interaction_id)
            self.assertEqual(set(entries.mapped("origin_model")), {False})
            day = {str(entry.earned_on) for entry in entries}
            self.assertEqual(len(day), 1, "the day and nothing finer")
        self._assert_nothing_found(wave, invitations)
        self._assert_no_word_of_answers(wave)
        retrying(lambda env: env["feedback.ballot"]._job_post(10))
        self._consume_all()
        with connection() as env:
            self.assertEqual(len(self._entries(env)), len(ORDER), "once")

    def _assert_no_word_of_answers(self, wave):
        """No text and no loose reference of what was written of the people leads to an answer."""
        with connection() as env:
            someone = self._administrator(env, wave)
            answers = env["survey.user_input"].browse(someone.answers)
            keys = [*answers.mapped("access_token"), *answers.mapped("feedback_receipt")]
            for table, (where, value) in someone._rows_of_people().items():
                rows = str(someone.query(f"SELECT row::text FROM {table} row WHERE {where}", value))
                self.assertFalse([key for key in keys if key and key in rows], table)
            references = {
                "relationship_interaction": ("res_model", "res_id"),
                "loyalty_ledger_entry": ("origin_model", "origin_id"),
            }
            for table, (model, number) in references.items():
                where, value = someone._rows_of_people()[table]
                said = someone.query(
                    f"SELECT 1 FROM {table} WHERE {where} AND {model} = 'survey.user_input'"
                    f" AND {number} = ANY(%s)",
                    value,
                    someone.answers,
                )
                self.assertEqual(said, [], table)

    def test_the_administrator_finds_points_that_tell(self):
        """The same eyes see it when an entry is written in the order of the answers."""
        with connection() as env:
            if "loyalty.earning.rule" not in env:
                self.skipTest("nothing gives points here")
            self.ids["points"] = self._promise_points(env)
        self.addCleanup(self._clean_points)
        wave, invitations = self._send("identified")
        self._answer_in_turn(invitations, anonymous=False)
        self._consume_all()
        with connection() as env:
            found = self._administrator(env, wave).by_order(
                self._sequence(env, invitations), self.before
            )
            self.assertIn("loyalty_ledger_entry.id", found)

    def test_the_administrator_finds_what_is_there_to_find(self):
        """The same eyes see who said what in an identified wave: they are no blind ones."""
        wave, invitations = self._send("identified")
        self._answer_in_turn(invitations, anonymous=False)
        with connection() as env:
            someone = self._administrator(env, wave)
            self.assertIn("survey_user_input.partner_id", someone.by_key())
            self.assertIn("feedback_invitation.user_input_id", someone.by_key())
            self.assertIn("survey_user_input.create_date", someone.times())
            self.assertIn("feedback_invitation", someone.by_transaction())
            found = someone.by_order(self._sequence(env, invitations), self.before)
            self.assertIn("feedback_invitation.xmin::text::bigint", found)


@tagged("post_install", "-at_install")
class TestAdministratorAndPortal(CommittedCase):
    """A customer who is logged in to the portal, on the real pages, each request committed."""

    PROGRAMS = 1

    def _clean(self):
        with connection() as env:
            users = env["res.users"].search([("partner_id", "in", self.ids["contacts"])])
            env.cr.execute("DELETE FROM res_device_log WHERE user_id = ANY(%s)", [users.ids])
            env.cr.execute("DELETE FROM res_users WHERE id = ANY(%s)", [users.ids])
        return super()._clean()

    def _session(self):
        """Return the user who is logged in, and the key of their session; it is an hour old."""
        with connection() as env:
            user = env["res.users"].create(
                {
                    "login": "feedback-racer",
                    "partner_id": self.ids["contacts"][0],
                    "group_ids": [Command.set([env.ref("base.group_portal").id])],
                }
            )
            session = root.session_store.new()
            session.update(get_default_session(), db=get_db_name(), uid=user.id, login=user.login)
            session.context = {"lang": "en_US"}
            session.session_token = user._compute_session_token(session.sid)
            session.should_rotate = False
            root.session_store.save(session)
            self.addCleanup(root.session_store.delete, session)
            return user.id, session.sid

    def _send(self):
        """Send an anonymous wave; return its id and the key of who is logged in."""
        with connection() as env:
            program = env["feedback.program"].browse(self.ids["programs"])
            program.anonymity = "anonymous"
            wave = env["feedback.wave"].create({"program_id": program.id})
            wave.action_draw()
            wave.action_send()
            while env["feedback.invitation"]._job_send(100):
                pass
            self.ids["waves"].append(wave.id)
            mine = wave.invitation_ids.filtered(
                lambda row: row.contact_id.id == self.ids["contacts"][0]
            )
            mail = env["mail.mail"].search(
                [("model", "=", "feedback.invitation"), ("res_id", "=", mine.id)]
            )
            return wave.id, LINK.search(mail.body_html)[1]

    def _answer_on_the_pages(self, browser, token):
        """Choose, fill in, finish, bring the receipt: as a browser does."""
        chosen = browser.post(f"/feedback/{token}", data={"score": "9"})
        self.assertEqual(chosen.status_code, 303)
        path = urlsplit(chosen.headers["Location"]).path
        page = browser.get(path, follow_redirects=True)
        self.assertIn("Why?", page.text)
        with connection() as env:
            survey = env["survey.survey"].browse(self.ids["survey"])
            first, why = survey.question_ids.ids
        survey_token, answer_token = path.split("/")[-2:]
        done = browser.post(
            f"/survey/submit/{survey_token}/{answer_token}",
            json={"params": {"token": answer_token, str(first): "3", str(why): "Late"}},
        )
        receipt = re.search(r'data-receipt=\\?"([\w-]+)', done.text)[1]
        brought = browser.post(f"/feedback/{token}/receipt", data={"receipt": receipt})
        self.assertEqual(brought.status_code, 204)

    def _go_through(self):
        """Answer while logged in; return the administrator's eyes and what devices they see."""
        wave, token = self._send()
        user, session = self._session()
        self.http_request_allow_all = True
        browser = Client(root)
        browser.set_cookie("session_id", session)
        self._answer_on_the_pages(browser, token)
        self.addCleanup(browser.get, "/web/session/logout")
        with connection() as env:
            someone = Administrator(env, env["feedback.wave"].browse(wave), self.ids["contacts"])
            self.assertEqual(len(someone.answers), 1)
            devices = someone.query("SELECT id FROM res_device_log WHERE user_id = %s", user)
            found = [*someone.by_key(), *someone.times(), *someone.by_transaction()]
            return found + someone.beside(), len(devices), browser, user

    def test_nothing_tells_who_was_logged_in(self):
        found, devices, browser, user = self._go_through()
        self.assertEqual((found, devices), ([], 0))
        browser.get("/my")
        with connection() as env:
            env.cr.execute("SELECT count(*) FROM res_device_log WHERE user_id = %s", [user])
            self.assertEqual(env.cr.fetchone()[0], 1, "on other pages the device is logged")

    def test_the_administrator_sees_the_device_that_core_would_log(self):
        """The hour is over when somebody sends the answer: core logs the device beside it."""
        all_but_sending = re.compile("^/(?:feedback|survey)/(?!submit/)")
        with patch.object(res_device_log, "ANSWERING", all_but_sending):
            found, devices, _browser, _user = self._go_through()
        self.assertEqual((found, devices), (["res_device_log"], 1))


@tagged("post_install", "-at_install")
class TestBallot(FeedbackCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.customers |= cls.env["res.partner"].create(
            [cls._person_vals(name) for name in ("Eli", "Fay")]
        )
        cls.program.anonymity = "anonymous"

    def setUp(self):
        super().setUp()
        self.wave = self.new_wave()
        self.send(self.wave)

    def answered(self, contact, value=9):
        """Let a person answer and bring the receipt; return the answer."""
        invitation = self.invitation(self.wave, contact).sudo()
        answer = invitation._answer(value)
        answer._mark_done()
        self.commit_hooks()
        invitation._hand_in(answer.feedback_receipt)
        return answer

    def interactions(self):
        return self.env["relationship.interaction"].search(
            [("contact_id", "in", self.customers.ids), ("kind_id.code", "=", "survey_completed")]
        )

    def post(self):
        while self.env["feedback.ballot"]._job_post(5):
            pass
        self.env.invalidate_all()

    def test_an_answer_knows_the_wave_and_nobody(self):
        answer = self.answered(self.customers[0])
        self.assertFalse(answer.partner_id or answer.email or answer.nickname or answer.lang_id)
        self.assertEqual((answer.feedback_wave_id, answer.feedback_channel), (self.wave, False))
        score = self.env["feedback.score"].search([("user_input_id", "=", answer.id)])
        self.assertEqual((score.value, score.partner_id.id, score.contact_id.id), (9, False, False))
        self.assertEqual(str(score.answered_on.time()), "00:00:00")
        self.assertFalse(self.invitation(self.wave, self.customers[0]).user_input_id)

    def test_posted_at_night_from_five_on(self):
        for contact in self.customers[:4]:
            self.answered(contact)
        self.post()
        self.assertEqual(set(self.wave.invitation_ids.mapped("state")), {"sent"})
        self.assertFalse(self.interactions())
        self.assertEqual(self.wave.answered_count, 4)
        self.answered(self.customers[4])
        self.post()
        done = self.wave.invitation_ids.filtered(lambda row: row.state == "done")
        self.assertEqual(done.contact_id, self.customers[:5])
        told = self.interactions()
        self.assertEqual(told.contact_id, self.customers[:5])
        self.assertEqual(set(told.mapped("res_model")), {"feedback.wave"})
        self.post()
        self.assertEqual(len(self.interactions()), 5, "told once")

    def test_one_answer_each(self):
        invitation = self.invitation(self.wave, self.customers[0]).sudo()
        self.assertTrue(invitation._can_answer())
        answer = self.answered(self.customers[0])
        self.assertFalse(invitation._can_answer())
        with self.assertRaises(UserError):
            self.invitation(self.wave, self.customers[1]).sudo()._hand_in("x" * 48)
        used = answer.feedback_receipt
        self.invitation(self.wave, self.customers[1]).sudo()._hand_in(used)
        with self.assertRaises(UserError, msg="a receipt counts once"):
            self.invitation(self.wave, self.customers[2]).sudo()._hand_in(used)
        other = new_receipt("another key")
        with self.assertRaises(UserError, msg="of another wave"):
            self.invitation(self.wave, self.customers[3]).sudo()._hand_in(other)

    def test_language_of_what_was_never_completed(self):
        answer = self.invitation(self.wave, self.customers[0]).sudo()._answer(9)
        self.commit_hooks()
        self.assertTrue(answer.lang_id, "needed to go on")
        self.wave.action_close()
        self.assertFalse(answer.lang_id)

    def test_one_ballot_that_fails_keeps_no_other_waiting(self):
        ballot = self.env["feedback.ballot"]._of(self.wave)
        other = self.env["feedback.wave"].create({"program_id": self.program.id})
        broken = self.env["feedback.ballot"].create({"wave_id": other.id})
        rows = self.wave.invitation_ids.ids[:5]
        (ballot | broken).write({"handed": sorted(rows)})
        post = type(ballot)._post

        def fails(one):
            if one == broken:
                raise ValueError("no such day")
            return post(one)

        with patch.object(type(ballot), "_post", fails):
            self.post()
        self.assertFalse(ballot.handed)
        self.assertEqual(len(broken.handed), 5)

    def test_no_case_and_no_trace_of_who_is_logged_in(self):
        portal = new_test_user(self.env, "feedback_portal", groups="base.group_portal")
        invitation = self.invitation(self.wave, self.customers[0])
        answer = invitation.with_user(portal).sudo()._answer(1)
        answer._mark_done()
        self.commit_hooks()
        rows = answer | answer.user_input_line_ids.mapped("user_input_id")
        self.assertEqual(rows.create_uid.id, 1)
        self.assertEqual(set(answer.user_input_line_ids.mapped("create_uid.id")), {1})
        self.assertFalse(self.env["relationship.case"].search([("kind", "=", "detractor")]))
        self.assertFalse(answer.message_ids)

    def test_surveys_that_ask_who_somebody_is(self):
        program = self._new_program("Named")
        survey = self._new_survey(title="Who are you?")
        survey.question_and_page_ids = [
            Command.create(
                {
                    "title": "Your address",
                    "question_type": "char_box",
                    "validation_email": True,
                    "save_as_email": True,
                }
            )
        ]
        program.survey_id = survey
        with self.assertRaises(ValidationError):
            program.anonymity = "anonymous"

    def test_results_wait_for_the_end(self):
        for contact in self.customers:
            self.answered(contact, 10)
        wave = self.wave.with_user(self.manager)
        self.assertEqual(wave.get_results()["state"], "early")
        self.wave.action_close()
        self.env.invalidate_all()
        self.assertEqual(wave.get_results()["measures"][0]["value"], 100)


@tagged("post_install", "-at_install")
class TestReceiptPage(HttpCase, FeedbackCommon):
    def test_request_of_its_own(self):
        self.program.anonymity = "anonymous"
        wave = self.new_wave()
        tokens = self.send(wave)
        self.assertTrue(LINK)
        token = tokens[self.customers[0]]
        page = self.url_open(f"/feedback/{token}", data={"score": 9}, allow_redirects=False)
        address = page.headers["Location"]
        self.assertEqual(page.status_code, 303)
        self.assertTrue(address.endswith(f"#feedback={token}"))
        answer = self.env["survey.user_input"].search([("feedback_wave_id", "=", wave.id)])
        self.assertNotIn(token, address.partition("#")[0])
        answer._mark_done()
        done = self.url_open(address.partition("#")[0])
        self.assertIn('class="o_feedback_receipt', done.text)
        receipt = answer.feedback_receipt
        for path, data, status in (
            (f"/feedback/{token}/receipt", {"receipt": "nonsense"}, 400),
            (f"/feedback/{token}/receipt", {}, 400),
            (f"/feedback/{'x' * 32}/receipt", {"receipt": receipt}, 404),
            (f"/feedback/{token}/receipt", {"receipt": receipt}, 204),
            (f"/feedback/{token}/receipt", {"receipt": receipt}, 204),
        ):
            response = self.url_open(path, data={**data, "x": 1})
            self.assertEqual(response.status_code, status, (path, data))
        self.assertEqual(
            self.env["feedback.ballot"]._handed_among(wave.invitation_ids),
            {self.invitation(wave, self.customers[0]).id},
        )
        again = self.url_open(f"/feedback/{token}")
        self.assertIn("we have your answer", again.text)

    def test_one_key_for_many_answers(self):
        self.program.anonymity = "anonymous"
        wave = self.new_wave()
        token = self.send(wave)[self.customers[0]]
        found = self.env["survey.user_input"]
        for _time in range(len(self.customers) + 1):
            page = self.url_open(f"/feedback/{token}", data={"score": 9}, allow_redirects=False)
            found.search([("feedback_wave_id", "=", wave.id), ("state", "!=", "done")])._mark_done()
            self.env.flush_all()
        self.assertEqual(page.status_code, 200)
        self.assertIn("This question is closed.", page.text)
        kept = found.search_count([("feedback_wave_id", "=", wave.id)])
        self.assertEqual(kept, len(self.customers))


@tagged("post_install", "-at_install")
class TestRequestsOfALargeWave(HttpCase, FeedbackCommon):
    """What an anonymous answer reads does not grow with the answers of others."""

    MANY = 4000

    def _read_by(self, act):
        """Return how many queries an act makes, and how many characters of rows they bring."""
        brought = []

        def fetchall(cursor):
            rows = cursor._obj.fetchall()
            brought.append(len(repr(rows)))
            return rows

        self.env.flush_all()
        self.env.invalidate_all()
        with patch.object(Cursor, "fetchall", fetchall, create=True):
            act()
        return len(brought), sum(brought)

    def _answer_as(self, token):
        """Look, answer and bring the receipt, each in a request."""
        slow = {"timeout": 120, "allow_redirects": False}
        self.assertEqual(self.url_open(f"/feedback/{token}", **slow).status_code, 200)
        page = self.url_open(f"/feedback/{token}", data={"score": 9}, **slow)
        self.assertEqual(page.status_code, 303)
        receipt = new_receipt(self.wave.receipt_key)
        done = self.url_open(f"/feedback/{token}/receipt", data={"receipt": receipt}, **slow)
        self.assertEqual(done.status_code, 204)

    def _fill_up(self):
        """Let thousands of others have answered."""
        values = {"wave": self.wave.id, "mine": self.wave.invitation_ids[0].id, "many": self.MANY}
        self.env.cr.execute(
            """
            INSERT INTO feedback_invitation (wave_id, program_id, company_id, channel, state,
                   sent_at, token_hash, attempts, weight, reminders, channel_step)
            SELECT wave_id, program_id, company_id, 'email', 'sent', now(), 'x' || n, 1, 1, 0, 0
              FROM feedback_invitation, generate_series(1, %(many)s) n WHERE id = %(mine)s;
            INSERT INTO feedback_receipt (wave_id, spent)
            SELECT %(wave)s, 'x' || n FROM generate_series(1, %(many)s) n;
            INSERT INTO survey_user_input (survey_id, access_token, state, feedback_wave_id)
            SELECT survey_id, 'x' || n, 'done', id
              FROM feedback_wave, generate_series(1, %(many)s) n WHERE id = %(wave)s;
            UPDATE feedback_ballot SET handed = (
                   SELECT jsonb_agg(id ORDER BY id) FROM feedback_invitation
                    WHERE wave_id = %(wave)s AND token_hash LIKE 'x%%')
             WHERE wave_id = %(wave)s;
            """,
            values,
        )
        self.env.invalidate_all()

    def test_others_cost_nothing(self):
        self.program.anonymity = "anonymous"
        self.wave = self.new_wave()
        tokens = list(self.send(self.wave).values())
        self._answer_as(tokens[0])  # fills the caches
        queries, volume = self._read_by(lambda: self._answer_as(tokens[1]))
        self._fill_up()
        more_queries, more_volume = self._read_by(lambda: self._answer_as(tokens[2]))
        self.assertGreater(queries, 10)
        self.assertEqual(more_queries, queries)
        self.assertLess(more_volume, volume * 1.05, "a list came along")
        handed = self.env["feedback.ballot"]._of(self.wave).handed
        self.assertEqual(len(handed), self.MANY + 1)
        self.assertEqual(handed, sorted(handed))
