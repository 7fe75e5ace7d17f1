"""A stand-in for gpsd that reports one fix ten times a second."""

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sensor.readings import Position


@contextmanager
def fake_gpsd(place: Position) -> Iterator[str]:
    """Gives HOST:PORT of a gpsd whose receiver stands at `place`."""
    report = {"class": "TPV", "device": "/dev/ttyACM0", "mode": 3, "lat": place.lat, "lon": place.lon}
    ending = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)

        def serve() -> None:
            while not ending.is_set():
                try:
                    link, _ = server.accept()
                except TimeoutError:
                    continue
                with link:
                    while not ending.wait(0.1):
                        try:
                            link.sendall(json.dumps(report).encode() + b"\n")
                        except OSError:
                            break

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        ending.set()
        thread.join()
