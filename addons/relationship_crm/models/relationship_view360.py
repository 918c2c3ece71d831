"""The 360 view: what we know of one customer or partner, for one screen.

Three calls serve the page, each with a bounded number of queries whatever the history: the summary,
the timeline (page by page), and, after the page is shown, the charts. Other addons add blocks and
sections through the hooks `_summary_blocks` and `_sections`.
"""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain

from .relationship_overview import READER_GROUPS

# Rows of a section, beside the link to all of them.
SECTION_LIMIT = 5
MAX_ID = 2**31 - 1


class RelationshipView360(models.AbstractModel):
    """One picture of one customer or partner, as plain values narrowed to what the caller reads."""

    _name = "relationship.view360"
    _description = "360 View"

    # ------------------------------------------------------------ public

    @api.model
    @api.readonly
    def get_summary(self, partner_id):
        """Return what stands on top of the page, for the commercial partner in ``env.company``.

        :param int partner_id: a contact; the page is about its commercial partner
        :return: dict with ``partner`` (see :meth:`_summary_who`), ``tabs`` (codes of the tabs to
            show: "customer" and, for who sells for us, "partner"), ``can_log`` (bool, the caller
            may log a contact) and ``blocks``, a list in the order to show of dicts with

            - ``code`` (str, unique), ``sequence`` (int), ``label`` (str), ``icon`` (str or False)
            - ``type``: ``text`` (str), ``number`` (int), ``money`` (float in ``currency_id``),
              ``date`` and ``datetime`` (str in server format, UTC), ``tags`` (list of dicts with
              ``name`` and ``tone``), ``people`` (list of dicts with ``id``, ``name``, ``role``)
            - ``value``: of that type, or False when nothing is known
            - ``note`` (str beneath the value, or False), ``note_date`` (date beneath it, or False)
            - ``tone``: ``neutral, good, warning, bad``
            - ``action``: an action to open, or False
        :raise AccessError: the caller has no role that opens the app, or may not read the contact
        :raise UserError: ``partner_id`` is no id of a contact
        """
        partner = self._view360_partner(partner_id)
        blocks = [block for block in self._summary_blocks(partner) if block]
        return {
            "partner": self._summary_who(partner),
            "tabs": self._summary_tabs(partner),
            "can_log": self._summary_can_log(),
            "blocks": sorted(blocks, key=lambda block: (block["sequence"], block["code"])),
        }

    @api.model
    @api.readonly
    def get_sections(self, partner_id, tab="customer"):
        """Return the lists of one tab, each with its first rows.

        :param int partner_id: a contact; the page is about its commercial partner
        :param str tab: ``customer`` or ``partner``
        :return: list in the order to show of dicts with ``code``, ``sequence``, ``title``,
            ``empty`` (str to show without rows), ``action`` (opens all of them, or False) and
            ``rows``: list of dicts with ``title``, ``note`` (str or False), ``date`` (str or
            False), ``amount`` (float or False) in ``currency_id``, ``badge`` (dict with ``name``
            and ``tone``, or False) and ``record`` (dict with ``model`` and ``id``)
        :raise AccessError: the caller has no role that opens the app, or may not read the contact
        :raise UserError: ``partner_id`` is no id of a contact, or the tab is unknown
        """
        partner = self._view360_partner(partner_id)
        if tab not in ("customer", "partner"):
            raise UserError(self.env._("A tab is either “customer” or “partner”."))
        sections = [section for section in self._sections(partner, tab) if section]
        return sorted(sections, key=lambda section: (section["sequence"], section["code"]))

    # ------------------------------------------------------------ hooks

    @api.model
    def _summary_blocks(self, partner):
        """Hook: list of blocks made by :meth:`_block`, or None for those without right or sense.

        :param partner: res.partner, one commercial partner that the caller may read
        """
        return []

    @api.model
    def _sections(self, partner, tab):
        """Hook: list of sections made by :meth:`_section`, or None.

        :param partner: res.partner, one commercial partner that the caller may read
        :param str tab: ``customer`` or ``partner``
        """
        return []

    @api.model
    def _summary_tabs(self, partner):
        """Hook: codes of the tabs of the page, in their order."""
        return ["customer"]

    @api.model
    def _summary_can_log(self):
        """Whether the caller may log a contact."""
        model = self.env.get("relationship.interaction.log")
        return model is not None and model.has_access("create")

    # ------------------------------------------------------------ parts

    @api.model
    def _block(self, code, *, sequence, label, type, value, **more):
        """Return one block of the summary; ``more`` takes the other keys of :meth:`get_summary`."""
        return {
            "code": code,
            "sequence": sequence,
            "label": label,
            "type": type,
            "value": value,
            "icon": more.get("icon", False),
            "currency_id": more.get("currency_id", False),
            "note": more.get("note", False),
            "note_date": more.get("note_date", False),
            "tone": more.get("tone", "neutral"),
            "action": more.get("action", False),
        }

    @api.model
    def _section(self, code, *, sequence, title, rows, empty, action=False):
        """Return one section of a tab; the keys are those of :meth:`get_sections`."""
        return {
            "code": code,
            "sequence": sequence,
            "title": title,
            "rows": rows,
            "empty": empty,
            "action": action,
        }

    @api.model
    def _section_row(self, record, title, **more):
        """Return one row of a section, which opens the record."""
        return {
            "record": {"model": record._name, "id": record.id},
            "title": title,
            "note": more.get("note") or False,
            "date": fields.Date.to_string(more.get("date")) or False,
            "amount": more.get("amount", False),
            "currency_id": more.get("currency_id", False),
            "badge": more.get("badge", False),
        }

    @api.model
    def _view360_day(self, moment):
        """Return the day on which a moment (UTC) falls for the current company; None for none."""
        zoned = self.with_context(tz=self.env.company._relationship_tz())
        return fields.Datetime.context_timestamp(zoned, moment).date() if moment else None

    @api.model
    def _window(self, name, model, domain, views=("list", "form"), **more):
        """Return an action that opens the records of a domain."""
        return {
            "type": "ir.actions.act_window",
            "name": name,
            "res_model": model,
            "domain": list(Domain(domain)),
            "views": [[False, view] for view in views],
            "target": "current",
            **more,
        }

    @api.model
    def _summary_who(self, partner):
        """Return who it is: plain values of the commercial partner."""
        return {
            "id": partner.id,
            "name": partner.display_name,
            "is_company": partner.is_company,
            "active": partner.active,
            "place": ", ".join(filter(None, (partner.city, partner.country_id.name))),
            "email": partner.email or False,
            "phone": partner.phone or False,
            "website": partner.website or False,
            "company": self.env.company.name if len(self.env.user.company_ids) > 1 else False,
        }

    # ------------------------------------------------------------ rights and input

    @api.model
    def _check_view360_access(self):
        """Refuse everybody without a role that opens the app."""
        if not self.env.su and not self.env.user.has_groups(",".join(READER_GROUPS)):
            raise AccessError(
                self.env._("The 360 view is for users with a role under Relationships.")
            )

    @api.model
    def _view360_partner(self, partner_id):
        """Return the commercial partner to show, once the caller may see it."""
        self._check_view360_access()
        if isinstance(partner_id, bool) or not isinstance(partner_id, int):
            raise UserError(self.env._("Give the contact by its number."))
        partner = self.env["res.partner"].browse(partner_id)
        if not 0 < partner_id <= MAX_ID or not partner.exists():
            raise UserError(self.env._("This contact does not exist any more."))
        partner.check_access("read")
        commercial = partner.commercial_partner_id
        commercial.check_access("read")
        return commercial
