from odoo import api, models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    """Merging contacts: every model of ours says what becomes of its rows, before core moves them.

    Core moves foreign keys table by table; where a unique key is in the way it deletes the rows of
    the merged contact, and where an exclusion or partial unique key is, it gives up.
    """

    _inherit = "base.partner.merge.automatic.wizard"

    @api.model
    def _update_foreign_keys(self, src_partners, dst_partner):
        """Ask every model that has ``_merge_partners``, let core move the rest, then finish.

        ``_merge_partners(src_partners, dst_partner)`` of a model moves its rows from the merged
        contacts to the one that stays, as far as keys on contacts need more than core does. It may
        return a function, called without arguments once core has moved everything else.
        """
        self.env.flush_all()
        merging = [model for model in self.env.values() if hasattr(model, "_merge_partners")]
        after = [model.sudo()._merge_partners(src_partners, dst_partner) for model in merging]
        self.env.flush_all()
        self.env.invalidate_all()
        res = super()._update_foreign_keys(src_partners, dst_partner)
        self.env.invalidate_all()
        for finish in filter(None, after):
            finish()
        return res
