"""What the tests of decisions, moves and reviews build: a program of three tiers, and sales."""

from odoo import Command
from odoo.tools import formatLang

from .people_common import PeopleCommon


class TierCommon(PeopleCommon):
    """Gold, Silver and Bronze of one program, each asking for revenue ordered in 12 months."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program = cls.env["prm.program"].create(
            {
                "name": "Resellers",
                "sequence": 1,
                "user_id": cls.users["channel_manager"].id,
                "company_ids": [Command.set(cls.company.ids)],
            }
        )
        cls.gold, cls.silver, cls.bronze = cls.env["res.partner.grade"].create(
            [
                {"name": name, "sequence": sequence, "prm_program_id": cls.program.id}
                for name, sequence in (("Gold", 1), ("Silver", 2), ("Bronze", 3))
            ]
        )
        cls.buyer = cls.customer("End Customer")

    @classmethod
    def enroll(cls, name, grade=None, program=None, **vals):
        """Return the active enrollment of a new partner."""
        partner = cls.customer(name, email=f"{name.lower().replace(' ', '.')}@partner.example")
        return cls.env["prm.enrollment"].create(
            {
                "partner_id": partner.id,
                "program_id": (program or cls.program).id,
                "grade_id": grade.id if grade else False,
                "state": "active",
                **vals,
            }
        )

    @classmethod
    def criterion(cls, grade, code, threshold, **vals):
        metric = cls.env["relationship.metric"].search([("code", "=", code)])
        return cls.env["relationship.criterion"].create(
            {"grade_id": grade.id, "metric_id": metric.id, "threshold": threshold, **vals}
        )

    @classmethod
    def criteria(cls, gold=1000, silver=500, bronze=100):
        """Let each tier ask for so much revenue ordered through the partner."""
        for grade, amount in ((cls.gold, gold), (cls.silver, silver), (cls.bronze, bronze)):
            cls.criterion(grade, "sold_revenue_ordered", amount)

    @classmethod
    def sell(cls, enrollment, amount, days_ago=2):
        """Let a customer order through the partner."""
        return cls.order(cls.buyer, days_ago, amount, prm_partner_id=enrollment.partner_id.id)

    def decide(self, enrollments, day=None, **more):
        return self.env["prm.program"]._decide(enrollments, self.company, day or self.today, **more)

    def amount(self, value):
        return formatLang(self.env, value, digits=0)
