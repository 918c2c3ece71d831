import re

from werkzeug.datastructures import WWWAuthenticate
from werkzeug.exceptions import BadRequest, Unauthorized

from odoo import models
from odoo.http import request

_BEARER = re.compile(r"^bearer\s+\S", re.IGNORECASE)


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _auth_method_prm_partner(cls):
        """A partner's person, logged in; or the partner's own system, with that person's key.

        A key is taken where the administrator lets portal users have keys. It stands in place of
        the token of a form: no other site can make a browser send it. So routes that change
        something have ``csrf=False``, and the token of a person who is logged in is checked here.

        :raise Unauthorized: there is a key, and keys are not allowed or it is none
        :raise BadRequest: a form has no token, or a wrong one
        """
        if _BEARER.match(request.httprequest.headers.get("Authorization", "")):
            settings = request.env["ir.config_parameter"].sudo()
            if not settings.get_param("portal.allow_api_keys"):
                raise Unauthorized(www_authenticate=WWWAuthenticate("bearer"))
            cls._auth_method_bearer()
            return
        cls._auth_method_user()
        # OPTIONS, too, reaches a route that changes something
        if request.httprequest.method not in ("GET", "HEAD"):
            token = request.get_http_params().get("csrf_token")
            if not request.validate_csrf(token):
                raise BadRequest("Session expired (invalid CSRF token)")
