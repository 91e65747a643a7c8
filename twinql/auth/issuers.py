"""Whose tokens are taken, as the settings say."""

from twinql.auth.jwk import VerificationKey
from twinql.auth.key_set import KeySet
from twinql.auth.tokens import Issuer
from twinql.domain.identity import LOCAL_ISSUER
from twinql.errors import InvalidInputError
from twinql.settings import Settings

SUPABASE_ROLE = "authenticated"
DEVELOPMENT_AUDIENCE = "twinql"


def supabase_issuer(url: str) -> str:
    """Return the `iss` of the tokens of a Supabase project."""
    return f"{url}/auth/v1"


def issuers_of(settings: Settings) -> dict[str, Issuer]:
    """Return the issuers that the settings name, by name; none where nothing is set.

    Raises:
        InvalidInputError: A setting lacks the one that it goes with.
    """
    issuers: dict[str, Issuer] = {}
    if settings.supabase_jwt_secret and not settings.supabase_url:
        raise InvalidInputError("SUPABASE_JWT_SECRET needs SUPABASE_URL beside it: set the address of the project.")
    if bool(settings.oidc_issuer) != bool(settings.oidc_audience):
        raise InvalidInputError("OIDC_ISSUER and OIDC_AUDIENCE go together: set both, or neither.")
    if settings.supabase_url:
        name = supabase_issuer(settings.supabase_url)
        keys = KeySet(name, f"{name}/.well-known/jwks.json")
        secret = shared_secret(settings.supabase_jwt_secret) if settings.supabase_jwt_secret else None
        issuers[name] = Issuer(name, SUPABASE_ROLE, keys, secret, role=SUPABASE_ROLE)
    if settings.oidc_issuer and settings.oidc_audience:
        name = settings.oidc_issuer
        issuers[name] = Issuer(name, settings.oidc_audience, KeySet(name, None))
    return issuers


def development_issuer(secret: str) -> Issuer:
    """Return the issuer of `twinql token`."""
    return Issuer(LOCAL_ISSUER, DEVELOPMENT_AUDIENCE, secret=shared_secret(secret))


def shared_secret(text: str) -> VerificationKey:
    """Return the key that a shared secret is, for HS256 and nothing else."""
    return VerificationKey("HS256", text)
