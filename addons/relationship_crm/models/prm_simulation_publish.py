from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..lib import windows as windows_lib

#: days between publishing and the first day proposed: partners are to know before
NOTICE_DAYS = 30


class PrmSimulation(models.Model):
    """Make a draft the rules: from a first day on, the former ones ending the day before.

    Criteria and benefits are dated. Pass marks, pricelists of tiers and the policy have no days:
    they are written on the first day, by the cron if that lies ahead.
    """

    _inherit = "prm.simulation"

    publish_on = fields.Date(
        "Starts On",
        copy=False,
        tracking=True,
        default=lambda self: self._default_publish_on(),
        help="First day of the new rules. The former ones end the day before.",
    )
    published_by_id = fields.Many2one(
        "res.users", readonly=True, copy=False, ondelete="set null", index="btree_not_null"
    )
    in_force = fields.Boolean(
        readonly=True, copy=False, help="Pass marks, pricelists and policy were written."
    )
    #: what publishing ended and began, and what stood before: ids and former values
    publication = fields.Json(readonly=True, copy=False)

    @api.model
    def _default_publish_on(self):
        ahead = self.env.company._relationship_today() + timedelta(days=NOTICE_DAYS)
        return windows_lib.add_months(ahead.replace(day=1), 1)

    # ------------------------------------------------------------ publish

    def action_publish(self):
        """Publish this draft from its first day on.

        :raise AccessError: the caller may not change the live rules
        :raise UserError: it was not tried, its first day is past, or rules that begin on or
            after that day stand against it
        """
        self.ensure_one()
        self._check_may_publish()
        self._check_ready()
        one = self.sudo()
        one._take_turn()
        one._check_nothing_ahead()
        today = one.company_id._relationship_today()
        one.write(
            {
                "state": "published",
                "published_by_id": self.env.uid,
                "publication": one._publish_dated(),
            }
        )
        if one.publish_on <= today:
            one._put_in_force()
        one.message_post(body=one._publication_text())
        return True

    def _take_turn(self):
        """Let only one at a time change the rules of a program.

        Both write the same row: who comes second is tried again and sees what the first has done.
        """
        self.env.cr.execute(
            "UPDATE prm_program SET write_date = now() AT TIME ZONE 'UTC' WHERE id = %s",
            [self.program_id.id],
        )

    def _check_may_publish(self):
        self.check_access("write")
        if not self.env.user.has_group("relationship_crm.group_manager"):
            raise AccessError(
                self.env._("Only managers publish rules. Ask one to publish %s.", self.name)
            )

    def _check_ready(self):
        if self.state == "published":
            raise UserError(self.env._("%s is published already.", self.name))
        if self.state != "computed" or self.is_stale:
            raise UserError(self.env._("Run it first: nobody has seen what these rules do."))
        if not self.publish_on or self.publish_on < self.company_id._relationship_today():
            raise UserError(
                self.env._("Choose today or a later day: rules never change what is past.")
            )

    def _check_nothing_ahead(self):
        """Refuse where rules of the program begin on or after the first day already."""
        tiers = self.program_id._tiers()
        for rule in (tiers.prm_criterion_ids, tiers.prm_benefit_ids):
            ahead = rule.filtered(lambda r: r.valid_from and r.valid_from >= self.publish_on)
            if ahead:
                raise UserError(
                    self.env._(
                        "%(tier)s: “%(rule)s” begins on %(day)s already. Take that back, or"
                        " start later.",
                        tier=ahead[0].grade_id.display_name,
                        rule=ahead[0].display_name,
                        day=ahead[0].valid_from,
                    )
                )
        self._check_no_later(self.publish_on)

    def _check_no_later(self, day):
        """Refuse where another draft of the program is published for this day or a later one."""
        later = self.program_id._published().filtered(
            lambda one: one != self and one.publish_on >= day and not one.in_force
        )
        if later:
            raise UserError(
                self.env._(
                    "%(other)s is published and starts on %(day)s. Take that back first.",
                    other=later[0].name,
                    day=later[0].publish_on,
                )
            )

    def _publish_dated(self):
        """End and begin criteria and benefits; what stays the same is left alone.

        :return: what was done, to be kept
        """
        tiers = self.program_id._tiers() & self.tier_ids.grade_id
        criteria = tiers.prm_criterion_ids._valid_on(self.publish_on)
        benefits = tiers.prm_benefit_ids._valid_on(self.publish_on)
        return {
            "criteria": self._replace(
                criteria,
                [
                    {**one._terms(), "grade_id": one.simulated_grade_id.id}
                    for one in self.criterion_ids.filtered(
                        lambda one: one.simulated_grade_id in tiers
                    )
                ],
                lambda one: {**one._terms(), "grade_id": one.grade_id.id},
            ),
            "benefits": self._replace(
                benefits,
                [
                    self._prepare_benefit(one)
                    for one in self.benefit_ids.filtered(lambda one: one.grade_id in tiers)
                ],
                self._prepare_benefit,
            ),
        }

    def _replace(self, live, drafted, terms):
        """End what is not drafted, begin what is not live.

        :param live: records that hold on the first day
        :param drafted: values of what shall hold from then on
        :param terms: function of a record: its values, to be compared
        """
        stays = live.browse()
        for values in list(drafted):
            same = (live - stays).filtered(
                lambda one, values=values: not one.valid_to and _same(terms(one), values)
            )[:1]
            if same:
                stays |= same
                drafted.remove(values)
        ended = live - stays
        former = [[one.id, fields.Date.to_string(one.valid_to) or False] for one in ended]
        ended.write({"valid_to": self.publish_on - timedelta(days=1)})
        ended.flush_recordset()  # the new ones must not meet them in the database
        begun = live.create([{**values, "valid_from": self.publish_on} for values in drafted])
        return {"ended": former, "begun": begun.ids}

    def _put_in_force(self):
        """Write what has no days, and keep what stood there."""
        for one in self:
            program = one.program_id
            tiers = one.tier_ids.filtered(lambda t, p=program: t.grade_id in p._tiers())
            former = {
                "policy": program.demotion_policy,
                "pass_marks": {t.grade_id.id: t.grade_id.prm_pass_mark for t in tiers},
                "pricelists": {t.grade_id.id: t.grade_id.default_pricelist_id.id for t in tiers},
            }
            one.write({"in_force": True, "publication": {**(one.publication or {}), **former}})
            if program.demotion_policy != one.demotion_policy:
                program.demotion_policy = one.demotion_policy
            for tier in tiers:
                tier._put_in_force()

    @api.model
    def _cron_put_in_force(self):
        """Put published rules in force whose first day has come."""
        waiting = self.sudo().search([("state", "=", "published"), ("in_force", "=", False)])
        for one in waiting.sorted(lambda one: (one.publish_on, one.id)):
            if one.publish_on <= one.company_id._relationship_today():
                one._put_in_force()

    def _publication_text(self):
        done = self.publication
        return self.env._(
            "Published from %(day)s: %(ended)s rules end the day before, %(begun)s begin.",
            day=self.publish_on,
            ended=len(done["criteria"]["ended"]) + len(done["benefits"]["ended"]),
            begun=len(done["criteria"]["begun"]) + len(done["benefits"]["begun"]),
        )

    # ------------------------------------------------------------ back

    def action_take_back(self):
        """Take a publication back before its first day: the former rules go on.

        :raise UserError: the rules hold already; publish a draft of the former ones instead
        """
        self.ensure_one()
        self._check_may_publish()
        one = self.sudo()
        one._take_turn()
        today = one.company_id._relationship_today()
        if one.state != "published" or one.in_force or one.publish_on <= today:
            raise UserError(
                self.env._(
                    "These rules hold already. To go back, make a new simulation with the rules of"
                    " an earlier day and publish that."
                )
            )
        one._check_no_later(one.publish_on)
        for model, key in (("relationship.criterion", "criteria"), ("prm.benefit", "benefits")):
            rules = self.env[model].sudo()
            rules.browse(one.publication[key]["begun"]).exists().unlink()
            for rule, valid_to in one.publication[key]["ended"]:
                rules.browse(rule).exists().write({"valid_to": valid_to})
        one.write({"state": "computed", "publication": False, "published_by_id": False})
        one.message_post(body=self.env._("Taken back: the former rules go on."))
        return True


def _same(some, others):
    """Whether two rules ask for the same, whatever their order."""
    return {**some, "sequence": 0} == {**others, "sequence": 0}
