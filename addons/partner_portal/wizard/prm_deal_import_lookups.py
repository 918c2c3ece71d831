from odoo import models


class PrmDealImport(models.TransientModel):
    """What the texts of the lines mean: partners, currencies and countries."""

    _inherit = "prm.deal.import"

    def _lookups(self, rows):
        """What the texts of the lines mean: partners, currencies and countries."""
        texts = {row.text.get("partner", "") for row in rows} - {""}
        return {
            "partner": self._find_partners(texts),
            "currency_id": self._find_currencies(),
            "customer_country_id": self._find_countries(),
        }

    def _pick(self, row, lookups, column, default):
        """The record that a cell names, or the default when it is empty."""
        text = row.text.get(column, "")
        record = lookups[column].get(text.casefold()) if text else default
        if record is None:
            row.add("choice", column, text[:40])
        return record if record is not None else default

    def _pick_partner(self, row, partners):
        """The partner that a line names, if exactly one company with a tier fits."""
        text = row.text.get("partner", "")
        fits = partners.get(text) or self.env["res.partner"]
        graded = fits.filtered("grade_id")
        if text and not fits:
            row.add("partner", "partner", text[:80])
        elif fits and not graded:
            row.add("tier", "partner", text[:80])
        elif len(graded) > 1:
            row.add("ambiguous", "partner", text[:80])
        return graded[:1]

    def _find_partners(self, texts):
        """The companies that each text may name: {text: commercial partners}.

        By reference, else VAT number, else e-mail address (also of a person there), else name; the
        first kind that fits anybody decides.
        """
        if not texts:
            return {}
        lowered = sorted({text.casefold() for text in texts} | {text.lower() for text in texts})
        query = self.env["res.partner"]._search([])
        query.add_where(
            "(lower(res_partner.ref) = ANY(%s) OR lower(res_partner.vat) = ANY(%s)"
            " OR res_partner.email_normalized = ANY(%s) OR lower(res_partner.name) = ANY(%s))",
            [lowered] * 4,
        )
        found = self.env["res.partner"].browse(query)
        allowed = (self.company_id, self.env["res.company"])
        found = found.filtered(lambda partner: partner.commercial_partner_id.company_id in allowed)
        by_kind = [{} for _name in ("ref", "vat", "email_normalized", "name")]
        for kind, name in enumerate(("ref", "vat", "email_normalized", "name")):
            for partner in found:
                key = (partner[name] or "").casefold()
                top = partner.commercial_partner_id
                by_kind[kind][key] = by_kind[kind].get(key, top.browse()) | top
        return {
            text: next(
                (kind[text.casefold()] for kind in by_kind if kind.get(text.casefold())), None
            )
            for text in texts
        }

    def _find_currencies(self):
        """Active currencies by code: {folded text: currency}."""
        return {
            c.name.casefold(): c for c in self.env["res.currency"].search([("active", "=", True)])
        }

    def _find_countries(self):
        """Countries by code and by name, in English and the user's language."""
        result = {}
        for lang in {"en_US", self.env.lang or "en_US"}:
            for country in (
                self.env["res.country"].with_context(lang=lang).search([("code", "!=", False)])
            ):
                result[country.name.casefold()] = country
                result[(country.code or "").casefold()] = country
        return result
