"""Writing tariffs, and reading what they said as it was known at a time."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

import asyncpg

from twinql.domain.channels import FlowDirection
from twinql.domain.identity import subject_of
from twinql.domain.tariffs.check import check_terms
from twinql.domain.tariffs.definition import TariffDefinition
from twinql.domain.tariffs.terms import Revision, Tariff, Terms
from twinql.domain.tariffs.wire import from_json, to_json
from twinql.domain.units import Unit
from twinql.domain.wording import LONGEST_REASON, cleaned_or_none
from twinql.errors import ConflictError, InvalidInputError, NotFoundError
from twinql.storage.database import Connection
from twinql.storage.managing import Management
from twinql.storage.statements import load
from twinql.storage.suppliers import check_supplier


async def create_tariff(
    management: Management, tariff: TariffDefinition, *, valid_from: date, terms: Terms, reason: str | None = None
) -> UUID:
    """Make a tariff with its first revision.

    Raises:
        InvalidInputError: The definition or the terms cannot be right.
        NotFoundError: There is no such supplier or price channel.
        ConflictError: The supplier is archived.
    """
    given, organisation_id = tariff.checked(), management.organisation_id
    check_terms(terms, given.unit)
    async with management.change() as connection:
        if given.supplier_id is not None:
            await check_supplier(connection, organisation_id, given.supplier_id)
        made = await connection.fetchval(
            load("tariffs")["insert"],
            organisation_id,
            given.supplier_id,
            given.name,
            given.direction.value,
            given.currency,
            given.unit.value,
        )
        await _add_revision(management, connection, made, valid_from, terms=terms, reason=reason)
        return UUID(str(made))


async def update_tariff(management: Management, tariff_id: UUID, changes: Mapping[str, Any]) -> None:
    """Change what a tariff is called and whose it is.

    Args:
        management: Who changes it.
        tariff_id: The tariff.
        changes: New values of `name` and `supplier_id`; what is left out stays.

    Raises:
        NotFoundError: There is none that the actor may see, or no such supplier.
        InvalidInputError: The outcome cannot be right.
        ConflictError: The supplier is archived.
    """
    async with management.change() as connection:
        former = await _held(connection, tariff_id, management.organisation_id)
        definition = TariffDefinition(
            name=former["name"],
            direction=FlowDirection(former["direction"]),
            currency=former["currency"],
            unit=Unit(former["unit"]),
            supplier_id=former["supplier_id"],
        )
        changed = replace(definition, **changes).checked()
        if changed.supplier_id is not None and changed.supplier_id != definition.supplier_id:
            await check_supplier(connection, management.organisation_id, changed.supplier_id)
        await connection.execute(load("tariffs")["update"], tariff_id, changed.name, changed.supplier_id)


async def revise_tariff(
    management: Management, tariff_id: UUID, *, valid_from: date, terms: Terms, reason: str | None = None
) -> UUID:
    """Say what a tariff costs from a day on, of the past too; return the revision.

    Raises:
        NotFoundError: There is no such tariff or price channel that the actor may see.
        InvalidInputError: The terms cannot be right.
        ConflictError: The tariff is archived.
    """
    async with management.change() as connection:
        tariff = await _held(connection, tariff_id, management.organisation_id)
        if tariff["archived"]:
            raise ConflictError("This tariff is archived; unarchive it first.", path=("id",))
        try:
            check_terms(terms, Unit(tariff["unit"]))
        except InvalidInputError as error:
            # The unit was said when the tariff was made.
            raise InvalidInputError(error.message, path=("id",) if error.path == ("unit",) else error.path) from error
        return await _add_revision(management, connection, tariff_id, valid_from, terms=terms, reason=reason)


async def withdraw_revision(management: Management, revision_id: UUID, *, reason: str | None = None) -> UUID:
    """Withdraw what a tariff says from a day on, so that what it said before holds on; return the withdrawal.

    Raises:
        NotFoundError: There is no such revision that the actor may see.
        ConflictError: It does not hold: another one for the same day was recorded later, or it is a withdrawal.
    """
    async with management.change() as connection:
        day = await connection.fetchrow(load("tariffs")["day_of"], revision_id, management.organisation_id)
        if day is None:
            message = "There is no revision with this id that you may see; look it up on its tariff."
            raise NotFoundError(message, path=("id",))
        await _held(connection, day["tariff_id"], management.organisation_id)
        if not await connection.fetchval(load("tariffs")["holds"], revision_id):
            message = "This revision holds no longer: it was withdrawn, or another one for its day followed."
            raise ConflictError(message, path=("id",))
        return await _add_revision(
            management, connection, day["tariff_id"], day["valid_from"], terms=None, reason=reason
        )


async def archive_tariff(management: Management, tariff_id: UUID) -> None:
    """Take a tariff out of use for new agreements; those that stand go on. Nothing changes where it is archived.

    Raises:
        NotFoundError: There is none that the actor may see.
    """
    await _move(management, "archive", tariff_id)


async def unarchive_tariff(management: Management, tariff_id: UUID) -> None:
    """Take a tariff back into use. Nothing changes where it is in use.

    Raises:
        NotFoundError: There is none that the actor may see.
    """
    await _move(management, "unarchive", tariff_id)


async def tariff_known(connection: Connection, tariff_id: UUID, as_of: datetime | None) -> Tariff | None:
    """Return a tariff with the revisions that were known at a time; None where the actor sees no such tariff."""
    return (await tariffs_known(connection, [tariff_id], as_of)).get(tariff_id)


async def tariffs_known(connection: Connection, ids: list[UUID], as_of: datetime | None) -> dict[UUID, Tariff]:
    """Return tariffs by id, with the revisions that were known at a time, as far as the actor may see them.

    Raises:
        ConflictError: Somebody wrote terms past TwinQL that it cannot read.
    """
    revisions: dict[UUID, list[Revision]] = {each: [] for each in ids}
    for row in await connection.fetch(load("tariffs")["revisions"], ids, as_of):
        revisions[row["tariff_id"]].append(
            Revision(row["id"], row["valid_from"], row["recorded_at"], _terms(row["terms"], row["valid_from"]))
        )
    return {
        row["id"]: Tariff(
            id=row["id"],
            name=row["name"],
            direction=FlowDirection(row["direction"]),
            currency=row["currency"],
            unit=Unit(row["unit"]),
            revisions=tuple(revisions[row["id"]]),
        )
        for row in await connection.fetch(load("tariffs")["of_ids"], ids)
    }


async def _add_revision(
    management: Management,
    connection: Connection,
    tariff_id: UUID,
    valid_from: date,
    *,
    terms: Terms | None,
    reason: str | None,
) -> UUID:
    if terms is not None:
        await _check_price_channels(connection, management.organisation_id, terms)
    written = None if terms is None else to_json(terms)
    made = await connection.fetchval(
        load("tariffs")["revise"],
        management.organisation_id,
        tariff_id,
        valid_from,
        subject_of(management.actor),
        cleaned_or_none(reason, "reason", "reason", longest=LONGEST_REASON),
        written,
    )
    return UUID(str(made))


async def _check_price_channels(connection: Connection, organisation_id: UUID, terms: Terms) -> None:
    asked = {str(place): band.dynamic.channel for place, band in enumerate(terms.bands) if band.dynamic}
    if not asked:
        return
    rows = await connection.fetch(load("tariffs")["price_channels"], list(asked.values()), organisation_id)
    found = {row["id"] for row in rows}
    for place, channel_id in asked.items():
        if channel_id not in found:
            message = "There is no channel of prices with this id that you may see; its quantity must be PRICE."
            raise NotFoundError(message, path=("terms", "bands", place, "dynamic", "channelId"))


async def _held(connection: Connection, tariff_id: UUID, organisation_id: UUID) -> asyncpg.Record:
    row = await connection.fetchrow(load("tariffs")["definition"], tariff_id, organisation_id)
    if row is None:
        raise _missing()
    return row


async def _move(management: Management, statement: str, tariff_id: UUID) -> None:
    async with management.change() as connection:
        if await connection.fetchval(load("tariffs")[statement], tariff_id, management.organisation_id) is None:
            raise _missing()


def _terms(written: Mapping[str, Any] | None, valid_from: date) -> Terms | None:
    try:
        return None if written is None else from_json(written)
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        message = f"What a tariff says from {valid_from} on was written past TwinQL and cannot be read; revise it."
        raise ConflictError(message) from error


def _missing() -> NotFoundError:
    return NotFoundError("There is no tariff with this id that you may see; look it up with `tariffs`.", path=("id",))
