"""The commands: what `make <command>` runs."""

import signal
import sys
from collections.abc import Callable

from tools.say import SetupError

HELP = """\
make run         set up what is missing and serve the demo at http://localhost:8069
make stop        end the demo's server and PostgreSQL; the data stays
make reset       make the demo anew
make test        every test; one addon: make test ADDON=partner_portal; more: ARGS="-k name"
make lint        style, manifests, views, types; make format mends the layout
make test-core   Odoo's own tests of what we build on, without and with our addons
make bench       times beside the ordinary Odoo way and the limit; SIZE=S|M|L CASE=name
make soak        the random sequences of the tests, ten times as long and more; STEPS=20000
make screenshots pictures of the demo's pages in three languages and two widths
make pictures    walks the story in the running demo and takes the README's pictures

Odoo: ODOO_SRC=/path/to/odoo-19 (a checkout) or what is installed, else Debian's package.
PostgreSQL: PGHOST… or DATABASE_URL, else a private one. Port: PORT=8070. Python: PYTHON=python3.12
"""


def main(words: list[str]) -> int:
    """Run one command; 0 when all went well."""
    command, *rest = words or ["help"]
    if command not in COMMANDS:
        print(HELP)
        return 0 if command == "help" else 2
    for ending in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        # what the caller told to be ignored (nohup) stays ignored
        if signal.getsignal(ending) is not signal.SIG_IGN:
            signal.signal(ending, _interrupt)
    try:
        return COMMANDS[command](rest) or 0
    except SetupError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted. Run the same command again: it goes on from here.", file=sys.stderr)
        return 130
    except OSError as error:
        print(f"\n{_plain(error)}", file=sys.stderr)
        return 1


def _interrupt(_number: int, _frame: object) -> None:
    """Ctrl-C, `kill` and a closed terminal all end the command, and what it started, in order."""
    raise KeyboardInterrupt


def _plain(error: OSError) -> SetupError:
    """An error of the operating system (disk full, no permission) in plain words."""
    remedy = {
        28: "free some space (the project needs about 4 GB) and run the same command again.",
        13: "run as the user who owns the project folder.",
    }.get(error.errno or 0, "mend the cause and run the same command again.")
    return SetupError(f"{error.strerror} ({error.filename}).", remedy)


def _run(_words: list[str]) -> None:
    from tools import demo

    demo.run()


def _stop(_words: list[str]) -> None:
    from tools import demo

    demo.stop()


def _reset(_words: list[str]) -> None:
    from tools import demo

    demo.reset()


def _test(words: list[str]) -> int:
    from tools import testing

    return testing.test(words)


def _shell(words: list[str]) -> int:
    from tools import testing

    return testing.shell(words)


def _lint(words: list[str]) -> int:
    from tools import lint

    return lint.lint(words)


def _format(_words: list[str]) -> None:
    from tools import lint

    lint.tidy()


def _test_core(words: list[str]) -> int:
    from tools import core_tests

    return core_tests.compare(words)


def _bench(words: list[str]) -> int:
    from tools import benching

    return benching.bench(words)


def _screenshots(words: list[str]) -> int:
    from tools import pictures

    return pictures.take(words)


def _pictures(words: list[str]) -> int:
    from tools import pictures

    return pictures.story(words)


def _soak(words: list[str]) -> int:
    from tools import testing

    return testing.soak(words)


def _summary(_words: list[str]) -> int:
    from tools import testing

    return testing.summary()


COMMANDS: dict[str, Callable[[list[str]], int | None]] = {
    "run": _run,
    "stop": _stop,
    "reset": _reset,
    "test": _test,
    "summary": _summary,
    "shell": _shell,
    "lint": _lint,
    "format": _format,
    "test-core": _test_core,
    "bench": _bench,
    "screenshots": _screenshots,
    "pictures": _pictures,
    "soak": _soak,
}
