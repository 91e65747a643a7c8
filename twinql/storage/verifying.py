"""What readings show of executed commands, and what was found of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from twinql.domain.commands import labels_of, spoken
from twinql.domain.verification import (
    ARRIVES_WITHIN,
    Expectation,
    Seen,
    Verification,
    VerificationStatus,
    expectation_of,
    look_for,
)
from twinql.storage.database import Connection
from twinql.storage.statements import load

CLOCKS_DIFFER: Final = timedelta(seconds=2)
"""How far the clock of a device may lie behind, for its first reading after a command still to count."""
READINGS_AT_ONCE: Final = 1_000
"""So many readings of one channel are looked at before others have their turn."""
_AT_ONCE: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Executed:
    """An executed command whose effect is looked for.

    Attributes:
        id: The command.
        desired: The value that was asked for. [unit of the channel]
        unit: That unit, as the graph names it.
        states: Labels by code for a STATE channel; empty for others.
        expectation: The effect that was stated to be expected, as it is stored; None where none was.
        sent_at: When it was handed to its device.
        executed_at: When the device said it was done.
        superseded_at: When a command for another value was sent to the same channel; None where none was. What is read
            from then on is the other one's doing and left out below, as is what is not good or dated ahead.
        is_over: Whether the channel has been read since then, so that no earlier reading is to be expected.
        shown_at: The first reading since it was sent that shows the value; None where none does.
        last_value: The last reading since then; None where there is none. [unit of the channel]
        last_observed_at: When it was taken.
    """

    id: UUID
    desired: float
    unit: str
    states: Mapping[float, str]
    expectation: Mapping[str, Any] | None
    sent_at: datetime
    executed_at: datetime
    superseded_at: datetime | None
    is_over: bool
    shown_at: datetime | None
    last_value: float | None
    last_observed_at: datetime | None


@dataclass(slots=True)
class Looked:
    """How far the readings that may show an effect were looked at: what was seen is not read again.

    Attributes:
        since: From then on they are still to be looked at; None before the first.
        nearest: What those before came to; None where there were none.
        is_last: Whether it began when the time was over. Readings that arrive late are found by this last look, which
            begins anew, so nothing is said to be missing before it has ended.
        readings: How many the last look took in.
    """

    since: datetime | None = None
    nearest: Verification | None = None
    is_last: bool = False
    readings: int = 0


@dataclass(frozen=True, slots=True)
class Finding:
    """What is known of the effect of a command.

    Attributes:
        status: VERIFIED where its channel shows the value and the expected effect was seen, where one was stated.
        detail: The same for people, with the numbers.
        stored: The same for programs.
    """

    status: VerificationStatus
    detail: str
    stored: dict[str, Any]


async def executed(connection: Connection, *, now: datetime) -> list[Executed]:
    """Return executed commands whose effect has not been seen yet; they are held until the transaction ends."""
    rows = await connection.fetch(load("verifying")["executed"], CLOCKS_DIFFER, now)
    return [Executed(**{**row, "states": labels_of(row["states"])}) for row in rows]


async def verify(
    connection: Connection, command: Executed, looked: Looked, *, shows_within: timedelta, now: datetime
) -> Finding:
    """Look for the effect of a command in the readings of its channel, and of the one on which an effect is expected.

    Args:
        connection: A worker's.
        command: The command.
        looked: How far its effect was looked for; it goes on from there by `READINGS_AT_ONCE`.
        shows_within: How long after it was executed its own channel may take to show the value.
        now: The present.
    """
    echo = _echo(command, shows_within, now)
    effect = None
    if command.expectation is not None:
        effect = await _effect(connection, command, expectation_of(dict(command.expectation)), looked, now)
    found = [each for each in (echo, effect) if each is not None]
    statuses = [each.status for each in found]
    status = VerificationStatus.PENDING
    if VerificationStatus.NOT_OBSERVED in statuses:
        status = VerificationStatus.NOT_OBSERVED
    elif VerificationStatus.PENDING not in statuses:
        status = VerificationStatus.VERIFIED
    stored = echo.stored | {"status": status.value, "effect": effect and effect.stored}
    return Finding(status, " ".join(each.detail for each in found), stored)


async def keep(connection: Connection, command_id: UUID, finding: Finding) -> None:
    """Keep what was found of a command's effect."""
    await connection.execute(load("verifying")["keep"], command_id, finding.stored)


