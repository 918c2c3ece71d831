"""What the tests of targets, scorecards and plans build."""

from datetime import date

from odoo import Command

from ..lib.windows import add_months
from .people_common import PeopleCommon


class TargetCommon(PeopleCommon):
    """A program with a tier, three partners in it, invoices in chosen months."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["prm.target"].search([]).unlink()
        cls.metric = cls.env.ref("relationship_crm.relationship_metric_sold_revenue_invoiced")
        cls.program = cls.env["prm.program"].create({"name": "Resellers", "company_ids": False})
        cls.tier = cls.env["res.partner.grade"].create(
            {"name": "Silver Star", "prm_program_id": cls.program.id}
        )
        cls.partner = cls.customer("Rho Resale")
        cls.enrollment = cls.enroll(cls.partner)

    @classmethod
    def enroll(cls, partner, **vals):
        return cls.env["prm.enrollment"].create(
            {
                "partner_id": partner.id,
                "program_id": cls.program.id,
                "grade_id": cls.tier.id,
                "state": "active",
                **vals,
            }
        )

    @classmethod
    def invoice(cls, partner, day, amount, seller=None, product=None, **vals):
        move = cls.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": partner.id,
                "prm_partner_id": seller.id if seller else False,
                "invoice_date": day,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": (product or cls.product).id,
                            "price_unit": amount,
                            "tax_ids": False,
                        }
                    )
                ],
                **vals,
            }
        )
        move.action_post()
        return move

    @classmethod
    def invoices(cls, partner, start, amounts):
        """One invoice a month from a month on, on its tenth; 0: none in that month."""
        for step, amount in enumerate(amounts):
            if amount:
                cls.invoice(partner, add_months(start, step).replace(day=10), amount)

    @classmethod
    def target(cls, **vals):
        vals = {
            "subject": "partner",
            "metric_id": cls.metric.id,
            "period": "year",
            "date_from": date(2026, 1, 1),
            "goal": 1200.0,
            **vals,
        }
        if vals["subject"] == "partner":
            vals.setdefault("partner_id", cls.partner.id)
        return cls.env["prm.target"].create(vals)
