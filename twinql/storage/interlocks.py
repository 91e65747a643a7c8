"""What interlocks know and say of a command: when it is asked for, when it is approved, and when it is sent."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from twinql.domain.channels import ReadingKind
from twinql.domain.commands import labels_of
from twinql.domain.interlocks.facts import Facts, Target
from twinql.domain.interlocks.judging import judge
from twinql.domain.interlocks.verdict import InterlockKind, Request, Stage, Verdict
from twinql.storage.database import Connection
from twinql.storage.statements import load

CLOCKS_DIFFER = timedelta(minutes=1)
"""A reading that is dated further ahead tells nothing of the present: its clock is off."""


async def take_turn(connection: Connection, channel_id: UUID) -> None:
    """Wait until no other command of the organisation is being judged, and keep it so until the transaction ends.

    Of two that exclude each other, or that share a budget, the second is judged when the first is written. Whoever
    has the turn must not wait for commands that others hold: hold a command first, or skip those that are locked.
    """
    await connection.execute(load("interlocks")["take_turn"], channel_id)


async def facts_for(connection: Connection, channel_id: UUID, *, now: datetime) -> Facts | None:
    """Return what interlocks must know to judge a command to a channel; None where the actor sees no such channel.

    Args:
        connection: In whose transaction; take the turn first, unless nothing will be written.
        channel_id: The channel that shall be set.
        now: The present.
    """
    row = await connection.fetchrow(load("interlocks")["target"], channel_id, now + CLOCKS_DIFFER)
    return None if row is None else Facts(channel_id, row["organisation_id"], _target(row))


async def judge_again(connection: Connection, command_id: UUID, *, now: datetime, stage: Stage) -> tuple[Verdict, ...]:
    """Ask every interlock about a command that is written: as it is approved, and before it is sent.

    The turn is taken for the rest of the transaction. Hold the command first (`for update`).
    """
    row = await connection.fetchrow(load("interlocks")["of_command"], command_id)
    assert row is not None
    await take_turn(connection, row["channel_id"])
    facts = await facts_for(connection, row["channel_id"], now=now)
    assert facts is not None
    return judge(facts, Request(row["desired"], now, stage))


def stored_verdict(verdict: Verdict) -> dict[str, Any]:
    """Return a verdict as it is stored with its command."""
    return asdict(verdict) | {"kind": verdict.kind.value}


def verdict_of(stored: dict[str, Any]) -> Verdict:
    """Read a verdict as it is stored with its command; older ones know less."""
    ids = {name: UUID(stored[name]) for name in ("interlock_id", "other_channel_id") if stored.get(name)}
    at = stored.get("observed_at")
    observed_at = None if at is None else datetime.fromisoformat(at)
    return Verdict(**(stored | ids | {"kind": InterlockKind(stored["kind"]), "observed_at": observed_at}))


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