def _echo(command: Executed, shows_within: timedelta, now: datetime) -> Finding:
    """Say whether the command's own channel shows the value that was asked for."""
    desired = spoken(command.desired, unit=command.unit, states=command.states)
    if command.shown_at is not None:
        stored = _stored(command, command.desired, command.shown_at)
        return Finding(VerificationStatus.VERIFIED, f"A reading of {_clock(command.shown_at)} shows {desired}.", stored)
    last = "there was none"
    if command.last_value is not None:
        last = f"the last one shows {spoken(command.last_value, unit=command.unit, states=command.states)}"
    not_shown = f"No good reading within {shows_within.total_seconds():g} s shows {desired}"
    if command.superseded_at is not None:
        overtaken_at = _clock(command.superseded_at)
        not_shown = f"A command for another value overtook it at {overtaken_at}, before a good reading showed {desired}"
    is_over = command.is_over or now >= command.executed_at + shows_within
    return Finding(
        VerificationStatus.NOT_OBSERVED if is_over else VerificationStatus.PENDING,
        f"{not_shown}: {last}.",
        _stored(command, command.last_value, command.last_observed_at),
    )


def _stored(command: Executed, observed: float | None, at: datetime | None) -> dict[str, Any]:
    superseded_at = command.superseded_at
    return {
        "desired": command.desired,
        "observed": observed,
        "observed_at": at and at.isoformat(),
        "superseded_at": superseded_at and superseded_at.isoformat(),
    }


async def _effect(
    connection: Connection, command: Executed, expected: Expectation, looked: Looked, now: datetime
) -> Finding:
    """Say whether the effect that was stated to be expected is there."""
    until = command.executed_at + expected.within
    if command.superseded_at is not None and command.superseded_at < until:
        # The next command acts from then on. What was read before has arrived by the time that it is looked at.
        until = command.superseded_at
    is_over = now >= until + ARRIVES_WITHIN
    looked.is_last = is_over if looked.since is None else looked.is_last
    since = looked.since or command.sent_at - CLOCKS_DIFFER
    # In a transaction of its own: where it fails, others are still looked at.
    async with connection.transaction():
        rows = await connection.fetch(
            load("verifying")["effect"],
            expected.channel_id,
            command.sent_at,
            min(until, now),
            since,
            READINGS_AT_ONCE,
        )
    after = [Seen(row["at"], row["value"]) for row in rows if row["is_after"]]
    found = look_for(
        expected,
        before=next((row["value"] for row in rows if not row["is_after"]), None),
        after=after,
        sent_at=command.sent_at,
        until=until,
        now=now,
        so_far=looked.nearest,
    )
    if found.status is VerificationStatus.NOT_OBSERVED and (len(after) == READINGS_AT_ONCE or not looked.is_last):
        found = replace(found, status=VerificationStatus.PENDING)
    _go_on(looked, after, found, is_over=is_over)
    stored = {
        "expected": expected.as_json(),
        "status": found.status.value,
        "reference": found.reference,
        "observed": found.observed,
        "observed_at": found.observed_at and found.observed_at.isoformat(),
        "change": found.change,
    }
    return Finding(found.status, _told(found, until), stored)


def _go_on(looked: Looked, after: Sequence[Seen], found: Verification, *, is_over: bool) -> None:
    """Keep how far was looked; a little further back where all was seen, since readings overtake each other."""
    looked.readings, looked.nearest = len(after), found
    if len(after) == READINGS_AT_ONCE:
        looked.since = after[-1].at + _AT_ONCE
    elif is_over and not looked.is_last:
        looked.since, looked.nearest = None, None
    elif after:
        looked.since = max(looked.since or after[0].at, after[-1].at - ARRIVES_WITHIN)


def _told(found: Verification, until: datetime) -> str:
    if found.status is VerificationStatus.VERIFIED:
        began = "The expected effect shows"
    elif found.status is VerificationStatus.ALREADY_THERE:
        began = "It read so already, which shows nothing of the command"
    else:
        began = f"The expected effect did not show by {_clock(until)}"
    if found.observed is None or found.observed_at is None:
        return f"{began}: there was no reading."
    without = "" if found.reference is None else f", {found.reference:g} without the command"
    return f"{began}: {found.observed:g} at {_clock(found.observed_at)}{without}."


def _clock(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
