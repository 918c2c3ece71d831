from odoo import models


class PrmDealImport(models.TransientModel):
    """What the file of lines to correct says about each."""

    _inherit = "prm.deal.import"

    def _mistake_text(self, code, column, value):
        """One mistake in words, in the user's language."""
        _ = self.env._
        label = self._column_label(column) if column else ""
        texts = {
            "missing": lambda: _("%s is missing.", label),
            "long": lambda: _("%(field)s is longer than %(n)s characters.", field=label, n=value),
            "cells": lambda: _("The line has cells in columns that the first line does not name."),
            "vat": lambda: _("“%s” is not a VAT number.", value),
            "country": lambda: _(
                "Choose the customer's country, or write the VAT number with its country prefix."
            ),
            "other_country": lambda: _(
                "The VAT number %s is not of the line's country. Correct one of them.", value
            ),
            "domain": lambda: _("“%s” is not a web address.", value),
            "shared": lambda: _(
                "%s is used by many companies: give the customer's own website.", value
            ),
            "unknown_customer": lambda: _("Give the customer's VAT number or website."),
            "amount": lambda: _("“%s” is not an amount.", value),
            "negative": lambda: _("The amount %s is negative.", value),
            "large": lambda: _("The amount %s is too large.", value),
            "date": lambda: _("“%s” is not a date.", value),
            "partner": lambda: _("No partner is known as “%s”.", value),
            "tier": lambda: _("“%s” has no partner tier.", value),
            "ambiguous": lambda: _(
                "Several partners are known as “%s”: give the VAT number.", value
            ),
            "choice": lambda: _("%(field)s “%(value)s” is not known.", field=label, value=value),
            "limit": lambda: value,
            "repeat": lambda: _("It repeats line %s.", value),
            "lines": lambda: _(
                "A cell goes over several lines: look for a quotation mark that is not closed."
            ),
            "known_other": lambda: _(
                "Already imported as %s with other values; change the reference to register it as"
                " another deal.",
                value,
            ),
            "known_refused": lambda: _(
                "Already imported as %s, which was refused; change the reference to register it"
                " again.",
                value,
            ),
        }
        return texts[code]()
