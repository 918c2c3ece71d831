from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..lib import windows as windows_lib
from .relationship_criterion_simulation import TERMS

#: what a run depends on beside the rules of the tiers
FRAME = ("program_id", "company_id", "date_from", "date_to", "demotion_policy")


class PrmSimulation(models.Model):
    """A draft of the rules of a program's tiers, tried on past sales before it is published.

    It decides with the code of the reviews (``prm.program._decide``) and writes nothing but its
    own lines until it is published.
    """

    _name = "prm.simulation"
    _description = "Tier Simulation"
    _inherit = ["prm.program.company", "mail.thread", "mail.activity.mixin"]
    _order = "id desc"

    name = fields.Char(required=True, copy=False, tracking=True)
    program_id = fields.Many2one(
        "prm.program", required=True, ondelete="cascade", index=True, tracking=True
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        default=lambda self: self.env.company,
        ondelete="cascade",
        index=True,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    user_id = fields.Many2one(
        "res.users",
        string="Responsible",
        default=lambda self: self.env.user,
        index="btree_not_null",
        tracking=True,
    )
    state = fields.Selection(
        [("draft", "Draft"), ("computed", "Tried"), ("published", "Published")],
        required=True,
        readonly=True,
        default="draft",
        copy=False,
        index=True,
        tracking=True,
    )
    date_from = fields.Date(
        "From",
        required=True,
        default=lambda self: windows_lib.add_months(self._default_end(), -12) + timedelta(days=1),
        help="First day of the sales on which the money effect is worked out.",
    )
    date_to = fields.Date(
        "To",
        required=True,
        default=lambda self: self._default_end(),
        help="Last day. The partners are judged as a review on the day after would judge them.",
    )
    demotion_policy = fields.Selection(
        selection="_selection_demotion_policy",
        required=True,
        default="one_down",
        tracking=True,
        help="What a review does with a partner that no longer meets its tier.",
    )
    rules_on = fields.Date(
        "Rules of",
        copy=False,
        default=lambda self: self.env.company._relationship_today(),
        help="The draft begins with the rules that hold or held on this day.",
    )
    tier_ids = fields.One2many("prm.simulation.tier", "simulation_id", string="Tiers", copy=True)
    criterion_ids = fields.One2many(
        "relationship.criterion", "simulation_id", string="Criteria", copy=True
    )
    benefit_ids = fields.One2many(
        "prm.simulation.benefit", "simulation_id", string="Benefits", copy=True
    )
    line_ids = fields.One2many("prm.simulation.line", "simulation_id", string="Lines")
    note = fields.Html("Notes", help="What this draft is meant to change, and why.")

    computed_at = fields.Datetime("Tried On", readonly=True, copy=False)
    partner_count = fields.Integer("Partners", readonly=True, copy=False)
    promote_count = fields.Integer("Up", readonly=True, copy=False)
    keep_count = fields.Integer("Same Tier", readonly=True, copy=False)
    demote_count = fields.Integer("Down", readonly=True, copy=False)
    revenue = fields.Monetary(
        "Sold in the Period",
        readonly=True,
        copy=False,
        help="What these partners bought or sold through in the period, without tax.",
    )
    margin_effect = fields.Monetary(
        readonly=True,
        copy=False,
        help="What the same quantities would have brought more (or less) under the pricelists of "
        "the new tiers. Nobody is assumed to buy differently.",
    )
    rules_key = fields.Char(readonly=True, copy=False)
    is_stale = fields.Boolean(
        compute="_compute_is_stale", help="The rules or the period were changed since."
    )

    _period_order = models.Constraint(
        "CHECK (date_from <= date_to)", "The first day must not lie after the last."
    )

    @api.model
    def _selection_demotion_policy(self):
        """The program's own policies, in the words of the caller's language."""
        program = self.env["prm.program"]
        return program._fields["demotion_policy"]._description_selection(self.env)

    @api.model
    def _default_end(self):
        return self.env.company._relationship_today() - timedelta(days=1)

    @api.depends(
        "rules_key",
        *FRAME,
        "tier_ids.pass_mark",
        "tier_ids.pricelist_id",
        *[f"criterion_ids.{name}" for name in TERMS],
    )
    def _compute_is_stale(self):
        for one in self:
            one.is_stale = one.state == "computed" and one._rules_key() != one.rules_key

    @api.constrains("date_to", "company_id")
    def _check_past(self):
        for one in self:
            if one.date_to >= one.company_id._relationship_today():
                raise ValidationError(
                    self.env._("The period must be over: choose yesterday or an earlier day.")
                )
