from odoo import api, fields, models

from odoo.addons.relationship_crm.models.relationship_interaction import CHANNELS

from ..lib.token import LENGTH, new_token, token_hash


class FeedbackToken(models.Model):
    """A further key to an invitation, besides the one in its first e-mail.

    A reminder, a link to copy, the portal and each interview have a key of their own, so that it
    is known over which channel an answer came, and an interview ends without closing the others.
    The database keeps only the hash.
    """

    _name = "feedback.token"
    _description = "Key to an Invitation"
    _rec_name = "invitation_id"

    invitation_id = fields.Many2one(
        "feedback.invitation", required=True, readonly=True, ondelete="cascade", index=True
    )
    token_hash = fields.Char(required=True, readonly=True, copy=False, groups="base.group_system")
    channel = fields.Selection(CHANNELS, required=True, readonly=True)
    user_id = fields.Many2one(
        "res.users",
        string="Interviewer",
        readonly=True,
        ondelete="cascade",
        index="btree_not_null",
        help="Only this person may use the key, and the answer carries their name.",
    )
    expires_at = fields.Datetime(readonly=True, help="Empty: as long as the wave is open.")

    _hash_unique = models.Constraint("UNIQUE (token_hash)", "A key opens one invitation.")

    @api.model
    def _issue(self, invitations, channel, user=None, expires_at=None):
        """Make a key for each of these invitations.

        :return: {invitation id: key}; the keys are stored nowhere
        """
        tokens = {invitation.id: new_token() for invitation in invitations}
        self.sudo().create(
            [
                {
                    "invitation_id": invitation,
                    "token_hash": token_hash(token),
                    "channel": channel,
                    "user_id": user and user.id,
                    "expires_at": expires_at,
                }
                for invitation, token in tokens.items()
            ]
        )
        return tokens

    @api.model
    def _of(self, token, interview=False):
        """Return the key that a text is, as superuser; empty for any other text.

        :param bool interview: whether to look for keys of interviewers, or for all others
        """
        none = self.sudo().browse()
        if not isinstance(token, str) or len(token) != LENGTH:
            return none
        return none.search(
            [
                ("token_hash", "=", token_hash(token)),
                ("user_id", "!=" if interview else "=", False),
                "|",
                ("expires_at", "=", False),
                ("expires_at", ">", fields.Datetime.now()),
            ],
            limit=1,
        )
