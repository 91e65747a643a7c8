"""Long answers let others have a turn, and many rows of input are read as few are."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from graphql import get_introspection_query
from strawberry.types.arguments import convert_argument
from strawberry.types.base import get_object_definition

from schema.recording import ReadingInput, RecordReadingsInput
from twinql.api import Engine, make_schema, pace
from twinql.api.operation import Asked
from twinql.context import Context
from twinql.domain.identity import Worker
from twinql.domain.readings import Quality, ReadingStatus
from twinql.domain.units import Unit

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Turns:
    """Counts the turns of the loop while something else runs."""

    def __init__(self) -> None:
        self.count = 0

    async def beside(self, work: Any) -> Any:
        async def count() -> None:
            while True:
                self.count += 1
                await asyncio.sleep(0)

        counting = asyncio.create_task(count())
        try:
            return await work
        finally:
            counting.cancel()


async def all_of(items: Any) -> list[int]:
    return [each async for each in items]


async def test_items_come_in_order_and_others_have_turns_between_them_when_time_is_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    turns = Turns()
    monkeypatch.setattr(pace, "SLICE_S", -1.0)
    assert await turns.beside(all_of(pace.Pace().through(range(500)))) == list(range(500))
    assert turns.count >= 250


async def test_nobody_has_a_turn_in_between_when_time_is_not_up(monkeypatch: pytest.MonkeyPatch) -> None:
    turns = Turns()
    monkeypatch.setattr(pace, "SLICE_S", 3600.0)
    assert len(await turns.beside(all_of(pace.Pace().through(range(500))))) == 500
    assert turns.count <= 2


async def test_a_long_answer_lets_others_have_turns_and_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine(make_schema())
    context = Context(database=None, actor=Worker("nobody"), now=NOW, feed=None)  # type: ignore[arg-type]
    asked = Asked(get_introspection_query())
    plain = await engine.execute(await engine.prepare(asked, context), context)
    turns = Turns()
    monkeypatch.setattr(pace, "SLICE_S", -1.0)
    operation = await engine.prepare(asked, context)
    paced = await turns.beside(engine.execute(operation, context))
    assert paced.data == plain.data
    assert turns.count >= 100


@pytest.mark.parametrize("given", [{}, {"value": 1.5, "unit": Unit.WATT, "quality": Quality.BAD}])
def test_a_flat_input_is_read_as_any_other(given: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    schema = make_schema()
    registry, config = schema.schema_converter.scalar_registry, schema.config
    row = {"channelId": "a", "observedAt": NOW, "status": ReadingStatus.ESTIMATED, **given}
    whole = {"readings": [row, row], "reason": "a meter was swapped", "dryRun": True}
    quick = convert_argument(whole, RecordReadingsInput, registry, config)
    for each in (ReadingInput, RecordReadingsInput):
        monkeypatch.setattr(get_object_definition(each, strict=True), "from_input", None)
    assert quick == convert_argument(whole, RecordReadingsInput, registry, config)
