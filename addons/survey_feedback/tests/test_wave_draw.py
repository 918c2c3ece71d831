from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.fields import Command
from odoo.tests import tagged

from ..lib.draw import rank
from .common import FeedbackCommon


@tagged("post_install", "-at_install")
class TestWaveDraw(FeedbackCommon):
    def order(self, wave):
        return wave.invitation_ids.sorted("seed_rank").contact_id.ids

    def test_everybody_the_program_finds(self):
        wave = self.new_wave()
        self.assertEqual(wave.invitation_ids.contact_id, self.customers)
        self.assertEqual((wave.state, wave.population, wave.invited_count), ("drawn", 4, 4))
        self.assertEqual(set(wave.invitation_ids.mapped("state")), {"drawn"})

    def test_order_can_be_worked_out_again(self):
        wave = self.new_wave(seed="tried")
        expected = sorted(self.customers.ids, key=lambda contact: rank("tried", contact))
        self.assertEqual(self.order(wave), expected)
        wave.action_draw()
        self.assertEqual(self.order(wave), expected, "also when drawn again")
        orders = {tuple(self.order(self.new_wave(seed=f"seed {n}"))) for n in range(12)}
        self.assertGreater(len(orders), 1, "another seed takes others first")

    def test_sample(self):
        """The first of the order who may be asked; skipped people do not fill the sample."""
        wave = self.new_wave(seed="tried", sample_size=2)
        order = sorted(self.customers, key=lambda contact: rank("tried", contact.id))
        self.assertEqual(self.order(wave), [contact.id for contact in order[:2]])
        order[0].email = False
        wave.action_draw()
        self.assertEqual(self.order(wave), [contact.id for contact in order[:3]])
        self.assertEqual(self.skipped(wave), {order[0]: ("no_email", False)})
        self.assertEqual((wave.population, wave.invited_count), (4, 2))

    def test_nobody_can_be_asked(self):
        self.customers.email = False
        wave = self.new_wave()
        self.assertEqual((wave.state, wave.invited_count), ("drawn", 0))
        self.assertEqual(set(self.skipped(wave).values()), {("no_email", False)})

    def test_segments(self):
        segment = self.env["relationship.segment"].create({"name": "Chosen", "kind": "manual"})
        chosen, left = self.customers[0], self.customers[1]
        self.env["relationship.segment.member"].create(
            [
                {"segment_id": segment.id, "partner_id": chosen.id},
                {"segment_id": segment.id, "partner_id": left.id, "left_on": "2099-01-01"},
            ]
        )
        self.program.segment_ids = segment
        self.assertEqual(self.new_wave().invitation_ids.contact_id, chosen)

    def test_who_is_asked_of_a_company(self):
        company = self.env["res.partner"].create(
            {"name": "Firm", "is_company": True, "ref": "feedback-test"}
        )
        first, second = self.env["res.partner"].create(
            [
                {"name": name, "parent_id": company.id, "email": f"{name}@firm.example"}
                for name in ("first", "second")
            ]
        )
        self.env["res.partner"].create(
            {
                "name": "Store",
                "parent_id": company.id,
                "type": "delivery",
                "email": "s@firm.example",
            }
        )
        asked = self.new_wave().invitation_ids.contact_id
        self.assertIn(first, asked)
        self.assertNotIn(company | second, asked)
        self.env["relationship.interaction"]._insert(
            [{"kind": "call", "contact_id": second.id, "external_ref": "feedback-test"}]
        )
        self.assertIn(second, self.new_wave().invitation_ids.contact_id, "last heard from")
        role = self.env["relationship.role"].search([], limit=1)
        first.relationship_role_ids = role
        self.program.role_ids = role
        asked = self.new_wave().invitation_ids.contact_id
        self.assertEqual(asked - self.customers, first)
        self.assertEqual(asked & self.customers, self.customers, "persons stand for themselves")

    def test_our_own_are_not_customers(self):
        self.env.user.partner_id.ref = "feedback-test"
        self.env.company.partner_id.ref = "feedback-test"
        self.assertEqual(self.new_wave().invitation_ids.contact_id, self.customers)

    def test_filter_is_checked(self):
        for wrong in ("[('nothing', '=', 1)]", "[(", "1", "__import__('os')"):
            with self.assertRaises(ValidationError, msg=wrong):
                self.program.domain = wrong

    def test_steps(self):
        wave = self.new_wave()
        with self.assertRaises(UserError):
            wave.state = "open"
        with self.assertRaises(UserError):
            wave.action_close()
        wave.action_send()
        for refused in (wave.action_draw, wave.action_send, wave.action_cancel, wave.unlink):
            with self.assertRaises(UserError):
                refused()

    def test_only_managers_draw(self):
        wave = self.env["feedback.wave"].create({"program_id": self.program.id})
        for role in ("user", "channel_manager", "auditor"):
            with self.assertRaises(AccessError, msg=role):
                wave.with_user(self.users[role]).action_draw()
        wave.with_user(self.manager).action_draw()
        self.assertEqual(wave.state, "drawn")

    def test_survey_that_cannot_be_sent(self):
        plain = self.env["survey.survey"].create(
            {
                "title": "Measures nothing",
                "question_and_page_ids": [
                    Command.create({"title": "Why?", "question_type": "text_box"})
                ],
            }
        )
        self.program.survey_id = plain
        with self.assertRaises(UserError):
            self.program.action_run()
        self.program.survey_id = self.survey
        self.survey.users_login_required = True
        with self.assertRaises(UserError):
            self.program.action_run()
        self.survey.users_login_required = False
        self.program.action_run()
        self.assertEqual(self.program.state, "running")


