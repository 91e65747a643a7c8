"""Reads and changes what the simulator remembers, from whichever process: two never overwrite each other."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final
from uuid import UUID

from twinql.devices.demo_site import SIMULATOR
from twinql.devices.memory import Memory
from twinql.domain.simulation.device_faults import DeviceFault, DeviceFaultName
from twinql.domain.simulation.faults import Fault, FaultName
from twinql.errors import NotFoundError
from twinql.storage.database import Database
from twinql.storage.demo import memory_of, remember, site_of_asset

MEMORY_ASSET: Final = "demo/factory/mill"


async def memory_site(database: Database) -> UUID:
    """Return the site that keeps what the simulator remembers.

    Raises:
        NotFoundError: This database has no demo site.
    """
    site_id = await site_of_asset(database, SIMULATOR, MEMORY_ASSET)
    if site_id is None:
        raise NotFoundError("This database has no demo site: start `twinql serve` once without --no-demo.")
    return site_id


async def recall(database: Database, site_id: UUID) -> Memory:
    """Return what the simulator of a site remembers."""
    return Memory.read(await memory_of(database, SIMULATOR, site_id))


async def change(database: Database, site_id: UUID, how: Callable[[Memory], Memory]) -> Memory:
    """Change it, on top of whatever somebody else may change at the same moment, and return the new one."""
    while True:
        former = await memory_of(database, SIMULATOR, site_id)
        memory = how(Memory.read(former))
        if await remember(database, SIMULATOR, site_id, memory.to_json(), former=former):
            return memory


def with_fault(memory: Memory, fault: Fault) -> Memory:
    """Switch a fault on; one of the same name on the same signal begins anew."""
    others = tuple(each for each in memory.faults if (each.name, each.signal) != (fault.name, fault.signal))
    return replace(memory, faults=(*others, fault))


def without_fault(memory: Memory, name: FaultName, signal: str | None = None) -> Memory:
    """Switch a fault off, on one signal or on all."""
    kept = tuple(each for each in memory.faults if each.name is not name or signal not in {None, each.signal})
    return replace(memory, faults=kept)


def with_device_fault(memory: Memory, fault: DeviceFault) -> Memory:
    """Let a device misbehave; a fault of the same name at the same device begins anew."""
    others = tuple(each for each in memory.devices if (each.name, each.signal) != (fault.name, fault.signal))
    return replace(memory, devices=(*others, fault))


def without_device_fault(memory: Memory, name: DeviceFaultName, signal: str | None = None) -> Memory:
    """Let a device behave again, or all of them."""
    kept = tuple(each for each in memory.devices if each.name is not name or signal not in {None, each.signal})
    return replace(memory, devices=kept)


def with_remembered(memory: Memory, faults: tuple[Fault, ...]) -> Memory:
    """Keep what faults met first, for those that are still on and remember nothing yet."""
    held = {(each.name, each.signal, each.since_s): each.held for each in faults}
    known = tuple(
        each if each.held is not None else replace(each, held=held.get((each.name, each.signal, each.since_s)))
        for each in memory.faults
    )
    return replace(memory, faults=known)
