"""`twinql token`: a token for development, for the embedded database of this machine and nothing else."""

import argparse
from datetime import timedelta

from twinql.auth.development import mint
from twinql.auth.tokens import LONGEST_SUBJECT
from twinql.cli.database import add_data_argument, with_data
from twinql.domain.durations import parse_duration
from twinql.domain.identity import LOCAL_SUBJECT
from twinql.errors import ConflictError, InvalidInputError
from twinql.settings import Settings

LONGEST = timedelta(days=365)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `twinql token`."""
    add_data_argument(parser)
    parser.add_argument(
        "--subject",
        default=LOCAL_SUBJECT,
        help="whom it names; `twinql member add` gives them a role (default: this machine's own user)",
    )
    parser.add_argument(
        "--expires", default="PT12H", metavar="DURATION", help="how long it is good, as ISO 8601 (default: PT12H)"
    )


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Print a token."""
    if settings.migration_url is not None:
        raise ConflictError(
            "`twinql token` makes tokens for the embedded database, and DATABASE_URL names another: sign in with the "
            "issuer that its server trusts."
        )
    if not 1 <= len(options.subject) <= LONGEST_SUBJECT or not options.subject.isprintable():
        raise InvalidInputError(f"A subject has 1 to {LONGEST_SUBJECT} printable characters; choose another.")
    lifetime = parse_duration(options.expires)
    if not timedelta() < lifetime <= LONGEST:
        raise InvalidInputError("A token is good for more than nothing and at most 365 days; choose another --expires.")
    from twinql.storage.embedded import token_secret  # noqa: PLC0415 - needless with DATABASE_URL

    secret = token_secret(with_data(settings, options.data).data)
    print(mint(secret, subject=options.subject, lifetime=lifetime))
    return 0
