"""Who is told of alarms: which addresses are taken, and when somebody who did not answer is tried again."""

import re
from datetime import timedelta
from enum import Enum
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import SplitResult, urlsplit

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


LONGEST_ADDRESS: Final = 2000
SHORTEST_SECRET: Final = 16
LONGEST_SECRET: Final = 200
MOST_ATTEMPTS: Final = 8
FIRST_DELAY: Final = timedelta(minutes=1)
GROWTH: Final = 4.0
LONGEST_DELAY: Final = timedelta(hours=12)
"""A minute, 4, 16, 64, 256, 12 hours and 12 hours: with the jitter 15 hours on average, and 30 at most."""

_LONGEST_EMAIL: Final = 254
_LONGEST_LOCAL_PART: Final = 64
_ATOM: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_UNLESS: Final = " A server with ALARM_WEBHOOKS_PRIVATE=true allows it."
_LABEL: Final = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_EMAIL: Final = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_LABEL}")
_UNPRINTABLE: Final = re.compile(r"[\s\x00-\x1f\x7f]")
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
"""All that IANA has given out of IPv6. Python calls public also what was never given out, or is no longer."""
_NAT64: Final = IPv6Network("64:ff9b::/96")
_ISATAP: Final = (0x0000_5EFE, 0x0200_5EFE)
"""Stands before the IPv4 address to which a tunnel inside a site leads (RFC 5214, 6.1)."""
_PLATFORMS: Final = (ip_network("168.63.129.16/32"), ip_network("192.0.0.0/24"))
"""Look public, and lead whatever runs at Azure or at Oracle to their platforms."""


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
        _check_webhook(address, allow_private=allow_private)


def check_secret(kind: TargetKind, secret: str | None) -> None:
    """Hold a secret to what can work; arguments and errors as those of `check_target`."""
    if kind is TargetKind.EMAIL:
        if secret is not None:
            raise InvalidInputError("E-mail is not signed: leave the secret out.", path=("secret",))
    elif secret is None or not SHORTEST_SECRET <= len(secret) <= LONGEST_SECRET:
        raise InvalidInputError(
            f"A webhook needs a secret of {SHORTEST_SECRET} to {LONGEST_SECRET} characters, with which its requests are"
            " signed.",
            path=("secret",),
        )


def is_public(address: str) -> bool:
    """Say whether an IP address is one that anybody may reach: no loopback, private, link-local or metadata address.

    An IPv6 address that carries an IPv4 address is as public as that one. What is no IP address is not public.
    """
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, IPv6Address):
        inner = _carried(found)
        if int(found) >> 32 & 0xFFFFFFFF in _ISATAP or (inner is None and found not in _GLOBAL_UNICAST):
            return False
        found = inner or found
    if any(found in each for each in _PLATFORMS if each.version == found.version):
        return False
    return found.is_global and not found.is_multicast


def retry_delay(attempts: int, *, jitter: float) -> timedelta | None:
    """Return how long to wait after so many attempts, the last of which failed; None where it was the last of all.

    Args:
        attempts: How often it was tried, from 1.
        jitter: Where in the range from nothing to the longest wait, from 0 to 1: drawn anew each time, so that many who
            failed together do not come back together.

    Source:
        Exponential backoff with full jitter: M. Brooker, "Exponential Backoff And Jitter", 2015.
    """
    if attempts >= MOST_ATTEMPTS:
        return None
    return jitter * min(LONGEST_DELAY, FIRST_DELAY * GROWTH ** (attempts - 1))


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


def _check_webhook(address: str, *, allow_private: bool) -> None:
    parts = _parts_of(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and allow_private):
        raise _refused(
            "A webhook's address begins with https://, so that nobody on the way reads or changes alarms." + _UNLESS
        )
    if parts.username is not None or parts.password is not None:
        raise _refused("A webhook's address holds no user and no password: requests are signed with the secret.")
    if not allow_private and _is_private_name(parts.hostname or ""):
        raise _refused("A webhook's address is a public one: this one leads into a network of its own." + _UNLESS)


def _parts_of(address: str) -> SplitResult:
    """Return the parts of a web address; urlsplit would silently drop line ends, so these are refused before."""
    malformed = _refused("This is no web address: write one like https://company.example/alarms.")
    if len(address) > LONGEST_ADDRESS or _UNPRINTABLE.search(address):
        raise malformed
    try:
        parts = urlsplit(address)
        has_port = parts.port != 0
    except ValueError:
        raise malformed from None
    if not parts.hostname or not has_port:
        raise malformed
    return parts


def _is_private_name(host: str) -> bool:
    """Say whether a host is not public by its name alone; what a name stands for is looked at when it is told."""
    name = host.removesuffix(".")
    if name == "localhost" or name.endswith((".localhost", ".local", ".internal")):
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return not is_public(name)


def _carried(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address to which an IPv6 address leads: mapped, by 6to4, or by NAT64."""
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


def _refused(message: str) -> InvalidInputError:
    return InvalidInputError(message, path=("address",))
