"""Takes the address that the server listens on, before anything slow is started."""

import errno
import socket

from twinql.errors import ConflictError, InvalidInputError

UNREAD_S = 120
"""A client that takes nothing for so long of what it was sent is cut off, where the system can do that. [s]"""


def listen(host: str, port: int, *, unread_s: int = UNREAD_S) -> socket.socket:
    """Listen on an address of this machine.

    Args:
        host: The address.
        port: The port; 0 takes a free one.
        unread_s: How long a client may leave unread what it was sent. [s]

    Raises:
        InvalidInputError: The address cannot be listened on.
        ConflictError: The port is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listener = socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConflictError(f"Port {port} is taken by another program: choose another one with --port.") from error
        if error.errno == errno.EACCES:
            raise InvalidInputError(f"Port {port} needs more rights than you have: use a --port above 1023.") from error
        raise InvalidInputError(f"TwinQL cannot listen on {host}: use --host 127.0.0.1.") from error
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux; elsewhere such a client is waited for until it goes
        # Connections inherit it. Nothing else ends one with unsent bytes: closing it waits for the client to take them.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, unread_s * 1000)
    return listener
