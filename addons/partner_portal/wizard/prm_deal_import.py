import base64
import binascii
from pathlib import PurePath

from odoo import fields, models
from odoo.exceptions import UserError

from ..lib import claims, deal_csv, deal_rows

ROWS_MAX = 10_000
BYTES_MAX = 10 * 1024 * 1024
TEMPLATE_URL = "/partner_portal/static/import/deal_registrations.csv"


class PrmDealImport(models.TransientModel):
    """Takes in a CSV file of deal registrations.

    Every line ends in exactly one place: a new submitted registration, one that an earlier upload
    made, or the file of lines to correct, which carries all the mistakes of each line. A line is
    known again by its company, partner and reference, or without a reference by what it says; one
    that says something else than the registration it made, or was refused, is a line to correct.
    """

    _name = "prm.deal.import"
    _description = "Import Deal Registrations"

    file = fields.Binary("CSV File")
    filename = fields.Char()
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    decimal_mark = fields.Selection(
        [("auto", "As the File Shows"), (".", "Point: 1,250.50"), (",", "Comma: 1.250,50")],
        required=True,
        default="auto",
    )
    day_order = fields.Selection(
        [
            ("auto", "As the File Shows"),
            ("dmy", "Day first: 31/12/2026"),
            ("mdy", "Month first: 12/31/2026"),
        ],
        "Order of Dates",
        required=True,
        default="auto",
    )
    beyond_limits = fields.Boolean(
        "Beyond the Limits",
        help="Take in lines beyond the programs' limits of registrations a day and of tries for"
        " a refused customer. Else they come back. The registrations tell that it was so.",
    )
    state = fields.Selection([("upload", "Upload"), ("done", "Done")], default="upload")
    line_count = fields.Integer("Lines", readonly=True)
    created_count = fields.Integer("Submitted", readonly=True)
    refused_count = fields.Integer("Refused at Once", readonly=True)
    repeated_count = fields.Integer("Already Here", readonly=True)
    bad_count = fields.Integer("To Correct", readonly=True)
    result_file = fields.Binary("Lines to Correct", readonly=True)
    result_name = fields.Char(readonly=True)
    deal_ids = fields.Many2many("prm.deal", string="Deal Registrations", readonly=True)

    def action_import(self):
        """Read the file: good lines become submitted registrations, bad ones come back.

        :return: an action that shows the counts and the file of lines to correct
        :raise UserError: the file as a whole can't be read, lacks a column, or is too long
        :raise AccessError: the caller may not create deal registrations
        """
        self.ensure_one()
        self.env["prm.deal"].check_access("create")
        if self.state == "done":
            raise UserError(self.env._("This file was imported already. Start a new import."))
        table = self._read_table()
        mapping = self._read_header(table)
        rows = deal_rows.parse_rows(table, mapping, self._habits(table, mapping))
        good, repeated = self._sort_rows(rows)
        deals = self._create_deals(good, {row.origin: row for row in rows if row.origin})
        self.write(self._prepare_result_vals(table, rows, deals, repeated))
        return self._reopen()

    def action_download_template(self):
        """Download an empty file with every column and one example.

        :return: an action that opens the file
        """
        return {"type": "ir.actions.act_url", "url": TEMPLATE_URL, "target": "download"}

    def action_view_deals(self):
        """Show the registrations of this import.

        :return: a window action
        """
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("partner_portal.prm_deal_action")
        return {**action, "domain": [("id", "in", self.deal_ids.ids)], "context": {}}

    def action_restart(self):
        """Start another import.

        :return: the action of an empty dialog
        """
        return self.env["ir.actions.act_window"]._for_xml_id(
            "partner_portal.prm_deal_import_action"
        )

    def _reopen(self):
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Import Deal Registrations"),
            "res_model": self._name,
            "res_id": self.id,
            "view_mode": "form",
            "target": "new",
        }

    # ---------------------------------------------------------------- reading

    def _read_table(self):
        """The table in the uploaded file, or a message that says what to do instead."""
        _ = self.env._
        if not self.file:
            raise UserError(_("Choose a file first."))
        try:
            data = base64.b64decode(self.file, validate=True)
        except (binascii.Error, ValueError) as error:
            raise UserError(_("The file did not arrive whole. Upload it again.")) from error
        if len(data) > BYTES_MAX:
            raise UserError(_("The file is larger than 10 MB. Split it."))
        messages = {
            "empty": _("The file is empty."),
            "binary": _("This is not a text file. Save it as CSV and upload that."),
            "spreadsheet": _("This is a spreadsheet. Save it as CSV (UTF-8) and upload that."),
            "broken": _(
                "The file is no proper CSV: a quotation mark stays open, or a cell is too long."
            ),
        }
        try:
            table = deal_csv.read_table(data)
        except deal_csv.TableError as error:
            raise UserError(messages[error.args[0]]) from error
        if len(table.lines) > ROWS_MAX:
            raise UserError(
                _(
                    "The file has %(n)s lines; at most %(max)s go in at once. Split it.",
                    n=len(table.lines),
                    max=ROWS_MAX,
                )
            )
        return table

    def _read_header(self, table):
        """Which cell holds which column; a message when a needed column is missing."""
        mapping, missing = deal_rows.map_header(table.header)
        if missing:
            raise UserError(
                self.env._(
                    "The first line must name the columns. Missing: %(missing)s. Found: %(found)s."
                    " Download the template to see them all.",
                    missing=", ".join(self._column_label(name) for name in missing),
                    found=", ".join(title[:40] for title in table.header[:20]),
                )
            )
        return mapping

    def _habits(self, table, mapping):
        """How the file writes numbers and dates; what the user chose goes first."""
        lang = self.env["res.lang"]._get_data(code=self.env.lang or "en_US")
        day_first = not (lang.date_format or "").startswith("%m")
        guess = deal_rows.guess_habits(table, mapping, day_first)
        return deal_rows.Habits(
            guess.decimal_mark if self.decimal_mark == "auto" else self.decimal_mark,
            guess.day_first if self.day_order == "auto" else self.day_order == "dmy",
        )

    # ---------------------------------------------------------------- sorting

    def _sort_rows(self, rows):
        """Part the lines: mistakes are noted on the bad ones.

        :return: (dict {origin key: values} of the good ones in file order, number of repeated)
        """
        lookups = self._lookups(rows)
        prepared, lines = {}, {}
        for row in rows:
            vals = self._prepare_deal_vals(row, lookups)
            if row.mistakes:
                continue
            key = vals["origin_key"]
            if key in prepared:
                row.add("repeat", "", lines[key].number)
            else:
                prepared[key], lines[key], row.origin = vals, row, key
        self._lock_imports()
        known = self._known_deals(list(prepared))
        for key, deal in known.items():
            if deal.state == "rejected":
                lines[key].add("known_refused", "", deal.name)
            elif self._differs(deal, prepared[key]):
                lines[key].add("known_other", "", deal.name)
        repeated = sum(not lines[key].mistakes for key in known)
        return {key: vals for key, vals in prepared.items() if key not in known}, repeated

    def _lock_imports(self):
        """Let two uploads at once follow each other; the second is run again and sees the first."""
        company = self.company_id
        self.env["prm.claim.key"].sudo()._bump([("import", f"{company.id}:import")], company)

    def _known_deals(self, keys):
        """The deals that an earlier upload made with these origin keys: {origin key: deal}."""
        found = self.env["prm.deal"].sudo().search([("origin_key", "in", keys)])
        return {deal.origin_key: deal for deal in found}

    def _differs(self, deal, vals):
        """Whether a line says something else than the deal it made; spelling is no difference."""
        code = deal.customer_country_id.code or ""
        pairs = (
            (deal.customer_country_id.id, vals["customer_country_id"]),
            (deal.currency_id.id, vals["currency_id"]),
            (deal.expected_close, vals["expected_close"]),
            (deal.description or "", vals["description"]),
            *(
                (read(deal[name] or ""), read(vals[name]))
                for name, read in (
                    ("customer_name", claims.fold_name),
                    ("customer_vat", lambda text: claims.compact_vat(text, code)),
                    ("customer_domain", claims.domain_of),
                )
            ),
        )
        if any(made != said for made, said in pairs):
            return True
        return bool(deal.currency_id.compare_amounts(deal.amount, vals["amount"]))

    def _prepare_deal_vals(self, row, lookups):
        """Hook: values of the registration of one line; its further mistakes are noted on it."""
        text = row.text
        partner = self._pick_partner(row, lookups["partner"])
        currency = self._pick(row, lookups, "currency_id", self.company_id.currency_id)
        country = self._pick(row, lookups, "customer_country_id", self.env["res.country"])
        vat = claims.compact_vat(text.get("customer_vat"), country.code or "")
        domain = claims.domain_of(text.get("customer_domain"))
        if claims.needs_country(vat, country.code or ""):
            row.add("country", "customer_country_id")
        elif claims.other_country(vat, country.code or ""):
            row.add("other_country", "customer_country_id", text.get("customer_vat", "")[:40])
        key = deal_rows.origin_key(row, self.company_id.id, partner.id or 0, vat, domain)
        names = (
            "external_ref",
            "customer_name",
            "customer_vat",
            "customer_domain",
            "customer_contact",
            "customer_email",
            "customer_phone",
            "description",
        )
        return {
            **{name: text.get(name, "") for name in names},
            "partner_id": partner.id,
            "company_id": self.company_id.id,
            "customer_country_id": country.id,
            "currency_id": currency.id,
            "amount": float(row.amount),
            "expected_close": row.expected_close or False,
            "source": "import",
            "origin_key": key,
        }

    # ---------------------------------------------------------------- result

    def _create_deals(self, good, lines):
        """Create and submit the registrations of the good lines, all at once.

        Those that are more than their partners may register are no good lines after all.

        :param dict good: {origin key: values}
        :param dict lines: {origin key: its line}
        """
        deals = self.env["prm.deal"].sudo().with_context(mail_create_nosubscribe=True)
        deals = deals.create(
            [{**vals, "beyond_limits": self.beyond_limits} for vals in good.values()]
        )
        over = deals._submit_within_limits() if deals else {}
        for deal, message in over.items():
            lines[deal.origin_key].add("limit", "", message)
        refused = deals.browse([deal.id for deal in over])
        deals -= refused
        refused.unlink()
        return deals.sudo(False)

    def _prepare_result_vals(self, table, rows, deals, repeated):
        """Counts, links and the file of lines to correct."""
        bad = [row for row in rows if row.mistakes]
        refused = len(deals.filtered(lambda deal: deal.state == "rejected"))
        return {
            "state": "done",
            "line_count": len(rows),
            "created_count": len(deals),
            "refused_count": refused,
            "repeated_count": repeated,
            "bad_count": len(bad),
            "deal_ids": [fields.Command.set(deals.ids)],
            "result_file": base64.b64encode(self._result_table(table, bad)) if bad else False,
            "result_name": self._result_name(),
            "file": False,
        }

    def _result_name(self):
        stem = PurePath(self.filename or "deal_registrations.csv").stem[:80]
        return f"{stem}_to_correct.csv"

    def _result_table(self, table, bad):
        """The bad lines as they stood, with all that is wrong with each in a last column."""
        width = max([len(table.header), *(len(row.cells) for row in bad)])
        old = {i for i, title in enumerate(table.header) if claims.fold_name(title) == "reason"}
        kept = [i for i in range(width) if i not in old]

        def line(cells, last):
            return [cells[i] if i < len(cells) else "" for i in kept] + [last]

        reasons = (
            (row.cells, " ".join(self._mistake_text(*m) for m in row.mistakes)) for row in bad
        )
        return deal_csv.write_table(
            line(table.header, "reason"),
            (line(cells, reason) for cells, reason in reasons),
            table.delimiter,
        )

    def _column_label(self, column):
        """How a column is called in messages."""
        field = {"partner": "partner_id"}.get(column, column)
        return self.env["prm.deal"]._fields[field]._description_string(self.env)
