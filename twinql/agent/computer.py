"""The computer on which this runs, as a machine: what psutil and the kernel tell of it, and two harmless actuators."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

import psutil

from twinql.agent.blueprint import ChannelBlueprint
from twinql.agent.power import PowerMeter
from twinql.errors import InvalidInputError, UnavailableError

LOAD_DUTY: Final = "load_duty"
SAMPLING: Final = "sampling_interval"
SHORTEST_S: Final = 1.0
LONGEST_S: Final = 60.0
USUAL: Final = timedelta(seconds=2)
CONNECTS_WITHIN_S: Final = 1.0


@dataclass(slots=True)
class Computer:
    """This computer.

    Attributes:
        server: The host and port to which the time of a connection is measured.
        disk: The folder whose disk is told.
        power: What tells how much power it draws; None where nothing does.
        every: Time between two looks.
    """

    server: tuple[str, int]
    disk: Path
    power: PowerMeter | None
    every: timedelta = USUAL
    _worker: "subprocess.Popen[str] | None" = None
    _duty: float = 0.0
    _names: tuple[str, ...] = field(default_factory=tuple)

    @classmethod
    def here(cls, url: str, disk: Path) -> Self:
        """Look at what this computer has.

        Args:
            url: The server's address, to which the time of a connection is measured.
            disk: The folder whose disk is told.
        """
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        psutil.cpu_percent()  # the first call only remembers where it began
        computer = cls((parts.hostname or "localhost", port), disk, PowerMeter.found())
        computer._names = tuple(sorted(_temperatures()))
        return computer

    @property
    def channels(self) -> Sequence[ChannelBlueprint]:
        """What can be read and set on this computer."""
        told = [
            _share("cpu_load", "Load of all cores"),
            ChannelBlueprint("load_average", "Programs that run or wait, over a minute", "OTHER", "ONE"),
            _share("memory_used", "Memory in use"),
            _share("disk_used", "Disk in use"),
            ChannelBlueprint("network_latency", "Time of a connection to the server", "LATENCY", "MILLISECOND"),
            ChannelBlueprint("network_errors", "Packets lost or damaged", "COUNT", "ONE", kind="CUMULATIVE"),
        ]
        told += [
            ChannelBlueprint(_key(name), f"Temperature of {name}", "TEMPERATURE", "DEGREE_CELSIUS")
            for name in self._names
        ]
        if self.power is not None:
            told.append(ChannelBlueprint("power", self.power.name, "POWER", "WATT"))
        told += [
            _share(LOAD_DUTY, "Work put on one core", writable=True),
            ChannelBlueprint(
                SAMPLING, "Time between looks", "DURATION", "SECOND", writable=True, low=SHORTEST_S, high=LONGEST_S
            ),
        ]
        return told

    def read(self) -> Mapping[str, float]:
        """Look at all of it; what the computer does not tell is left out."""
        told = {
            "cpu_load": psutil.cpu_percent(),
            "memory_used": psutil.virtual_memory().percent,
            "disk_used": psutil.disk_usage(str(self.disk)).percent,
            LOAD_DUTY: 100 * self._working,
            SAMPLING: self.every.total_seconds(),
            **{_key(name): value for name, value in _temperatures().items() if name in self._names},
        }
        with suppress(OSError):
            told["load_average"] = os.getloadavg()[0]
        if (network := psutil.net_io_counters()) is not None:
            told["network_errors"] = float(network.errin + network.errout + network.dropin + network.dropout)
        if (latency_ms := self._latency_ms()) is not None:
            told["network_latency"] = latency_ms
        if self.power is not None and (watts := self.power.read(time.monotonic())) is not None:
            told["power"] = watts
        return told

    def act(self, key: str, value: float) -> None:
        """Set how busy one core is kept, or how often the computer is looked at.

        Raises:
            InvalidInputError: There is no such actuator, or it takes no such value.
            UnavailableError: The load worker has ended by itself.
        """
        if key == LOAD_DUTY and 0.0 <= value <= 100.0:  # noqa: PLR2004 - percent
            self._work(value / 100)
        elif key == SAMPLING and SHORTEST_S <= value <= LONGEST_S:
            self.every = timedelta(seconds=value)
        else:
            raise InvalidInputError(f"{key} cannot be set to {value:g}.")

    def close(self) -> None:
        """End the load worker."""
        if self._worker is not None:
            assert self._worker.stdin is not None
            with suppress(OSError):
                self._worker.stdin.close()
            try:
                self._worker.wait(5)
            except subprocess.TimeoutExpired:
                self._worker.kill()
                self._worker.wait()
            self._worker = None

    @property
    def _working(self) -> float:
        """The share of a core that is really kept busy: none where the worker has ended."""
        return self._duty if self._worker is not None and self._worker.poll() is None else 0.0

    def _work(self, share: float) -> None:
        if self._worker is not None and self._worker.poll() is not None:
            self.close()
        if self._worker is None:
            command = [sys.executable, "-m", "twinql.agent.load_worker"]
            self._worker = subprocess.Popen(command, stdin=subprocess.PIPE, text=True)  # noqa: S603 - our own module
        assert self._worker.stdin is not None
        try:
            self._worker.stdin.write(f"{share}\n")
            self._worker.stdin.flush()
        except OSError as error:
            raise UnavailableError("The load worker has ended; command it again.") from error
        self._duty = share

    def _latency_ms(self) -> float | None:
        """Measure how long a connection to the server takes; None where there is none in time (ms)."""
        began = time.perf_counter()
        try:
            with socket.create_connection(self.server, CONNECTS_WITHIN_S):
                return 1e3 * (time.perf_counter() - began)
        except OSError:
            return None


def _temperatures() -> dict[str, float]:
    """Return the warmest temperature of each chip that tells one; nothing on systems that tell none (°C)."""
    told: dict[str, list[Any]] = getattr(psutil, "sensors_temperatures", dict)()
    warmest = {name: max((each.current for each in chip), default=0.0) for name, chip in told.items()}
    return {name: value for name, value in warmest.items() if value > 0.0}


def _share(key: str, name: str, *, writable: bool = False) -> ChannelBlueprint:
    return ChannelBlueprint(key, name, "LOAD", "PERCENT", writable=writable, low=0.0, high=100.0)


def _key(chip: str) -> str:
    return "temperature_" + "".join(letter if letter.isalnum() else "_" for letter in chip.lower())


def computers_ids() -> Iterator[str]:
    """Yield what this computer may be told by, the surest first."""
    for file in (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id")):
        with suppress(OSError):
            if text := file.read_text(encoding="ascii").strip():
                yield text
    yield socket.gethostname()
