"""What was learned of how machines fail is kept for others who ask."""

import asyncio

import pytest

from twinql.domain.diagnosis.reason import too_few
from twinql.live.life_models import MOST_MODELS, LifeModels


class Teacher:
    """Learns as often as it is asked to."""

    def __init__(self, *outcomes):
        self.outcomes, self.asked, self.open = list(outcomes), 0, asyncio.Event()

    async def __call__(self):
        self.asked += 1
        await self.open.wait()
        outcome = self.outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


async def test_who_asks_at_once_or_later_shares_what_is_learned_once():
    models, teacher = LifeModels(), Teacher("model")
    asking = [asyncio.create_task(models.of("key", teacher)) for _ in range(3)]
    await asyncio.sleep(0)
    asking[0].cancel()  # whoever gives up takes nothing from the others
    teacher.open.set()
    assert await asyncio.gather(*asking[1:]) == ["model", "model"]
    assert await models.of("key", teacher) == "model"
    assert teacher.asked == 1


async def test_neither_a_reason_nor_a_failure_is_kept():
    reason = too_few(10, 3)
    models, teacher = LifeModels(), Teacher(ValueError("broke off"), reason, "model")
    teacher.open.set()
    with pytest.raises(ValueError, match="broke off"):
        await models.of("key", teacher)
    assert await models.of("key", teacher) is reason
    assert await models.of("key", teacher) == "model"
    assert teacher.asked == 3


async def test_those_that_were_asked_for_last_are_kept():
    models, teacher = LifeModels(), Teacher(*range(100))
    teacher.open.set()
    for key in range(MOST_MODELS):
        await models.of(key, teacher)
    await models.of(0, teacher)
    await models.of("one more", teacher)
    asked = teacher.asked
    assert await models.of(0, teacher) == 0
    assert teacher.asked == asked
    await models.of(1, teacher)
    assert teacher.asked == asked + 1
