"""Runs Postgres for as long as TwinQL lives, and stops it in order when the pipe from TwinQL closes.

The kernel closes that pipe however TwinQL ends, kill -9 included, on Linux and on macOS. The supervisor leads a session
of its own, so that Ctrl-C in a terminal reaches TwinQL alone, which then decides when its database stops.

Run by path (`python -I -S supervisor.py COMMAND…`), so it stays small: standard library only. It prints the process id
of Postgres, and its standard output closes when both have ended.
"""

import os
import select
import signal
import subprocess
import sys
import time
from types import FrameType

# A fast shutdown ends sessions and writes a checkpoint; an immediate one leaves that to the next start, without loss.
_ENDINGS = ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 10.0))
_FROM_TWINQL = 0


def _note(_signal: int, _frame: FrameType | None) -> None:
    """Let the signal show up in the wake-up pipe; unlike an ignored signal, a handled one is reset in Postgres."""


def _wake_up_pipe() -> int:
    """Turn signals into bytes on a pipe, and return its reading end."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, _note)
    return reading


def _wait_until_unwanted(postgres: subprocess.Popen[bytes], wake_up: int) -> None:
    """Return when TwinQL is gone, when this process is asked to end, or when Postgres has ended by itself."""
    while postgres.poll() is None:
        readable, _, _ = select.select([_FROM_TWINQL, wake_up], [], [])
        if _FROM_TWINQL in readable or signal.SIGTERM in os.read(wake_up, 4096):
            return


def _ends_within(postgres: subprocess.Popen[bytes], wake_up: int, seconds: float) -> bool:
    """Wait for the end of Postgres, and tell whether it came in time."""
    deadline = time.monotonic() + seconds
    while postgres.poll() is None:
        left = deadline - time.monotonic()
        if left <= 0:
            return False
        if select.select([wake_up], [], [], left)[0]:
            os.read(wake_up, 4096)
    return True


def main() -> int:
    """Start Postgres, watch, stop it."""
    wake_up = _wake_up_pipe()
    postgres = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=sys.stderr)  # noqa: S603 - our own command
    sys.stdout.write(f"{postgres.pid}\n")
    sys.stdout.flush()
    _wait_until_unwanted(postgres, wake_up)
    for ending, patience in _ENDINGS:
        if postgres.poll() is not None:
            break
        postgres.send_signal(ending)
        if _ends_within(postgres, wake_up, patience):
            break
    return postgres.returncode or 0


if __name__ == "__main__":
    sys.exit(main())
