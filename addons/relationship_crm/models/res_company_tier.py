from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools import plaintext2html


class ResCompany(models.Model):
    """Whether decisions need two people in this company, and who hears of it when they do not."""

    _inherit = "res.company"

    prm_single_person = fields.Boolean(
        "Decisions by a Single Person",
        help="For a company in which one person looks after the partners: whoever asked for a "
        "decision may also approve it. Each time it is noted and mailed.",
    )

    def _require_second_person(self, askers, record, text):
        """Let somebody decide only if somebody else asked for it.

        :param askers: users who asked for the decision; the system itself is nobody
        :param record: record with a chatter, on which a decision by one person is noted
        :param str text: what is noted and mailed then
        :return: whether one person decided alone
        :raise UserError: the user asked for it, and this company wants two people
        """
        self.ensure_one()
        if self.env.user not in askers - self.env.ref("base.user_root"):
            return False
        if not self.sudo().prm_single_person:
            raise UserError(
                self.env._("You asked for this decision yourself: a second person approves it.")
            )
        self._tell_single_person(record, text)
        return True

    def _somebody_else(self, users, askers):
        """The first of these users who may decide about partners, else a manager who did not ask.

        Where only who asked may decide, it is them.

        :param users: users to choose from, the first one first
        :param askers: users who asked for the decision
        :return: one user, or none at all
        """
        self.ensure_one()
        able = self.env.ref("relationship_crm.group_channel_manager").sudo().all_user_ids
        managers = self.env.ref("relationship_crm.group_manager").sudo().all_user_ids
        others = (managers - self.env.ref("base.user_root") - askers).sorted("id")
        candidates = (users & able) | others | askers | managers
        return candidates.filtered(lambda user: user.active and self in user.company_ids)[:1]

    def _tell_single_person(self, record, text):
        """Note on a record that one person decided alone, and mail it to who looks over it."""
        self.ensure_one()
        record = record.sudo()
        record.message_post(body=text, subtype_xmlid="mail.mt_note")
        self.env["mail.mail"].sudo().create(
            [
                {
                    "subject": self.env._("Decided by one person: %s", record.display_name),
                    "body_html": plaintext2html(text),
                    "email_to": address,
                    "model": record._name,
                    "res_id": record.id,
                }
                for address in self._single_person_addresses()
            ]
        )

    def _single_person_addresses(self):
        """Whom to tell that one person decided alone: the company and its auditors.

        :return: list of e-mail addresses
        """
        self.ensure_one()
        auditors = self.env.ref("relationship_crm.group_auditor").sudo().all_user_ids
        users = auditors.filtered(lambda user: user.active and self in user.company_ids)
        addresses = [self.sudo().email, *users.mapped("email")]
        return list(dict.fromkeys(address for address in addresses if address))
