"""A linter's rule that is turned down has its reason in writing, and no reason outlives its rule."""

import re
from pathlib import Path

from twinql.api.sdl import LINTING

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "schema-rules.md"


def test_every_rule_that_is_turned_down_has_a_written_reason() -> None:
    lines = re.findall(r"^# (?:lint-disable|eslint) (.*)$", LINTING, flags=re.MULTILINE)
    rules = {re.sub(r"@graphql-eslint/|:.*", "", rule) for line in lines for rule in re.split(r", (?=[a-z])", line)}
    reasons = DOCUMENT.read_text(encoding="utf-8").partition("| why not |")[2]
    rows = re.findall(r"^\| (`[^|]+) \| ([^|]{40,}) \|$", reasons, flags=re.MULTILINE)
    assert rules == {rule for names, _ in rows for rule in re.findall(r"`([a-z-]+)`", names)}
