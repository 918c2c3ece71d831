"""What the tests of deal registrations share: two rival partners with people, and staff."""

from odoo import fields
from odoo.tests import new_test_user

from odoo.addons.relationship_crm.tests.common import RelationshipCommon

VAT = "BE0477472701"
#: an hour on two working days that follow each other
FRIDAY = "2026-03-06 14:00:00"
MONDAY = "2026-03-09 14:00:00"


class DealCommon(RelationshipCommon):
    """Two partner companies with a portal user each, a portal user of no partner, and staff."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.env.company
        cls.grade = cls.env["res.partner.grade"].create({"name": "Test tier", "sequence": 1})
        cls.alpha = cls._new_partner("Alpha Partner", "PRM-ALPHA")
        cls.beta = cls._new_partner("Beta Partner Ltd", "PRM-BETA")
        cls.alpha_user = cls._new_portal_user("prm_alpha", cls.alpha)
        cls.beta_user = cls._new_portal_user("prm_beta", cls.beta)
        cls.channel = cls.users["channel_manager"]
        cls.other_channel = new_test_user(
            cls.env, "prm_channel_2", groups="relationship_crm.group_channel_manager"
        )
        (cls.alpha | cls.beta).user_id = cls.channel

    @classmethod
    def _new_partner(cls, name, ref):
        return cls.env["res.partner"].create(
            {
                "name": name,
                "ref": ref,
                "is_company": True,
                "grade_id": cls.grade.id,
                "email": f"office@{ref.lower()}.example",
            }
        )

    @classmethod
    def _new_portal_user(cls, login, partner):
        user = new_test_user(
            cls.env, login, groups="base.group_portal", email=f"{login}@partner.example"
        )
        user.partner_id.parent_id = partner
        cls.env["prm.member"]._make_members(user)
        return user

    @classmethod
    def _deal(cls, partner=None, submit=False, **vals):
        """Return a deal of the partner as its portal user would make it, submitted if asked."""
        partner = partner or cls.alpha
        user = cls.alpha_user if partner == cls.alpha else cls.beta_user
        deal = (
            cls.env["prm.deal"]
            .with_user(user)
            .sudo()
            .with_context(mail_create_nosubscribe=True)
            .create(
                {
                    "partner_id": partner.id,
                    "contact_id": user.partner_id.id,
                    "customer_name": "Acme",
                    "source": "portal",
                    **vals,
                }
            )
        )
        if submit:
            deal._submit()
        return deal.with_user(cls.channel).sudo(False)

    def _mails(self, deals):
        """Return the mails to partners about these deals, not the notices to who decides."""
        return self.env["mail.mail"].search(
            [
                ("model", "=", "prm.deal"),
                ("res_id", "in", deals.ids),
                ("message_type", "!=", "user_notification"),
            ]
        )


class LifeCommon(DealCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.partner_id.tz = "UTC"
        cls.company.resource_calendar_id.tz = "UTC"
        cls.program = cls.env["prm.program"].create({"name": "Resellers"})
        cls.env["prm.enrollment"].create(
            {
                "partner_id": cls.alpha.id,
                "program_id": cls.program.id,
                "grade_id": cls.grade.id,
                "state": "active",
            }
        )
        # what is recorded about the enrollment is of today, the tests are on other days
        cls.env.cr.precommit.run()

    def _benefit(self, code, value):
        kind = self.env.ref(f"relationship_crm.prm_benefit_kind_{code}")
        self.env["prm.benefit"].create(
            {"grade_id": self.grade.id, "kind_id": kind.id, "value": value}
        )

    def _registered(self, partner=None, **vals):
        deal = self._deal(partner, submit=True, **{"customer_vat": VAT, **vals})
        deal.action_approve()
        return deal

    def _at(self, moment):
        return fields.Datetime.to_datetime(moment)
