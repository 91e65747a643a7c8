"""The migrations as they lie on disk: one folder each, with a `migration.sql`."""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from twinql.errors import NotFoundError
from twinql.package_files import package_folder

_COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Migration:
    """One step of the tables' history."""

    name: str
    sql: str
    checksum: str

    @property
    def is_empty(self) -> bool:
        """Whether it holds no statement, which the driver cannot send."""
        return not _COMMENT.sub("", self.sql).strip("; \t\r\n")


def read_migrations(folder: Path | None = None) -> list[Migration]:
    """Read a folder of migrations, TwinQL's own by default, in the order in which they apply.

    Raises:
        NotFoundError: The folder has none, or one lacks its file (what Prisma calls P3015).
    """
    root = folder or package_folder("prisma/migrations")
    steps = sorted(each for each in root.iterdir() if each.is_dir()) if root.is_dir() else []
    if not steps:
        raise NotFoundError(
            f"There are no migrations in {root}: install TwinQL again, or run it from a whole checkout."
        )
    return [_read(step) for step in steps]


def _read(step: Path) -> Migration:
    try:
        content = (step / "migration.sql").read_bytes()
    except FileNotFoundError:
        raise NotFoundError(
            f"The migration {step.name} has no migration.sql: bring the file back, or remove the folder {step}."
        ) from None
    return Migration(name=step.name, sql=content.decode(), checksum=hashlib.sha256(content).hexdigest())
