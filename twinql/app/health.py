"""`/healthz`: the process is alive. `/readyz`: it can serve, or the reasons why it cannot."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse

from twinql.errors import TwinError

PATIENCE_S = 5.0
SLOW = "The database does not answer in time: see that it runs and is not overloaded."

log = structlog.stdlib.get_logger("twinql.health")


async def alive(_request: Request) -> JSONResponse:
    """Answer as long as the event loop turns."""
    return JSONResponse({"alive": True})


class Readiness:
    """Asks the database whether this server could serve a request now."""

    def __init__(self, pending: Callable[[], Awaitable[list[str]]]) -> None:
        """Ask through `pending`, which names the migrations that the database lacks, or raises."""
        self._pending = pending

    async def answer(self, _request: Request) -> JSONResponse:
        """Answer 200, or 503 with reasons."""
        reason = await self.reason()
        if reason is None:
            return JSONResponse({"ready": True})
        log.warning("The server is not ready.", reason=reason)
        return JSONResponse({"ready": False, "reasons": [reason]}, status_code=503)

    async def reason(self) -> str | None:
        """Tell why this server cannot serve; None when it can."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                missing = await self._pending()
        except TimeoutError:
            return SLOW
        except (TwinError, OSError) as error:
            return error.message if isinstance(error, TwinError) else "The database is out of reach: see that it runs."
        return f"The database lacks {len(missing)} migrations: run `twinql migrate`." if missing else None
