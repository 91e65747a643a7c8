"""Migrations and seeds are found in a checkout and in a wheel."""

from pathlib import Path

import pytest

from twinql import package_files
from twinql.package_files import package_folder

ROOT = Path(__file__).resolve().parents[2]


def test_a_checkout_has_them_at_its_root() -> None:
    assert package_folder("prisma/migrations") == ROOT / "prisma" / "migrations"
    assert package_folder("seeds") == ROOT / "seeds"


def test_what_a_wheel_carries_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "twinql" / "_data" / "seeds").mkdir(parents=True)
    (tmp_path / "seeds").mkdir()
    monkeypatch.setattr(package_files, "_HERE", tmp_path / "twinql")
    assert package_folder("seeds") == tmp_path / "twinql" / "_data" / "seeds"
