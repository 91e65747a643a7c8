"""Starts the embedded Postgres, tells its address, and stops it."""

import os
import re
import select
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from twinql.errors import UnavailableError
from twinql.storage.embedded.account import ENVIRONMENT, Account, find_account
from twinql.storage.embedded.binaries import program
from twinql.storage.embedded.cluster import DATABASE, prepare
from twinql.storage.embedded.folder import OWNER, SERVER, DataFolder
from twinql.storage.embedded.inheritance import close, keep_from_children
from twinql.storage.embedded.leftover import end_leftover
from twinql.storage.embedded.settings import server_settings

_POLL_S = 0.01
_READY_WITHIN_S = 300.0  # replaying the log of a large import takes a while
_RETRY_FOR_S = 10.0
_LOG_KEPT_BYTES = 1_000_000
_STATUS_LINE = 7
# Another program took the port first, or children of a killed Postgres still hold its memory: both pass.
_PASSES = re.compile(r"in use|already exists|pre-existing shared memory")


class EmbeddedPostgres:
    """A running Postgres that ends with this process, however that ends.

    It listens on 127.0.0.1 only, on a free port, and asks for a password that is kept in the data folder.
    """

    def __init__(self, *, url: str, server_url: str, pid: int, closing: ExitStack) -> None:
        """Use `start` instead."""
        self.url = url
        """For the owner, who migrates and does TwinQL's own work."""
        self.server_url = server_url
        """For the work of users: by itself this login can read and write nothing."""
        self.pid = pid
        self._closing = closing

    @classmethod
    def start(cls, data_dir: Path, *, fast: bool = False) -> Self:
        """Start Postgres on a data folder, and make both where there are none.

        Args:
            data_dir: The folder that holds the database, its log and its connection file.
            fast: Give up durability for speed: for tests, whose data may be lost.

        Raises:
            ConflictError: Another TwinQL runs on the folder, or it belongs to another user or version.
            UnavailableError: Postgres cannot run here.
        """
        folder = DataFolder(data_dir)
        with ExitStack() as closing:
            closing.enter_context(folder.held())
            folder.retract()
            account = find_account()
            end_leftover(folder.cluster)
            passwords = prepare(folder, account, fast=fast)
            postgres = _start(folder, account, fast=fast)
            closing.callback(end_leftover, folder.cluster)  # were the supervisor killed, this would still end Postgres
            closing.callback(postgres.stop)
            url, server_url = (
                f"postgresql://{login}:{passwords[login]}@127.0.0.1:{postgres.port}/{DATABASE}"
                for login in (OWNER, SERVER)
            )
            closing.callback(folder.retract)
            folder.announce(url=url, pid=os.getpid(), postgres_pid=postgres.pid, port=postgres.port)
            return cls(url=url, server_url=server_url, pid=postgres.pid, closing=closing.pop_all())

    def stop(self) -> None:
        """Stop Postgres in order and let go of the folder; a second call does nothing."""
        self._closing.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class _Supervised:
    """Postgres and the supervisor that stops it when the pipe from here closes."""

    def __init__(self, folder: DataFolder, account: Account, *, fast: bool) -> None:
        self.port = _free_port()
        command = [
            *(sys.executable, "-I", "-S", str(Path(__file__).with_name("supervisor.py"))),
            *account.prefix,
            *(str(program("postgres")), "-D", str(folder.cluster)),
            *(f"-c{name}={value}" for name, value in server_settings(port=self.port, fast=fast).items()),
        ]
        with folder.log.open("ab") as log:
            self._log, self._log_start = folder.log, log.tell()
            theirs, self._alive = os.pipe()
            keep_from_children(self._alive)
            try:
                self._supervisor = subprocess.Popen(  # noqa: S603 - our own command, no shell
                    command,
                    stdin=theirs,
                    stdout=subprocess.PIPE,
                    stderr=log,
                    env=ENVIRONMENT,
                    start_new_session=True,
                )
            except OSError:
                close(self._alive)
                raise
            finally:
                os.close(theirs)
        assert self._supervisor.stdout
        self._ended = self._supervisor.stdout
        self.pid = int(self._ended.readline() or 0)

    def becomes_ready(self, cluster: Path) -> bool:
        """Wait until connections are accepted; False if Postgres ended instead, or took far too long."""
        deadline = time.monotonic() + _READY_WITHIN_S
        while time.monotonic() < deadline:
            ended, _, _ = select.select([self._ended], [], [], _POLL_S)
            if ended:
                return False
            if _is_ready(cluster, self.pid):
                return True
        return False

    def stop(self) -> None:
        """Close the pipe, which is the sign to stop, and wait until both processes are gone."""
        close(self._alive)
        self._supervisor.wait()
        self._ended.close()

    def complaint(self) -> str:
        """What Postgres wrote to its log in this attempt."""
        with self._log.open("rb") as log:
            log.seek(self._log_start)
            return log.read().decode(errors="replace")


def _start(folder: DataFolder, account: Account, *, fast: bool) -> _Supervised:
    """Start Postgres, again and again while what is in the way is something that passes."""
    if folder.log.exists() and folder.log.stat().st_size > _LOG_KEPT_BYTES:
        folder.log.replace(folder.log.with_suffix(".log.old"))
    deadline = time.monotonic() + _RETRY_FOR_S
    while True:
        postgres = _Supervised(folder, account, fast=fast)
        try:
            ready = postgres.becomes_ready(folder.cluster)
        except BaseException:
            postgres.stop()
            raise
        if ready:
            return postgres
        postgres.stop()
        complaint = postgres.complaint()
        if not _PASSES.search(complaint) or time.monotonic() > deadline:
            reasons = re.findall(r"(?:FATAL|PANIC|error): *(.+)", complaint) or ["it gave no reason"]
            raise UnavailableError(f"Postgres did not start: {reasons[0]}. Its log is {folder.log}.")
        time.sleep(_POLL_S * 10)


def _is_ready(cluster: Path, pid: int) -> bool:
    try:
        lines = (cluster / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return False
    return len(lines) > _STATUS_LINE and lines[0] == str(pid) and lines[_STATUS_LINE].strip() == "ready"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
