"""Real connections on committed data: what no test inside one transaction can show."""

import threading

from odoo.fields import Command
from odoo.modules.registry import Registry
from odoo.sql_db import db_connect
from odoo.tests import BaseCase, tagged
from odoo.tests.common import get_db_name

from odoo.addons.relationship_crm.tests.race_common import TIMEOUT, connection, retrying

CLEAN = """
    DELETE FROM relationship_interaction_todo WHERE interaction_id IN
        (SELECT id FROM relationship_interaction WHERE contact_id = ANY(%(contacts)s));
    DELETE FROM relationship_interaction WHERE contact_id = ANY(%(contacts)s);
    DELETE FROM mail_activity WHERE res_model = 'relationship.case' AND res_id IN
        (SELECT id FROM relationship_case WHERE contact_id = ANY(%(contacts)s));
    DELETE FROM mail_message WHERE model = 'relationship.case' AND res_id IN
        (SELECT id FROM relationship_case WHERE contact_id = ANY(%(contacts)s));
    DELETE FROM mail_followers WHERE res_model = 'relationship.case' AND res_id IN
        (SELECT id FROM relationship_case WHERE contact_id = ANY(%(contacts)s));
    DELETE FROM relationship_case WHERE contact_id = ANY(%(contacts)s);
    DELETE FROM mail_activity WHERE res_model = 'res.partner' AND res_id = ANY(%(contacts)s);
    DELETE FROM feedback_score WHERE wave_id = ANY(%(waves)s);
    DELETE FROM mail_mail WHERE mail_message_id IN (SELECT id FROM mail_message
        WHERE model = 'feedback.invitation' AND res_id IN
            (SELECT id FROM feedback_invitation WHERE wave_id = ANY(%(waves)s)));
    DELETE FROM mail_message WHERE model = 'feedback.invitation' AND res_id IN
        (SELECT id FROM feedback_invitation WHERE wave_id = ANY(%(waves)s));
    DELETE FROM feedback_invitation WHERE wave_id = ANY(%(waves)s);
    DELETE FROM survey_user_input WHERE survey_id = %(survey)s;
    DELETE FROM feedback_kiosk WHERE survey_id = %(survey)s;
    DELETE FROM feedback_wave WHERE id = ANY(%(waves)s);
    DELETE FROM feedback_program WHERE id = ANY(%(programs)s);
    DELETE FROM survey_question WHERE survey_id = %(survey)s;
    DELETE FROM survey_survey WHERE id = %(survey)s;
    DELETE FROM relationship_queue WHERE partner_id = ANY(%(contacts)s);
    DELETE FROM mail_message WHERE model = 'res.partner' AND res_id = ANY(%(contacts)s);
    DELETE FROM res_partner WHERE id = ANY(%(contacts)s);
"""


class CommittedCase(BaseCase):
    """Programs that ask the same people, committed, and cleaned up afterwards."""

    PROGRAMS = 4
    PEOPLE = 5

    def setUp(self):
        super().setUp()
        self.registry = Registry(get_db_name())
        with connection() as env:
            self.ids = self._make(env)
        self.addCleanup(self._clean)

    def _make(self, env):
        """Several programs about to ask the same people."""
        survey = env["survey.survey"].create(
            {
                "title": "Race",
                "access_mode": "token",
                "questions_layout": "one_page",
                "question_and_page_ids": [
                    Command.create(
                        {
                            "title": "Would you recommend us?",
                            "question_type": "scale",
                            "feedback_metric": "nps",
                        }
                    ),
                    Command.create({"title": "Why?", "question_type": "text_box"}),
                ],
            }
        )
        contacts = env["res.partner"].create(
            [
                {"name": f"Racer {n}", "email": f"racer{n}@race.example", "ref": "feedback-race"}
                for n in range(self.PEOPLE)
            ]
        )
        programs = env["feedback.program"].create(
            [
                {
                    "name": f"Race {n}",
                    "survey_id": survey.id,
                    "domain": "[('ref', '=', 'feedback-race')]",
                }
                for n in range(self.PROGRAMS)
            ]
        )
        env["relationship.consent"].create(
            [
                {"contact_id": c.id, "purpose": "survey", "state": "granted", "source": "Test"}
                for c in contacts
            ]
        )
        waves = env["feedback.wave"].create([{"program_id": program.id} for program in programs])
        waves.action_draw()
        return {
            "survey": survey.id,
            "contacts": contacts.ids,
            "programs": programs.ids,
            "waves": waves.ids,
        }

    def _clean(self):
        with db_connect(get_db_name()).cursor() as cr:
            cr.execute(CLEAN, self.ids)
            cr.commit()

    def _at_once(self, *acts):
        """Do several things at the same time, each on a connection of its own.

        :return: list of what they returned
        """
        barrier, results, errors = threading.Barrier(len(acts)), [], []

        def run(act):
            threading.current_thread().dbname = get_db_name()
            try:
                barrier.wait(TIMEOUT)
                results.append(retrying(act))
            except Exception as error:  # noqa: BLE001 - told below, in the main thread
                errors.append(error)

        threads = [threading.Thread(target=run, args=(act,)) for act in acts]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(TIMEOUT)
            self.assertFalse(thread.is_alive())
        self.assertFalse(errors)
        return results

    def _invitations(self, env):
        return env["feedback.invitation"].search([("wave_id", "in", self.ids["waves"])])


