"""Writing by which tariff a meter is charged, and reading it as it was known at a time."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from twinql.domain.assets import Commodity
from twinql.domain.tariffs.definition import check_commodity, check_validity
from twinql.domain.tariffs.terms import Agreement
from twinql.domain.units import Unit
from twinql.errors import ConflictError, NotFoundError
from twinql.storage.database import Connection
from twinql.storage.managing import Management
from twinql.storage.statements import load
from twinql.storage.tariffs import tariffs_known


async def create_agreement(
    management: Management,
    *,
    meter_id: UUID,
    tariff_id: UUID,
    valid_from: date | None = None,
    valid_until: date | None = None,
) -> UUID:
    """Charge a meter by a tariff for some time.

    Raises:
        InvalidInputError: It ends before it begins, or the tariff's unit does not fit what the meter measures.
        NotFoundError: There is no such meter or tariff that the actor may see.
        ConflictError: Either is archived, or another agreement of the meter and direction overlaps it.
    """
    check_validity(valid_from, valid_until)
    organisation_id = management.organisation_id
    async with management.change() as connection:
        meter = await connection.fetchrow(load("agreements")["meter"], meter_id, organisation_id)
        if meter is None:
            message = "There is no meter with this id that you may see; look it up with `meters`."
            raise NotFoundError(message, path=("meterId",))
        tariff = await connection.fetchrow(load("agreements")["tariff"], tariff_id, organisation_id)
        if tariff is None:
            message = "There is no tariff with this id that you may see; look it up with `tariffs`."
            raise NotFoundError(message, path=("tariffId",))
        for name, found in (("meter", meter), ("tariff", tariff)):
            if found["archived"]:
                raise ConflictError(f"This {name} is archived; unarchive it first.", path=(f"{name}Id",))
        check_commodity(Unit(tariff["unit"]), Commodity(meter["commodity"]))
        await _check_apart(connection, None, meter_id, tariff_id, valid_from, valid_until)
        made = await connection.fetchval(
            load("agreements")["insert"], organisation_id, meter_id, tariff_id, valid_from, valid_until
        )
        return UUID(str(made))


async def change_agreement(management: Management, agreement_id: UUID, changes: Mapping[str, Any]) -> None:
    """Change when an agreement holds.

    Args:
        management: Who changes it.
        agreement_id: The agreement.
        changes: New values of `valid_from` and `valid_until`, None for no end; what is left out stays.

    Raises:
        NotFoundError: There is none that the actor may see.
        InvalidInputError: It would end before it begins.
        ConflictError: Another agreement of the meter and direction would overlap it.
    """
    async with management.change() as connection:
        row = await connection.fetchrow(load("agreements")["definition"], agreement_id, management.organisation_id)
        if row is None:
            raise _missing()
        former = {name: row[name] for name in ("valid_from", "valid_until")}
        changed = {**former, **changes}
        check_validity(**changed)
        if changed != former:
            await _check_apart(connection, agreement_id, row["meter_id"], row["tariff_id"], *changed.values())
            await connection.execute(load("agreements")["update"], agreement_id, *changed.values())


async def remove_agreement(management: Management, agreement_id: UUID) -> None:
    """Remove an agreement, as though it had never been; what was known before still tells of it.

    Raises:
        NotFoundError: There is none that the actor may remove.
    """
    async with management.change() as connection:
        if await connection.fetchval(load("agreements")["remove"], agreement_id, management.organisation_id) is None:
            raise _missing()


async def agreements_known(
    connection: Connection, meter_ids: Sequence[UUID], as_of: datetime | None
) -> dict[UUID, list[Agreement]]:
    """Return by what meters are charged, as it was known at a time.

    Args:
        connection: In whose transaction it is read.
        meter_ids: The meters.
        as_of: The time; None for now.

    Returns:
        The agreements of every meter that was asked for, by when they begin; those with one tariff share it.

    Raises:
        ConflictError: Somebody wrote terms past TwinQL that it cannot read.
    """
    rows = await connection.fetch(load("agreements")["known"], list(meter_ids), as_of)
    tariffs = await tariffs_known(connection, list({row["tariff_id"] for row in rows}), as_of) if rows else {}
    known: dict[UUID, list[Agreement]] = {each: [] for each in meter_ids}
    for row in rows:
        known[row["meter_id"]].append(
            Agreement(
                id=row["id"],
                meter_id=row["meter_id"],
                tariff=tariffs[row["tariff_id"]],
                valid_from=row["valid_from"],
                valid_until=row["valid_until"],
            )
        )
    return known


async def _check_apart(connection: Connection, *wanted: UUID | date | None) -> None:
    """Check that no other agreement overlaps one: its id if any, meter, tariff, first day, day after the last."""
    other = await connection.fetchrow(load("agreements")["overlapping"], *wanted)
    if other is not None:
        begins = f"from {other['valid_from']}" if other["valid_from"] else "from ever"
        ends = f"until before {other['valid_until']}" if other["valid_until"] else "without an end"
        message = (
            f"This meter is charged by “{other['name']}” {begins} {ends} already; in one direction it has one tariff "
            "at a time, so end that agreement first."
        )
        raise ConflictError(message, path=("validFrom",))


def _missing() -> NotFoundError:
    message = "There is no agreement with this id that you may see; look it up on its meter."
    return NotFoundError(message, path=("id",))
