"""Takes the rows of an older table over, as if they were those of a file."""

from dataclasses import replace

from twinql.errors import InvalidInputError
from twinql.files.cells import Cells
from twinql.files.layout import Told, find_layout
from twinql.files.parse import ParsedFile, finish
from twinql.files.tables import CHUNK_ROWS, Source, Table
from twinql.storage.database import Database
from twinql.storage.old_table import locate, rows_of

USUAL_UNIT = "kWh"


async def parse_old_table(database: Database, name: str, told: Told) -> ParsedFile:
    """Read a table such as the older `readings(id, meter_id, reading, timestamp)`.

    Raises:
        InvalidInputError: It does not exist, is empty, or its columns cannot be told apart.
    """
    table = await locate(database, name)
    source = Source(table.names, iter(()))
    if "unit" not in told.identity and not any(column in table.names for column in ("unit", "units")):
        told = replace(told, identity={**told.identity, "unit": USUAL_UNIT})
        source.notes.append(f"Readings are taken to be in {USUAL_UNIT}; --unit says otherwise.")
    cells = Cells(name, source, find_layout(table.names, told, name=name), told)
    key = table.names.index("id") if "id" in table.names else None
    count = 0
    async for rows in rows_of(database, table, at_a_time=CHUNK_ROWS):
        ids = range(count + 1, count + len(rows) + 1) if key is None else [row[key] or "" for row in rows]
        count += len(rows)
        lines = [int(each) if str(each).isdecimal() else count for each in ids]
        cells.read(
            Table(lines, [["" if cell is None else cell for cell in column] for column in zip(*rows, strict=True)])
        )
    if not count:
        raise InvalidInputError(f"{name} has no rows: there is nothing to take over.")
    return finish(cells)
