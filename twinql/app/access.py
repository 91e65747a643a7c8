"""Who may ask this server: this machine alone, or whoever brings a token."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address

from twinql.auth import development_issuer, issuers_of
from twinql.auth.tokens import Issuer
from twinql.errors import InvalidInputError
from twinql.settings import Settings


@dataclass(frozen=True, slots=True)
class Access:
    """What the settings say about callers.

    Attributes:
        local: Whether the server is open to this machine, and to nobody else: the embedded database on loopback.
        origins: Pages of these origins may ask, beside those that are allowed anyway.
        issuers: Whose tokens are taken, by name.
        introspection: Whether everybody may read the schema; else members of an organisation.
        metrics: Whether `/metrics` answers everybody; else this machine.
    """

    local: bool = True
    origins: tuple[str, ...] = ()
    issuers: Mapping[str, Issuer] = field(default_factory=dict)
    introspection: bool = True
    metrics: bool = False

    @classmethod
    def of(cls, settings: Settings, development_secret: str | None = None) -> "Access":
        """Read the settings.

        Args:
            settings: How this process was asked to run.
            development_secret: What `twinql token` signs with, taken only where the server is local.

        Raises:
            InvalidInputError: Callers need tokens, and nothing is set that verifies them.
        """
        local = settings.database_url is None and is_loopback(settings.host)
        issuers = issuers_of(settings)
        if local and development_secret is not None:
            own = development_issuer(development_secret)
            issuers[own.name] = own
        if not local and not issuers:
            where = "With DATABASE_URL" if settings.database_url else f"On {settings.host}"
            raise InvalidInputError(
                f"{where}, callers need tokens, and nothing is set that verifies them: set SUPABASE_URL, or "
                "OIDC_ISSUER and OIDC_AUDIENCE."
            )
        everyone = settings.introspection == "everyone" or (settings.introspection == "auto" and local)
        return cls(local, settings.origins or (), issuers, everyone, settings.metrics == "everyone")


@lru_cache(1_024)
def is_loopback(host: str | None) -> bool:
    """Tell whether a host name or address means this machine."""
    if host is None:
        return False
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