@tagged("post_install", "-at_install")
class TestSkipped(FeedbackCommon):
    def test_reasons(self):
        ada, bao, cleo, dina = self.customers
        self.env["relationship.consent"].create(
            {"contact_id": ada.id, "purpose": "survey", "state": "refused", "source": "Call"}
        )
        bao.email = False
        self.env["mail.blacklist"]._add(cleo.email)
        self.env["relationship.case"].create(
            {"name": "Late again", "partner_id": dina.id, "kind": "complaint"}
        )
        wave = self.new_wave()
        skipped = self.skipped(wave)
        self.assertEqual(skipped[ada], ("consent", "Refused surveys"))
        self.assertEqual(skipped[bao][0], "no_email")
        self.assertEqual(skipped[cleo], ("blacklisted", cleo.email))
        self.assertEqual(skipped[dina], ("hold", "Open case: Late again"))
        self.assertEqual((wave.skipped_count, wave.invited_count), (4, 0))
        self.assertFalse(self.send(wave), "nobody is written to")

    def test_refused_by_one_channel_or_intensity(self):
        ada, bao, cleo, _dina = self.customers
        self.env["relationship.consent"].create(
            [
                {
                    "contact_id": contact.id,
                    "purpose": "survey",
                    "channel": channel,
                    "state": "refused",
                    "source": "Call",
                }
                for contact, channel in ((ada, "email"), (bao, "phone"))
            ]
        )
        cleo.relationship_intensity = "none"
        self.assertEqual(set(self.skipped(self.new_wave())), {ada, cleo})

    def test_bounces(self):
        self.customers[0].message_bounce = 3
        self.customers[1].message_bounce = 2
        self.assertEqual(
            self.skipped(self.new_wave()), {self.customers[0]: ("bounced", "ada@feedback.example")}
        )

    def test_one_inbox(self):
        self.customers[1].email = self.customers[0].email
        skipped = self.skipped(self.new_wave())
        self.assertEqual(len(skipped), 1)
        self.assertLess(set(skipped), set(self.customers[:2]))

    def test_what_changes_between_draw_and_sending(self):
        wave = self.new_wave()
        self.env["relationship.consent"].create(
            {
                "contact_id": self.customers[0].id,
                "purpose": "survey",
                "state": "refused",
                "source": "Call",
            }
        )
        sent = self.send(wave)
        self.assertEqual(set(sent), set(self.customers[1:]))
        self.assertEqual(self.skipped(wave), {self.customers[0]: ("consent", "Refused surveys")})

    def test_queries_do_not_grow(self):
        few = self.queries(lambda: self.new_wave()._origin)
        self.env["res.partner"].create([self._person_vals(f"More{n}") for n in range(60)])
        many = self.queries(lambda: self.new_wave()._origin)
        self.assertLessEqual(many, few + 3)


