"""Invites people by e-mail through Supabase Auth, where its service key was given."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import structlog
from httpx import AsyncClient, Timeout
from supabase_auth import AsyncGoTrueAdminAPI
from supabase_auth.errors import AuthApiError, AuthError

from twinql.auth.issuers import supabase_issuer
from twinql.domain.identity import User
from twinql.errors import ConflictError, InvalidInputError, UnavailableError

PATIENCE_S = 10.0
_REGISTERED = frozenset({"email_exists", "user_already_exists"})
_BAD_ADDRESS = frozenset({"validation_failed", "email_address_invalid", "email_address_not_authorized"})
_TOO_MANY_REQUESTS = 429

log = structlog.stdlib.get_logger("twinql.auth")


class Directory:
    """The users of a Supabase project."""

    def __init__(self, admin: AsyncGoTrueAdminAPI, issuer: str) -> None:
        """Invite through this interface, to whom the issuer of its tokens belongs."""
        self._admin = admin
        self._issuer = issuer

    async def invite(self, email: str) -> User:
        """Have Supabase send an e-mail with a way to sign in, and return whom it is for.

        Raises:
            ConflictError: Somebody with this address is registered already; no e-mail went out.
            InvalidInputError: Supabase takes no such address.
            UnavailableError: Supabase could not be reached, refused the service key, or sends no more e-mails for now.
        """
        try:
            found = await self._admin.invite_user_by_email(email)
        except AuthApiError as error:
            raise _told(error) from error
        except (AuthError, ValueError) as error:  # or an answer that is none
            log.warning("Supabase Auth did not answer as expected.", error=str(error))
            raise UnavailableError(
                "Supabase Auth cannot be reached to send the e-mail; try again, or invite without one."
            ) from error
        return User(self._issuer, found.user.id)


def _told(error: AuthApiError) -> ConflictError | InvalidInputError | UnavailableError:
    if error.code in _REGISTERED:
        return ConflictError(
            "Somebody with this address is registered already, so no e-mail was sent: hand the secret over yourself.",
            path=("email",),
        )
    if error.code in _BAD_ADDRESS:
        return InvalidInputError("Supabase Auth takes no such e-mail address; correct it.", path=("email",))
    log.error("Supabase Auth refused an invitation.", status=error.status, code=error.code, error=error.message)
    if error.status == _TOO_MANY_REQUESTS:
        return UnavailableError("Supabase Auth sends no more e-mails for now; try again later, or invite without one.")
    return UnavailableError(
        "Supabase Auth refused to send the e-mail, and the server's log says why; invite without one."
    )


@asynccontextmanager
async def open_directory(url: str | None, service_role_key: str | None) -> AsyncIterator[Directory | None]:
    """Open the way to the users of a Supabase project; None where its address or its service key is not set."""
    if url is None or service_role_key is None:
        yield None
        return
    issuer = supabase_issuer(url)
    headers = {"apikey": service_role_key, "Authorization": f"Bearer {service_role_key}"}
    async with AsyncClient(timeout=Timeout(PATIENCE_S), follow_redirects=False) as client:
        yield Directory(AsyncGoTrueAdminAPI(url=issuer, headers=headers, http_client=client), issuer)
