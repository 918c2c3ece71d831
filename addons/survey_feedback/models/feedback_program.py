from ast import literal_eval

from dateutil.relativedelta import relativedelta
from markupsafe import escape

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

RHYTHMS = [
    ("once", "Once"),
    ("monthly", "Every Month"),
    ("quarterly", "Every Quarter"),
    ("yearly", "Every Year"),
    ("after", "After Something Happened"),
]
STEPS = {
    "monthly": relativedelta(months=1),
    "quarterly": relativedelta(months=3),
    "yearly": relativedelta(years=1),
    "after": relativedelta(days=1),
}
FLOW = {"running": ("draft", "ended"), "ended": ("draft", "running"), "draft": ()}


class FeedbackProgram(models.Model):
    """Whom to ask what, how often: every time makes a wave."""

    _name = "feedback.program"
    _description = "Feedback Program"
    _inherit = ["mail.thread", "mail.activity.mixin", "relationship.job"]
    _order = "state, name, id"

    name = fields.Char(required=True, translate=True, tracking=True)
    active = fields.Boolean(default=True)
    state = fields.Selection(
        [("draft", "Draft"), ("running", "Running"), ("ended", "Ended")],
        string="Status",
        required=True,
        default="draft",
        copy=False,
        tracking=True,
        help="A running program makes its waves by itself.",
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        ondelete="restrict",
        index=True,
    )
    survey_id = fields.Many2one(
        "survey.survey", required=True, ondelete="restrict", index=True, tracking=True
    )
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        index="btree_not_null",
        domain=[("share", "=", False)],
        tracking=True,
        help="Invitations come from this person, who also gets the cases of customers that "
        "nobody looks after.",
    )

    # whom
    segment_ids = fields.Many2many(
        "relationship.segment",
        string="Segments",
        domain="[('company_id', '=', company_id)]",
        help="Customers in any of these segments. Empty: all that the filter finds.",
    )
    domain = fields.Char(
        string="Customers", required=True, default="[]", help="Filter over customers."
    )
    role_ids = fields.Many2many(
        "relationship.role",
        string="Contact Roles",
        help="Which people of a company to ask. Empty: the person we last heard from.",
    )
    sample_size = fields.Integer(
        string="Sample", help="How many people to ask in a wave, drawn at random. 0: everybody."
    )

    # when and how
    rhythm = fields.Selection(
        RHYTHMS,
        required=True,
        default="quarterly",
        tracking=True,
        help="After Something Happened: each person is asked some days after it, such as a paid "
        "invoice or a closed case. Those of a month make one wave.",
    )
    next_on = fields.Date(
        string="Next Wave", copy=False, tracking=True, help="Day on which the next wave is sent."
    )
    open_days = fields.Integer(
        string="Days to Answer", required=True, default=21, help="Then the wave is closed."
    )
    template_id = fields.Many2one(
        "mail.template",
        string="E-mail",
        default=lambda self: self.env.ref(
            "survey_feedback.mail_template_invitation", raise_if_not_found=False
        ),
        domain=[("model", "=", "feedback.invitation")],
        ondelete="restrict",
    )
    case_from_detractor = fields.Boolean(
        string="Cases",
        default=True,
        help="An unhappy answer opens a case, as the case rules say: call within 48 hours, not "
        "counting days off.",
    )
    wave_ids = fields.One2many("feedback.wave", "program_id", string="Waves")
    wave_count = fields.Integer(compute="_compute_wave_count", string="Number of Waves")

    _sample_check = models.Constraint("CHECK (sample_size >= 0)", "A sample is not negative.")
    _days_check = models.Constraint(
        "CHECK (open_days BETWEEN 1 AND 365)", "People have between a day and a year to answer."
    )

    @api.depends("wave_ids")
    def _compute_wave_count(self):
        counts = dict(
            self.env["feedback.wave"]._read_group(
                [("program_id", "in", self.ids)], ["program_id"], ["__count"]
            )
        )
        for program in self:
            program.wave_count = counts.get(program, 0)

    # ------------------------------------------------------------ constraints

    @api.constrains("domain")
    def _check_domain(self):
        # it is used as superuser, so whoever writes it must be able to use it themselves
        contacts = self.env["res.partner"].sudo(False)
        for program in self:
            contacts._search(program._account_domain())

    @api.constrains("segment_ids", "company_id")
    def _check_segments(self):
        for program in self:
            foreign = program.sudo().segment_ids.company_id - program.company_id
            if foreign:
                raise ValidationError(
                    self.env._("The segments of “%s” are not of its company.", program.name)
                )

    @api.constrains("template_id")
    def _check_template(self):
        """An e-mail made for other records would go to whoever has the same number there."""
        for program in self:
            if program.template_id and program.template_id.model != "feedback.invitation":
                raise ValidationError(
                    self.env._("“%s” is not an e-mail of invitations.", program.template_id.name)
                )

    def _account_domain(self):
        """Return the domain over contacts that finds the customers to ask.

        :raise ValidationError: the filter is not a domain over contacts
        """
        self.ensure_one()
        try:
            domain = Domain(literal_eval(self.domain or "[]"))
            self.env["res.partner"].sudo()._search(domain)
        except Exception as error:
            raise ValidationError(
                self.env._("This is not a filter over customers: %s", error)
            ) from error
        return domain

    def _check_survey(self):
        """Refuse a survey that nobody could answer from an e-mail, or that measures nothing.

        :raise UserError: says what is missing
        """
        for program in self:
            survey = program.survey_id.sudo()
            if not survey._feedback_question():
                raise UserError(
                    self.env._(
                        "“%s” measures nothing yet. Open one of its scale questions and choose "
                        "what it measures.",
                        survey.title,
                    )
                )
            if survey.users_login_required:
                raise UserError(
                    self.env._(
                        "“%s” asks people to log in. Switch that off to send it by e-mail.",
                        survey.title,
                    )
                )
            if not survey.active:
                raise UserError(self.env._("“%s” is archived.", survey.title))

    # ------------------------------------------------------------ CRUD

    @api.model_create_multi
    def create(self, vals_list):
        programs = super().create(vals_list)
        programs.filtered(lambda program: program.state == "running")._check_survey()
        return programs

    def write(self, vals):
        if "state" in vals:
            moving = self.filtered(lambda program: program.state != vals["state"])
            moving._check_move(vals["state"])
        return super().write(vals)

    def _check_move(self, state):
        if any(program.state not in FLOW.get(state, ()) for program in self):
            raise UserError(self.env._("A program goes from draft to running to ended."))
        if state == "running":
            self._check_survey()

    # ------------------------------------------------------------ actions

    def action_run(self):
        """Let the program make its waves by itself, the first one on its next day."""
        for program in self:
            program.next_on = program.next_on or fields.Date.context_today(program)
        return self.write({"state": "running"})

    def action_end(self):
        """Make no more waves; those that are open go on."""
        return self.write({"state": "ended"})

    def action_new_wave(self):
        """Make a wave now, and open it before anything is sent.

        :raise UserError: the survey can't be sent, or people are asked when something happened
        """
        self.ensure_one()
        self._check_survey()
        self._check_asks_by_day()
        wave = self.env["feedback.wave"].create({"program_id": self.id})
        wave.action_draw()
        return {
            "type": "ir.actions.act_window",
            "res_model": "feedback.wave",
            "res_id": wave.id,
            "views": [(False, "form")],
        }

    def action_open_waves(self):
        """Open the waves of this program."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "survey_feedback.feedback_wave_action"
        )
        return {
            **action,
            "domain": [("program_id", "=", self.id)],
            "context": {"default_program_id": self.id},
        }

    # ------------------------------------------------------------ waves by themselves

    @api.model
    def _cron_waves(self):
        """Close waves whose time is over and make those that are due."""
        self.env["feedback.wave"]._close_expired()
        self._run_job("waves", 1)

    @api.model
    def _job_waves(self, limit):
        """Make the waves of up to ``limit`` programs; return how many more are due.

        One whose wave can't be made, as its survey was archived, keeps no other waiting.
        """
        due = self._search_due(limit)
        failed = self._settle(due.ids, lambda ids: self.browse(ids)._make_waves())
        for program, error in failed.items():
            self.browse(program)._put_off(error)
        return len(self._search_due(1)) if due else 0

    @api.model
    def _search_due(self, limit):
        """Return up to ``limit`` programs whose day has come in their company, the oldest first."""
        latest = fields.Date.add(fields.Date.today(), days=1)
        near = self.search(
            [("state", "=", "running"), ("next_on", "<=", latest)], order="next_on, id"
        )
        due = near.filtered(
            lambda program: program.next_on <= program.company_id._relationship_today()
        )
        return due[:limit]

    def _make_waves(self):
        """Draw and send a wave of each of these programs, and name the day of the next one."""
        for program in self:
            program._ask()
            program.next_on = program._after_next_on()
            if not program.next_on:
                program.state = "ended"

    def _ask(self):
        """Draw and send the wave of this program that is due."""
        self.ensure_one()
        wave = self.env["feedback.wave"].create({"program_id": self.id})
        wave.action_draw()
        wave.action_send()

    def _put_off(self, error):
        """Try this program again tomorrow, and tell the responsible why there is no wave today.

        :param str error: what went wrong
        """
        self.ensure_one()
        today = self.company_id._relationship_today()
        self.next_on = fields.Date.add(today, days=1)
        owner = self._somebody()
        if owner and not self.activity_ids:
            self.activity_schedule(
                "mail.mail_activity_data_warning",
                summary=self.with_context(lang=owner.lang).env._("No wave could be made"),
                note=escape(error),
                user_id=owner.id,
                date_deadline=today,
            )

    def _after_next_on(self):
        """Return the day of the wave after the next one; False when there is none."""
        self.ensure_one()
        step = STEPS.get(self.rhythm)
        if not step:
            return False
        day, today = self.next_on, self.company_id._relationship_today()
        while day <= today:
            day += step
        return day
