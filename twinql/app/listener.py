"""Takes the address that the server listens on, before anything slow is started."""

import errno
import socket

from twinql.errors import ConflictError, InvalidInputError


def listen(host: str, port: int) -> socket.socket:
    """Listen on an address of this machine.

    Raises:
        InvalidInputError: The address cannot be listened on.
        ConflictError: The port is taken.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=1024)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ConflictError(f"Port {port} is taken by another program: choose another one with --port.") from error
        if error.errno == errno.EACCES:
            raise InvalidInputError(f"Port {port} needs more rights than you have: use a --port above 1023.") from error
        raise InvalidInputError(f"TwinQL cannot listen on {host}: use --host 127.0.0.1.") from error
