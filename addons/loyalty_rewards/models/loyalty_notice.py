from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import format_date

LAYOUT = "mail.mail_notification_light"


class LoyaltyNotice(models.Model):
    """What a member is told: points that expire, a new tier, a tier that may be lost; each once.

    The key names what it is about and is unique, so whoever finds the same reason again adds
    nothing. The mail is written in the transaction that says so here: there is one or none.
    """

    _name = "loyalty.notice"
    _description = "Loyalty Notice"
    _inherit = "relationship.job"
    _order = "date desc, id desc"
    _rec_name = "partner_id"

    kind = fields.Selection(
        [
            ("expiry_30", "Points Expire in a Month"),
            ("expiry_7", "Points Expire in a Week"),
            ("tier_up", "New Tier Reached"),
            ("tier_risk", "Tier May Be Lost"),
            ("tier_down", "Tier Lost"),
        ],
        required=True,
        readonly=True,
    )
    key = fields.Char(required=True, readonly=True)
    card_id = fields.Many2one("loyalty.card", readonly=True, ondelete="cascade", index=True)
    partner_id = fields.Many2one(
        "res.partner", string="Customer", readonly=True, ondelete="set null", index=True
    )
    program_id = fields.Many2one(
        "loyalty.program", required=True, readonly=True, ondelete="restrict", index=True
    )
    company_id = fields.Many2one("res.company", readonly=True, ondelete="restrict", index=True)
    date = fields.Date(required=True, readonly=True)
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("sent", "Mailed"),
            ("refused", "No Consent"),
            ("unreachable", "No Email Address"),
            ("failed", "Failed"),
        ],
        required=True,
        readonly=True,
        default="waiting",
        index=True,
        help="Without consent or address the member is told in the portal only.",
    )
    error = fields.Char(readonly=True)
    points = fields.Float(digits=(16, 4), min_display_digits=2, readonly=True)
    expires_on = fields.Date(readonly=True, help="First day on which some of the points expire.")
    covers_to = fields.Date(
        readonly=True, help="Points that expire until this day are in the notice."
    )
    tier_id = fields.Many2one(
        "loyalty.tier", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    former_tier_id = fields.Many2one(
        "loyalty.tier", readonly=True, ondelete="restrict", index="btree_not_null"
    )
    last_day = fields.Date(
        readonly=True, help="Last day of the tier unless its keep threshold is met again."
    )
    missing = fields.Float(
        digits=(16, 4),
        min_display_digits=2,
        readonly=True,
        help="What was missing to keep the tier when the notice was written.",
    )

    _key_unique = models.Constraint("UNIQUE (key)", "This notice has been given already.")
    _covers_idx = models.Index("(card_id, kind, covers_to DESC) WHERE covers_to IS NOT NULL")

    @api.model_create_multi
    def create(self, vals_list):
        """Refused to all but the night itself: what members were told is no form to fill in."""
        if vals_list and not self.env.su:
            raise UserError(self.env._("Notices are not written by hand."))
        return super().create(vals_list)

    # ------------------------------------------------------------ words of the mails

    def _recipient(self):
        """Whom to write to: the member, or a contact of it with an e-mail address."""
        self.ensure_one()
        partner = self.partner_id
        if partner.email or not partner.is_company:
            return partner
        return partner.child_ids.filtered(lambda one: one.email and one.type == "contact")[:1] or (
            partner
        )

    def _sender(self):
        """Address that the mail comes from."""
        self.ensure_one()
        company = self.company_id or self.program_id._tier_company()
        return company.email_formatted or self.env.user.email_formatted

    def _points_text(self):
        """The points that expire, with their unit."""
        self.ensure_one()
        return self.card_id._say_points(self.points)

    def _missing_text(self):
        """What is missing to keep the tier, with its unit."""
        self.ensure_one()
        return self.program_id._tier_amount_text(self.missing)

    def _day_text(self, day):
        """A day as the reader's language writes it."""
        return format_date(self.env, day) if day else ""

    def _page(self):
        """Address of the member's page."""
        self.ensure_one()
        return f"{self.get_base_url()}/my/loyalty/{self.card_id.id}"

    def _gift_text(self):
        """The points that were given for the new tier, or False."""
        self.ensure_one()
        gift = self.tier_id.gift_points
        return bool(gift) and self.card_id._say_points(gift)
