"""The live feed: one tail of the outbox per process, fanned out to followers."""

from twinql.live.feed import Feed
from twinql.live.follower import Follower
from twinql.live.parts import Batch
from twinql.live.service import open_feed

__all__ = ["Batch", "Feed", "Follower", "open_feed"]
