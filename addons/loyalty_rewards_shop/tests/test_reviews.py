"""A published review of a product is recorded once, and earns once."""

from unittest import SkipTest

from odoo.tests import new_test_user, tagged

from odoo.addons.loyalty_rewards.tests.test_earning_rules import EarningCommon


@tagged("post_install", "-at_install")
class TestReviews(EarningCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if "rating_ids" not in cls.env["product.template"]._fields:
            raise SkipTest("the shop is not installed")
        cls.portal = new_test_user(cls.env, "a reader", groups="base.group_portal", name="A Reader")
        cls.chair = cls.product.product_tmpl_id

    def review(self, user=None, product=None, **values):
        """Return the message of a review, posted as the page of the product does."""
        product = (product or self.chair).with_user(user or self.portal).sudo()
        message = product.message_post(
            **{
                "body": "I sit well.",
                "message_type": "comment",
                "subtype_xmlid": "mail.mt_comment",
                "rating_value": 4,
            }
            | values
        )
        self.commit_hooks()
        return message

    def recorded(self, user=None):
        return self.env["relationship.interaction"].search(
            [
                ("kind_id.code", "=", "review_written"),
                ("contact_id", "=", (user or self.portal).partner_id.id),
            ]
        )

    def points(self):
        return sum(
            self.env["loyalty.card"]
            .search([("partner_id", "=", self.portal.partner_id.id)])
            .mapped("points")
        )

    def test_recorded_with_its_facts(self):
        message = self.review()
        event = self.recorded()
        self.assertEqual(
            (event.res_model, event.res_id, event.channel, event.summary, event.company_id),
            (
                "rating.rating",
                message.rating_ids.id,
                "web",
                self.chair.display_name,
                self.env.company,
            ),
        )
        self.assertEqual(event.kind_class, "feedback")

    def test_once_however_often_it_is_written(self):
        message = self.review()
        self.chair._message_update_content(message, body="I sit better.", rating_value=5)
        self.commit_hooks()
        self.review()
        message.rating_ids.unlink()
        self.review()
        self.assertEqual(len(self.recorded()), 1)
        self.review(product=self.chair.copy())
        self.assertEqual(len(self.recorded()), 2, "another product")
        other = new_test_user(self.env, "another reader", groups="base.group_portal")
        self.review(other)
        self.assertEqual(len(self.recorded(other)), 1, "another person")

    def test_none_for_what_is_no_published_review(self):
        self.review(rating_value=False)
        self.review(is_internal=True)
        self.review(subtype_xmlid="mail.mt_note")
        self.chair._rating_get_access_token(self.portal.partner_id)
        self.commit_hooks()
        self.assertFalse(self.recorded())

    def test_none_of_nobody_known(self):
        public = self.env.ref("base.public_user")
        self.review(public)
        self.assertFalse(self.recorded(public))
        order = self.order(1)
        order.message_post(body="Good.", rating_value=5, subtype_xmlid="mail.mt_comment")
        self.commit_hooks()
        self.assertFalse(
            self.env["relationship.interaction"].search([("res_model", "=", "rating.rating")])
        )

    def test_recorded_once_it_is_published(self):
        message = self.review(is_internal=True)
        self.assertFalse(self.recorded())
        for hidden in (False, True, False):
            message.is_internal = hidden
            self.commit_hooks()
        self.assertEqual(len(self.recorded()), 1)

    def test_earns_once_by_a_rule(self):
        self._rule("review_written", mode="fixed", points=5)
        message = self.review()
        self.work()
        self.assertEqual(self.points(), 5)
        message.rating_ids.unlink()
        self.review()
        self.work()
        self.assertEqual(self.points(), 5, "deleted and written again")
        self.assert_ledger()

    def test_hidden_before_its_points_came(self):
        self._rule("review_written", mode="fixed", points=5)
        self.review().is_internal = True
        self.review(product=self.chair.copy()).rating_ids.unlink()
        self.work()
        self.assertEqual((len(self.recorded()), self.points()), (2, 0))

    def test_the_entry_does_not_lead_to_the_review(self):
        self._rule("review_written", mode="fixed", points=5)
        self.review()
        self.work()
        entry = self.env["loyalty.ledger.entry"].search(
            [("partner_id", "=", self.portal.partner_id.id), ("kind", "=", "earn")]
        )
        self.assertEqual((len(entry), entry.origin_id, entry.interaction_id.id), (1, 0, False))
