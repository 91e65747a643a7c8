"""The live feed: one tail of the outbox per process, fanned out to followers."""
