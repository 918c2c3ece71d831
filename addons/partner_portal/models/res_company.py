from odoo import api, models


class ResCompany(models.Model):
    _inherit = "res.company"

    @api.model_create_multi
    def create(self, vals_list):
        companies = super().create(vals_list)
        companies._make_deal_gates()
        return companies

    def _make_deal_gates(self):
        """Make the rows where submissions and approvals meet (see `prm.claim.key`).

        Before they are needed: who makes one keeps it from all others until the commit.
        """
        keys = self.env["prm.claim.key"].sudo()
        for company in self:
            keys._bump(keys._gate_keys(company), company)
