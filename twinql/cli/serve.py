"""`twinql serve`: the server, with the embedded Postgres unless DATABASE_URL names another."""

import argparse
import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from twinql.app import configure_logs, create_app
from twinql.app.access import Access
from twinql.app.listener import listen
from twinql.app.server import serve
from twinql.app.twin import twin
from twinql.cli.database import add_data_argument, with_data
from twinql.errors import ConflictError
from twinql.settings import Settings
from twinql.storage.migrations import migrate, pending
from twinql.storage.publication import publish_readings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `twinql serve`."""
    add_data_argument(parser)
    parser.add_argument("--host", help="the address to listen on (default: TWINQL_HOST, else 127.0.0.1)")
    parser.add_argument("--port", type=_port, help="the port to listen on, 0 for any (default: TWINQL_PORT, else 8000)")
    parser.add_argument("--no-demo", dest="demo", action="store_false", help="start without the demo site")


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Serve until told to stop."""
    given = {name: getattr(options, name) for name in ("host", "port") if getattr(options, name) is not None}
    settings = replace(with_data(settings, options.data), demo=settings.demo and options.demo, **given)
    configure_logs(level=settings.log_level, style=settings.log_format)
    # A stop before the server is up must also end the embedded Postgres in order.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        Access.of(settings)  # refuses before anything slow is started
        _refuse_a_second(settings)
        with listen(settings.host, settings.port) as listener, _database(settings) as (url, direct_url):
            asyncio.run(_bring_up_to_date(direct_url, settings))
            access = _access(settings)
            app = create_app(
                twin=lambda metrics: twin(settings, access, url=url, direct_url=direct_url, metrics=metrics),
                pending=lambda: pending(direct_url),
                access=access,
            )
            port = listener.getsockname()[1]
            serve(app, listener, grace_s=settings.shutdown_grace_s, ready=lambda: _announce(settings.host, port))
    except KeyboardInterrupt:
        pass
    print("Stopped.", flush=True)
    return 0


async def _bring_up_to_date(url: str, settings: Settings) -> None:
    await migrate(url)
    published = await publish_readings(url, wanted=settings.publish_readings)
    if settings.publish_readings and not published:
        raise ConflictError(
            "TWINQL_PUBLISH_READINGS needs Supabase Realtime, and this database has no publication supabase_realtime: "
            "unset it, or use a Supabase database."
        )


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:  # noqa: PLR2004 - what a port may be
        raise argparse.ArgumentTypeError(f"{text!r} is no port; give a number from 0 to 65535")
    return int(text)


def _refuse_a_second(settings: Settings) -> None:
    if settings.database_url is not None:
        return
    from twinql.storage.embedded import running  # noqa: PLC0415 - needless with DATABASE_URL

    if running(settings.data) is not None:
        raise ConflictError(
            f"A TwinQL already runs on {settings.data}: stop it first, or choose another folder with --data."
        )


@contextmanager
def _database(settings: Settings) -> Iterator[tuple[str, str]]:
    """Say where users find the database, and where TwinQL itself does."""
    if settings.database_url is not None:
        yield settings.database_url, settings.direct_url or settings.database_url
        return
    from twinql.storage.embedded import EmbeddedPostgres  # noqa: PLC0415 - needless with DATABASE_URL

    with EmbeddedPostgres.start(settings.data) as server:
        yield server.server_url, server.url


def _access(settings: Settings) -> Access:
    if settings.database_url is not None:
        return Access.of(settings)
    from twinql.storage.embedded import token_secret  # noqa: PLC0415 - needless with DATABASE_URL

    return Access.of(settings, development_secret=token_secret(settings.data))


def _announce(host: str, port: int) -> None:
    at = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    print(
        "TwinQL is ready.",
        f"  GraphiQL       http://{at}/graphql",
        f"  Subscriptions  ws://{at}/graphql",
        f"  Health         http://{at}/readyz",
        f"  Metrics        http://{at}/metrics",
        "Stop it with Ctrl-C.",
        sep="\n",
        flush=True,
    )
