"""`GET /export/readings.csv`: readings of any number in one stream, as whoever asks may see them."""

from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import aclosing
from datetime import datetime
from uuid import UUID

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from twinql.api.http import from_foreign_page, refusal_of
from twinql.api.services import Gate
from twinql.domain.global_id import decode_as
from twinql.domain.identity import Actor
from twinql.domain.instants import parse_instant
from twinql.errors import ForbiddenError, InvalidInputError, NotFoundError, TwinError, UnavailableError
from twinql.files.exporting import csv_of
from twinql.storage.database import Database
from twinql.storage.export import ExportedChannel, exported_channels

EXPORT_PATH = "/export/readings.csv"
AT_ONCE, AT_ONCE_EACH = 4, 1
"""How many exports may run at a time, of all callers and of one: each holds one of the pool's connections."""
MOST_CHANNELS = 1_000


class ReadingsExport:
    """Answers the route: everything that can go wrong is found out before the first byte is sent."""

    def __init__(self, database: Database, gate: Gate) -> None:
        """Give what is in a database to whom a gate lets in."""
        self._database = database
        self._gate = gate
        self._running: Counter[Actor] = Counter()

    async def answer(self, request: Request) -> Response:
        """Stream the readings, or say what is wrong."""
        try:
            headers = request.headers
            if from_foreign_page(headers):
                raise ForbiddenError("A page of another site asked for this: open the address itself.")
            caller = await self._gate.admit(headers.get("authorization"), headers.get("x-organisation"))
            since, until = (_instant(request, name) for name in ("from", "until"))
            if since is not None and until is not None and since >= until:
                raise InvalidInputError("The period is empty: from must lie before until.", path=("until",))
            channels = await _channels(request, self._database, caller.actor)
            if self._running.total() >= AT_ONCE or self._running[caller.actor] >= AT_ONCE_EACH:
                raise UnavailableError("Other exports are running: ask again in a while.")
        except TwinError as error:
            refusal = refusal_of(error)
            return Response(refusal.body(), refusal.status, refusal.headers, media_type="application/json")
        pieces = self._counted(caller.actor, csv_of(self._database, caller.actor, channels, since=since, until=until))
        told = {"Content-Disposition": 'attachment; filename="readings.csv"', "Cache-Control": "no-store"}
        return StreamingResponse(pieces, media_type="text/csv; charset=utf-8", headers=told)

    async def _counted(self, actor: Actor, pieces: AsyncGenerator[str]) -> AsyncGenerator[str]:
        self._running[actor] += 1
        try:
            async with aclosing(pieces):
                async for piece in pieces:
                    yield piece
        finally:
            self._running -= Counter([actor])  # whoever has none is forgotten


def _instant(request: Request, name: str) -> datetime | None:
    text = request.query_params.get(name)
    try:
        # A plus sign in an address stands for a space, and is so often left as it is that it is taken for one.
        return None if text is None else parse_instant(text.replace(" ", "+"))
    except InvalidInputError as error:
        raise InvalidInputError(f"`{name}` does not fit: {error.message}", path=(name,)) from error


async def _channels(request: Request, database: Database, actor: Actor) -> list[ExportedChannel]:
    texts = request.query_params.getlist("channel")
    if not texts:
        raise InvalidInputError("Name at least one channel: ?channel=ID, as a query gives its id.", path=("channel",))
    if len(texts) > MOST_CHANNELS:
        raise InvalidInputError(f"At most {MOST_CHANNELS} channels fit in one export; ask several times.")
    keys: list[UUID] = list(dict.fromkeys(decode_as(text, "Channel").key for text in texts))
    async with database.transaction(actor, readonly=True) as connection:
        channels = await exported_channels(connection, ids=keys)
    if len(channels) < len(keys):
        raise NotFoundError("There is no such channel, or none that you may see; check the ids.")
    return channels
