"""Which user the embedded Postgres runs as: it refuses to be root."""

import os
import pwd
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from twinql.errors import UnavailableError
from twinql.storage.embedded.binaries import program

# Postgres gets nothing from TwinQL's environment: no PG… variable, language or time zone of the user changes it.
ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True)
class Account:
    """A way of starting Postgres's programs, and the owner that the cluster's files must have for it."""

    prefix: tuple[str, ...]
    uid: int
    gid: int

    def run(self, *command: str | Path, text: str = "") -> subprocess.CompletedProcess[str]:
        """Run one program to its end, with `text` as its input; the caller looks at the return code."""
        return subprocess.run(  # noqa: S603 - our own programs, no shell
            [*self.prefix, *command],
            input=text,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            env=ENVIRONMENT,
        )


def find_account() -> Account:
    """The first way of starting Postgres that works here.

    Raises:
        UnavailableError: TwinQL runs as root and no way was found to run Postgres as somebody else.
    """
    if os.geteuid() != 0:
        return Account((), os.geteuid(), os.getegid())
    for account in _accounts_for_root():
        try:
            if account.run(program("postgres"), "--version").returncode == 0:
                return account
        except OSError:
            continue
    raise UnavailableError(
        "Postgres refuses to run as root, and the user nobody cannot reach its programs: "
        "run TwinQL as an ordinary user, or set DATABASE_URL to a Postgres of your own."
    )


def _accounts_for_root() -> list[Account]:
    try:
        nobody = pwd.getpwnam("nobody")
        uid, gid = nobody.pw_uid, nobody.pw_gid
    except KeyError:
        uid = gid = 65534
    accounts = [
        Account((sys.executable, "-I", "-S", str(Path(__file__).with_name("become.py")), str(uid), str(gid)), uid, gid)
    ]
    if setpriv := shutil.which("setpriv"):
        # In a container without user namespaces the project often lies below /root, which nobody may not enter:
        # this one capability lets Postgres reach its files there.
        keep = ("--inh-caps=+dac_override", "--ambient-caps=+dac_override")
        drop = (f"--reuid={uid}", f"--regid={gid}", "--clear-groups")
        accounts.insert(0, Account((setpriv, *drop, *keep), uid, gid))
    if unshare := shutil.which("unshare"):
        # A user namespace: Postgres sees itself as nobody, and to the rest of the machine the files stay root's.
        accounts.insert(0, Account((unshare, "--user", "--map-user=65534", "--map-group=65534"), 0, 0))
    return accounts
