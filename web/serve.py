"""The server: gunicorn with one worker of many threads, one thread a request or open stream.

One worker, so that one watcher looks at the databases; threads, so that twenty open maps do not starve a request.
The socket is taken before gunicorn starts: a port in use is one line, not five tries.
"""

import os
import socket
from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.workers.gthread import ThreadWorker

from sensor.home import Home
from sensor.notify import notify
from sensor.settings import load_section
from web.app import create_app
from web.errors import PortInUseError
from web.settings import WebSettings

GRACE_S = 5  # how long running requests may take to end once the server stops


def serve(
    home: Home, host: str | None = None, port: int | None = None, on_ready: Callable[[str], None] | None = None
) -> None:
    """Serves `home` until SIGTERM or SIGINT; leaves by SystemExit(0). `on_ready` gets the URL once it listens.

    Host and port come from [web] of the settings where they are None; port 0 takes any free one. Raises
    PortInUseError, SettingsError, StoreError or AccountStoreError before anything is served.
    """
    home.make()
    settings = load_section(home.settings, "web", WebSettings)
    host = settings.host if host is None else host
    listener = take_port(host, settings.port if port is None else port)
    try:
        app = create_app(home, settings)
    except BaseException:
        listener.close()
        raise
    url = url_of(host, listener.getsockname()[1])
    server = Server(app, listener, max(2, settings.threads), lambda: on_ready(url) if on_ready else None)
    server.run()


def take_port(host: str, port: int) -> socket.socket:
    """A bound socket. Raises PortInUseError with what to mend."""
    if not 0 <= port <= 65_535:
        raise PortInUseError(f"port {port}: ports are 0 to 65535; --port takes another")
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise PortInUseError(f"host {host!r}: no such address ({error.strerror}); --host takes another") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(256)
    except OSError as error:
        listener.close()
        raise PortInUseError(
            f"{host}, port {port}: cannot be served on ({error.strerror}); stop what uses it, or take another --port"
        ) from error
    return listener


def url_of(host: str, port: int) -> str:
    """Where a browser on this machine finds the server."""
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{name}:{port}"


class Worker(ThreadWorker):  # type: ignore[misc]
    """A worker that ends its open streams when it is told to stop."""

    def handle_exit(self, sig: int, frame: Any) -> None:
        self._end_streams()
        super().handle_exit(sig, frame)

    def handle_quit(self, sig: int, frame: Any) -> None:
        self._end_streams()
        super().handle_quit(sig, frame)

    def _end_streams(self) -> None:
        self.wsgi.extensions["watcher"].stop()


class Master(Arbiter):  # type: ignore[misc]
    """An arbiter that feeds systemd's watchdog as long as it looks after its worker; gunicorn itself says READY."""

    def manage_workers(self) -> None:
        super().manage_workers()
        if "WATCHDOG_USEC" in os.environ:
            notify("WATCHDOG=1")


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn, set up from here alone: no file and no variable of its own changes it."""

    def __init__(self, app: Flask, listener: socket.socket, threads: int, when_ready: Callable[[], None]) -> None:
        self.app = app
        self.options = {
            "bind": f"fd://{listener.detach()}",
            "workers": 1,
            "worker_class": "web.serve.Worker",
            "threads": threads,
            "graceful_timeout": GRACE_S,
            "loglevel": "warning",
            "control_socket_disable": True,
            "when_ready": lambda _arbiter: when_ready(),
        }
        super().__init__()

    def load_config(self) -> None:
        for name, value in self.options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self.app

    def run(self) -> None:
        Master(self).run()
