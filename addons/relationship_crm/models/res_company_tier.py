from odoo import fields, models


class ResCompany(models.Model):
    _inherit = "res.company"

    prm_single_person = fields.Boolean(
        "Decisions by a Single Person",
        help="For a company in which one person looks after the partners: whoever asked for a "
        "decision may also approve it. Each time it is noted and mailed.",
    )

    def _single_person_addresses(self):
        """Whom to tell that one person decided alone: the company and its auditors.

        :return: list of e-mail addresses
        """
        self.ensure_one()
        auditors = self.env.ref("relationship_crm.group_auditor").sudo().all_user_ids
        users = auditors.filtered(lambda user: user.active and self in user.company_ids)
        addresses = [self.email, *users.mapped("email")]
        return list(dict.fromkeys(address for address in addresses if address))
