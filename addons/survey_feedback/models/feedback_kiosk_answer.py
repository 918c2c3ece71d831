import re
from datetime import UTC, datetime, timedelta

from odoo import api, fields, models

#: address of a kiosk
ADDRESS = re.compile(r"[A-Za-z0-9_-]{20,64}")
#: key that a tablet makes for each answer
KEY = re.compile(r"[A-Za-z0-9-]{16,64}")
#: characters kept of a text
TEXT = 4000
#: how long a tablet may have been without a connection
LATE = timedelta(days=60)
#: kinds of questions that a kiosk asks
CHOICES = ("simple_choice", "multiple_choice")
TEXTS = ("char_box", "text_box")


class FeedbackKiosk(models.Model):
    """What the page of a kiosk shows, and taking its answers, each once."""

    _inherit = "feedback.kiosk"

    @api.model
    def _find(self, token):
        """Return the kiosk of an address, as superuser; empty for any other text."""
        none = self.sudo().browse()
        if not isinstance(token, str) or not ADDRESS.fullmatch(token):
            return none
        return none.search([("access_token", "=", token)], limit=1)

    # ------------------------------------------------------------ page

    def _prepare_page(self):
        """Return what the page needs, so that it goes on without a connection."""
        self.ensure_one()
        home = self.company_id.partner_id.lang or self.env.lang
        codes = sorted(
            self.survey_id._get_supported_lang_codes(), key=lambda code: (code != home, code)
        )
        return {
            "token": self.access_token,
            "idle": self.idle_seconds,
            "company": self.company_id.name,
            "languages": [self.with_context(lang=code)._prepare_language(code) for code in codes],
        }

    def _prepare_language(self, code):
        """Return the questions in a language."""
        lang = self.env["res.lang"]._get_data(code=code)
        return {
            "code": code,
            "name": lang.name.split("/")[-1].strip(),
            "direction": lang.direction or "ltr",
            "questions": [self._prepare_question(one) for one in self._kiosk_questions()],
            "words": self._prepare_words(),
        }

    def _kiosk_questions(self):
        """Return the questions that one can answer with a finger, in their order."""
        kinds = ("scale", *CHOICES, *TEXTS)
        return self.survey_id.question_ids.filtered(lambda one: one.question_type in kinds)

    def _prepare_question(self, question):
        return {
            "id": question.id,
            "kind": question.question_type,
            "title": question.title,
            "required": question.constr_mandatory,
            "values": list(question._scale_values()),
            "low": question.scale_min_label or "",
            "high": question.scale_max_label or "",
            "choices": [
                {"id": choice.id, "title": choice.value or ""}
                for choice in question.suggested_answer_ids
            ],
        }

    def _prepare_words(self):
        """Return the words of the page itself."""
        return {
            "next": self.env._("Next"),
            "skip": self.env._("Skip"),
            "send": self.env._("Send"),
            "back": self.env._("Back"),
            "again": self.env._("Start Again"),
            "full": self.env._("Full Screen"),
            "thanks": self.env._("Thank you!"),
            "heard": self.env._("Somebody reads every answer."),
            "language": self.env._("Language"),
            "waiting": self.env._("Answers waiting for a connection"),
        }

    # ------------------------------------------------------------ answers

    def _take(self, key, answers, lang=None, at=None):
        """Keep an answer of the tablet, once for each key.

        :param str key: made by the tablet for this answer
        :param dict answers: question id as text → number, choice ids or text
        :param str lang: code of the language it was given in
        :param str at: when it was given, ISO 8601; now when missing, odd or too old
        :return: ``kept``, ``known`` (it came before) or ``refused`` (it is no answer)
        """
        self.ensure_one()
        clean = self._clean(answers)
        if not isinstance(key, str) or not KEY.fullmatch(key) or not clean:
            return "refused"
        # two deliveries of one answer: the second is refused by the database and sees the first
        self.env.cr.execute(
            "UPDATE feedback_kiosk SET taken = coalesce(taken, 0) + 1 WHERE id = %s", [self.id]
        )
        known = self.env["survey.user_input"].search_count(
            [("feedback_kiosk_id", "=", self.id), ("feedback_key", "=", key)], limit=1
        )
        if known:
            return "known"
        answer = self._create_kiosk_answer(key, lang)
        for question, value in clean.items():
            answer._save_lines(question, value)
        answer.with_context(feedback_at=self._moment(at))._mark_done()
        return "kept"

    def _create_kiosk_answer(self, key, lang):
        """Make the answer of somebody unknown."""
        spoken = self.survey_id._get_supported_lang_codes()
        code = lang if lang in spoken else spoken[0]
        answer = self.survey_id._create_answer(
            check_attempts=False,
            lang_id=self.env["res.lang"]._lang_get(code).id,
            feedback_kiosk_id=self.id,
            feedback_key=key,
            feedback_channel="kiosk",
        )
        answer._mark_in_progress()
        return answer

    def _clean(self, answers):
        """Return {question: value for core}; empty unless all are answers to what was asked."""
        survey = self.survey_id
        if not survey.active or not isinstance(answers, dict) or len(answers) > 200:
            return {}
        clean, measured = {}, False
        for question in self._kiosk_questions():
            raw = answers.get(str(question.id))
            value = self._clean_value(question, raw)
            if value is None or question.validate_question(value):
                return {}
            if value != "" and value != []:
                clean[question] = value
                measured = measured or bool(question.feedback_metric)
        return clean if measured else {}

    @api.model
    def _clean_value(self, question, raw):
        """Return a value as core wants it, empty for a question left out, None for a wrong one."""
        if question.question_type in CHOICES:
            return self._clean_choices(question, raw)
        if raw is None:
            return ""
        if question.question_type == "scale":
            right = type(raw) is int and raw in question._scale_values()
            return str(raw) if right else None
        return raw.replace("\0", "").strip()[:TEXT] if isinstance(raw, str) else None

    @api.model
    def _clean_choices(self, question, raw):
        raw = [] if raw is None else raw
        if not isinstance(raw, list) or any(type(one) is not int for one in raw):
            return None
        most = 1 if question.question_type == "simple_choice" else len(raw)
        if len(raw) > most or not set(raw) <= set(question.suggested_answer_ids.ids):
            return None
        return [str(one) for one in dict.fromkeys(raw)]

    @api.model
    def _moment(self, at):
        """Return when an answer was given (UTC, naive), as far as a tablet can be believed."""
        now = fields.Datetime.now()
        try:
            moment = datetime.fromisoformat(at)
            if moment.tzinfo:
                moment = moment.astimezone(UTC).replace(tzinfo=None)
        except (TypeError, ValueError, OverflowError):
            return now
        return moment.replace(microsecond=0) if now - LATE < moment <= now else now
