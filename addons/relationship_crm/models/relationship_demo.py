from datetime import datetime, time, timedelta

from odoo import api, fields, models

from ..lib import demo_company as company
from ..lib import demo_story as story


class RelationshipDemo(models.AbstractModel):
    """Builds the part of the demo data that has dates, once, when the demo data is loaded.

    What is told lies in ``lib/demo_story.py`` and ``lib/demo_company.py``; another addon extends
    this model with a method of its own for what it adds.
    """

    _name = "relationship.demo"
    _description = "Relationship Demo Data"

    @api.model
    def _build(self):
        """Make everything of the story, then bring profiles and segments up to date."""
        quiet = self.with_context(
            tracking_disable=True, mail_create_nosubscribe=True, mail_activity_quick_update=True
        )
        quiet._build_languages()
        quiet._build_tiers()
        quiet._build_enrollments()
        moments = quiet._build_sales() | quiet._build_opportunities()
        self._date_interactions(moments)
        self._build_contacts()
        quiet._build_needs()
        self._build_consents()
        quiet._build_cases()
        quiet._build_activities()
        self._build_members()
        self._bring_up_to_date()

    # ------------------------------------------------------------ names and dates

    @api.model
    def _demo_modules(self):
        """Hook: names of the addons whose demo records the story names."""
        return ["relationship_crm"]

    @api.model
    def _ref(self, kind, name):
        """Return the demo record of this kind (table name) and name, whichever addon made it."""
        for module in self._demo_modules():
            record = self.env.ref(f"{module}.{kind}_{name}_demo", False)
            if record:
                return record
        return self.env.ref(f"relationship_crm.{kind}_{name}_demo")

    @api.model
    def _partner(self, name):
        return self._ref("res_partner", name)

    @api.model
    def _user(self, name):
        return self._ref("res_users", name)

    @api.model
    def _day(self, days_ago):
        return fields.Date.today() - timedelta(days=days_ago)

    @api.model
    def _moment(self, days_ago, hour=9):
        return min(
            datetime.combine(self._day(days_ago), time(hour, 15)),
            fields.Datetime.now() - timedelta(minutes=5),
        )

    # ------------------------------------------------------------ partners

    @api.model
    def _build_languages(self):
        """Let some contacts read Arabic or Vietnamese."""
        for code, names in company.SPEAKERS.items():
            if self.env["res.lang"]._activate_lang(code):
                speakers = [self._partner(name).id for name in names]
                self.env["res.partner"].browse(speakers).write({"lang": code})

    @api.model
    def _build_tiers(self):
        """Say what each tier of the resellers asks for and gives."""
        criteria, benefits = [], []
        for name in story.TIERS:
            tier = self._tier(name)
            if tier and not tier.prm_program_id:
                tier.prm_program_id = self._ref("prm_program", "reseller")
            if tier and not tier.prm_criterion_ids:
                criteria += self._prepare_criteria(tier, story.TIERS[name])
            if tier and not tier.prm_benefit_ids:
                benefits += self._prepare_benefits(tier, story.BENEFITS[name])
        self.env["relationship.criterion"].create(criteria)
        self.env["prm.benefit"].create(benefits)

    @api.model
    def _prepare_criteria(self, tier, asked):
        return [
            {
                "grade_id": tier.id,
                "metric_id": self.env.ref(f"relationship_crm.relationship_metric_{code}").id,
                "threshold": threshold,
                "weight": weight,
                "must": must,
            }
            for code, threshold, weight, must in asked
        ]

    @api.model
    def _prepare_benefits(self, tier, given):
        return [
            {
                "grade_id": tier.id,
                "kind_id": self.env.ref(f"relationship_crm.prm_benefit_kind_{code}").id,
                "value": value,
            }
            for code, value in given.items()
        ]

    @api.model
    def _build_enrollments(self):
        """Put the partners in their programs."""
        made = {}
        for name, (program, tier, state, days_ago, parent) in company.PARTNERS.items():
            since = self._day(days_ago - 10) if state == "active" else False
            made[name] = self.env["prm.enrollment"].create(
                {
                    "partner_id": self._partner(name).id,
                    "program_id": self._ref("prm_program", program).id,
                    "state": state,
                    "grade_id": self._tier(tier).id,
                    "grade_since": tier and since,
                    "applied_on": self._day(days_ago),
                    "active_on": since,
                    "parent_id": made[parent].id if parent else False,
                    "manager_id": self._user("channel").id,
                }
            )

    @api.model
    def _tier(self, name):
        grades = self.env["res.partner.grade"]
        if not name:
            return grades
        return self.env.ref(f"partnership.res_partner_grade_data_{name}", False) or grades

    @api.model
    def _build_members(self):
        segment = self._ref("relationship_segment", "key")
        self.env["relationship.segment.member"].create(
            [
                {"segment_id": segment.id, "partner_id": self._partner(name).id}
                for name in story.KEY_ACCOUNTS
            ]
        )

    # ------------------------------------------------------------ at the end

    @api.model
    def _bring_up_to_date(self):
        """Refresh what background work would, so that every page shows something at once."""
        self.env.flush_all()
        profiles = self.env["relationship.profile"]
        profiles._queue_everybody()
        while profiles._job_refresh(5000):
            pass
        self._build_stages()
        while profiles._job_rank(1):
            pass
        self.env["relationship.segment"].search([("kind", "=", "rule")]).action_refresh()
        self._build_snapshots()

    @api.model
    def _build_stages(self):
        """Put the customers in the stages that their history has earned."""
        home = [("company_id", "=", self.env.company.id)]
        profiles = self.env["relationship.profile"].search(home)
        told = {self._partner(name): (stage, days) for name, stage, days in story.STAGES}
        groups = {}
        for profile in profiles:
            earned = "collaborative" if profile.frequency >= 4 else "basic"
            known = told.get(profile.partner_id) or (earned, 60 + profile.id % 7 * 40)
            if profile.frequency or profile.partner_id in told:
                groups.setdefault(known, []).append(profile.id)
        for (stage, days_ago), ids in groups.items():
            profiles.browse(ids).write(
                {
                    "stage_id": self.env.ref(f"relationship_crm.relationship_stage_{stage}").id,
                    "stage_since": self._day(days_ago),
                }
            )

    @api.model
    def _build_snapshots(self, months=6):
        """Keep the metrics of the last month ends, as the monthly work would have."""
        company = self.env.company
        month = company._relationship_today()
        ends = []
        for _month in range(months):
            month = month.replace(day=1) - timedelta(days=1)
            ends.insert(0, month)
        kept = [("company_id", "=", company.id), ("month", "in", ends)]
        self.env["relationship.metric.value"].search(kept).unlink()
        self.env["relationship.metric.snapshot"].search(kept).unlink()
        for month in ends:
            for source in sorted(self.env["relationship.metric"]._codes_by_source()):
                self.env["relationship.metric.snapshot"]._take(company, month, source)
