"""How long the machine's control waits for the network."""

from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from twinql.domain.simulation.noise import smooth, uniform
from twinql.domain.simulation.slots import SLOT_S, Floats, local_time

_BURST_S: Final = 300
_BURSTS: Final = 0.012


def latency_ms(*, seed: int, zone: ZoneInfo, at_s: Floats) -> Floats:
    """Make the latency that a machine's control measures.

    Args:
        seed: Names the world.
        zone: Of the factory: its office hours are busy.
        at_s: Whole seconds since 1970 UTC, shape (n,). [s]

    Returns:
        Round-trip time, shape (n,), at least about 5 ms; about one stretch of five minutes in eighty is congested. [ms]

    Source:
        A floor and an exponential tail, the waiting time of an M/M/1 queue; congestion makes the tail longer.
    """
    clock = local_time((at_s // SLOT_S).astype(np.int64), zone)
    busy = np.exp(-0.5 * ((clock.minute - 720.0) / 190.0) ** 2)
    burst = (at_s // _BURST_S).astype(np.int64)
    congested = uniform(seed=seed, name="network/burst", index=burst) < _BURSTS
    strength = 25.0 + 70.0 * uniform(seed=seed, name="network/strength", index=burst)
    wander = 1.5 * smooth(seed=seed, name="network/wander", at_s=at_s, period_s=1800.0)
    waiting = -np.log1p(-uniform(seed=seed, name="network/queue", index=at_s.astype(np.int64)))
    mean_wait = 1.5 + 2.5 * busy + np.where(congested, strength, 0.0)
    return np.asarray(7.0 + wander + 3.0 * busy + mean_wait * waiting)
