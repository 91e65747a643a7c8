"""`twinql simulate`: breaks the demo site or its devices on purpose, or plays a file as if it happened now."""

import argparse
import asyncio
import time
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from twinql.cli.database import add_data_argument, reachable_database, with_data
from twinql.cli.replay import add_replay_arguments, replay
from twinql.devices.demo_site import read_blueprints
from twinql.devices.switchboard import (
    change,
    memory_site,
    recall,
    with_device_fault,
    with_fault,
    without_device_fault,
    without_fault,
)
from twinql.domain.blueprint import ChannelBlueprint
from twinql.domain.simulation.device_faults import USUAL_DEVICE, DeviceFault, DeviceFaultName, device_fault
from twinql.domain.simulation.faults import USUAL, Fault, FaultName, switched_on
from twinql.errors import InvalidInputError
from twinql.settings import Settings
from twinql.storage.database import Database


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `twinql simulate`."""
    add_data_argument(parser)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--fault",
        choices=[name.value for name in FaultName],
        metavar="NAME",
        help="; ".join(f"{name.value}: {usual.meaning} ({usual.signal})" for name, usual in USUAL.items()),
    )
    what.add_argument(
        "--device",
        choices=[name.value for name in DeviceFaultName],
        metavar="NAME",
        help="; ".join(f"{name.value}: {usual.meaning} ({usual.magnitude:g})" for name, usual in USUAL_DEVICE.items()),
    )
    what.add_argument("--replay", metavar="FILE", help="play a CSV, Excel (.xlsx) or JSON Lines file, marked REPLAY")
    what.add_argument("--faults", action="store_true", help="list the faults that are on, devices included")
    fault = parser.add_argument_group("faults")
    fault.add_argument("--off", action="store_true", help="switch the fault off")
    fault.add_argument(
        "--signal",
        help="a sensor such as mill.power for --fault, an actuator such as pump.running for --device",
    )
    fault.add_argument("--magnitude", type=float, help="how strong it is, in the unit of its description")
    add_replay_arguments(parser)


def run(options: argparse.Namespace, settings: Settings) -> int:
    """Play a file, switch faults, or list them."""
    if options.replay is not None:
        return replay(options, settings)
    with reachable_database(with_data(settings, options.data)) as url:
        for line in asyncio.run(_switch(options, url)):
            print(line)
    return 0


async def _switch(options: argparse.Namespace, url: str) -> list[str]:
    async with Database.open(url, pool_size=1) as database:
        site_id = await memory_site(database)
        if options.fault is not None:
            await _apply(options, database, site_id)
        if options.device is not None:
            await _apply_to_device(options, database, site_id)
        memory = await recall(database, site_id)
    faults: tuple[Fault | DeviceFault, ...] = (*memory.faults, *memory.devices)
    return [_line(fault) for fault in faults] or ["No fault is on."]


async def _apply(options: argparse.Namespace, database: Database, site_id: UUID) -> None:
    name = FaultName(options.fault)
    if options.off:
        await change(database, site_id, lambda memory: without_fault(memory, name, options.signal))
        return
    signals = [each.signal for each in _channels()]
    if options.signal is not None and options.signal not in signals:
        raise InvalidInputError(f"No sensor gives {options.signal}; choose one of {', '.join(signals)}.")
    fault = switched_on(name, at_s=time.time(), signal=options.signal, magnitude=options.magnitude)
    await change(database, site_id, lambda memory: with_fault(memory, fault))


async def _apply_to_device(options: argparse.Namespace, database: Database, site_id: UUID) -> None:
    name = DeviceFaultName(options.device)
    if options.off:
        await change(database, site_id, lambda memory: without_device_fault(memory, name, options.signal))
        return
    signals = [each.signal for each in _channels() if each.writable]
    if options.signal is not None and options.signal not in signals:
        raise InvalidInputError(f"No actuator is called {options.signal}; choose one of {', '.join(signals)}.")
    for signal in signals if options.signal is None else [options.signal]:
        fault = device_fault(name, signal=signal, at_s=time.time(), magnitude=options.magnitude)
        await change(database, site_id, partial(with_device_fault, fault=fault))


def _channels() -> list[ChannelBlueprint]:
    sites = read_blueprints()
    channels = [each for site in sites for each in site.channels]
    channels += [each for site in sites for asset in site.assets for each in asset.channels]
    return sorted(channels, key=lambda channel: channel.signal)


def _line(fault: Fault | DeviceFault) -> str:
    since = datetime.fromtimestamp(fault.since_s, UTC).isoformat(timespec="seconds")
    return f"{fault.name.value} on {fault.signal} since {since}, magnitude {fault.magnitude:g}"
