import base64
from io import BytesIO
from itertools import product

from PIL import Image
from reportlab.graphics.barcode import qrencoder

from odoo import api, fields, models
from odoo.exceptions import UserError

from .feedback_wave import ANSWERABLE

#: light squares around a QR code, as its standard asks, and pixels of a square
QUIET, SQUARE = 4, 6


class FeedbackInvitation(models.Model):
    """Links that are handed over: in the portal, copied into a chat, shown as a QR code."""

    _inherit = "feedback.invitation"

    @api.model
    def _portal_waiting(self):
        """Return the questions that wait for the user, whitelisted: id, title, closing date."""
        waiting = self.sudo().search(
            [
                ("contact_id", "=", self.env.user.partner_id.id),
                ("state", "in", ANSWERABLE),
                ("wave_id.state", "in", ("sending", "open")),
                ("wave_id.closes_at", ">", fields.Datetime.now()),
            ]
        )
        return [
            {
                "id": invitation.id,
                "title": invitation.wave_id.survey_id.title,
                "company": invitation.company_id.name,
                "closes_at": invitation.wave_id.closes_at,
                "begun": invitation.state == "started",
            }
            for invitation in waiting
        ]

    @api.model
    def _portal_open(self, invitation):
        """Return a key to a question that waits for the user; None when there is no such one.

        :param int invitation: id, as the browser sent it
        """
        mine = self.sudo().browse(invitation).exists()
        if mine.contact_id != self.env.user.partner_id or not mine or not mine._can_answer():
            return None
        if mine.state in ("sent", "bounced"):
            mine.state = "opened"
        return self.env["feedback.token"]._issue(mine, "portal")[mine.id]

    def action_link(self):
        """Show a new link and its QR code, to be handed to the contact."""
        self.ensure_one()
        self.check_access("read")
        if not self.env.user.has_group("relationship_crm.group_user"):
            raise UserError(self.env._("Only people who look after customers may hand out links."))
        invitation = self.sudo()
        if not invitation._can_answer():
            raise UserError(
                self.env._("%s can't answer any more.", self.contact_id.display_name or "")
            )
        token = self.env["feedback.token"]._issue(invitation, "web")[self.id]
        link = f"{self.get_base_url()}/feedback/{token}"
        # never stored: the database knows only the hash of a key
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Link for %s", self.contact_id.display_name or ""),
            "res_model": "feedback.link",
            "views": [(False, "form")],
            "target": "new",
            "context": {
                "default_invitation_id": self.id,
                "default_link": link,
                "default_qr": self._qr(link),
            },
        }

    @api.model
    def _qr(self, link):
        """Return the QR code of a link, as the text of a PNG.

        Core's barcodes need a drawing library that not every machine has; squares do without.
        """
        code = qrencoder.QRCode(None, qrencoder.QRErrorCorrectLevel.M)
        code.addData(qrencoder.QR8bitByte(link))
        code.make()
        size = code.getModuleCount()
        picture = Image.new("1", (size + 2 * QUIET,) * 2, 1)
        for row, column in product(range(size), repeat=2):
            if code.isDark(row, column):
                picture.putpixel((column + QUIET, row + QUIET), 0)
        buffer = BytesIO()
        picture.resize((picture.width * SQUARE,) * 2).save(buffer, "PNG")
        return base64.b64encode(buffer.getvalue()).decode()
