"""Who is let in."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Protocol
from uuid import UUID

import structlog

from twinql.auth.caller import Caller
from twinql.auth.tokens import LONGEST, Issuer
from twinql.auth.verifier import Verifier
from twinql.domain.global_id import decode_as
from twinql.domain.identity import LOCAL_ISSUER, LOCAL_SUBJECT, Device, User
from twinql.domain.secrets import hash_of
from twinql.errors import InvalidInputError, UnauthenticatedError

API_KEY = re.compile(r"twinql_[A-Za-z0-9_-]{43}")
LOOKUPS = 2
"""How many API keys are looked up at a time: strangers who try many keep nothing else from the database."""
NO_ORGANISATION = UUID(int=0)
"""Stands for a name that no organisation has."""

log = structlog.stdlib.get_logger("twinql.auth")


class Key(Protocol):
    """What is known of an API key that is in force."""

    @property
    def key_id(self) -> UUID:
        """The key."""

    @property
    def expires_at(self) -> datetime | None:
        """When it ends (UTC); None where it does not."""


FindKey = Callable[[bytes], Awaitable[Key | None]]


class Gate:
    """Turns what a caller sends into who they are."""

    def __init__(self, issuers: Mapping[str, Issuer], find_key: FindKey, *, local: bool) -> None:
        """Trust these issuers.

        Args:
            issuers: Whose tokens are taken, by name.
            find_key: Finds the API key with this SHA-256, if one is in force.
            local: Whether whoever sends nothing acts as this machine's own user: only where nobody else can ask.
        """
        self._issuers = issuers
        self._verifier = Verifier(issuers)
        self._find_key = find_key
        self._lookups = asyncio.Semaphore(LOOKUPS)
        self._local = local

    async def admit(self, authorization: str | None, organisation: str | None) -> Caller:
        """Say who asks.

        Args:
            authorization: What the header of this name says, such as `Bearer …`; None where nothing was sent.
            organisation: The organisation that they name, by its id; None leaves it to the database.

        Raises:
            UnauthenticatedError: Nobody known vouches for them. The log says why.
            UnavailableError: What would tell is away for the moment.
        """
        named = None if organisation is None else organisation_of(organisation)
        if authorization is None and self._local:
            return Caller(User(LOCAL_ISSUER, LOCAL_SUBJECT, named))
        try:
            return await self._admit(authorization or "", named)
        except UnauthenticatedError as error:
            log.info("A caller was refused.", reason=error.reason)
            raise

    async def _admit(self, authorization: str, organisation: UUID | None) -> Caller:
        scheme, _, text = authorization.strip().partition(" ")
        text = text.strip()
        if scheme.lower() != "bearer" or not text or not text.isascii() or len(text) > LONGEST:
            raise UnauthenticatedError("no bearer token" if authorization else "nothing was sent")
        if API_KEY.fullmatch(text):
            async with self._lookups:
                key = await self._find_key(hash_of(text))
            if key is None:
                raise UnauthenticatedError("no API key in force")
            return Caller(Device(key.key_id), key.expires_at)
        verified = await self._verifier.verify(text)
        return Caller(User(verified.issuer, verified.subject, organisation), verified.expires_at)

    async def close(self) -> None:
        """Let go of what is open to the outside."""
        for issuer in self._issuers.values():
            if issuer.keys is not None:
                await issuer.keys.close()


def organisation_of(text: str) -> UUID:
    """Read the id of an organisation, as the graph or the database writes it; what is none is nobody's."""
    try:
        return UUID(text)
    except ValueError:
        pass
    try:
        return decode_as(text, "Organisation").key
    except InvalidInputError:
        return NO_ORGANISATION
