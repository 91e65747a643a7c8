"""The line in front of the connections: who waits, who comes next, and who is turned away."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest

from twinql.errors import OverloadedError
from twinql.storage.queue import FULL, LATE, Queue, one_operation

FOR_EVER_S = 3600.0
Work = Callable[[], Coroutine[Any, Any, None]]


async def turns(count: int = 3) -> None:
    """Let everybody else go as far as they can."""
    for _ in range(count):
        await asyncio.sleep(0)


@asynccontextmanager
async def held(queue: Queue, places: int) -> AsyncIterator[asyncio.Event]:
    """Hold places until the event is set, or the block ends."""
    release = asyncio.Event()

    async def hold() -> None:
        async with queue:
            await release.wait()

    async with asyncio.TaskGroup() as tasks:
        for _ in range(places):
            tasks.create_task(hold())
        await turns()
        yield release
        release.set()


async def test_as_many_run_at_once_as_there_are_places_and_the_others_follow_in_order() -> None:
    queue, order = Queue(2, size=10, wait_s=FOR_EVER_S), []

    async def run(name: int) -> None:
        async with queue:
            order.append(name)

    async with held(queue, 2) as release, asyncio.TaskGroup() as tasks:
        for name in range(5):
            tasks.create_task(run(name))
        await turns()
        assert (order, queue.waiting) == ([], 5)
        release.set()
    assert (order, queue.waiting) == ([0, 1, 2, 3, 4], 0)


async def test_whoever_finds_too_many_waiting_is_turned_away_at_once() -> None:
    queue = Queue(1, size=0, wait_s=FOR_EVER_S)
    async with held(queue, 1):
        waits = []
        for _ in range(6):
            with pytest.raises(OverloadedError) as refused:
                await queue.__aenter__()
            waits.append(refused.value.retry_after_s)
        with pytest.raises(OverloadedError):
            queue.check_room()
        assert queue.turned_away == {FULL: 7, LATE: 0}
        assert len(set(waits)) > 1  # they do not all come back together
    queue.check_room()
    async with queue:
        assert queue.waiting == 0


async def test_whoever_waits_for_too_long_is_turned_away_and_takes_no_place() -> None:
    queue = Queue(1, size=1, wait_s=0.001)
    async with held(queue, 1):
        with pytest.raises(OverloadedError):
            await queue.__aenter__()
        assert (queue.turned_away, queue.waiting) == ({FULL: 0, LATE: 1}, 0)
    async with queue:
        pass


async def test_an_operation_that_has_begun_waits_as_long_as_it_takes_and_comes_before_new_ones() -> None:
    queue, order = Queue(1, size=1, wait_s=FOR_EVER_S), []
    began, go_on = asyncio.Event(), asyncio.Event()

    async def in_two_steps() -> None:
        with one_operation():
            async with queue:
                began.set()
            await go_on.wait()
            async with queue:
                order.append("second step")

    async def new() -> None:
        async with queue:
            order.append("new")

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(in_two_steps())
        await began.wait()
        async with held(queue, 1):
            tasks.create_task(new())
            await turns()
            go_on.set()  # beyond the size of the line, which holds the new one
            await turns()
            assert queue.waiting == 2
    assert order == ["second step", "new"]
    assert queue.turned_away.total() == 0


async def test_an_operation_is_turned_away_as_a_whole_whatever_becomes_of_its_parts() -> None:
    queue = Queue(1, size=0, wait_s=FOR_EVER_S)
    reached = []

    async def part() -> None:
        async with queue:
            reached.append("a statement")

    async def operation(release: asyncio.Event) -> None:
        with one_operation():
            parts = await asyncio.gather(part(), part(), return_exceptions=True)
            assert [type(each) for each in parts] == [OverloadedError] * 2
            release.set()
            await turns()
            await asyncio.gather(part(), return_exceptions=True)  # though a place is free by now

    async with held(queue, 1) as release:
        with pytest.raises(OverloadedError):
            await operation(release)
    assert reached == []
    assert queue.turned_away.total() == 1


async def test_parts_that_come_at_once_wait_as_one() -> None:
    queue, done = Queue(2, size=1, wait_s=FOR_EVER_S), []

    async def part() -> None:
        async with queue:
            done.append(True)

    async with held(queue, 2) as release:
        with one_operation():
            parts = asyncio.gather(*(part() for _ in range(5)))
            await turns()
            assert queue.waiting == 1
            release.set()
            await parts
    assert len(done) == 5


async def test_whoever_gives_up_leaves_its_place_to_others() -> None:
    queue = Queue(1, size=5, wait_s=FOR_EVER_S)
    async with held(queue, 1) as release:
        one, other = (asyncio.create_task(queue.__aenter__()) for _ in range(2))
        await turns()
        one.cancel()
        release.set()
        await other
        assert queue.waiting == 0
        await asyncio.gather(one, return_exceptions=True)
        last = asyncio.create_task(queue.__aenter__())
        await turns()
        await queue.__aexit__()  # gives the place to `last`, which gives up in the same moment
        last.cancel()
        await asyncio.gather(last, return_exceptions=True)
        async with queue:
            assert queue.waiting == 0
