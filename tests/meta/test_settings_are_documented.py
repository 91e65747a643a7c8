"""docs/settings.md, .env.example and the code speak of the same settings and the same defaults."""

import re
from dataclasses import fields
from pathlib import Path

from dotenv import dotenv_values

from twinql.settings import Settings

ROOT = Path(__file__).resolve().parents[2]


def _in_the_code() -> dict[str, str]:
    return {each.metadata["variable"]: _text(each.default) for each in fields(Settings)}


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def test_every_setting_is_in_the_table_with_its_default() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| (?:`(.*?)`)? ?\| \S", (ROOT / "docs" / "settings.md").read_text(), flags=re.MULTILINE
    )
    assert dict(rows) == _in_the_code()


def test_every_setting_is_in_the_example_with_its_default() -> None:
    assert dict(dotenv_values(ROOT / ".env.example", interpolate=False)) == _in_the_code()


def test_the_example_is_a_valid_set_of_settings() -> None:
    assert Settings.from_env(dotenv_values(ROOT / ".env.example")) == Settings()
