"""sd_notify(3): tells systemd that a service is ready, alive or ending. Does nothing where there is no systemd."""

import os
import socket


def notify(*lines: str, address: str | None = None) -> bool:
    """Sends lines such as "READY=1" to NOTIFY_SOCKET; gives whether somebody took them."""
    address = os.environ.get("NOTIFY_SOCKET") if address is None else address
    if not address:
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as link:
        link.setblocking(False)  # a systemd that does not listen must not stop the service
        try:
            link.sendto("\n".join(lines).encode(), "\0" + address[1:] if address.startswith("@") else address)
        except OSError:
            return False
    return True
