"""What webhooks must keep to, whatever they are told: addresses, secrets, signatures, and when to try again."""

import hashlib
import hmac
import re
from datetime import timedelta
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final
from urllib.parse import SplitResult, urlsplit

from twinql.errors import InvalidInputError

LONGEST_ADDRESS: Final = 2000
SHORTEST_SECRET: Final = 16
LONGEST_SECRET: Final = 200
LONGEST_PAUSE: Final = timedelta(hours=12)
"""For longer nobody is left alone, whatever they ask for."""

_UNPRINTABLE: Final = re.compile(r"[\s\x00-\x1f\x7f]")
_GLOBAL_UNICAST: Final = IPv6Network("2000::/3")
"""All that IANA has given out of IPv6. Python calls public also what was never given out, or is no longer."""
_NAT64: Final = IPv6Network("64:ff9b::/96")
_ISATAP: Final = (0x0000_5EFE, 0x0200_5EFE)
"""Stands before the IPv4 address to which a tunnel inside a site leads (RFC 5214, 6.1)."""
_PLATFORMS: Final = (ip_network("168.63.129.16/32"), ip_network("192.0.0.0/24"))
"""Look public, and lead whatever runs at Azure or at Oracle to their platforms."""


def check_webhook(address: str, *, allow_private: bool, setting: str) -> None:
    """Hold the address of a webhook to what can work.

    Args:
        address: A web address.
        allow_private: Whether it may be in networks that are not public.
        setting: What an operator of the server sets to allow that.

    Raises:
        InvalidInputError: It cannot work; the path names `address`.
    """
    unless = f" A server with {setting}=true allows it."
    parts = _parts_of(address)
    if parts.scheme != "https" and not (parts.scheme == "http" and allow_private):
        raise _refused(
            "A webhook's address begins with https://, so that nobody on the way reads or changes what is sent."
            + unless
        )
    if parts.username is not None or parts.password is not None:
        raise _refused("A webhook's address holds no user and no password: requests are signed with the secret.")
    if not allow_private and _is_private_name(parts.hostname or ""):
        raise _refused("A webhook's address is a public one: this one leads into a network of its own." + unless)


def check_webhook_secret(secret: str | None) -> None:
    """Hold what the requests to a webhook are signed with to a good length.

    Raises:
        InvalidInputError: It is none; the path names `secret`.
    """
    if secret is None or not SHORTEST_SECRET <= len(secret) <= LONGEST_SECRET:
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


def backoff(attempts: int, *, first: timedelta, growth: float, longest: timedelta, jitter: float) -> timedelta:
    """Return how long to wait after so many attempts, the last of which failed.

    Args:
        attempts: How often it was tried, from 1.
        first: The longest wait after the first one.
        growth: By how much the longest wait grows with each.
        longest: Up to where it grows.
        jitter: Where in the range from nothing to the longest wait, from 0 to 1: drawn anew each time, so that many who
            failed together do not come back together.

    Source:
        Exponential backoff with full jitter: M. Brooker, "Exponential Backoff And Jitter", 2015.
    """
    # Past 64 attempts any growth has reached the longest wait, and powers would leave the range of a float.
    return jitter * min(longest, first * growth ** min(attempts - 1, 64))


def signature(secret: str, body: bytes, *, at_s: int) -> str:
    """Sign a body as of a time: `t=…,v1=…`, so that whoever hears an old one again can tell.

    Args:
        secret: What both sides know.
        body: To the byte as it is sent.
        at_s: The present, seconds since 1970 UTC. [s]

    Source:
        HMAC (RFC 2104) with SHA-256 over the time, a full stop and the body, as Stripe signs its events.
    """
    digest = hmac.new(secret.encode(), b"%d." % at_s + body, hashlib.sha256).hexdigest()
    return f"t={at_s},v1={digest}"


def _parts_of(address: str) -> SplitResult:
    """Return the parts of a web address; urlsplit would silently drop line ends, so these are refused before."""
    malformed = _refused("This is no web address: write one like https://company.example/twinql.")
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
