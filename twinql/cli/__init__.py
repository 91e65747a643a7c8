"""The command `twinql`: one verb each, in a module of its own that loads only when it is asked for."""

import sys
from collections.abc import Sequence
from typing import NoReturn

from twinql.cli.parser import parse
from twinql.errors import TwinError
from twinql.settings import Settings

__all__ = ["main"]

INTERRUPTED = 130  # what a shell expects of a command that Ctrl-C ended


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one verb and give its exit code: 0, or 1 after one clear sentence on stderr."""
    try:
        verb, options = parse(sys.argv[1:] if arguments is None else list(arguments))
        return verb.run(options, Settings.load())
    except TwinError as error:
        print(f"twinql: {error.message}", file=sys.stderr)
    except BrokenPipeError:
        _end_quietly()
    except OSError as error:
        print(f"twinql: {_sentence(error)}", file=sys.stderr)
    except KeyboardInterrupt:
        return INTERRUPTED
    return 1


def _sentence(error: OSError) -> str:
    reason = error.strerror or str(error) or type(error).__name__
    return f"{error.filename}: {reason}." if error.filename else f"{reason}."


def _end_quietly() -> NoReturn:
    """End after the reader of a pipe went away; Python would complain when it flushes stdout."""
    sys.stderr.close()
    raise SystemExit(1)
