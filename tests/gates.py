"""Gates for tests of what lies behind the real one."""

from collections.abc import Mapping

from twinql.auth import Caller
from twinql.domain.identity import Device, User
from twinql.errors import UnauthenticatedError


class NamedGate:
    """Lets in whoever sends `Bearer NAME` with a name that it knows."""

    def __init__(self, known: Mapping[str, User | Device]) -> None:
        self._known = known

    async def admit(self, authorization: str | None, _organisation: str | None) -> Caller:
        name = (authorization or "").removeprefix("Bearer ")
        if name not in self._known:
            raise UnauthenticatedError("No such name.")
        return Caller(self._known[name])
