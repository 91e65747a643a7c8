"""The files of the embedded Postgres: made once, whole or not at all, and owned by whoever Postgres runs as."""

import os
import re
import shutil
import tempfile
from pathlib import Path

from twinql.errors import ConflictError, UnavailableError
from twinql.storage.embedded.account import Account
from twinql.storage.embedded.binaries import MAJOR_VERSION, program
from twinql.storage.embedded.folder import OWNER, SERVER, DataFolder

DATABASE = "twinql"

_HALF_MADE = "postgres.new-"
_HBA = """\
# Written by TwinQL: this machine only, and nobody without the password.
host all         all 127.0.0.1/32 scram-sha-256
host replication all 127.0.0.1/32 scram-sha-256
"""
_NOBODY_MAY_ENTER = 0o711


def prepare(folder: DataFolder, account: Account, *, fast: bool) -> dict[str, str]:
    """Make the cluster where there is none, see that this account can use it, and return the passwords of its logins.

    Args:
        folder: The data folder, held by this process.
        account: Who Postgres runs as.
        fast: Whether the cluster may be lost when the machine stops, as in tests.

    Raises:
        ConflictError: The cluster belongs to another user or another version of Postgres.
        UnavailableError: Postgres could not make it.
    """
    if account.uid != os.geteuid():
        folder.path.chmod(_NOBODY_MAY_ENTER)
    if not folder.cluster.exists():
        _make(folder, account, fast=fast)
    _own(folder.cluster, account)
    version = (folder.cluster / "PG_VERSION").read_text(encoding="ascii").strip()
    if version != MAJOR_VERSION:
        raise ConflictError(
            f"The database in {folder.path} was made by Postgres {version} and this TwinQL carries {MAJOR_VERSION}: "
            "export it with the TwinQL that made it, or name another folder with --data."
        )
    return folder.passwords() or _set_passwords(folder, folder.cluster, account, "")


def _make(folder: DataFolder, account: Account, *, fast: bool) -> None:
    for left_over in folder.path.glob(_HALF_MADE + "*"):
        shutil.rmtree(left_over, ignore_errors=True)
    new = Path(tempfile.mkdtemp(prefix=_HALF_MADE, dir=folder.path))
    os.chown(new, account.uid, account.gid)
    made = account.run(
        program("initdb"),
        f"--pgdata={new}",
        f"--username={OWNER}",
        # The builtin provider sorts and folds the same on every machine; the libc locale beside it is one all have.
        *("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        # Nobody can connect before the password and pg_hba.conf are in place: no server runs until then.
        *("--auth=trust", "--no-instructions"),
        *(["--no-sync"] if fast else []),
    )
    if made.returncode:
        shutil.rmtree(new, ignore_errors=True)
        raise UnavailableError(
            f"Postgres could not make its database in {folder.path}. It said: {_reason(made.stdout)}"
        )
    (new / "pg_hba.conf").write_text(_HBA, encoding="ascii")
    _set_passwords(folder, new, account, f"create database {DATABASE}\n")
    new.rename(folder.cluster)
    _sync(folder.path)


def _set_passwords(folder: DataFolder, cluster: Path, account: Account, more: str) -> dict[str, str]:
    """Give both logins new passwords in single-user mode, which needs no password and opens no port."""
    passwords = folder.choose_passwords()
    statements = (
        f"alter role {OWNER} password '{passwords[OWNER]}'\n"
        f"do $$begin create role {SERVER}; exception when duplicate_object then null; end$$\n"
        f"alter role {SERVER} nosuperuser noinherit nobypassrls nocreatedb nocreaterole login"
        f" password '{passwords[SERVER]}'\n{more}"
    )
    done = account.run(program("postgres"), "--single", "-D", cluster, "template1", text=statements)
    if done.returncode or "ERROR" in done.stdout:
        raise UnavailableError(f"Postgres could not set up its database. It said: {_reason(done.stdout)}")
    folder.keep_passwords(passwords)
    return passwords


def _own(cluster: Path, account: Account) -> None:
    """Hand the files to this account where root may do so: they were made as root or as nobody, or are somebody's."""
    owner = cluster.stat().st_uid
    if owner == account.uid:
        return
    known = {0, account.uid, *(other for other in (65534,) if os.geteuid() == 0)}
    if os.geteuid() != 0 or owner not in known:
        raise ConflictError(
            f"The database in {cluster.parent} belongs to another user (id {owner}): run TwinQL as that user, "
            "or name another folder with --data."
        )
    for folder, _, files in os.walk(cluster):
        for name in (".", *files):
            os.chown(Path(folder, name), account.uid, account.gid, follow_symlinks=False)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _reason(output: str) -> str:
    """The line that names the error, or else the last one."""
    lines = [line for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if re.search(r"error:|ERROR|FATAL|PANIC", line)]
    return (errors or lines[-1:] or ["nothing"])[0]
