from secrets import token_hex

from werkzeug.exceptions import NotFound

from odoo.exceptions import MissingError, UserError
from odoo.http import request, route
from odoo.tools.translate import _

from odoo.addons.portal.controllers.portal import CustomerPortal
from odoo.addons.portal.controllers.portal import pager as portal_pager

from ..models.prm_deal_portal_form import FORM_FIELDS

#: Routes of partners. Those that change something leave the check of the token to their way of
#: logging in, which takes a key in its place: never the one without the other.
OF_PARTNER = {"type": "http", "auth": "prm_partner", "website": True}
READS = {**OF_PARTNER, "methods": ["GET"], "readonly": True}
ACTS = {**OF_PARTNER, "methods": ["POST"], "csrf": False}
FILLS_IN = {**ACTS, "methods": ["GET", "POST"]}


class PrmCustomerPortal(CustomerPortal):
    """The pages of deal registrations: parse, call one method of `prm.deal`, render."""

    def _prepare_home_portal_values(self, counters):
        values = super()._prepare_home_portal_values(counters)
        if "prm_deal_count" in counters:
            values["prm_deal_count"] = request.env["prm.deal"]._portal_count()
        return values

    @route("/my/partner", **READS)
    def portal_my_partner(self, **kw):
        """How the partner stands: tier, progress, benefits, deals."""
        members = request.env["prm.member"]
        home = members._portal_home()
        if not home and members._portal_is_member():
            raise NotFound()
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "prm_partner",
            "home": home,
        }
        return request.render("partner_portal.portal_my_partner", values)

    def _prm_searchbar(self):
        """Sortings, filters and search fields of the list."""
        return {
            "searchbar_sortings": {
                "date": {"label": _("Newest")},
                "customer": {"label": _("Customer")},
                "close": {"label": _("Expected Closing")},
                "state": {"label": _("State")},
            },
            "searchbar_filters": {
                "all": {"label": _("All")},
                "draft": {"label": _("Draft")},
                "in_review": {"label": _("Under Review")},
                "approved": {"label": _("Registered")},
                "won": {"label": _("Won")},
                "lost": {"label": _("Lost")},
                "expired": {"label": _("Expired")},
                "rejected": {"label": _("Can't Be Registered")},
                "withdrawn": {"label": _("Withdrawn")},
            },
            "searchbar_inputs": {
                "all": {"input": "all", "label": _("Search in all")},
                "customer": {"input": "customer", "label": _("Search in customers")},
                "reference": {"input": "reference", "label": _("Search in references")},
            },
        }

    @route(["/my/deals", "/my/deals/page/<int:page>"], **READS)
    def portal_my_deals(
        self, page=1, sortby="date", filterby="all", search="", search_in="all", **kw
    ):
        """The list of the partner's deals."""
        deals = self._prm_deals()
        bar = self._prm_searchbar()
        sortby = sortby if sortby in bar["searchbar_sortings"] else "date"
        filterby = filterby if filterby in bar["searchbar_filters"] else "all"
        search_in = search_in if search_in in bar["searchbar_inputs"] else "all"
        narrow = {"state": filterby, "search": search, "search_in": search_in}
        pager = portal_pager(
            url="/my/deals",
            total=deals._portal_count(**narrow),
            page=page,
            step=self._items_per_page,
            url_args={
                "sortby": sortby,
                "filterby": filterby,
                "search": search,
                "search_in": search_in,
            },
        )
        values = {
            **self._prepare_portal_layout_values(),
            **bar,
            "page_name": "prm_deal",
            "default_url": "/my/deals",
            "is_partner": deals._portal_is_partner(),
            "deals": deals._portal_list(
                **narrow, sortby=sortby, offset=pager["offset"], limit=self._items_per_page
            ),
            "pager": pager,
            "sortby": sortby,
            "filterby": filterby,
            "search": search,
            "search_in": search_in,
            "narrowed": bool(search) or filterby != "all",
        }
        return request.render("partner_portal.portal_my_deals", values)

    @route("/my/deals/<int:deal_id>", **READS)
    def portal_my_deal(self, deal_id, problem="", **kw):
        """One deal: its state in words and what happened to it."""
        deal = self._prm_or_404("_portal_read", deal_id)
        return self._prm_render_deal(deal)

    @route("/my/deals/new", **FILLS_IN)
    def portal_my_deal_new(self, **post):
        """The form of a new deal, and what it sends."""
        deals = self._prm_deals()
        if not deals._portal_is_partner():
            return request.redirect("/my/deals")
        if request.httprequest.method == "POST":
            return self._prm_save(post)
        return self._prm_render_form(deals._portal_form())

    @route("/my/deals/<int:deal_id>/edit", **FILLS_IN)
    def portal_my_deal_edit(self, deal_id, **post):
        """The form of a draft, and what it sends."""
        try:
            form = self._prm_or_404("_portal_form", deal_id)
        except UserError:
            return request.redirect(f"/my/deals/{deal_id}")
        if request.httprequest.method == "POST":
            return self._prm_save(post, deal_id)
        return self._prm_render_form(form, deal_id=deal_id)

    @route("/my/deals/<int:deal_id>/submit", **ACTS)
    def portal_my_deal_submit(self, deal_id, **post):
        """Submit a draft from its page."""
        return self._prm_do("_portal_submit", deal_id, f"/my/deals/{deal_id}")

    @route("/my/deals/<int:deal_id>/delete", **ACTS)
    def portal_my_deal_delete(self, deal_id, **post):
        """Delete a draft from its page."""
        return self._prm_do("_portal_delete", deal_id, "/my/deals")

    def _prm_deals(self):
        """The model, for whoever may see these pages; not found for members without the role."""
        try:
            request.env["prm.deal"]._portal_check_role()
        except MissingError as error:
            raise NotFound() from error
        return request.env["prm.deal"]

    def _prm_or_404(self, method, deal_id, *args):
        """Call a `_portal_<verb>` of `prm.deal` on one id; another partner's is not found."""
        try:
            return getattr(request.env["prm.deal"], method)(deal_id, *args)
        except MissingError as error:
            raise NotFound() from error

    def _prm_do(self, method, deal_id, url, *args):
        """Do something to a deal; go on to ``url``, or show the deal with what is wrong."""
        try:
            with request.env.cr.savepoint():
                self._prm_or_404(method, deal_id, *args)
        except UserError as error:
            return self._prm_render_deal(self._prm_or_404("_portal_read", deal_id), str(error))
        return request.redirect(url)

    def _prm_save(self, post, deal_id=None):
        """Save the form; show it again, as typed, with what is wrong."""
        texts = {name: post[name] for name in FORM_FIELDS if isinstance(post.get(name), str)}
        submit = post.get("do") == "submit"
        token = post.get("form_token", "")
        saved_id, errors = request.env["prm.deal"]._portal_save(texts, deal_id, submit, token)
        if errors:
            return self._prm_render_form(texts, errors, deal_id, token)
        return request.redirect(f"/my/deals/{saved_id}" if saved_id else "/my/deals")

    def _prm_render_deal(self, deal, problem=""):
        values = {
            **self._prepare_portal_layout_values(),
            "page_name": "prm_deal",
            "deal": deal,
            "problem": problem,
        }
        return request.render("partner_portal.portal_my_deal", values)

    def _prm_render_form(self, texts, errors=None, deal_id=None, token=""):
        values = {
            **self._prepare_portal_layout_values(),
            **request.env["prm.deal"]._portal_options(),
            "page_name": "prm_deal",
            "form": {**dict.fromkeys(FORM_FIELDS, ""), **texts},
            "errors": errors or {},
            "deal_id": deal_id,
            "form_token": token or token_hex(16),
        }
        return request.render("partner_portal.portal_my_deal_form", values)
