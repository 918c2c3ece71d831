from odoo.http import request

from odoo.addons.portal.controllers.portal import CustomerPortal


class ProfilePortal(CustomerPortal):
    """Whoever saves their own details in the portal has confirmed them."""

    def _create_or_update_address(self, partner_sudo, *args, **kwargs):
        own = partner_sudo and partner_sudo == request.env.user.partner_id
        partner_sudo, feedback = super()._create_or_update_address(partner_sudo, *args, **kwargs)
        if own and "redirectUrl" in feedback and not request.env.user._is_public():
            partner_sudo._record_profile_confirmed()
        return partner_sudo, feedback
