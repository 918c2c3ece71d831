"""Stands in for wkhtmltopdf: prints Odoo's reports by headless Chromium.

Odoo prints headers, footers and several documents at once only with a wkhtmltopdf built on a
patched Qt, which distributions don't package. `tools/bin/wkhtmltopdf`, put first on PATH, takes
the arguments that Odoo gives and makes the same pages with text that can be selected:

- a document's pixels are as large as wkhtmltopdf's (its "smart shrinking" lays a page out 1.25
  times as wide as the paper), so that page breaks fall where Odoo's layouts expect them;
- the header hangs `--header-spacing` above the text, the footer begins below it; both are loaded
  once a page with the query that Odoo's layout reads (`page`, `sitepage`, `webpage` …);
- each document gets one top-level bookmark, by which Odoo splits several documents;
- local files may be read only where `--allow` or `--enable-local-file-access` says so, and
  nothing is asked of any host but this machine (and those named in SUITE_PRINT_HOSTS).

Exit codes: 0 printed; 1 printed, but a style sheet, script or frame was missing; 2 not printed.
(wkhtmltopdf ends with 1 for the last one too; Odoo would then hand out an empty file.)

Modules: `arguments` (command line), `devtools` (talks to the browser), `pages` (what is printed),
`assembling` (one PDF out of the parts; needs pypdf), `cli`.
"""
