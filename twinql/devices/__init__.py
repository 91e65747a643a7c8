"""Transports to the physical world: the simulator and those that follow."""
