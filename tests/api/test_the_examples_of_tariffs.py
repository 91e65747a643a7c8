"""The operations of docs/tariffs.md run as they stand there, one after the other, and answer what it says."""

import json
import re
from pathlib import Path

import asyncpg
from graphql import parse

from tests.api.test_agreements import DAY, HALF_HOURS
from twinql.domain.global_id import encode

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "tariffs.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```graphql\n(.*?)```(?:\n\n```json\n(.*?)```)?", TEXT, flags=re.DOTALL)


def found_in(answer):
    """Give the id of each object of an answer by the name of its field."""
    for name, value in answer.items():
        if isinstance(value, dict):
            if "id" in value:
                yield name, value["id"]
            yield from found_in(value)


async def test_every_example_is_answered_as_it_says(asker, database_url, subtests):
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(HALF_HOURS, asker.world.channels["energy"])
    finally:
        await connection.close()
    known = {
        "meter": encode("Meter", asker.world.meter),
        "priceChannel": encode("Channel", asker.world.channels["price"]),
        "day": DAY,
    }
    answers = {}
    assert len(EXAMPLES) >= 13
    for document, expected in EXAMPLES:
        (operation,) = parse(document).definitions
        name = operation.name.value
        wanted = {each.variable.name.value for each in operation.variable_definitions or ()}
        with subtests.test(name):
            answers[name] = answer = await asker.ask(document, **{each: known[each] for each in wanted})
            known |= dict(found_in(answer))
            if expected:
                assert answer == json.loads(expected)
            else:
                assert [each.get("userErrors") for each in answer.values()] in ([[]], [None]), answer
    compared = answers["Compare"]["meter"]
    # Twenty half hours of half a kWh at night, 28 by day, a day's standing charge, and 23 % on all of it.
    assert compared["asAgreed"]["total"] == f"{(20 * 0.5 * 0.1184 + 28 * 0.5 * 0.2053 + 0.342) * 1.23:.2f}"
    assert compared["asAgreed"]["complete"] is True
    # All of it in the first block, and a day of March's standing charge.
    assert compared["ifInstead"]["total"] == f"{24 * 0.14 + 9.9 / 31:.2f}"
