import asyncio

from structlog.testing import capture_logs

from twinql import background
from twinql.background import beside


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
