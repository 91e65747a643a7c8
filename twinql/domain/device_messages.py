"""What devices send in JSON: readings, reports on commands, and whether they are there; read and checked row by row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import orjson

from twinql.domain import global_id
from twinql.domain.command_reports import SAID_BY_DEVICES, DeviceReport
from twinql.domain.commands import CommandStatus
from twinql.domain.incoming import IncomingReading
from twinql.domain.instants import parse_instant
from twinql.domain.readings import (
    EPOCH,
    Quality,
    ReadingStatus,
    Rejection,
    RejectionCode,
    StoredQuality,
    stored_quality,
)
from twinql.domain.units import Unit
from twinql.errors import InvalidInputError

MOST_ROWS: Final = 10_000
LONGEST_DETAIL: Final = 500
"""How much of what a device says of a command is kept. [characters]"""
_ROW_KEYS: Final = frozenset({"channelId", "observedAt", "value", "unit", "quality", "status"})
_REPORT_KEYS: Final = frozenset({"commandId", "status", "at", "detail"})


@dataclass(frozen=True, slots=True)
class SentReadings:
    """The readings of one message.

    Attributes:
        rows: As they can be read; a row that cannot be stands there with what could.
        raw: The same as they were sent.
        refused: Those that cannot be read, by their place.
    """

    rows: Sequence[IncomingReading]
    raw: Sequence[Any]
    refused: tuple[Rejection, ...]


def read_readings(payload: bytes) -> SentReadings:
    """Read `{"readings": [{"channelId", "observedAt", "value", "unit", "quality", "status"}, …]}`.

    The last three may be left out, as in the input of `recordReadings`.

    Raises:
        InvalidInputError: The message as a whole is something else.
    """
    raw = _object(payload).get("readings")
    if not isinstance(raw, list) or not 1 <= len(raw) <= MOST_ROWS:
        raise InvalidInputError(f'Send {{"readings": […]}} with 1 to {MOST_ROWS:,} readings.')
    rows, refused = [], []
    for place, sent in enumerate(raw):
        try:
            rows.append(_reading(sent))
        except _RowError as error:
            rows.append(_UNREADABLE)
            refused.append(Rejection(place, error.code, str(error)))
    return SentReadings(rows, raw, tuple(refused))


def organisation_of(payload: bytes) -> UUID:
    """Read whose readings they are, `{"organisationId": …, "readings": […]}`, where no topic says it.

    Raises:
        InvalidInputError: It does not say.
    """
    sent = _object(payload).get("organisationId")
    return global_id.decode_as(sent if isinstance(sent, str) else "", "Organisation").key


def _reading(sent: Any) -> IncomingReading:
    if not isinstance(sent, dict):
        raise _RowError(RejectionCode.INVALID_VALUE, "A reading is an object with channelId, observedAt and value.")
    if not sent.keys() <= _ROW_KEYS:
        unknown = ", ".join(sorted(sent.keys() - _ROW_KEYS))
        raise _RowError(RejectionCode.INVALID_VALUE, f"A reading has no {unknown}; look for a misspelt name.")
    value = sent.get("value")
    if isinstance(value, bool) or not isinstance(value, int | float | None):
        raise _RowError(RejectionCode.INVALID_VALUE, "The value is no number; send one, or null with quality BAD.")
    at = sent.get("observedAt")
    try:
        observed_at = parse_instant(at if isinstance(at, str) else "")
    except InvalidInputError as error:
        raise _RowError(RejectionCode.INVALID_TIME, error.message) from error
    unit, quality = sent.get("unit"), StoredQuality.GOOD
    try:
        if "quality" in sent or "status" in sent:
            quality = stored_quality(Quality(sent.get("quality", "GOOD")), ReadingStatus(sent.get("status", "ACTUAL")))
        read_unit = None if unit is None else Unit(unit)
    except ValueError as error:
        message = "There is no such unit, quality or status; write them as the graph does, such as DEGREE_CELSIUS."
        raise _RowError(RejectionCode.INVALID_VALUE, message) from error
    channel = sent.get("channelId")
    named = _channel(channel) if isinstance(channel, str) else None
    return IncomingReading(named, observed_at, None if value is None else float(value), read_unit, quality)


@lru_cache(maxsize=65_536)
def _channel(text: str) -> UUID | None:
    try:
        return global_id.decode_as(text, "Channel").key
    except InvalidInputError:
        return None


def read_report(payload: bytes) -> DeviceReport:
    """Read `{"commandId", "status", "at", "detail"}`; the last two may be left out.

    Raises:
        InvalidInputError: It is something else.
    """
    sent = _object(payload)
    if not sent.keys() <= _REPORT_KEYS:
        raise InvalidInputError("A report has a commandId, a status, and maybe at and detail.")
    status, at, detail = sent.get("status"), sent.get("at"), sent.get("detail")
    if status not in [each.value for each in SAID_BY_DEVICES]:
        raise InvalidInputError(f"The status of a report is {', '.join(each.value for each in SAID_BY_DEVICES)}.")
    if not isinstance(detail, str | None) or not isinstance(at, str | None):
        raise InvalidInputError("Write at and detail of a report as text.")
    return DeviceReport(
        command_id=global_id.decode_as(str(sent.get("commandId")), "Command").key,
        status=CommandStatus(status),
        detail=None if detail is None else detail[:LONGEST_DETAIL],
        at=None if at is None else parse_instant(at),
    )


class DeviceAvailability(Enum):
    """Whether a device is there."""

    ONLINE = "ONLINE"
    OFFLINE = "OFFLINE"


@dataclass(frozen=True, slots=True)
class SentAvailability:
    """What a device says of itself.

    Attributes:
        availability: Whether it is there.
        keeps_journal: Whether it keeps a journal of commands that it has done, so that one may be sent to it again.
    """

    availability: DeviceAvailability
    keeps_journal: bool


def read_availability(payload: bytes) -> SentAvailability:
    """Read `{"status": "ONLINE" or "OFFLINE", "journal": true or false}`; without the last it keeps none.

    Nothing at all, as a broker tells it that shall forget, is OFFLINE.

    Raises:
        InvalidInputError: It is something else.
    """
    if not payload:
        return SentAvailability(DeviceAvailability.OFFLINE, keeps_journal=False)
    sent = _object(payload)
    status, journal = sent.get("status"), sent.get("journal", False)
    if status not in ("ONLINE", "OFFLINE") or not isinstance(journal, bool) or sent.keys() - {"status", "journal"}:
        raise InvalidInputError(
            'Send {"status": "ONLINE"} or {"status": "OFFLINE"}, and "journal": true if you keep one.'
        )
    return SentAvailability(DeviceAvailability(status), journal)


def _object(payload: bytes) -> Mapping[str, Any]:
    try:
        read = orjson.loads(payload)
    except orjson.JSONDecodeError as error:
        raise InvalidInputError(f"This is no JSON: {error}.") from error
    if not isinstance(read, dict):
        raise InvalidInputError("A message is a JSON object.")
    return read


class _RowError(ValueError):
    """A reading that cannot be read."""

    def __init__(self, code: RejectionCode, message: str) -> None:
        super().__init__(message)
        self.code = code


_UNREADABLE: Final = IncomingReading(None, EPOCH, None, None, StoredQuality.BAD)
