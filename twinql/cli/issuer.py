"""Who vouches for a subject that was named on the command line."""

import argparse

from twinql.auth.issuers import issuers_of
from twinql.domain.identity import LOCAL_ISSUER
from twinql.errors import InvalidInputError
from twinql.settings import Settings


def add_issuer_argument(parser: argparse.ArgumentParser) -> None:
    """Declare `--issuer`."""
    parser.add_argument(
        "--issuer",
        metavar="ISSUER",
        help="who vouches for them: the `iss` of their tokens "
        "(default: SUPABASE_URL with /auth/v1, or OIDC_ISSUER; twinql:local on the embedded database)",
    )


def issuer_of(options: argparse.Namespace, settings: Settings) -> str:
    """Return the issuer that was named, or else the only one that there can be.

    Raises:
        InvalidInputError: It cannot be told.
    """
    if options.issuer is not None:
        return str(options.issuer)
    known = list(issuers_of(settings)) or ([LOCAL_ISSUER] if settings.migration_url is None else [])
    if len(known) == 1:
        return known[0]
    several = "several issuers are set" if known else "neither SUPABASE_URL nor OIDC_ISSUER is set"
    raise InvalidInputError(f"Say who vouches for them with --issuer, the `iss` of their tokens: {several}.")
