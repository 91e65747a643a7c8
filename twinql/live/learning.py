"""What a channel is learned from: its stored past, at first sight and when its past is filled in."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final

from twinql.domain.alarms.followed import Row
from twinql.domain.channels import ReadingKind
from twinql.domain.events import RangeChanged
from twinql.live.roster import Channel
from twinql.storage import watching
from twinql.storage.database import Connection
from twinql.storage.outbox import feed_state

LEARNED_FROM: Final = timedelta(days=35)
"""From so long a past a channel is learned at first sight;"""
LEARNED_STEP_S: Final = 600
"""from one reading for each step of it, [s]"""
LEARNED: Final = 500
"""and from so many of its newest;"""
LEARNED_INTERVALS: Final = 4000
"""of an INTERVAL channel from so many of its newest alone, since every interval counts: quarter hours of 35 days."""
QUIET_S: Final = 20.0
"""Where the past is filled in, the channel is learned anew once that has stopped for so long, [s]"""
LEARNS_EVERY_S: Final = 600.0
"""and not more often than this. [s]"""


async def past_of(connection: Connection, channel: Channel, now_s: float) -> tuple[int, list[Row]]:
    """Return what a channel is learned from, as far as it has not been seen, and the place of the outbox it goes up to.

    Args:
        connection: The watcher's own.
        channel: The channel; it needs no learning anew afterwards.
        now_s: The present, seconds since 1970 UTC. [s]
    """
    channel.learn_at_s, channel.learned_at_s = None, now_s
    whole = channel.watched.kind is ReadingKind.INTERVAL
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        state = await feed_state(connection)
        rows = await watching.learned(
            connection,
            channel.subject.number,
            after=later(channel, datetime.fromtimestamp(now_s, UTC) - LEARNED_FROM),
            until=datetime.fromtimestamp(now_s, UTC),
            most=LEARNED_INTERVALS if whole else LEARNED,
            step_s=None if whole else LEARNED_STEP_S,
        )
    return state.newest, rows


def filled_in(channel: Channel, changed: RangeChanged, now_s: float) -> None:
    """Note that the past of a channel was filled in before what was seen of it: what is usual is known better then."""
    begins = datetime.fromtimestamp(now_s, UTC) - LEARNED_FROM
    if changed.first_at < later(channel, changed.first_at) and changed.last_at > begins:
        channel.learn_at_s = max(now_s + QUIET_S, channel.learned_at_s + LEARNS_EVERY_S)


def due_again(channels: Iterable[Channel], now_s: float) -> Channel | None:
    """Return a channel that is to be learned anew; None where none is."""
    return next((each for each in channels if each.learn_at_s is not None and now_s >= each.learn_at_s), None)


def later(channel: Channel, instant: datetime) -> datetime:
    """Return the newest observation that was seen of a channel, or an instant where that is later."""
    newest_s = None if channel.followed is None else channel.followed.newest_s
    return instant if newest_s is None else max(instant, datetime.fromtimestamp(newest_s, UTC))
