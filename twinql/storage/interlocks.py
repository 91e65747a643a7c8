"""What interlocks know and say of a command: when it is asked for, when it is approved, and when it is sent."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from twinql.domain.channels import ReadingKind
from twinql.domain.commands import CommandStatus, labels_of
from twinql.domain.freshness import oldest_allowed
from twinql.domain.interlocks.conditions import HOUR
from twinql.domain.interlocks.definition import InterlockDefinition
from twinql.domain.interlocks.facts import Facts, LaidDown, Seen, Stopped, Target, UnderWay
from twinql.domain.interlocks.inputs import CLOCKS_DIFFER
from twinql.domain.interlocks.judging import judge
from twinql.domain.interlocks.levels import MINUTE
from twinql.domain.interlocks.switching import is_on
from twinql.domain.interlocks.verdict import InterlockKind, Request, Stage, Verdict
from twinql.domain.readings import ReadingSource
from twinql.storage.database import Connection
from twinql.storage.locks import JUDGING
from twinql.storage.statements import load

_IDS = ("interlock_id", "other_channel_id")
_GOOD = frozenset({"GOOD", "EDITED"})
"""Qualities of readings that were measured, or set right by a person: the graph shows them as GOOD."""


async def take_turn(connection: Connection, channel_id: UUID) -> None:
    """Wait until no other command of the organisation is being judged, and keep it so until the transaction ends.

    Of two that exclude each other, or that share a budget, the second is judged when the first is written. Whoever
    has the turn must not wait for commands that others hold: hold a command first, or skip those that are locked.
    """
    await connection.execute(load("interlocks")["take_turn"], channel_id, JUDGING)


async def facts_for(
    connection: Connection, channel_id: UUID, *, now: datetime, command_id: UUID | None = None
) -> Facts | None:
    """Return what interlocks must know to judge a command to a channel; None where the actor sees no such channel.

    Args:
        connection: In whose transaction; take the turn first, unless nothing will be written.
        channel_id: The channel that shall be set.
        now: The present.
        command_id: The command that is judged, where it is written already: it does not stand in its own way.
    """
    row = await connection.fetchrow(load("interlocks")["target"], channel_id, now + CLOCKS_DIFFER)
    if row is None:
        return None
    laid_down = [
        await _looked_at(connection, each, beside=each["seen_id"] != channel_id, now=now)
        for each in await connection.fetch(load("interlocks")["laid_down"], channel_id)
    ]
    return Facts(
        channel_id=channel_id,
        organisation_id=row["organisation_id"],
        target=_target(row),
        stopped=_stopped(row),
        laid_down=tuple(laid_down),
        under_way=await _under_way(connection, channel_id, laid_down, command_id, now) if laid_down else (),
    )


async def judge_again(connection: Connection, command_id: UUID, *, now: datetime, stage: Stage) -> tuple[Verdict, ...]:
    """Ask every interlock about a command that is written: as it is approved, and before it is sent.

    The turn is taken for the rest of the transaction. Hold the command first (`for update`).
    """
    row = await connection.fetchrow(load("interlocks")["of_command"], command_id)
    assert row is not None
    await take_turn(connection, row["channel_id"])
    facts = await facts_for(connection, row["channel_id"], now=now, command_id=command_id)
    assert facts is not None
    return judge(facts, Request(row["desired"], now, stage, not_before=row["not_before"]))


def stored_verdict(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as it is stored with its command."""
    ids = {name: str(key) for name in _IDS if (key := getattr(verdict, name)) is not None}
    source = None if verdict.source is None else verdict.source.value
    return asdict(verdict) | ids | {"kind": verdict.kind.value, "source": source}


def verdict_of(stored: dict[str, Any]) -> Verdict:
    """Read a verdict as it is stored with its command; older ones know less."""
    ids = {name: UUID(stored[name]) for name in _IDS if stored.get(name)}
    at = stored.get("observed_at")
    observed_at = None if at is None else datetime.fromisoformat(at)
    source = stored.get("source") and ReadingSource(stored["source"])
    kind = InterlockKind(stored["kind"])
    return Verdict(**(stored | ids | {"kind": kind, "observed_at": observed_at, "source": source}))


def _target(row: asyncpg.Record) -> Target:
    return Target(
        name=row["name"],
        unit=row["unit"],
        writable=row["writable"],
        archived=row["archived"],
        minimum=row["minimum"],
        maximum=row["maximum"],
        states=labels_of(row["states"]),
        last_value=row["last_value"],
        last_observed_at=row["last_observed_at"],
        reads_states=ReadingKind(row["kind"]) is ReadingKind.STATE,
    )


def _stopped(row: asyncpg.Record) -> Stopped | None:
    if row["stopped_at"] is None:
        return None
    return Stopped(at=row["stopped_at"], by=row["stopped_by"], reason=row["stop_reason"])


async def _looked_at(connection: Connection, row: asyncpg.Record, *, beside: bool, now: datetime) -> LaidDown:
    number, until, said = row["seen_number"], now + CLOCKS_DIFFER, definition_of(row)
    newest = await connection.fetchrow(load("interlocks")["newest"], number, until, row["schedule"])
    assert newest is not None
    seen = Seen(
        channel_id=row["seen_id"],
        name=row["seen_name"],
        unit=row["seen_unit"],
        states=labels_of(row["seen_states"]),
        resolution_s=row["resolution_s"],
        value=newest["value"],
        is_good=newest["quality"] in _GOOD,
        observed_at=newest["observed_at"],
        recorded_at=newest["recorded_at"],
        ahead_until=newest["ahead_until"],
        source=newest["source"] and ReadingSource(newest["source"]),
        has_device=row["has_device"],
        archived=row["archived"],
    )
    since, lowest, highest = None, None, None
    oldest = now - oldest_allowed(seen.resolution_s, said.max_age)
    on = seen.value is not None and is_on(seen.value, said.on_above)
    # How long it has been off decides nothing about what stays on.
    if said.hold_for is not None and on is (said.kind is InterlockKind.MINIMUM_ON_TIME):
        stands = (until, said.on_above, on, seen.has_device)
        since = await connection.fetchval(load("interlocks")["since"], number, oldest - said.hold_for, *stands)
    if said.rate_per_minute is not None:
        span = await connection.fetchrow(load("interlocks")["span"], number, oldest - MINUTE, now - MINUTE, until)
        assert span is not None
        lowest, highest = span["lowest"], span["highest"]
    return LaidDown(
        id=row["id"], definition=said, seen=seen, since=since, lowest=lowest, highest=highest, beside=beside
    )


async def _under_way(
    connection: Connection, channel_id: UUID, laid_down: Sequence[LaidDown], command_id: UUID | None, now: datetime
) -> tuple[UnderWay, ...]:
    channels = {channel_id, *(each.seen.channel_id for each in laid_down)}
    back = max(HOUR, *(each.definition.hold_for or HOUR for each in laid_down))
    rows = await connection.fetch(load("interlocks")["under_way"], list(channels), command_id, now - back)
    return tuple(UnderWay(**{**row, "status": CommandStatus(row["status"])}) for row in rows)


def definition_of(row: asyncpg.Record) -> InterlockDefinition:
    """Read what an interlock says from its columns."""
    names = ("name", "minimum", "maximum", "rate_per_minute", "on_above", "per_hour", "applies_from", "applies_to")
    return InterlockDefinition(
        kind=InterlockKind(row["kind"]),
        hold_for=_span(row["hold_seconds"]),
        max_age=_span(row["max_age_seconds"]),
        **{name: row[name] for name in names},
    )


def _span(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)