@tagged("post_install", "-at_install")
class TestContactRules(FeedbackCommon):
    """Over all programs: rest after an invitation, to the minute."""

    def asked(self, hours):
        """Let everybody have been asked by another program so many hours ago."""
        other = self.new_wave(self._new_program("Other"))
        self.send(other)
        self.env.flush_all()
        self.env.cr.execute(
            "UPDATE feedback_invitation SET sent_at = sent_at - make_interval(hours => %s)"
            " WHERE wave_id = %s",
            [hours, other.id],
        )
        self.env.invalidate_all()

    def test_ninety_days(self):
        rule = self.env.ref("survey_feedback.feedback_contact_rule_90_days")
        self.asked(90 * 24 - 1)
        reasons = {reason for reason, _note in self.skipped(self.new_wave()).values()}
        self.assertEqual(reasons, {"recent"})
        self.assertEqual({n for _r, n in self.skipped(self.new_wave()).values()}, {rule.name})
        self.asked(90 * 24 + 1)
        self.env.cr.execute("UPDATE feedback_invitation SET sent_at = sent_at - interval '2 hours'")
        self.env.invalidate_all()
        self.assertFalse(self.skipped(self.new_wave()))

    def test_never_twice_in_a_day_even_without_rules(self):
        self.env["feedback.contact.rule"].search([]).active = False
        self.asked(23)
        self.assertEqual(len(self.skipped(self.new_wave())), 4)
        self.env.cr.execute("UPDATE feedback_invitation SET sent_at = sent_at - interval '2 hours'")
        self.env.invalidate_all()
        self.assertFalse(self.skipped(self.new_wave()))

    def test_rule_for_some(self):
        self.env["feedback.contact.rule"].search([]).active = False
        self.env["feedback.contact.rule"].create(
            {"name": "Ada rests", "hours": 1000, "domain": "[('name', '=', 'Ada')]"}
        )
        self.asked(900)
        self.assertEqual(
            self.skipped(self.new_wave()), {self.customers[0]: ("recent", "Ada rests")}
        )

    def test_rule_of_another_company(self):
        rules = self.env["feedback.contact.rule"].search([])
        rules.company_id = self.env["res.company"].create({"name": "Sister"})
        self.asked(100)
        self.assertFalse(self.skipped(self.new_wave()))

    def test_rule_is_checked(self):
        with self.assertRaises(ValidationError):
            self.env["feedback.contact.rule"].create({"name": "Wrong", "domain": "[('x','=',1)]"})

    @settings(max_examples=12, deadline=None)
    @given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 120 * 24)), max_size=6))
    def test_holds_for_any_schedule(self, schedule):
        """Whatever programs ask whenever: nobody is asked twice within 90 days."""
        programs = [self._new_program(f"Program {n}") for n in range(3)]
        clock = 0
        sent = {contact.id: [] for contact in self.customers}
        for number, hours in schedule:
            clock += hours
            # the past moves away instead of the clock going on
            self.env.cr.execute(
                "UPDATE feedback_invitation SET sent_at = sent_at - make_interval(hours => %s)",
                [hours],
            )
            self.env.invalidate_all()
            for contact in self.send(self.new_wave(programs[number])):
                sent[contact.id].append(clock)
        for moments in sent.values():
            gaps = [b - a for a, b in pairwise(moments)]
            self.assertTrue(all(gap >= 90 * 24 for gap in gaps), moments)
        self.env["feedback.invitation"].search([]).unlink()
