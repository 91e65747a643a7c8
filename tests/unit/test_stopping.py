"""Who is sent away when a server stops, and how fast."""

import asyncio

from twinql.api.stopping import Stopping


async def test_everybody_is_sent_away_in_the_order_in_which_they_came():
    stopping, left = Stopping(), []
    with (
        stopping.sent_away(lambda: left.append("first")),
        stopping.sent_away(lambda: left.append("second")),
    ):
        assert (stopping.left, stopping.is_set()) == (2, False)
        await stopping.send_away(0.0)
    assert (left, stopping.left, stopping.is_set()) == (["first", "second"], 0, True)


async def test_whoever_has_gone_is_not_sent_away():
    stopping, left = Stopping(), []
    with stopping.sent_away(lambda: left.append("gone")):
        pass
    await stopping.send_away(0.0)
    assert left == []


async def test_they_leave_one_after_another_and_not_at_once():
    stopping, left = Stopping(), []
    entered = [stopping.sent_away(lambda each=each: left.append(each)) for each in range(3)]
    for each in entered:
        each.__enter__()
    away = asyncio.create_task(stopping.send_away(10.0))
    await asyncio.sleep(0)
    assert left == [0]  # the others wait for their turn
    await away
    assert left == [0, 1, 2]
