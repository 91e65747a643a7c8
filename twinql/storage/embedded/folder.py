"""The data folder: who holds it, what lies in it, and how to reach the server that runs in it."""

import fcntl
import json
import os
import secrets
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from twinql.errors import ConflictError, UnavailableError
from twinql.storage.embedded.inheritance import close, keep_from_children

OWNER = "postgres"
SERVER = "twinql_server"
"""The login for the work of users, which has no rights but to become one of them for a transaction."""

_PRIVATE = 0o600
# Somebody who only asks whether a server runs holds the lock for an instant: long enough to ask again.
_LOCK_ATTEMPTS, _LOCK_PAUSE_S = 10, 0.02


class DataFolder:
    """The paths below one data folder, and its lock."""

    def __init__(self, path: Path) -> None:
        """Name the parts; nothing is made yet."""
        self.path = path.resolve()  # Postgres names its folder without links, too
        self.cluster = self.path / "postgres"
        self.log = self.path / "postgres.log"
        self.connection = self.path / "connection.json"
        self._lock = self.path / "lock"
        self._passwords = {OWNER: self.path / "password", SERVER: self.path / "password-of-the-server"}
        self._token_secret = self.path / "token-secret"

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the folder for this process; the kernel lets go of it however the process ends.

        Raises:
            ConflictError: A living TwinQL holds it.
            UnavailableError: It cannot be made or written to.
        """
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = keep_from_children(os.open(self._lock, os.O_RDWR | os.O_CREAT, _PRIVATE))
        except OSError as error:
            raise self._unusable(error) from error
        try:
            self._acquire(descriptor)
            yield
        finally:
            close(descriptor)

    def _acquire(self, descriptor: int) -> None:
        for _ in range(_LOCK_ATTEMPTS):
            with suppress(BlockingIOError):
                return fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            time.sleep(_LOCK_PAUSE_S)
        raise ConflictError(
            f"Another TwinQL is running on the data folder {self.path}: stop it first, "
            "or name another folder with --data."
        )

    def is_held(self) -> bool:
        """Whether a living process holds the folder."""
        try:
            descriptor = os.open(self._lock, os.O_RDONLY)
        except (FileNotFoundError, NotADirectoryError):
            return False
        except OSError as error:
            raise self._unusable(error) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def _unusable(self, error: OSError) -> UnavailableError:
        return UnavailableError(
            f"The data folder {self.path} cannot be used ({error.strerror}): name another folder with --data."
        )

    def passwords(self) -> dict[str, str] | None:
        """The passwords of both logins, if they were chosen."""
        if not all(file.exists() for file in self._passwords.values()):
            return None
        return {login: file.read_text(encoding="ascii") for login, file in self._passwords.items()}

    def choose_passwords(self) -> dict[str, str]:
        """Choose new random passwords; they are kept by `keep_passwords` once Postgres knows them."""
        return {login: secrets.token_urlsafe(24) for login in self._passwords}

    def keep_passwords(self, passwords: dict[str, str]) -> None:
        """Keep the passwords for later starts."""
        for login, file in self._passwords.items():
            _write_private(file, passwords[login])

    def token_secret(self) -> str:
        """The secret that development tokens are signed with, made at the first time."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self._token_secret.exists():
                self._make_token_secret()
            return self._token_secret.read_text(encoding="ascii")
        except OSError as error:
            raise self._unusable(error) from error

    def _make_token_secret(self) -> None:
        descriptor, new = tempfile.mkstemp(dir=self.path, prefix=self._token_secret.name)  # for this user alone
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
        # Of two that make it at once, such as a server and `twinql token`, the first one's counts.
        with suppress(FileExistsError):
            os.link(new, self._token_secret)
        Path(new).unlink()

    def announce(self, **facts: str | int) -> None:
        """Write the connection file, whole or not at all."""
        _write_private(self.connection, json.dumps(facts, indent=2) + "\n")

    def retract(self) -> None:
        """Remove the connection file, a stale one included."""
        self.connection.unlink(missing_ok=True)


def running(data_dir: Path) -> str | None:
    """The address of the database of the TwinQL that runs on this data folder; None if none does.

    A connection file that a killed server left behind is recognised by its lock, which died with it.

    Raises:
        UnavailableError: The folder is another user's.
    """
    folder = DataFolder(data_dir)
    if not folder.is_held():
        return None
    try:
        facts = json.loads(folder.connection.read_text(encoding="utf-8"))
    except FileNotFoundError:  # it is just starting or stopping
        return None
    return str(facts["url"])


def has_database(data_dir: Path) -> bool:
    """Say whether a database was ever made in this data folder."""
    return (DataFolder(data_dir).cluster / "PG_VERSION").exists()


def token_secret(data_dir: Path) -> str:
    """The secret of a data folder for development tokens, made where it is missing.

    Raises:
        UnavailableError: The folder is another user's.
    """
    return DataFolder(data_dir).token_secret()


def _write_private(path: Path, text: str) -> None:
    new = path.with_name(path.name + ".new")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _PRIVATE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
