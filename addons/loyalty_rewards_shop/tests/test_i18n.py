from odoo.tests import tagged

from odoo.addons.relationship_crm.tests.common import TranslationCase


@tagged("post_install", "-at_install")
class TestTranslations(TranslationCase):
    def test_complete(self):
        self.assert_translations_complete("loyalty_rewards_shop")
