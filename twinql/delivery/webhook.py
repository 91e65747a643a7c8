"""Tells webhooks: one signed request to an address that was looked at; of the answer no more is read than asked."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from http import HTTPStatus
from typing import Final

import httpx

from twinql.delivery.answer import TAKEN, Answer
from twinql.domain.webhooks import LONGEST_PAUSE, is_public, signature

CONNECTS_WITHIN_S: Final = 5.0
ANSWERS_WITHIN_S: Final = 10.0
_MOST_ADDRESSES: Final = 3
_TRIED_AGAIN: Final = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS}
_ASKS_FOR_A_PAUSE: Final = {HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE}

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Gives the IP addresses of a host for a port; raises OSError where it has none."""


async def _resolve(host: str, port: int) -> Sequence[str]:
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


@cache
def _trusted() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


@dataclass(frozen=True, slots=True)
class Webhooks:
    """The way to webhooks.

    Attributes:
        private: Whether they may be in networks that are not public.
        resolve: Looks names up.
        trusted: Gives whose certificates are believed.
        within_s: How long one may take to answer. [s]
    """

    private: bool = False
    resolve: Resolve = _resolve
    trusted: Callable[[], ssl.SSLContext] = field(default=_trusted)
    within_s: float = ANSWERS_WITHIN_S

    async def post(
        self, address: str, body: bytes, *, secret: str, event_id: str, now: datetime, reads: int = 0
    ) -> Answer:
        """Send a body to an address, signed as of `now`, and return what came of it.

        Args:
            address: The web address.
            body: JSON, to the byte.
            secret: What it is signed with.
            event_id: The same however often the same thing is told, so that whoever hears it twice can tell.
            now: The present.
            reads: How much of what is answered is read. [bytes]
        """
        headers = {
            "accept-encoding": "identity",
            "content-type": "application/json",
            "user-agent": "TwinQL",
            "twinql-event-id": event_id,
            "twinql-signature": signature(secret, body, at_s=int(now.timestamp())),
        }
        try:
            async with asyncio.timeout(self.within_s):
                answered = await self._send(httpx.Request("POST", address, content=body, headers=headers), reads)
                if isinstance(answered, Answer):
                    return answered
                response, said = answered
                answer = answer_of(response.status_code, response.headers.get("retry-after"), now)
                return replace(answer, body=said) if said else answer
        except (TimeoutError, httpx.TimeoutException) as error:
            said_nothing = f"The webhook did not answer within {self.within_s:g} s."
            return Answer(said_nothing, away=True, refused=isinstance(error, httpx.ConnectTimeout))
        except (httpx.InvalidURL, UnicodeError):
            return Answer("The webhook's address is none; correct it.", lasting=True)
        except (httpx.HTTPError, OSError) as error:
            refused = isinstance(error, httpx.ConnectError | socket.gaierror)
            return Answer(_why(error), away=True, refused=refused)

    async def _send(self, request: httpx.Request, reads: int) -> tuple[httpx.Response, bytes] | Answer:
        """Send to the first of the host's IP addresses that takes a connection; its name is looked up once."""
        url = request.url
        if url.scheme != "https" and not self.private:
            return Answer("The webhook's address does not begin with https://; correct it.", lasting=True)
        port = url.port or (443 if url.scheme == "https" else 80)
        addresses = await self.resolve(url.raw_host.decode(), port)
        if not self.private and not all(is_public(each) for each in addresses):
            return Answer("The webhook's address leads into a network that is not public.", lasting=True)
        async with httpx.AsyncClient(
            verify=self.trusted(),
            trust_env=False,
            follow_redirects=False,
            timeout=httpx.Timeout(self.within_s, connect=min(CONNECTS_WITHIN_S, self.within_s)),
        ) as client:
            *others, last = addresses[:_MOST_ADDRESSES]
            for each in others:
                with suppress(httpx.ConnectError, httpx.ConnectTimeout):
                    return await _send(client, request, each, reads)
            return await _send(client, request, last, reads)


async def _send(
    client: httpx.AsyncClient, request: httpx.Request, address: str, reads: int
) -> tuple[httpx.Response, bytes]:
    """Send to an IP address what is meant for a host; the certificate must be the host's."""
    sent = client.build_request(
        request.method,
        request.url.copy_with(host=address),
        content=request.content,
        headers=request.headers,
        extensions={"sni_hostname": request.url.raw_host.decode()},
    )
    response = await client.send(sent, stream=True)
    said = b""
    try:
        if reads:
            async for part in response.aiter_raw():
                said += part[: reads - len(said)]
                if len(said) >= reads:
                    break
    finally:
        await response.aclose()
    return response, said


def answer_of(status: int, retry_after: str | None, now: datetime) -> Answer:
    """Say what a status means: 2xx is taken; 408, 425, 429 and 5xx are tried again; everything else is for good."""
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES:
        return TAKEN
    if HTTPStatus.MULTIPLE_CHOICES <= status < HTTPStatus.BAD_REQUEST:
        return Answer(f"The webhook answered {status}: redirects are not followed; correct the address.", lasting=True)
    if status < HTTPStatus.INTERNAL_SERVER_ERROR and status not in _TRIED_AGAIN:
        return Answer(f"The webhook answered {status}: it does not take this.", lasting=True)
    pause = pause_of(retry_after, now)
    asks = status in _ASKS_FOR_A_PAUSE
    return Answer(f"The webhook answered {status}.", away=asks, refused=asks, pause=pause if asks else None)


def pause_of(retry_after: str | None, now: datetime) -> timedelta | None:
    """Read how long somebody wants to be left alone (RFC 9110, 10.2.3), half a day at most; None for no such wish."""
    if retry_after is None:
        return None
    try:
        pause = timedelta(seconds=int(retry_after))
    except (ValueError, OverflowError):
        try:
            until = parsedate_to_datetime(retry_after)
        except ValueError:
            return None
        pause = (until if until.tzinfo else until.replace(tzinfo=UTC)) - now
    return min(max(pause, timedelta(0)), LONGEST_PAUSE)


def _why(error: BaseException) -> str:
    """Say why nobody answered, without the text of the failure, which may speak of the network behind."""
    causes = [error]
    while (cause := causes[-1].__cause__ or causes[-1].__context__) is not None:
        causes.append(cause)
    if any(isinstance(each, ssl.SSLError) for each in causes):
        return "No TLS connection to the webhook could be made; look at its certificate."
    if any(isinstance(each, socket.gaierror) for each in causes):
        return "The webhook's host has no address; look at its name."
    if isinstance(error, httpx.ConnectError):
        return "The webhook took no connection."
    return "The webhook ended the connection without an answer."
