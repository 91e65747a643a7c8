"""What a client sends with `connection_init` to say who it is."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from twinql.api.sockets.closing import Close, Code


@dataclass(frozen=True, slots=True)
class Credentials:
    """What was sent; None where nothing was.

    Attributes:
        authorization: As the header of that name would say it.
        organisation: The organisation to act for.
    """

    authorization: str | None
    organisation: str | None

    @classmethod
    def of(cls, payload: Mapping[str, Any], headers: Mapping[str, str]) -> "Credentials":
        """Look into a payload as the usual clients write it, else into the headers of the handshake.

        Raises:
            Close: Something else than text stands where a credential is expected.
        """
        inner = payload.get("headers")
        sent = _lowered(inner) | _lowered(payload) if isinstance(inner, Mapping) else _lowered(payload)
        authorization = _text(sent, "authorization")
        token = _text(sent, "authtoken", "token")
        if authorization is None and token is not None:
            authorization = f"Bearer {token}"
        return cls(
            authorization=headers.get("authorization") if authorization is None else authorization,
            organisation=_text(sent, "x-organisation", "organisation") or headers.get("x-organisation"),
        )


def _lowered(names: Mapping[str, Any]) -> dict[str, Any]:
    return {name.lower(): value for name, value in names.items()}


def _text(sent: Mapping[str, Any], *names: str) -> str | None:
    found = next((sent[name] for name in names if sent.get(name) is not None), None)
    if found is not None and not isinstance(found, str):
        raise Close(Code.BAD_MESSAGE, "The credentials of connection_init are text.")
    return found
