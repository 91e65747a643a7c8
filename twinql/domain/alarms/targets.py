"""Who is told of alarms: which addresses are taken, and when somebody who did not answer is tried again."""

import re
from datetime import timedelta
from enum import Enum
from typing import Final

from twinql.domain.webhooks import backoff, check_webhook, check_webhook_secret
from twinql.errors import InvalidInputError


class TargetKind(Enum):
    """How somebody is told."""

    WEBHOOK = "WEBHOOK"
    EMAIL = "EMAIL"


class NotificationStatus(Enum):
    """What became of telling somebody."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


MOST_ATTEMPTS: Final = 8
FIRST_DELAY: Final = timedelta(minutes=1)
GROWTH: Final = 4.0
LONGEST_DELAY: Final = timedelta(hours=12)
"""A minute, 4, 16, 64, 256, 12 hours and 12 hours: with the jitter 15 hours on average, and 30 at most."""

_LONGEST_EMAIL: Final = 254
_LONGEST_LOCAL_PART: Final = 64
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_LABEL}")


def check_target(kind: TargetKind, address: str, secret: str | None, *, allow_private: bool) -> None:
    """Hold a new target to what can work.

    Args:
        kind: How it is told.
        address: The web address of a webhook, or an e-mail address.
        secret: With what a webhook's requests are signed; None for e-mail.
        allow_private: Whether webhooks may be in networks that are not public.

    Raises:
        InvalidInputError: It cannot work; the path names `address` or `secret`.
    """
    check_address(kind, address, allow_private=allow_private)
    check_secret(kind, secret)


def check_address(kind: TargetKind, address: str, *, allow_private: bool) -> None:
    """Hold an address to what can work; arguments and errors as those of `check_target`."""
    if kind is TargetKind.EMAIL:
        _check_email(address)
    else:
        check_webhook(address, allow_private=allow_private, setting="ALARM_WEBHOOKS_PRIVATE")


def check_secret(kind: TargetKind, secret: str | None) -> None:
    """Hold a secret to what can work; arguments and errors as those of `check_target`."""
    if kind is TargetKind.EMAIL:
        if secret is not None:
            raise InvalidInputError("E-mail is not signed: leave the secret out.", path=("secret",))
    else:
        check_webhook_secret(secret)


def retry_delay(attempts: int, *, jitter: float) -> timedelta | None:
    """Return how long to wait after so many attempts, the last of which failed; None where it was the last of all.

    Arguments are those of `backoff`.
    """
    if attempts >= MOST_ATTEMPTS:
        return None
    return backoff(attempts, first=FIRST_DELAY, growth=GROWTH, longest=LONGEST_DELAY, jitter=jitter)


def _check_email(address: str) -> None:
    local_part = address.rpartition("@")[0]
    if (
        len(address) > _LONGEST_EMAIL
        or len(local_part) > _LONGEST_LOCAL_PART
        or not _EMAIL.fullmatch(address)
        or address.rpartition(".")[2].isdigit()
    ):
        raise InvalidInputError(
            "This is no e-mail address: write one like name@company.example, and nothing else.", path=("address",)
        )
