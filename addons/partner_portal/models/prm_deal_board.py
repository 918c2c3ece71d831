from odoo import api, models
from odoo.fields import Domain


class PrmDeal(models.Model):
    """The board of deals: its columns."""

    _inherit = "prm.deal"

    @api.model
    def _group_expand_state(self, _states, domain):
        """Columns of the board, also when empty: what is open, and what the open becomes.

        Without those that the search leaves out.
        """
        states = ("draft", "in_review", "info_needed", "approved", "won")
        asked = {state: Domain(domain) & Domain("state", "=", state) for state in states}
        return [state for state in states if not asked[state].optimize(self).is_false()]
