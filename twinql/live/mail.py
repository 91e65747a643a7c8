"""Hands letters to a mail server: one address, one letter, and never a password over a line that others can read."""

import asyncio
import re
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from typing import Final, Self
from urllib.parse import unquote, urlsplit

import aiosmtplib

from twinql.delivery.answer import TAKEN, Answer
from twinql.domain.alarms.letters import Letter, shortened
from twinql.domain.alarms.targets import TargetKind, check_address
from twinql.errors import InvalidInputError

ANSWERS_WITHIN_S: Final = 30.0
_GOODBYE_S: Final = 2.0
_FOR_GOOD: Final = 500
_PORTS: Final = {"smtp": 587, "smtps": 465}
_SENDER: Final = re.compile(r"([^<>@,]*)<([^<>\s]+)>|([^<>\s]+)")
_OWN: Final = {"localhost", "127.0.0.1", "::1"}

NOT_SET_UP: Final = Answer("This server sends no e-mail: set SMTP_URL and SMTP_FROM.", lasting=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """The way to e-mail.

    Attributes:
        host: Name or IP address of the mail server.
        port: Its TCP port.
        user: As whom to log in; None for without a login.
        password: With what.
        sender: From whom letters are.
        wraps: Whether TLS begins with the connection; else by STARTTLS.
        secured: Whether TLS is demanded: everywhere but on this machine.
        trusted: Gives whose certificates are believed.
        within_s: How long handing a letter over may take. [s]
    """

    host: str
    port: int
    user: str | None
    password: str | None
    sender: Address
    wraps: bool
    secured: bool
    trusted: Callable[[], ssl.SSLContext] = ssl.create_default_context
    within_s: float = ANSWERS_WITHIN_S

    @classmethod
    def of(cls, url: str, sender: str | None) -> Self:
        """Read `smtp://user:password@host:587`, or `smtps://…` for TLS from the first byte on.

        Raises:
            InvalidInputError: One of the two does not fit.
        """
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise InvalidInputError("SMTP_URL does not fit: write it like smtp://user:password@host:587.")
        found = _SENDER.fullmatch(sender or "")
        name, address = (found[1] or "", found[2] or found[3]) if found else ("", "")
        try:
            check_address(TargetKind.EMAIL, address, allow_private=True)
        except InvalidInputError:
            raise InvalidInputError(
                "SMTP_FROM is needed with SMTP_URL: write it like alarms@company.example."
            ) from None
        return cls(
            host=parts.hostname,
            port=parts.port or _PORTS[parts.scheme],
            user=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            sender=Address(shortened(name.strip(' "')), addr_spec=address),
            wraps=parts.scheme == "smtps",
            secured=parts.hostname not in _OWN,
        )

    async def send(self, address: str, letter: Letter, *, now: datetime) -> Answer:
        """Hand a letter to the mail server and return what came of it."""
        client = aiosmtplib.SMTP(
            hostname=self.host,
            port=self.port,
            username=self.user,
            password=self.password,
            local_hostname=self.sender.domain,
            use_tls=self.wraps,
            start_tls=self.secured and not self.wraps,
            tls_context=self.trusted() if self.secured or self.wraps else None,
            timeout=self.within_s,
        )
        try:
            async with asyncio.timeout(self.within_s):
                await client.connect()
                await client.send_message(self.message(address, letter, now=now))
        except (aiosmtplib.SMTPException, TimeoutError, OSError) as error:
            return self._answer(error, address)
        else:
            # It has the letter: nothing that follows may say otherwise.
            with suppress(aiosmtplib.SMTPException, OSError):
                await client.quit(timeout=_GOODBYE_S)
            return TAKEN
        finally:
            client.close()

    def message(self, address: str, letter: Letter, *, now: datetime) -> EmailMessage:
        """Put a letter into its envelope: the same letter has the same Message-ID whenever it is sent."""
        message = EmailMessage(policy=SMTP_POLICY)
        message["From"] = self.sender
        message["To"] = Address(addr_spec=address)
        message["Subject"] = shortened(letter.subject)
        message["Date"] = format_datetime(now)
        message["Message-ID"] = f"<{letter.key}@{self.sender.domain}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        return message

    def _answer(self, error: Exception, address: str) -> Answer:
        match error:
            case aiosmtplib.SMTPRecipientsRefused():
                return self._answer(error.recipients[0], address)
            case aiosmtplib.SMTPResponseException() if not isinstance(error, aiosmtplib.SMTPAuthenticationError):
                # Whoever may read what became of it need not be one who may read the address.
                said = shortened(f"{error.code} {error.message}".replace(address, "…"))
                return Answer(f"The mail server did not take the e-mail: {said}", lasting=error.code >= _FOR_GOOD)
            case aiosmtplib.SMTPAuthenticationError():
                why = "The mail server refused the login of SMTP_URL."
            case TimeoutError():
                why = f"The mail server did not answer within {self.within_s:g} s."
            case aiosmtplib.SMTPConnectError() | OSError():
                why = "The mail server could not be reached; look at SMTP_URL, and at its certificate."
            case _:
                why = "The mail server offers no TLS (STARTTLS), or no login; look at SMTP_URL."
        return Answer(why, away=True)
