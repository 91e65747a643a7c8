import asyncio

from structlog.testing import capture_logs

from twinql import background
from twinql.background import Foreground, beside


async def test_work_goes_on_beside_a_block_and_ends_with_it():
    began, ended = asyncio.Event(), []

    async def work(name: str) -> None:
        try:
            began.set()
            await asyncio.Event().wait()
        finally:
            ended.append(name)

    async with beside(first=work("first"), second=work("second")):
        await began.wait()
        assert not ended
    assert sorted(ended) == ["first", "second"]


async def test_work_that_breaks_off_is_logged_and_the_block_goes_on():
    async def work() -> None:
        raise ValueError("no more")

    with capture_logs() as logs:
        async with beside(watcher=work()):
            await asyncio.sleep(0)
            await asyncio.sleep(0)
    (said,) = logs
    assert (said["part"], said["log_level"], str(said["exc_info"])) == ("watcher", "error", "no more")


async def test_work_that_takes_the_first_word_to_end_for_an_error_is_told_again(monkeypatch):
    monkeypatch.setattr(background, "CANCELS_AGAIN_S", 0.001)
    began, told = asyncio.Event(), []

    async def work() -> None:
        while len(told) < 3:
            began.set()
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError as error:
                told.append(error)

    async with asyncio.timeout(10), beside(work=work()):
        await began.wait()
    assert len(told) == 3


async def test_what_can_wait_waits_until_nothing_is_under_way_or_for_so_long():
    foreground, order = Foreground(), []

    async def give_way() -> None:
        await foreground.quiet(most_s=3600.0)
        order.append("what can wait")

    await foreground.quiet(most_s=3600.0)
    with foreground:
        with foreground:
            waiting = asyncio.create_task(give_way())
            await foreground.quiet(most_s=0.001)
        await asyncio.sleep(0)
        order.append("what somebody waits for")
    await waiting
    assert order == ["what somebody waits for", "what can wait"]
