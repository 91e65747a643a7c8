"""A wheel carries everything a server needs; what comes from npm is exactly what was pinned."""

import importlib.util
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
ASSETS = ROOT / "twinql" / "assets" / "graphiql"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (file,) = folder.glob("*.whl")
    with zipfile.ZipFile(file) as archive:
        return set(archive.namelist())


def test_a_wheel_carries_the_packages_with_their_sql_and_pages(wheel: set[str]) -> None:
    for package in ("twinql", "schema", "resolvers", "subscriptions"):
        there = {str(path.relative_to(ROOT)) for path in (ROOT / package).rglob("*.py")}
        there |= {
            str(path.relative_to(ROOT))
            for kind in ("sql", "html", "graphql")
            for path in (ROOT / package).rglob(f"*.{kind}")
        }
        assert there <= wheel


def test_a_wheel_carries_the_migrations_and_seeds(wheel: set[str]) -> None:
    for path in (ROOT / "prisma" / "migrations").rglob("*.sql"):
        assert f"twinql/_data/{path.relative_to(ROOT)}" in wheel
    assert "twinql/_data/prisma/migrations/migration_lock.toml" in wheel
    assert any(name.startswith("twinql/_data/seeds/") for name in wheel)


@pytest.mark.skipif(not (ASSETS / "pins.json").exists(), reason="`make install` fetches GraphiQL")
def test_a_wheel_carries_graphiql_where_it_is_installed(wheel: set[str]) -> None:
    for name in ("graphiql.js", "graphiql.css", "react.js", "react-dom.js", "graphql-ws.js", "pins.json"):
        assert f"twinql/assets/graphiql/{name}" in wheel


def _fetcher() -> ModuleType:
    spec = importlib.util.spec_from_file_location("fetch_graphiql", ROOT / "tools" / "fetch_graphiql.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_an_archive_that_is_not_the_pinned_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "index.js").write_text("alert(1)")
    with tarfile.open(tmp_path / "react-18.3.1.tgz", "w:gz") as archive:
        archive.add(tmp_path / "index.js", "package/index.js")
    pin = {"package": "react@18.3.1", "integrity": "sha512-AAAA", "files": {"index.js": "react.js"}}
    fetcher = _fetcher()
    fetcher.TARGET = tmp_path / "target"
    with pytest.raises(SystemExit, match=r"is not what graphiql\.json pins"):
        fetcher.unpack(pin, tmp_path)
    assert not fetcher.TARGET.exists()