@tagged("post_install", "-at_install")
class TestFeedbackRace(CommittedCase):
    def test_programs_sending_at_once_reach_a_person_once(self):
        with connection() as env:
            env["feedback.wave"].browse(self.ids["waves"]).action_send()
        # several jobs, each with a batch of other programs' invitations of the same people
        self._at_once(*[self._send_batch] * self.PROGRAMS)
        with connection() as env:
            while env["feedback.invitation"]._job_send(3):
                pass
            rows = self._invitations(env)
            sent = rows.filtered(lambda row: row.state == "sent")
            mails = env["mail.mail"].search(
                [("model", "=", "feedback.invitation"), ("res_id", "in", rows.ids)]
            )
            self.assertEqual(sorted(sent.contact_id.ids), sorted(self.ids["contacts"]))
            self.assertEqual(len(sent), self.PEOPLE, "each once")
            self.assertEqual(sorted(mails.mapped("res_id")), sorted(sent.ids))
            others = rows - sent
            self.assertEqual(len(others), self.PEOPLE * (self.PROGRAMS - 1))
            self.assertEqual(set(others.mapped("skip_reason")), {"recent"})

    @staticmethod
    def _send_batch(env):
        """Send one batch, as large as one program."""
        return env["feedback.invitation"]._job_send(TestFeedbackRace.PEOPLE)

    def test_lock_makes_the_second_begin_anew(self):
        """The second sender waits for the first and is refused by the database."""
        contacts, began, runs = self.ids["contacts"], threading.Event(), []

        def second(env):
            env.cr.execute("SELECT 1")
            runs.append(1)
            began.set()
            env["feedback.contact.lock"]._bump(contacts)

        with connection() as env:
            env["feedback.contact.lock"]._bump(contacts)
            racer = threading.Thread(target=retrying, args=(second,))
            racer.start()
            self.assertTrue(began.wait(TIMEOUT))
        racer.join(TIMEOUT)
        self.assertFalse(racer.is_alive())
        self.assertGreater(len(runs), 1)
        with connection() as env:
            locks = env["feedback.contact.lock"].search([("contact_id", "in", contacts)])
            self.assertEqual(set(locks.mapped("asked")), {2})

    def _scored(self, env, wave):
        """Return the id of the score of 10 that the first person gives in a wave."""
        wave = env["feedback.wave"].browse(self.ids["waves"][wave])
        answer = wave.survey_id._create_answer(
            partner=env["res.partner"].browse(self.ids["contacts"][0]),
            check_attempts=False,
            feedback_wave_id=wave.id,
        )
        answer._save_lines(wave.survey_id._feedback_question(), "10")
        answer._mark_done()
        return env["feedback.score"].search([("user_input_id", "=", answer.id)]).id

    def test_one_promoter_of_two_scores_is_asked_once(self):
        """Two answers of one person at the same time: the second finds the request of the first."""
        began, planned = threading.Event(), []
        with connection() as env:
            first, second = (self._scored(env, wave) for wave in (0, 1))

        def plan(env, score):
            score = env["feedback.score"].browse(score)
            return len(env["feedback.promoter"]._plan(score, "reference"))

        def later(env):
            env.cr.execute("SELECT 1")
            began.set()
            planned.append(plan(env, second))

        with connection() as env:
            self.assertEqual(plan(env, first), 1)
            env.flush_all()
            racer = threading.Thread(target=retrying, args=(later,))
            racer.start()
            self.assertTrue(began.wait(TIMEOUT))
        racer.join(TIMEOUT)
        self.assertFalse(racer.is_alive())
        self.assertEqual(planned, [0])
        with connection() as env:
            contact = self.ids["contacts"][0]
            asked = env["feedback.promoter"].search([("contact_id", "=", contact)])
            self.assertEqual(asked.score_id.id, first)

    def test_promoters_of_many_scores_at_once(self):
        """As above, whoever comes first: requests of the page and of the dialog together."""
        with connection() as env:
            scores = [self._scored(env, wave) for wave in range(self.PROGRAMS)]

        def plan(score):
            return lambda env: len(
                env["feedback.promoter"]._plan(env["feedback.score"].browse(score), "review")
            )

        self.assertEqual(sum(self._at_once(*map(plan, scores))), 1)

    def test_one_invitation_answered_at_once(self):
        with connection() as env:
            wave = env["feedback.wave"].browse(self.ids["waves"][0])
            wave.action_send()
            while env["feedback.invitation"]._job_send(100):
                pass
            invitation = wave.invitation_ids[0].id

        def answer(value):
            def act(env):
                row = env["feedback.invitation"].browse(invitation)
                given = row._answer(value)
                if given.state != "done":
                    given._mark_done()
                return given.id

            return act

        answers = self._at_once(*[answer(value) for value in (9, 3, 10, 0, 7, 5)])
        self.assertEqual(len(set(answers)), 1)
        with connection() as env:
            scores = env["feedback.score"].search([("wave_id", "=", self.ids["waves"][0])])
            self.assertEqual(len(scores), 1)
            inputs = env["survey.user_input"].search([("survey_id", "=", self.ids["survey"])])
            self.assertEqual(len(inputs), 1)
            cases = env["relationship.case"].search([("feedback_score_id", "=", scores.id)])
            self.assertEqual(len(cases), scores.band == "low")

    def test_reminders_at_once_are_one(self):
        with connection() as env:
            wave = env["feedback.wave"].browse(self.ids["waves"][0])
            wave.action_send()
            while env["feedback.invitation"]._job_send(100):
                pass
        with connection() as env:
            env.cr.execute(
                "UPDATE feedback_invitation SET next_at = now() AT TIME ZONE 'UTC' - interval '1h'"
                " WHERE wave_id = %s",
                [self.ids["waves"][0]],
            )
        self._at_once(*[lambda env: env["feedback.invitation"]._job_follow(2)] * 4)
        with connection() as env:
            while env["feedback.invitation"]._job_follow(2):
                pass
            rows = env["feedback.wave"].browse(self.ids["waves"][0]).invitation_ids
            self.assertEqual(set(rows.mapped("reminders")), {1})
            mails = env["mail.mail"].search(
                [("model", "=", "feedback.invitation"), ("res_id", "in", rows.ids)]
            )
            self.assertEqual(len(mails), 2 * self.PEOPLE, "the invitation and one reminder each")

    def test_kiosk_answer_sent_at_once(self):
        with connection() as env:
            survey = env["survey.survey"].browse(self.ids["survey"])
            kiosk = env["feedback.kiosk"].create({"name": "Race", "survey_id": survey.id}).id
            question = str(survey.question_ids[0].id)

        def send(env):
            return env["feedback.kiosk"].browse(kiosk)._take("race-" * 4, {question: 9})

        states = self._at_once(*[send] * 6)
        self.assertEqual(sorted(states), ["kept", *["known"] * 5])
        with connection() as env:
            inputs = env["survey.user_input"].search([("survey_id", "=", self.ids["survey"])])
            self.assertEqual(inputs.mapped("state"), ["done"])
