from werkzeug.exceptions import NotFound

from odoo.exceptions import MissingError, UserError
from odoo.http import request, route

from .portal import ACTS, READS, PrmCustomerPortal

#: How many files of a form are looked at; the model refuses more than it allows.
FILES_READ = 20


class PrmDealLife(PrmCustomerPortal):
    """What a partner does on the page of a submitted registration."""

    @route("/my/deals/<int:deal_id>/withdraw", **ACTS)
    def portal_my_deal_withdraw(self, deal_id, **post):
        """Withdraw a registration that is not decided."""
        return self._prm_do("_portal_withdraw", deal_id, f"/my/deals/{deal_id}")

    @route("/my/deals/<int:deal_id>/extend", **ACTS)
    def portal_my_deal_extend(self, deal_id, reason="", **post):
        """Ask for a longer protection."""
        return self._prm_do("_portal_extend", deal_id, f"/my/deals/{deal_id}", reason)

    @route("/my/deals/<int:deal_id>/message", **ACTS)
    def portal_my_deal_message(self, deal_id, text="", **post):
        """Write a message with files."""
        uploads = request.httprequest.files.getlist("files")[:FILES_READ]
        for upload in uploads:
            upload.seek(0)  # a request that is tried again has read them before
        files = [(upload.filename or "", upload.read()) for upload in uploads]
        return self._prm_do("_portal_post", deal_id, f"/my/deals/{deal_id}#messages", text, files)

    @route("/my/deals/<int:deal_id>/file/<int:file_id>", **READS)
    def portal_my_deal_file(self, deal_id, file_id, **kw):
        """Download a file of a message."""
        try:
            file = request.env["prm.deal"]._portal_file(deal_id, file_id)
        except MissingError as error:
            raise NotFound() from error
        stream = request.env["ir.binary"]._get_stream_from(file)
        return stream.get_response(as_attachment=True)


class PrmTeam(PrmCustomerPortal):
    """The team page of a partner's admin."""

    @route("/my/partner/team", **READS)
    def portal_my_team(self, **kw):
        """Who acts for the partner, and in which roles."""
        return self._prm_render_team()

    @route("/my/partner/team/invite", **ACTS)
    def portal_my_team_invite(self, name="", email="", **post):
        """Invite a colleague."""
        typed = {"name": name, "email": email}
        return self._prm_team_do("_portal_invite", name, email, self._prm_roles(), typed=typed)

    @route("/my/partner/team/<int:member_id>/roles", **ACTS)
    def portal_my_team_roles(self, member_id, **post):
        """Change the roles of a colleague."""
        return self._prm_team_do("_portal_set_roles", member_id, self._prm_roles())

    @route("/my/partner/team/<int:member_id>/remove", **ACTS)
    def portal_my_team_remove(self, member_id, **post):
        """Take a colleague's access away."""
        return self._prm_team_do("_portal_remove", member_id)

    def _prm_roles(self):
        return request.httprequest.form.getlist("roles")[:FILES_READ]

    def _prm_team_do(self, method, *args, typed=None):
        """Do something to the team; show the page again with what is wrong."""
        try:
            with request.env.cr.savepoint():
                getattr(request.env["prm.member"], method)(*args)
        except MissingError as error:
            raise NotFound() from error
        except UserError as error:
            return self._prm_render_team(str(error), typed)
        return request.redirect("/my/partner/team")

    def _prm_render_team(self, problem="", typed=None):
        try:
            team = request.env["prm.member"]._portal_team()
        except MissingError as error:
            raise NotFound() from error
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "prm_team",
            "team": team,
            "problem": problem,
            "typed": typed or {},
            "roles": request.env["prm.member"]._portal_roles(),
        }
        return request.render("partner_portal.portal_my_team", values)
