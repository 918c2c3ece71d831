"""What the tests of this addon share."""

from odoo.fields import Command

from odoo.addons.relationship_crm.tests.common import RelationshipCommon


class FeedbackCommon(RelationshipCommon):
    """The users of each role; the manager may also work with surveys."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls.users["manager"]
        cls.manager.group_ids = [Command.link(cls.env.ref("survey.group_survey_user").id)]
        cls.survey = cls.env["survey.survey"].create({"title": "How are we doing?"})
