from odoo import fields, models
from odoo.tools import plaintext2html


class SurveyUserInput(models.Model):
    """What people say they need becomes a need of the customer, or confirms one."""

    _inherit = "survey.user_input"

    def _feedback_done(self):
        """Note the needs, too; whoever was promised silence is not told on."""
        done = super()._feedback_done()
        for answer in self.sudo():
            if answer.partner_id and not answer.test_entry and not answer.feedback_is_sealed:
                answer._feedback_note_needs()
        return done

    def _feedback_note_needs(self):
        """Confirm the open needs that this answer names, and note the others."""
        self.ensure_one()
        named = self._feedback_topics()
        if not named:
            return
        customer, company = self.partner_id.commercial_partner_id, self._feedback_company()
        needs = self.env["relationship.need"].with_company(company)
        known = needs.search(
            [
                ("partner_id", "=", customer.id),
                ("company_id", "=", company.id),
                ("state", "=", "open"),
                ("topic", "in", list(named)),
            ]
        )
        known.action_confirm()
        new = [topic for topic in named if topic not in known.mapped("topic")]
        needs.create([self._prepare_need_vals(topic, named[topic]) for topic in new])

    def _feedback_topics(self):
        """Return {topic: what the person wrote}; of choices, a topic for each.

        Topics are in the language of the company: people answer in theirs.
        """
        lang = self._feedback_company().partner_id.lang
        lines = self.with_context(lang=lang or "en_US").user_input_line_ids.filtered(
            lambda line: line.question_id.feedback_topic and not line.skipped
        )
        named = {}
        for line in lines:
            topic = line.question_id.feedback_topic
            text = (line.value_text_box or line.value_char_box or "").strip()
            if line.suggested_answer_id:
                named[f"{topic}: {line.suggested_answer_id.value}"] = ""
            elif text:
                named[topic] = text
        return named

    def _prepare_need_vals(self, topic, text):
        """Return a need that an answer named for the first time."""
        customer = self.partner_id.commercial_partner_id
        owner = (
            customer.user_id or self.partner_id.user_id or self.feedback_wave_id.program_id.user_id
        )
        contact = self.partner_id if self.partner_id != customer else self.env["res.partner"]
        return {
            "topic": topic,
            "partner_id": customer.id,
            "contact_id": contact.id,
            "company_id": self._feedback_company().id,
            "user_id": owner.id,
            "source": self.survey_id.title,
            "description": plaintext2html(text) if text else False,
            "confirmed_on": fields.Date.context_today(self),
        }
