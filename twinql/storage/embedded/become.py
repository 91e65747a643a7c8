"""Gives up root for the user and group named first, then turns into the command that follows.

Run by path (`python -I -S become.py UID GID COMMAND…`), so it knows the standard library only.
"""

import os
import sys


def main() -> None:
    """Drop every privilege, then become the command."""
    user, group, *command = sys.argv[1:]
    os.setgroups([])
    os.setgid(int(group))
    os.setuid(int(user))
    os.execv(command[0], command)  # noqa: S606 - the launcher names the program, no shell is wanted


if __name__ == "__main__":
    main()
