"""Three tiers, and the means to let nights pass; for tests on top of ``LedgerCommon``."""

from datetime import timedelta
from unittest.mock import patch

from odoo.fields import Command

from ..lib.earning import add_months


class TierCommon:
    """Mixin: Bronze for all, Silver from 500, Gold from 1,000, of the program of the test."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.today = cls.env.company._relationship_today()
        cls.program.write(
            {"loyalty_tier_validity": 2, "loyalty_tier_grace": 10, "loyalty_tier_notice": 30}
        )
        cls.bronze, cls.silver, cls.gold = cls.env["loyalty.tier"].create(
            [
                cls.tier("Bronze", 0, 0),
                cls.tier("Silver", 500, 400, gift_points=50),
                cls.tier("Gold", 1000, 800, gift_points=100, multiplier=2),
            ]
        )

    @classmethod
    def tier(cls, name, entry, keep, **values):
        return {
            "name": name,
            "program_id": cls.program.id,
            "entry_threshold": entry,
            "keep_threshold": keep,
            **values,
        }

    number = 0

    def earn(self, points, card=None, **values):
        """Give points to a card; return the ids of the entries."""
        type(self).number += 1
        rows = self.env["loyalty.card"].accrue(
            [
                {
                    "card_id": (card or self.card).id,
                    "points": points,
                    "key": f"tier-{self.number}",
                    **values,
                }
            ]
        )
        return [row["entry_id"] for row in rows]

    def day(self, days):
        return str(self.today + timedelta(days=days))

    def at(self, months):
        return add_months(self.today, months)

    def posted_on(self, entry, day):
        """Let an entry have been posted on an earlier day."""
        self.env.cr.execute(
            "UPDATE loyalty_ledger_entry SET posted_at = %s WHERE id = %s", [day, entry]
        )
        self.env.invalidate_all()

    def night(self, today=None, count_only=False):
        """Do what the job of a night does, on this day."""
        company = type(self.env["res.company"])
        tiers = self.env["loyalty.tier"]
        with patch.object(company, "_relationship_today", lambda _self: today or self.today):
            while tiers._job_count(1000):
                pass
            while not count_only and tiers._job_decide(1000):
                pass
        self.env.invalidate_all()

    def moves(self, card=None):
        return self.env["loyalty.tier.move"].search([("card_id", "=", (card or self.card).id)])

    # ------------------------------------------------------------ documents

    def invoice(self, amount, partner=None):
        """Return a posted invoice."""
        move = self.env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": (partner or self.partner).id,
                "invoice_date": self.today,
                "invoice_line_ids": [
                    Command.create(
                        {
                            "product_id": self.product.id,
                            "price_unit": amount,
                            "tax_ids": [Command.clear()],
                        }
                    )
                ],
            }
        )
        move.action_post()
        return move

    def pay(self, invoice):
        """Pay an invoice in full."""
        self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=invoice.ids
        ).create({})._create_payments()

    def refund(self, invoice):
        """Take an invoice back in full."""
        wizard = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=invoice.ids)
            .create({"journal_id": invoice.journal_id.id})
        )
        action = wizard.refund_moves()
        self.env["account.move"].browse(action["res_id"]).action_post()
