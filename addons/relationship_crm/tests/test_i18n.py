from odoo.tests import tagged

from .common import TranslationCase


@tagged("post_install", "-at_install")
class TestTranslations(TranslationCase):
    def test_complete(self):
        self.assert_translations_complete("relationship_crm")
