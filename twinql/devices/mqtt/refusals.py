"""What is refused of what devices send: counted by its code, and logged, though no flood of it."""

from collections import Counter
from dataclasses import dataclass, field
from enum import Enum
from time import monotonic
from typing import Final

import asyncpg
import structlog

from twinql.errors import InvalidInputError, NotFoundError

_LOGS_EVERY_S: Final = 1.0

REFUSED: Final = (InvalidInputError, NotFoundError, asyncpg.DataError, asyncpg.IntegrityConstraintViolationError)
"""Errors that a message itself causes. All others are the database's, and end some day: the message waits."""

log = structlog.stdlib.get_logger("twinql.mqtt")


class Refusal(Enum):
    """Why a message was refused as a whole, or what was wrong with one that was taken."""

    MALFORMED_TOPIC = "MALFORMED_TOPIC"
    MALFORMED_PAYLOAD = "MALFORMED_PAYLOAD"
    RETAINED = "RETAINED"
    UNKNOWN_DEVICE = "UNKNOWN_DEVICE"
    FOREIGN_TOPIC = "FOREIGN_TOPIC"
    UNKNOWN_COMMAND = "UNKNOWN_COMMAND"
    OUT_OF_ORDER = "OUT_OF_ORDER"
    REPEATED = "REPEATED"
    FINISHED = "FINISHED"
    CLOCK_OFF = "CLOCK_OFF"
    NOT_STORED = "NOT_STORED"


@dataclass(slots=True)
class Refusals:
    """Counts them, and logs those of a code at most once a second, with how many there were in between.

    Attributes:
        counts: How often, by code; those of single readings have the codes of `RejectionCode`.
    """

    counts: Counter[str] = field(default_factory=Counter)
    _unsaid: Counter[str] = field(default_factory=Counter)
    _said_s: dict[str, float] = field(default_factory=dict)

    def add(self, code: str, topic: str, detail: str, times: int = 1) -> None:
        """Count a refusal and say it, unless one like it was just said."""
        self.counts[code] += times
        self._unsaid[code] += times
        now_s = monotonic()
        if now_s - self._said_s.get(code, -_LOGS_EVERY_S) < _LOGS_EVERY_S:
            return
        self._said_s[code] = now_s
        log.warning(
            "What a device sent was refused.", code=code, topic=topic[:300], detail=detail, times=self._unsaid.pop(code)
        )
