"""Reads a database's address as Prisma, Supabase and Neon write it, for a driver that knows fewer words."""

from urllib.parse import parse_qsl, urlencode, urlsplit

from twinql.errors import InvalidInputError

_SUPABASE_POOLER_PORT = ":6543"
# They steer the pools of other clients, or say what asyncpg decides by itself; Postgres would refuse them as settings.
_FOR_OTHERS = frozenset(
    {
        "channel_binding",
        "connect_timeout",
        "connection_limit",
        "max_connection_lifetime",
        "max_idle_connection_lifetime",
        "pgbouncer",
        "pool_timeout",
        "schema",
        "single_use_connections",
        "socket_timeout",
        "statement_cache_size",
        "supa",
        "uselibpqcompat",
    }
)


def for_asyncpg(url: str) -> str:
    """Return `url` without the parameters that only other clients understand.

    Raises:
        InvalidInputError: It asks for another schema than public, where TwinQL's tables live.
    """
    parts = urlsplit(url)
    parameters = parse_qsl(parts.query, keep_blank_values=True)
    if any(name == "schema" and value != "public" for name, value in parameters):
        raise InvalidInputError(
            "The database's address asks for another schema, and TwinQL's tables live in public: remove `schema=`."
        )
    kept = [(name, value) for name, value in parameters if name not in _FOR_OTHERS]
    return url if kept == parameters else parts._replace(query=urlencode(kept)).geturl()


def is_pooled(url: str) -> bool:
    """Whether `url` says that it leads through a transaction pooler, where no prepared statement can be kept."""
    parts = urlsplit(url)
    return ("pgbouncer", "true") in parse_qsl(parts.query) or parts.netloc.endswith(_SUPABASE_POOLER_PORT)
