from datetime import timedelta

from markupsafe import escape

from odoo import api, fields, models

ASKS = [("reference", "Ask for a Reference"), ("review", "Ask for a Review")]
STATES = [
    ("todo", "To Ask"),
    ("asked", "Asked"),
    ("agreed", "Agreed"),
    ("declined", "Declined"),
]
#: purposes of which a refusal counts here, too
PURPOSES = ("marketing", "survey")
#: days until the owner should have asked
DAYS = 7
#: time within which the database takes one request for each person
REST = timedelta(days=364)
#: of two requests the one with the earlier of these statuses came further
PROGRESS = ("agreed", "declined", "asked", "todo")


class FeedbackPromoter(models.Model):
    """Somebody who would recommend us, and is asked to do so: by whom, and what came of it."""

    _name = "feedback.promoter"
    _description = "Promoter to Ask"
    _inherit = "relationship.worked.out"
    _order = "state, create_date desc, id desc"
    _rec_name = "contact_id"
    _worked_out = frozenset(
        ("score_id", "contact_id", "partner_id", "company_id", "program_id", "wave_id", "ask")
    )

    score_id = fields.Many2one(
        "feedback.score", string="Answer", required=True, readonly=True, ondelete="cascade"
    )
    value = fields.Integer(related="score_id.value", string="Score", aggregator=None)
    contact_id = fields.Many2one(
        "res.partner", readonly=True, ondelete="set null", index="btree_not_null"
    )
    partner_id = fields.Many2one(
        "res.partner",
        string="Customer",
        readonly=True,
        ondelete="set null",
        index="btree_not_null",
    )
    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, ondelete="cascade", index=True
    )
    program_id = fields.Many2one(
        "feedback.program", readonly=True, ondelete="set null", index="btree_not_null"
    )
    wave_id = fields.Many2one(
        "feedback.wave", readonly=True, ondelete="set null", index="btree_not_null"
    )
    ask = fields.Selection(ASKS, string="What For", required=True, readonly=True)
    user_id = fields.Many2one(
        "res.users",
        string="Owner",
        ondelete="set null",
        index="btree_not_null",
        domain=[("share", "=", False)],
        help="Who asks. Empty: nobody was found who could.",
    )
    due_on = fields.Date(string="Ask Until")
    state = fields.Selection(STATES, string="Status", required=True, default="todo", index=True)
    note = fields.Char(string="What They Said")

    _score_unique = models.Constraint("UNIQUE (score_id)", "Somebody is asked once for an answer.")
    # a day less than the year that `_sort_out` looks back: a transaction's clock stands still
    _contact_once = models.Constraint(
        f"""EXCLUDE USING gist (
            int4range(contact_id, contact_id, '[]') WITH &&,
            tsrange(create_date, create_date + interval '{REST.days} days') WITH &&
        ) WHERE (contact_id IS NOT NULL)""",
        "Nobody is asked to recommend us twice in a year.",
    )

    # ------------------------------------------------------------ whom

    @api.model
    def _sort_out(self, scores):
        """Say who of these may be asked.

        A personal request is no mailing: nobody needs to have opted in to marketing, but whoever
        refused marketing or surveys, or wants no contact, is left alone.

        :param scores: ``feedback.score`` records
        :return: (latest score of each promoter who may be asked, {reason: scores of the others});
            reasons are ``hold`` (a case is open), ``refused``, ``asked`` (within the last year)
        """
        promoters = self._latest(scores)
        year = fields.Datetime.subtract(fields.Datetime.now(), years=1)
        asked = self.sudo().search(
            [("contact_id", "in", promoters.contact_id.ids), ("create_date", ">=", year)]
        )
        left_out = {"asked": promoters.filtered(lambda one: one.contact_id in asked.contact_id)}
        for company, group in promoters.grouped("company_id").items():
            ours = group.with_company(company)
            held = ours.partner_id._relationship_holds("upsell")
            refused = self._refused(ours.contact_id)
            for reason, found in (
                ("hold", group.filtered(lambda one, held=held: held.get(one.partner_id))),
                ("refused", group.filtered(lambda one, no=refused: one.contact_id.id in no)),
            ):
                left_out[reason] = left_out.get(reason, scores.browse()) | found
        for reason in ("hold", "refused", "asked"):  # the first reason counts
            left_out[reason] = left_out.get(reason, scores.browse()) & promoters
            promoters -= left_out[reason]
        return promoters, {reason: found for reason, found in left_out.items() if found}

    @api.model
    def _latest(self, scores):
        """Return the latest score of each person who gave 9 or 10 under their own name."""
        named = scores.filtered(
            lambda score: (
                score.metric == "nps"
                and score.band == "high"
                and score.contact_id
                and not score.is_sealed
            )
        )
        latest = {}
        for score in named.sorted():  # in the order of the model: the latest first
            latest.setdefault(score.contact_id, score.id)
        return scores.browse(latest.values())

    @api.model
    def _refused(self, contacts):
        """Return the ids of those contacts who said no themselves."""
        answers = contacts._relationship_consents(list(PURPOSES))
        return {
            contact.id
            for purpose in PURPOSES
            for contact, (state, reason) in answers[purpose].items()
            if state == "refused" and reason != "default"
        }

    # ------------------------------------------------------------ asking

    @api.model
    def _plan(self, scores, ask):
        """Give the owners of these promoters the task to ask, as far as they may be asked.

        :param scores: ``feedback.score`` records of whatever bands
        :param str ask: key of ``ASKS``
        :return: the new records; those without owner have no task, and stand in the list
        """
        people = self._latest(scores).contact_id
        if people:
            # of two who ask one person at once the second begins anew, and finds the first
            self.env["feedback.contact.lock"]._bump(people.ids)
        chosen, _left_out = self._sort_out(scores)
        promoters = self.sudo().create([self._prepare_vals(score, ask) for score in chosen])
        owned = promoters.filtered("user_id")
        self.env["mail.activity"].sudo().create(
            [promoter._prepare_activity_vals() for promoter in owned]
        )
        return promoters

    @api.model
    def _prepare_vals(self, score, ask):
        """Return the request for a promoter."""
        today = score.company_id._relationship_today()
        owner = score.program_id._somebody(
            score.partner_id.user_id, score.contact_id.user_id, company=score.company_id
        )
        return {
            "score_id": score.id,
            "contact_id": score.contact_id.id,
            "partner_id": score.partner_id.id,
            "company_id": score.company_id.id,
            "program_id": score.program_id.id,
            "wave_id": score.wave_id.id,
            "ask": ask,
            "user_id": owner.id,
            "due_on": fields.Date.add(today, days=DAYS),
        }

    def _prepare_activity_vals(self):
        """Return the task on the contact, in the language of the owner."""
        self.ensure_one()
        words = self.with_context(lang=self.user_id.lang or self.env.lang).env
        summary = {
            "reference": words._("Ask for a reference: gave %s of 10", self.value),
            "review": words._("Ask for a review: gave %s of 10", self.value),
        }[self.ask]
        return {
            "res_model_id": self.env["ir.model"]._get_id("res.partner"),
            "res_id": self.contact_id.id,
            "activity_type_id": self.env.ref("mail.mail_activity_data_todo").id,
            "summary": summary,
            "note": escape(self.program_id.review_url or ""),
            "user_id": self.user_id.id,
            "date_deadline": self.due_on,
        }

    # ------------------------------------------------------------ merged contacts

    @api.model
    def _merge_partners(self, src, dst):
        """Of two requests to one person within a year keep the one that came further."""
        rows = self.search([("contact_id", "in", (src | dst).ids)])
        kept = gone = self.browse()
        for row in rows.sorted(lambda row: (PROGRESS.index(row.state), row.id)):
            near = kept.filtered(lambda one, row=row: abs(row.create_date - one.create_date) < REST)
            if near:
                row._give_way(near[0])
                gone |= row
            else:
                kept |= row
        gone.unlink()
        self.env.flush_all()

    def _give_way(self, kept):
        """Tell on the request that stays of this one, and take its task away."""
        self.ensure_one()
        self._tasks().unlink()
        told = self.env._(
            "%(person)s, merged into this contact: %(ask)s, %(state)s, %(owner)s",
            person=self.contact_id.name,
            ask=self._label("ask"),
            state=self._label("state"),
            owner=self.user_id.name or self.env._("Nobody"),
        )
        kept.note = "; ".join(filter(None, (kept.note, told, self.note)))

    def _label(self, name):
        """Return how the value of a choice is called."""
        return dict(self._fields[name]._description_selection(self.env)).get(self[name], "")

    def _tasks(self):
        """Return the open task on the contact that asks for this."""
        self.ensure_one()
        if not self.user_id:
            return self.env["mail.activity"]
        vals = self._prepare_activity_vals()
        same = ("res_model_id", "res_id", "user_id", "summary")
        return self.env["mail.activity"].search([(name, "=", vals[name]) for name in same], limit=1)
