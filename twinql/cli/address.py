"""Where a server listens, or would."""

import argparse
from dataclasses import replace

from twinql.settings import Settings


def add_address_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare `--host` and `--port`."""
    parser.add_argument("--host", help="the address to listen on (default: TWINQL_HOST, else 127.0.0.1)")
    parser.add_argument("--port", type=_port, help="the port to listen on, 0 for any (default: TWINQL_PORT, else 8000)")


def with_address(settings: Settings, options: argparse.Namespace) -> Settings:
    """Let `--host` and `--port` win over TWINQL_HOST and TWINQL_PORT."""
    given = {name: getattr(options, name) for name in ("host", "port") if getattr(options, name) is not None}
    return replace(settings, **given)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:  # noqa: PLR2004 - what a port may be
        raise argparse.ArgumentTypeError(f"{text!r} is no port; give a number from 0 to 65535")
    return int(text)
