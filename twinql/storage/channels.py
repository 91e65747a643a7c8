"""The facts of channels, as recording and aggregating need them."""

from collections.abc import Iterable
from uuid import UUID

import asyncpg

from twinql.domain.channels import ChannelFacts, Plausibility, PlausibilityAction, ReadingKind
from twinql.domain.commands import labels_of
from twinql.errors import NotFoundError
from twinql.storage.database import Connection
from twinql.storage.statements import load


async def facts_by_id(connection: Connection, ids: Iterable[UUID]) -> dict[UUID, ChannelFacts]:
    """Return the channels with these ids that the actor may see; the others are missing."""
    rows = await connection.fetch(load("channels")["facts_by_id"], list(ids))
    return {row["id"]: facts_of(row) for row in rows}


async def facts_of_organisation(
    connection: Connection, organisation_id: UUID, ids: Iterable[UUID]
) -> dict[UUID, ChannelFacts]:
    """Return those of these channels that are of an organisation.

    Raises:
        NotFoundError: There is no such organisation.
    """
    number = await connection.fetchval(load("channels")["number_of_organisation"], organisation_id)
    if number is None:
        raise NotFoundError("There is no such organisation.")
    found = await facts_by_id(connection, ids)
    return {key: facts for key, facts in found.items() if facts.organisation_number == number}


async def facts_by_number(connection: Connection, numbers: Iterable[int]) -> dict[int, ChannelFacts]:
    """Return the channels with these numbers that the actor may see; the others are missing."""
    rows = await connection.fetch(load("channels")["facts_by_number"], list(numbers))
    return {row["number"]: facts_of(row) for row in rows}


def facts_of(row: asyncpg.Record) -> ChannelFacts:
    """Return the facts of a channel in a row that has its columns."""
    return ChannelFacts(
        id=row["id"],
        number=row["number"],
        organisation_number=row["organisation_number"],
        key=row["key"],
        kind=ReadingKind(row["kind"]),
        quantity=row["quantity"],
        unit=row["unit"],
        time_zone=row["time_zone"],
        resolution_s=row["resolution_seconds"],
        schedule=row["schedule"],
        register_maximum=row["register_maximum"],
        plausibility=Plausibility(
            minimum=row["plausible_minimum"],
            maximum=row["plausible_maximum"],
            rate_per_minute=row["plausible_rate_per_minute"],
            action=PlausibilityAction(row["plausibility_action"]),
        ),
        states=labels_of(row["states"]),
        archived=row["archived"],
    )
