"""What the repository promises about its folders, its packages and its page."""

import re
import subprocess
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
OUR_PACKAGES = PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]


def _committed() -> list[Path]:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / line for line in listed.stdout.splitlines()]


def test_no_distribution_owns_a_name_of_ours() -> None:
    owners = packages_distributions()
    for name in [*OUR_PACKAGES, "prisma", "seeds"]:
        assert set(owners.get(name, [])) <= {"twinql"}, name


@pytest.mark.parametrize("folder", ["prisma", "seeds", "tests"])
def test_a_folder_that_is_no_package_has_no_init(folder: str) -> None:
    assert not list((ROOT / folder).rglob("__init__.py"))


def test_every_folder_of_the_readme_exists_and_every_folder_is_in_it() -> None:
    told = set(re.findall(r"^\| `([\w.]+)/` \|", (ROOT / "README.md").read_text(), flags=re.MULTILINE))
    there = {path.relative_to(ROOT).parts[0] for path in _committed() if len(path.relative_to(ROOT).parts) > 1}
    assert told == there


def test_the_page_and_the_lock_files_name_no_outside_address() -> None:
    files = [
        *(ROOT / "twinql" / "app").glob("graphiql.*"),
        *(ROOT / "tools").glob("*.json"),
        *(ROOT / "tools").glob("*.lock"),
    ]
    for file in [*files, ROOT / "requirements.lock"]:
        assert "://" not in file.read_text(), file


def test_none_of_graphiql_is_committed() -> None:
    assert not [path for path in _committed() if "assets" in path.parts]


def test_links_in_the_documents_lead_somewhere() -> None:
    for document in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        for link in re.findall(r"\]\(([^)#]+)", document.read_text()):
            if "://" not in link:
                assert (document.parent / link).exists(), f"{document.name}: {link}"


def test_a_decision_fits_on_a_page_and_is_numbered_in_turn() -> None:
    decisions = sorted((ROOT / "docs" / "adr").glob("*.md"))
    assert [int(each.name[:4]) for each in decisions] == list(range(1, len(decisions) + 1))
    for each in decisions:
        text = each.read_text()
        assert len(text.splitlines()) <= 60
        for part in ("**Context.**", "**Decision.**", "**Consequences.**", "**Turned down.**"):
            assert part in text, f"{each.name} lacks {part}"


def test_nobody_but_the_settings_reads_the_environment() -> None:
    readers = [
        str(path.relative_to(ROOT))
        for package in OUR_PACKAGES
        for path in (ROOT / package).rglob("*.py")
        if re.search(r"\bos\.(environ|getenv)\b", path.read_text())
    ]
    assert readers == ["twinql/settings.py"]
