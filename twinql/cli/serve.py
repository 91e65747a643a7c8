"""`twinql serve`: the server, with the embedded Postgres unless DATABASE_URL names another."""

import argparse
import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Thread

from twinql.app.access import Access
from twinql.app.application import create_app
from twinql.app.listener import listen
from twinql.app.logs import configure_logs
from twinql.app.server import serve
from twinql.app.twin import twin
from twinql.cli.address import add_address_arguments, with_address
from twinql.cli.database import add_data_argument, with_data
from twinql.domain.unit_facts import registry
from twinql.errors import ConflictError
from twinql.settings import Settings
from twinql.storage.migrations import migrate, pending
from twinql.storage.publication import publish_readings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `twinql serve`."""
    add_data_argument(parser)
    add_address_arguments(parser)
    parser.add_argument("--no-demo", dest="demo", action="store_false", help="start without the demo site")


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Serve until told to stop."""
    settings = with_address(with_data(settings, options.data), options)
    settings = replace(settings, demo=settings.demo and options.demo)
    configure_logs(level=settings.log_level, style=settings.log_format)
    # A stop before the server is up must also end the embedded Postgres in order.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        Access.of(settings)  # refuses before anything slow is started
        _refuse_a_second(settings)
        # While the database is waited for, so that no question in another unit waits for it.
        Thread(target=registry, name="units", daemon=True).start()
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
    everywhere = host in {"0.0.0.0", "::"}  # noqa: S104 - compared alone
    name = "localhost" if everywhere else f"[{host}]" if ":" in host else host
    at = f"{name}:{port}"
    print(
        "TwinQL is ready" + (f", on all addresses of this machine ({host})." if everywhere else "."),
        f"  GraphiQL       http://{at}/graphql",
        f"  Subscriptions  ws://{at}/graphql",
        f"  Health         http://{at}/readyz",
        f"  Metrics        http://{at}/metrics",
        "Stop it with Ctrl-C.",
        sep="\n",
        flush=True,
    )
