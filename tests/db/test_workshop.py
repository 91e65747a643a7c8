"""What takes a core for long is done by a process of its own, which may die and which never outlives its server."""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from twinql.errors import UnavailableError
from twinql.live import turns
from twinql.live import workshop as workshops
from twinql.live.workshop import open_workshop

ROOT = Path(__file__).resolve().parents[2]
A_SERVER = """
import asyncio, os
from twinql.live.workshop import Workshop

async def serve():
    workshop = Workshop()  # held: a worker ends with what it belongs to
    print(await workshop.run(os.getpid), flush=True)
    await asyncio.sleep(600)

if __name__ == "__main__":
    asyncio.run(serve())
"""


async def gone(process: psutil.Process) -> bool:
    await asyncio.to_thread(process.wait, 10)
    return not process.is_running()


async def test_a_job_is_done_by_one_other_process_and_its_error_comes_back():
    async with open_workshop() as workshop:
        first, second = await asyncio.gather(workshop.run(os.getpid), workshop.run(os.getpid))
        assert first == second != os.getpid()
        with pytest.raises(ZeroDivisionError):
            await workshop.run(divmod, 1, 0)
        worker = psutil.Process(first)
        sleeping = asyncio.ensure_future(workshop.run(time.sleep, 600))
    # The end of the server waits for no job.
    assert await gone(worker)
    with pytest.raises(UnavailableError):
        await asyncio.wait_for(sleeping, 10)


async def test_a_worker_that_dies_is_replaced_and_what_waited_is_done_by_the_next():
    async with open_workshop() as workshop:
        first = await workshop.run(os.getpid)
        with pytest.raises(UnavailableError):
            await workshop.run(os._exit, 1)
        second = await workshop.run(os.getpid)
        psutil.Process(second).kill()
        several = set(await asyncio.gather(*(workshop.run(os.getpid) for _ in range(3))))
        assert len({first, second, *several}) == 3


async def test_what_had_not_begun_when_the_worker_died_is_done_however_often_it_dies():
    async with open_workshop() as workshop:
        deadly = [workshop.of(each).run(os._exit, 1) for each in "ab"]
        harmless = [workshop.of(each).run(abs, -7) for each in "abcc"]
        *died, c, d, e, f = await asyncio.gather(*deadly, *harmless, return_exceptions=True)
        assert [type(each) for each in died] == [UnavailableError, UnavailableError]
        assert (c, d, e, f) == (7, 7, 7, 7)


async def test_organisations_take_turns_and_the_server_comes_last():
    done = []

    async def ask(workshop, whose):
        await workshop.run(abs, 1)
        done.append(whose)

    async with open_workshop() as workshop:
        acme, other = workshop.of("acme"), workshop.of("other")
        await asyncio.gather(ask(workshop, "server"), *(ask(acme, "acme") for _ in range(3)), ask(other, "other"))
    assert done == ["acme", "other", "acme", "acme", "server"]


async def test_what_takes_too_long_is_broken_off_and_others_have_their_turn(monkeypatch):
    async with open_workshop() as workshop:
        first = await workshop.run(os.getpid)
        worker = psutil.Process(first)
        monkeypatch.setattr(workshops, "LONGEST_JOB_S", 0.1)
        endless = asyncio.ensure_future(workshop.of("acme").run(time.sleep, 600))
        with pytest.raises(UnavailableError):
            await asyncio.wait_for(endless, 10)
        monkeypatch.undo()
        assert await workshop.of("other").run(os.getpid) != first
        assert await gone(worker)


async def test_who_gives_up_leaves_no_job_behind():
    async with open_workshop() as workshop:
        given_up = [asyncio.ensure_future(workshop.of("acme").run(time.sleep, 600)) for _ in range(3)]
        held = asyncio.ensure_future(workshop.of("other").run(os.getpid))
        await asyncio.sleep(0)
        for each in given_up:
            each.cancel()
        assert await asyncio.wait_for(held, 30) != os.getpid()


async def test_more_jobs_than_can_be_done_in_time_are_refused(monkeypatch):
    monkeypatch.setattr(turns, "MOST_WAITING", 1)
    async with open_workshop() as workshop:
        held = asyncio.ensure_future(workshop.run(os.getpid))
        await asyncio.sleep(0)
        with pytest.raises(UnavailableError):
            await workshop.run(os.getpid)
        await held
        assert await workshop.run(os.getpid) == held.result()


async def test_a_worker_does_not_outlive_a_server_that_is_killed(tmp_path):
    program = tmp_path / "server.py"
    program.write_text(A_SERVER)
    with subprocess.Popen(  # noqa: ASYNC220 - it is there to be killed, and waits for nothing
        [sys.executable, str(program)], stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": str(ROOT)}
    ) as server:
        assert server.stdout
        try:
            worker = psutil.Process(int(await asyncio.to_thread(server.stdout.readline)))
        finally:
            server.kill()
        assert await gone(worker)
