"""The headers of a request, read once for all who look at them."""

from starlette.types import Scope

_KEPT = "twinql.headers"


def headers_of(scope: Scope) -> dict[str, str]:
    """Return the headers of a request by their names in lower case, joined where one was sent several times."""
    known: dict[str, str] | None = scope.get(_KEPT)
    if known is None:
        sent = scope["headers"]
        known = {name.decode("latin-1"): value.decode("latin-1") for name, value in sent}
        if len(known) < len(sent):
            known = {each: _joined(sent, each.encode("latin-1")) for each in known}
        scope[_KEPT] = known
    return known


def _joined(sent: list[tuple[bytes, bytes]], name: bytes) -> str:
    return b", ".join(value for each, value in sent if each == name).decode("latin-1")
