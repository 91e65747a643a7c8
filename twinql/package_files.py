"""Finds the folders that belong to TwinQL and are no Python: in a checkout, or carried by a wheel."""

from pathlib import Path

_HERE = Path(__file__).resolve().parent


def package_folder(name: str) -> Path:
    """Return the folder `name` (`prisma/migrations`, `seeds`) of this TwinQL.

    A wheel carries it below `twinql/_data`; a checkout, editable or bare, has it at its root.
    """
    carried = _HERE / "_data" / name
    return carried if carried.is_dir() else _HERE.parent / name
