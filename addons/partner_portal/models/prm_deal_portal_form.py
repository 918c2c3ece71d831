import re
from datetime import date

import psycopg2.errors

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.tools import email_normalize, mute_logger

from ..lib import amounts, claims, deal_rows

#: What a partner may fill in. Anything else that a request sends is left aside.
FORM_FIELDS = (
    "customer_name",
    "customer_vat",
    "customer_domain",
    "customer_country_id",
    "customer_contact",
    "customer_email",
    "customer_phone",
    "scope_id",
    "discount",
    "amount",
    "currency_id",
    "expected_close",
    "external_ref",
    "description",
)
#: Product categories that the form offers.
CATEGORIES_SHOWN = 300
_TOKEN = re.compile(r"[0-9a-f]{32}")


class PrmDeal(models.Model):
    """The form with which a partner writes a registration in the portal."""

    _inherit = "prm.deal"

    @api.model
    def _portal_form(self, deal_id=None):
        """What the empty form, or that of a draft, starts with: {field: text}.

        :raise MissingError: the deal is not one of the current user's partner
        :raise UserError: it is no draft any more
        """
        if deal_id is None:
            # no country: the customer's is not always the partner's, and a wrong one goes unseen
            currency = self._portal_company().currency_id
            return {**dict.fromkeys(FORM_FIELDS, ""), "currency_id": str(currency.id)}
        deal = self._portal_draft(deal_id)
        special = ("amount", "discount", "scope_id")
        texts = {name: deal[name] or "" for name in FORM_FIELDS if name not in special}
        return {
            **texts,
            "scope_id": str(deal.scope_ids[:1].id or ""),
            "discount": f"{deal.discount:g}" if deal.discount else "",
            "customer_country_id": str(deal.customer_country_id.id or ""),
            "currency_id": str(deal.currency_id.id),
            "amount": self._portal_amount_text(deal),
            "expected_close": fields.Date.to_string(deal.expected_close) or "",
        }

    @api.model
    def _portal_options(self):
        """What the form's lists offer: ``countries``, ``currencies``, ``categories``.

        :return: dict of lists of (id, name)
        """
        countries = self.env["res.country"].sudo().search([("code", "!=", False)])
        currencies = self.env["res.currency"].sudo().search([("active", "=", True)])
        categories = self.env["product.category"].sudo().search([], limit=CATEGORIES_SHOWN)
        return {
            "categories": [(str(one.id), one.complete_name) for one in categories],
            "countries": [(str(country.id), country.name) for country in countries],
            "currencies": [(str(currency.id), currency.name) for currency in currencies],
        }

    @api.model
    def _portal_save(self, texts, deal_id=None, submit=False, token=""):
        """Save what a partner typed, as a new draft or over one, and submit it if asked.

        Nothing is saved while a field is wrong. A form sent twice makes one deal: its token names
        it. Sent again while that is a draft, the form changes it; later, it changes nothing.

        :param dict texts: {field: text as typed}; only ``FORM_FIELDS`` are looked at
        :param deal_id: the draft to change, or None
        :return: (deal id or None, {field: message}); the key "" holds what belongs to no field
        :raise MissingError: the deal is not one of the current user's partner
        :raise UserError: the deal is no draft any more
        """
        deal = self._portal_draft(deal_id) if deal_id is not None else self.browse()
        origin = self._portal_origin(token) if not deal else ""
        mine = self._portal_domain() & Domain("origin_key", "=", origin)
        known = self.sudo().search(mine, limit=1) if origin else self.browse()
        if known and known.state != "draft":
            return known.id, {}
        if known:
            deal = self._portal_draft(known.id)
        vals, errors = self._portal_parse(texts, submit)
        if errors:
            return None, errors
        try:
            with self.env.cr.savepoint(), mute_logger("odoo.sql_db"):
                deal = self._portal_store(deal, vals, origin)
                if submit:
                    deal._submit()
        except psycopg2.errors.UniqueViolation:
            return 0, {}  # the same form, sent twice at once: the other request has saved it
        except (ValidationError, UserError) as error:
            return None, {"": str(error)}
        return deal.id, {}

    @api.model
    def _portal_store(self, deal, vals, origin):
        """Write the values on the draft, or create it for the current user's partner."""
        if deal:
            deal.write(vals)
        else:
            vals = {**vals, **self._portal_prepare_create_vals(), "origin_key": origin or False}
            deal = self.sudo().with_context(mail_create_nosubscribe=True).create(vals)
        deal.flush_recordset()
        return deal

    @api.model
    def _portal_prepare_create_vals(self):
        """Hook: what a deal made in the portal gets beside what was typed."""
        return {
            "partner_id": self._portal_partner().id,
            "contact_id": self.env.user.partner_id.id,
            "member_id": self.env["prm.member"]._portal_member("sales").id,
            "company_id": self._portal_company().id,
            "source": "portal",
        }

    @api.model
    def _portal_company(self):
        """The company with which the partner registers."""
        return self._portal_partner().company_id or self.env.company

    @api.model
    def _portal_draft(self, deal_id):
        """The partner's deal with this id, which must still be a draft."""
        deal = self._portal_browse(deal_id)
        if deal.state != "draft":
            raise UserError(self.env._("This registration was submitted and can't be changed."))
        return deal

    @api.model
    def _portal_origin(self, token):
        """The key of the form with this token, or "" without a proper one."""
        token = token if isinstance(token, str) else ""
        return f"portal:{self._portal_partner().id}:{token}" if _TOKEN.fullmatch(token) else ""

    @api.model
    def _portal_parse(self, texts, submit):
        """Turn what was typed into values.

        :return: (values, {field: message})
        """
        typed = {name: claims.clean_line(texts.get(name)) for name in FORM_FIELDS}
        typed["description"] = claims.clean_text(texts.get("description")).replace("\r\n", "\n")
        vals = {name: typed[name] for name in deal_rows.LIMITS if name in typed}
        errors = self._portal_check_texts(typed, submit)
        for name, read in self._portal_readers().items():
            self._portal_read_into(name, read, typed[name], vals, errors)
        if submit and not errors.keys() & {"customer_vat", "customer_country_id"}:
            self._portal_check_country(vals, errors)
        return vals, errors

    @api.model
    def _portal_check_country(self, vals, errors):
        """Ask for the country that the VAT number needs to be compared, or that it contradicts."""
        _ = self.env._
        country = self.env["res.country"].sudo().browse(vals["customer_country_id"] or [])
        if claims.needs_country(vals["customer_vat"], country.code or ""):
            errors["customer_country_id"] = _(
                "Choose the customer's country, or write the VAT number with its country prefix."
            )
        elif claims.other_country(vals["customer_vat"], country.code or ""):
            errors["customer_country_id"] = _(
                "The VAT number %(vat)s is not of %(country)s. Correct one of them.",
                vat=vals["customer_vat"],
                country=country.name,
            )

    @api.model
    def _portal_readers(self):
        """Hook: how each field that is no plain text is read: {field: function of its text}."""
        return {
            "amount": self._portal_read_amount,
            "expected_close": self._portal_read_day,
            "customer_country_id": self._portal_read_country,
            "customer_email": self._portal_read_email,
            "discount": self._portal_read_discount,
            "scope_id": self._portal_read_scope,
            "currency_id": self._portal_read_currency,
        }

    @api.model
    def _portal_read_into(self, name, read, text, vals, errors):
        """Read one field's text into the values, or note what is wrong with it."""
        try:
            vals[{"scope_id": "scope_ids"}.get(name, name)] = read(text)
        except ValueError as error:
            errors[name] = str(error)

    @api.model
    def _portal_check_texts(self, typed, submit):
        """Messages about the fields that are plain text."""
        _ = self.env._
        errors = {}
        for name, limit in deal_rows.LIMITS.items():
            if len(typed.get(name, "")) > limit:
                errors[name] = _("At most %s characters.", limit)
        if not typed["customer_name"]:
            errors["customer_name"] = _("Enter the customer's name.")
        vat, domain = typed["customer_vat"], claims.domain_of(typed["customer_domain"])
        if claims.vat_error(vat):
            errors.setdefault("customer_vat", _("This is not a VAT number."))
        if typed["customer_domain"] and not domain:
            errors.setdefault("customer_domain", _("This is not a web address."))
        elif claims.is_shared_host(domain):
            errors["customer_domain"] = _(
                "%s is used by many companies. Enter the customer's own website.", domain
            )
        if submit and not vat and not typed["customer_domain"]:
            errors["customer_vat"] = _("Enter the VAT number or the website, or both.")
        return errors

    @api.model
    def _portal_read_amount(self, text):
        """The amount typed in the habit of the reader's language; 0 when empty."""
        if not text:
            return 0.0
        lang = self.env["res.lang"]._get_data(code=self.env.lang or "en_US")
        try:
            amount = amounts.parse_amount(text, lang.decimal_point or ".", lang.thousands_sep or "")
        except ValueError as error:
            raise ValueError(
                self.env._("Enter an amount, such as %s.", self._portal_amount_example())
            ) from error
        if not 0 <= amount <= amounts.AMOUNT_MAX:
            raise ValueError(self.env._("Enter an amount between 0 and 1,000,000,000,000."))
        return float(amount)

    @api.model
    def _portal_amount_example(self):
        """1250.50 as the reader's language writes it."""
        lang = self.env["res.lang"]._get_data(code=self.env.lang or "en_US")
        return f"1250{lang.decimal_point or '.'}50"

    @api.model
    def _portal_amount_text(self, deal):
        """A deal's amount as the reader would type it, without thousands marks."""
        lang = self.env["res.lang"]._get_data(code=self.env.lang or "en_US")
        text = f"{deal.amount:.{deal.currency_id.decimal_places}f}"
        return text.replace(".", lang.decimal_point or ".") if deal.amount else ""

    @api.model
    def _portal_read_day(self, text):
        """The day from a date field, or as typed; False when empty."""
        if not text:
            return False
        try:
            day = amounts.parse_day(text)
        except ValueError as error:
            raise ValueError(self.env._("Enter a date, such as 2027-03-31.")) from error
        if day < self._portal_today():
            raise ValueError(self.env._("Enter a day that is still to come."))
        return day

    @api.model
    def _portal_today(self) -> date:
        """Today where the reader is."""
        return fields.Date.context_today(self)

    @api.model
    def _portal_read_email(self, text):
        """The address as typed; False when empty."""
        if text and not email_normalize(text):
            raise ValueError(self.env._("This is not an e-mail address."))
        return text or False

    @api.model
    def _portal_read_discount(self, text):
        """The discount in percent; 0 when empty."""
        try:
            discount = float(amounts.parse_amount(text.replace("%", ""))) if text else 0.0
        except ValueError:
            discount = -1.0
        if not 0 <= discount <= 100:
            raise ValueError(self.env._("Enter a discount between 0 and 100."))
        return discount

    @api.model
    def _portal_read_scope(self, text):
        """The chosen category as a command; none means every product."""
        chosen = self._portal_read_choice("product.category", text)
        return [(6, 0, [chosen] if chosen else [])]

    @api.model
    def _portal_read_country(self, text):
        """The id of the chosen country; False when none."""
        return self._portal_read_choice("res.country", text)

    @api.model
    def _portal_read_currency(self, text):
        """The id of the chosen currency; the company's when none."""
        chosen = self._portal_read_choice("res.currency", text)
        return chosen or self._portal_company().currency_id.id

    @api.model
    def _portal_read_choice(self, model, text):
        if not text:
            return False
        usable = text.isascii() and text.isdigit() and len(text) < 10
        record = usable and self.env[model].sudo().search([("id", "=", int(text))])
        if not record:
            raise ValueError(self.env._("Choose one from the list."))
        return record.id
