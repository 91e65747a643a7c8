"""What tests of interlocks share: facts about a pump that may be judged."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from twinql.domain.commands import CommandStatus
from twinql.domain.interlocks.definition import InterlockDefinition
from twinql.domain.interlocks.facts import Facts, LaidDown, Seen, Target, UnderWay
from twinql.domain.interlocks.judging import judge
from twinql.domain.interlocks.verdict import InterlockKind, Request, Stage

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
PUMP, HEATER = UUID(int=1), UUID(int=2)
NAMES = {PUMP: "Pump", HEATER: "Heater"}


def seen(value, channel=PUMP, **changes):
    facts = {
        "channel_id": channel,
        "name": NAMES[channel],
        "unit": "ONE",
        "states": {},
        "resolution_s": 10.0,
        "value": value,
        "is_good": True,
        "observed_at": NOON - 10 * SECOND,
        "recorded_at": NOON - 10 * SECOND,
    }
    return Seen(**(facts | changes))


def laid(kind, looked, *, since=None, lowest=None, highest=None, **said):
    kind = InterlockKind(kind)
    beside = looked.channel_id != PUMP
    definition = InterlockDefinition(name="Rule", kind=kind, **said).checked(beside=beside)
    return LaidDown(
        id=UUID(int=9),
        definition=definition,
        seen=looked,
        since=since,
        lowest=lowest,
        highest=highest,
        beside=beside,
    )


def under_way(desired, status="SENT", *, sent=None, channel=PUMP, not_before=None, expires=HOUR):
    """A command to a channel, sent so long before noon."""
    return UnderWay(
        channel_id=channel,
        desired=desired,
        status=CommandStatus(status),
        not_before=not_before,
        sent_at=None if sent is None else NOON - sent,
        expires_at=NOON + expires,
    )


def said(desired, *interlocks, commands=(), stage="ISSUE", not_before=None, minimum=None, maximum=None):
    """What the interlocks that were laid down say of a command to the pump."""
    target = Target(
        name="Pump",
        unit="ONE",
        writable=True,
        archived=False,
        minimum=minimum,
        maximum=maximum,
        states={},
        last_value=0.0,
        last_observed_at=NOON,
        reads_states=False,
    )
    facts = Facts(
        channel_id=PUMP,
        organisation_id=UUID(int=7),
        target=target,
        laid_down=interlocks,
        under_way=tuple(commands),
    )
    request = Request(desired, NOON, Stage(stage), not_before=not_before)
    return [verdict for verdict in judge(facts, request) if verdict.interlock_id is not None]


def allowed(desired, interlock, **more):
    """Whether one interlock lets a command pass."""
    (verdict,) = said(desired, interlock, **more)
    return verdict.allowed
