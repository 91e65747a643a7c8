"""Learns from the runs of machines how long others of the model have left, once for all who ask."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Final

from twinql.domain.diagnosis.reason import Reason
from twinql.domain.remaining_life.model import LifeModel

Learnt = LifeModel | Reason
MOST_MODELS: Final = 32
"""That are kept, those asked for last: each is about half a megabyte."""


@dataclass(slots=True)
class LifeModels:
    """The models that a server process knows."""

    _learnt: "OrderedDict[Hashable, asyncio.Task[Learnt]]" = field(default_factory=OrderedDict)

    async def of(self, key: Hashable, learn: Callable[[], Awaitable[Learnt]]) -> Learnt:
        """Return the model under a key; it is learned where nobody has asked for it before.

        Args:
            key: What it is learned from: it holds an id of each run and channel, so that nobody meets the model of
                another organisation.
            learn: Learns it.
        """
        task = self._learnt.get(key)
        if task is None or _broke_off(task):
            task = self._learnt[key] = asyncio.create_task(_awaited(learn))
            while len(self._learnt) > MOST_MODELS:
                self._learnt.popitem(last=False)
        self._learnt.move_to_end(key)
        # Whoever gives up waiting must not take the model from others.
        learnt = await asyncio.shield(task)
        if isinstance(learnt, Reason) and self._learnt.get(key) is task:
            # What is missing may be brought along any moment.
            del self._learnt[key]
        return learnt


async def _awaited(learn: Callable[[], Awaitable[Learnt]]) -> Learnt:
    return await learn()


def _broke_off(task: "asyncio.Task[Learnt]") -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
