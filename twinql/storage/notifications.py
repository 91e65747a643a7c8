"""Who is still to be told of alarms, and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from twinql.domain.alarms.notices import Notice
from twinql.domain.alarms.targets import MOST_ATTEMPTS, NotificationStatus, TargetKind
from twinql.storage.database import Connection
from twinql.storage.statements import load


@dataclass(frozen=True, slots=True)
class Due:
    """A notice that is being told.

    Attributes:
        notice: What is told.
        secret: With what it is signed; None for e-mail.
        attempts: Which attempt this is, from 1.
    """

    notice: Notice
    secret: str | None
    attempts: int


@dataclass(frozen=True, slots=True)
class Round:
    """Everything that is told to one address at once; nobody else tells it meanwhile.

    Attributes:
        claim: The target that stands for the address.
        organisation_id: Whose it is.
        kind: How it is told.
        address: Where.
        due: What it is told, in the order in which it happened.
    """

    claim: UUID
    organisation_id: UUID
    kind: TargetKind
    address: str
    due: Sequence[Due]


@dataclass(frozen=True, slots=True)
class Trial:
    """A target that is tried out.

    Attributes:
        name: What people call it.
        kind: How it is told.
        address: Where.
        secret: With what it is signed; None for e-mail.
        claim: The target that stands for the address; None where somebody is telling it just now.
    """

    name: str
    kind: TargetKind
    address: str
    secret: str | None
    claim: UUID | None


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an attempt.

    Attributes:
        status: PENDING where it is tried again.
        error: What went wrong, in a sentence; None where nothing did.
        next_attempt_at: When it is tried again; None where it is not.
        delivered_at: When it was taken; None where it was not.
    """

    status: NotificationStatus
    error: str | None = None
    next_attempt_at: datetime | None = None
    delivered_at: datetime | None = None


async def close(connection: Connection, now: datetime) -> int:
    """Give up what is due and is not to be tried again, and return how much that was."""
    done = await connection.execute(load("notifications")["close"], now, MOST_ATTEMPTS)
    return int(done.rpartition(" ")[2])


async def claim(
    connection: Connection,
    *,
    now: datetime,
    until: datetime,
    most: Mapping[TargetKind, int],
    busy: Sequence[UUID],
) -> Round | None:
    """Take what waits for one address, as much as its kind takes at once; None where nothing waits that is free.

    Whoever takes it has it until `until`: if nobody writes down by then what came of it, it is due again. Organisations
    that are `busy` are passed over.
    """
    row = await connection.fetchrow(load("notifications")["claim"], now, until, busy)
    if row is None:
        return None
    kind = TargetKind(row["kind"])
    taken = await connection.fetch(load("notifications")["take"], row["id"], now, until, most[kind])
    rows = await connection.fetch(load("notifications")["due"], [each["id"] for each in taken])
    return Round(row["id"], row["organisation_id"], kind, row["address"], [_due(dict(each)) for each in rows])


async def record(connection: Connection, results: Sequence[tuple[Due, Result]]) -> None:
    """Write down what came of attempts; where another attempt has begun since, nothing is written."""
    await connection.executemany(
        load("notifications")["record"],
        [
            (due.notice.id, due.attempts, each.status.value, each.error, each.next_attempt_at, each.delivered_at)
            for due, each in results
        ],
    )


async def rest(connection: Connection, claim: UUID, until: datetime) -> None:
    """Let others tell an address from then on."""
    await connection.execute(load("notifications")["rest"], claim, until)


async def waiting(connection: Connection) -> int:
    """Count the notifications that wait."""
    count: int = await connection.fetchval(load("notifications")["waiting"])
    return count


async def claim_trial(
    connection: Connection, target_id: UUID, organisation_id: UUID, *, now: datetime, until: datetime
) -> Trial | None:
    """Take the address of a target to try it out; None where the organisation has no such target."""
    row = await connection.fetchrow(load("notifications")["trial"], target_id, organisation_id, now, until)
    if row is None:
        return None
    return Trial(row["name"], TargetKind(row["kind"]), row["address"], row["secret"], row["claim"])


def _due(row: dict[str, object]) -> Due:
    secret, attempts = row.pop("secret"), row.pop("attempts")
    return Due(Notice(**row), secret, attempts)  # type: ignore[arg-type]
