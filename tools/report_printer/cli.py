"""The command itself: arguments in, a PDF or a reason out."""

import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from tools.report_printer.arguments import Options, parse
from tools.report_printer.errors import PrintError
from tools.report_printer.resources import Gate

#: Odoo reads the version and "(with patched qt)": only then does it print several documents at once
VERSION = "wkhtmltopdf 0.12.6 (with patched qt), played by headless Chromium"
PRINTED, INCOMPLETE, FAILED = 0, 1, 2


def main(argv: Sequence[str]) -> int:
    """Print as the command line says; the exit code."""
    if {"--version", "-V"} & set(argv):
        print(VERSION)
        return PRINTED
    # Odoo may be told to stop while it waits for us: leave no browser or folder behind
    signal.signal(signal.SIGTERM, _stop)
    try:
        options = parse(argv)
        _check_inputs(options)
        gate = _print(options)
    except PrintError as error:
        print(f"Error: {error}", file=sys.stderr)
        return FAILED
    for url, (kind, reason) in gate.failures.items():
        print(f"Warning: {kind} {url[:200]} could not be loaded: {reason}", file=sys.stderr)
    if gate.serious:
        print("Exit with code 1 due to missing resources (see above)", file=sys.stderr)
        return INCOMPLETE
    return PRINTED


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + signal.SIGTERM)


def _check_inputs(options: Options) -> None:
    """Say what is missing before a browser is started for nothing."""
    for path in (*options.bodies, options.header, options.footer):
        if path and not path.is_file():
            raise PrintError(f"Failed to load {path}: there is no such file")
        if path and not os.access(path, os.R_OK):
            raise PrintError(f"Failed to load {path}: it may not be read")


def _print(options: Options) -> Gate:
    """Print into the output file; give back what was met on the way."""
    try:
        from tools.report_printer.assembling import assemble  # pypdf may be missing
    except ImportError as error:
        raise PrintError(
            f"{error}. Set SUITE_PYTHON to the Python of Odoo's environment, which has pypdf"
        ) from error
    from tools.report_printer.pages import open_printer

    with open_printer(options) as printer:
        documents = [printer.print_document(body) for body in options.bodies]
        pdf = assemble(options, documents, printer.print_edges)
    try:
        options.output.write_bytes(pdf)
    except OSError as error:
        raise PrintError(f"Unable to write {options.output}: {error.strerror}") from error
    return printer.gate
