import asyncio

from structlog.testing import capture_logs

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
