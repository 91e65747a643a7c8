"""A Postgres that a killed TwinQL left behind: it is ended in order before a new one starts on the same files."""

import signal
import time
from pathlib import Path

import psutil

from twinql.errors import UnavailableError

_ENDINGS = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 10.0))
_POLL_S = 0.02


def end_leftover(cluster: Path) -> None:
    """End whatever Postgres still runs on these files. The caller holds the data folder, so nobody uses it.

    Usually its supervisor is ending it at this moment, and asking twice does no harm.

    Raises:
        UnavailableError: It does not end.
    """
    pid = postmaster_pid(cluster)
    if pid is None:
        return
    try:
        process = psutil.Process(pid)
        if str(cluster) not in process.cmdline():
            _forget(cluster)
            return
        for ending, patience in _ENDINGS:
            process.send_signal(ending)
            if _ends_within(process, patience):
                return
    except psutil.ZombieProcess:
        _forget(cluster)
        return
    except psutil.NoSuchProcess:
        return
    raise UnavailableError(
        f"A Postgres of an earlier TwinQL still runs on {cluster} and does not end: stop process {pid}."
    )


def _ends_within(process: psutil.Process, seconds: float) -> bool:
    """Wait for the end of a process, which may stay a zombie where the machine's first process reaps nobody."""
    deadline = time.monotonic() + seconds
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True


def postmaster_pid(cluster: Path) -> int | None:
    """The process id in postmaster.pid, which also outlives a Postgres that was killed."""
    try:
        return abs(int((cluster / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0]))
    except (FileNotFoundError, ValueError):
        return None


def _forget(cluster: Path) -> None:
    """Remove a postmaster.pid whose number belongs to another program, as in a restarted container, or to nobody alive.

    Postgres would refuse to start. Its backends may outlive it for a moment, so none may be left on these files.
    """
    for process in psutil.process_iter():
        try:
            if process.name().startswith("postgres") and cluster.samefile(process.cwd()):
                return
        except psutil.AccessDenied:
            return  # a Postgres that cannot be looked at may be ours
        except psutil.NoSuchProcess:
            continue
    (cluster / "postmaster.pid").unlink(missing_ok=True)
