"""A flag wakes whoever waits for it, once for each time that it goes up."""

import asyncio

from twinql.flag import Flag


async def test_all_who_wait_go_on_when_it_goes_up_and_wait_again_when_it_was_cleared():
    flag, passed = Flag(), []

    async def wait(name):
        await flag.wait()
        passed.append(name)
        flag.clear()
        await flag.wait()
        passed.append(name)

    tasks = [asyncio.create_task(wait(name)) for name in "ab"]
    await asyncio.sleep(0)
    assert (passed, flag.is_set()) == ([], False)
    flag.set()
    await asyncio.sleep(0)
    assert (passed, flag.is_set()) == (["a", "b"], False)
    flag.set()
    await asyncio.gather(*tasks)
    assert passed == ["a", "b", "a", "b"]


async def test_whoever_gives_up_waiting_takes_it_from_nobody():
    flag = Flag()
    impatient, patient = (asyncio.create_task(flag.wait()) for _ in range(2))
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.wait([impatient])
    flag.set()
    await patient
    assert impatient.cancelled()


async def test_nobody_waits_where_it_is_up():
    await Flag(up=True).wait()
