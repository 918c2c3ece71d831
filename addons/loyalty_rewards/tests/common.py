"""What the tests of this addon share."""

from odoo.fields import Command

from odoo.addons.relationship_crm.tests.common import RelationshipCommon


class LoyaltyCommon(RelationshipCommon):
    """The users of each role, and one loyalty program of our own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["loyalty.program"].search([("program_type", "=", "loyalty")]).active = False
        manager = cls.users["manager"]
        manager.group_ids = [Command.link(cls.env.ref("sales_team.group_sale_manager").id)]

    @classmethod
    def _new_program(cls):
        """Return a running loyalty program with core's default rule and reward."""
        values = {"name": "Gold points", "program_type": "loyalty"}
        return cls.env["loyalty.program"].create(values)
