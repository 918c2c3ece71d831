"""What the tests of profiles, segments and programs build."""

from datetime import datetime, time, timedelta
from unittest.mock import patch

from odoo import Command

from .common import RelationshipCommon

COMPANY = "odoo.addons.relationship_crm.models.res_company.ResCompany"


class PeopleCommon(RelationshipCommon):
    """A product, orders on chosen days, profiles on demand."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context=dict(cls.env.context, tracking_disable=True))
        cls.company = cls.env.company
        cls.today = cls.company._relationship_today()
        cls.category = cls.env["product.category"].create({"name": "Lamps"})
        cls.product = cls.env["product.product"].create(
            {"name": "Lamp", "type": "service", "categ_id": cls.category.id, "taxes_id": False}
        )
        cls.profiles = cls.env["relationship.profile"]

    @classmethod
    def customer(cls, name="Customer", **vals):
        return cls.env["res.partner"].create({"name": name, "is_company": True, **vals})

    @classmethod
    def order(cls, partner, days_ago=0, amount=100.0, company=None, **vals):
        """Confirm an order of a service, so many days ago at noon UTC."""
        env = cls.env
        if company:
            env = cls.env(context=dict(cls.env.context, allowed_company_ids=company.ids))
        order = env["sale.order"].create(
            {
                "partner_id": partner.id,
                "order_line": [
                    Command.create(
                        {"product_id": cls.product.id, "price_unit": amount, "tax_ids": False}
                    )
                ],
                **vals,
            }
        )
        order.action_confirm()
        order.date_order = datetime.combine(cls.today - timedelta(days=days_ago), time(12))
        env.flush_all()  # the rate of the day is that of the order, whatever changes later
        return order

    def refresh_profiles(self, *partners, company=None):
        """Compute the profiles of these partners now; return them in this order."""
        company = company or self.company
        self.profiles._refresh([(partner.id, company.id) for partner in partners])
        found = [self.profile(partner, company).id for partner in partners]
        return self.profiles.browse([id_ for id_ in found if id_])

    def profile(self, partner, company=None):
        return self.profiles.search(
            [
                ("partner_id", "=", partner.id),
                ("company_id", "=", (company or self.company).id),
            ]
        )

    def waiting(self, topic="profile"):
        """Return the pairs that wait in the queue."""
        rows = self.env["relationship.queue"].search([("topic", "=", topic)])
        return {(row.partner_id.id, row.company_id.id) for row in rows}

    def on_day(self, day):
        """Let every company believe that today is this day."""
        patcher = patch(f"{COMPANY}._relationship_today", lambda _company: day)
        patcher.start()
        self.addCleanup(patcher.stop)

    @classmethod
    def other_company(cls, name="Other Company", **vals):
        return cls.env["res.company"].create({"name": name, **vals})
