"""Writing suppliers."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from twinql.domain.suppliers import SupplierDefinition
from twinql.errors import ConflictError, NotFoundError
from twinql.storage.database import Connection
from twinql.storage.managing import Management
from twinql.storage.statements import load


async def create_supplier(management: Management, supplier: SupplierDefinition) -> UUID:
    """Make a supplier.

    Raises:
        InvalidInputError: The definition cannot be right.
    """
    given = supplier.checked()
    async with management.change() as connection:
        statement = load("suppliers")["insert"]
        return UUID(str(await connection.fetchval(statement, management.organisation_id, given.name, given.contact)))


async def update_supplier(management: Management, supplier_id: UUID, changes: Mapping[str, Any]) -> None:
    """Change what is said of a supplier.

    Args:
        management: Who changes it.
        supplier_id: The supplier.
        changes: New values by attribute of `SupplierDefinition`; what is left out stays.

    Raises:
        NotFoundError: There is none that the actor may see.
        InvalidInputError: The outcome cannot be right.
    """
    async with management.change() as connection:
        row = await connection.fetchrow(load("suppliers")["definition"], supplier_id, management.organisation_id)
        if row is None:
            raise _missing_supplier("id")
        changed = replace(SupplierDefinition(**dict(row)), **changes).checked()
        await connection.execute(load("suppliers")["update"], supplier_id, changed.name, changed.contact)


async def archive_supplier(management: Management, supplier_id: UUID) -> None:
    """Take a supplier out of use; its tariffs stay in use. Nothing changes where it is archived already.

    Raises:
        NotFoundError: There is none that the actor may see.
    """
    await _move(management, "archive", supplier_id)


async def unarchive_supplier(management: Management, supplier_id: UUID) -> None:
    """Take a supplier back into use. Nothing changes where it is in use.

    Raises:
        NotFoundError: There is none that the actor may see.
    """
    await _move(management, "unarchive", supplier_id)


async def check_supplier(connection: Connection, organisation_id: UUID, supplier_id: UUID) -> None:
    """Check that a tariff may be said to be of a supplier.

    Raises:
        NotFoundError: There is none that the actor may see.
        ConflictError: It is archived.
    """
    archived = await connection.fetchval(load("suppliers")["archived"], supplier_id, organisation_id)
    if archived is None:
        raise _missing_supplier("supplierId")
    if archived:
        raise ConflictError("This supplier is archived; unarchive it first.", path=("supplierId",))


async def _move(management: Management, statement: str, supplier_id: UUID) -> None:
    async with management.change() as connection:
        found = await connection.fetchval(load("suppliers")[statement], supplier_id, management.organisation_id)
        if found is None:
            raise _missing_supplier("id")


def _missing_supplier(*path: str) -> NotFoundError:
    return NotFoundError("There is no supplier with this id that you may see; look it up with `suppliers`.", path=path)
