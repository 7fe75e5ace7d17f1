"""The real server in a process of its own: many streams, a port in use, a clean end."""

import http.client
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest
from webhouse import PASSWORD, empty_home, full_home

from sensor.home import Home
from web.errors import PortInUseError
from web.serve import take_port, url_of

STREAMS = 20


def command(home: Path, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "catpool", "serve", "--port", "0", *arguments],
        env={**os.environ, "CATPOOL_HOME": str(home), **environment},
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent.parent,
    )


@contextmanager
def served(home: Home, **environment: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A running server and its port."""
    process = command(home.root, **environment)
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        found = re.search(r"http://127\.0\.0\.1:(\d+)", line)
        assert found is not None, line
        yield process, int(found.group(1))
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(20)
        process.stderr.close()


class Line:
    """One connection to the server, with the cookies it was given."""

    def __init__(self, port: int, cookie: str = "") -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.cookie = cookie

    def ask(self, method: str, path: str, body: str = "") -> http.client.HTTPResponse:
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        self.connection.request(method, path, body=body, headers=headers)
        answer = self.connection.getresponse()
        self.cookie = (answer.getheader("Set-Cookie") or self.cookie).split(";")[0]
        return answer

    def log_in(self) -> str:
        """Signs in and gives the cookie."""
        page = self.ask("GET", "/login").read().decode()
        token = re.findall(r'name="csrf_token" value="([^"]+)"', page)[0]
        form = urlencode({"name": "fay", "password": PASSWORD, "csrf_token": token})
        answer = self.ask("POST", "/login", form)
        answer.read()
        assert answer.status == 303
        return self.cookie

    def close(self) -> None:
        self.connection.close()


def test_twenty_streams_starve_no_request_and_end_with_the_server(tmp_path: Path) -> None:
    with served(full_home(tmp_path)) as (process, port):
        line = Line(port)
        cookie = line.log_in()
        lines = [Line(port, cookie) for _ in range(STREAMS)]
        streams = [one.ask("GET", "/events") for one in lines]
        assert [stream.readline() for stream in streams] == [b"retry: 3000\n"] * STREAMS
        answer = line.ask("GET", "/api/leads.geojson")
        assert (answer.status, len(answer.read()) > 500) == (200, True)
        process.send_signal(signal.SIGTERM)
        assert [stream.read().startswith(b"event: hello\n") for stream in streams] == [True] * STREAMS
        assert process.wait(20) == 0
        for one in [line, *lines]:
            one.close()


def test_a_worker_that_dies_is_replaced(tmp_path: Path) -> None:
    with served(empty_home(tmp_path)) as (process, port):
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        for child in children:
            os.kill(int(child), signal.SIGKILL)
        line = Line(port)
        for _ in range(200):
            try:
                assert line.ask("GET", "/healthz").status == 200
                break
            except (OSError, http.client.HTTPException):
                line.close()
                line = Line(port)
        else:
            pytest.fail("no answer after the worker died")
        line.close()


def test_ctrl_c_ends_it_quietly(tmp_path: Path) -> None:
    with served(empty_home(tmp_path)) as (process, _):
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
        assert process.stderr is not None
        assert "Traceback" not in process.stderr.read()


def test_systemd_hears_ready_and_the_watchdog(tmp_path: Path) -> None:
    socket_path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(socket_path))
        manager.settimeout(20)
        with served(empty_home(tmp_path), NOTIFY_SOCKET=str(socket_path), WATCHDOG_USEC="30000000"):
            heard = {manager.recv(200).split(b"\n")[0] for _ in range(3)}
    assert heard == {b"READY=1", b"WATCHDOG=1"}


def refused(home: Path, *arguments: str) -> str:
    """The one line with which the command refused, with status 2."""
    process = command(home, *arguments)
    assert process.stderr is not None
    lines = process.stderr.read().splitlines()
    process.stderr.close()
    assert process.wait(20) == 2
    (line,) = lines
    return line


def test_a_port_in_use_is_one_line(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        line = refused(tmp_path, "--port", port)
    expected = f"catpool: 127.0.0.1, port {port}: cannot be served on (Address already in use); "
    assert line == expected + "stop what uses it, or take another --port"


def test_a_home_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert "cannot be made" in refused(tmp_path / "file" / "home")


def test_a_newer_database_is_one_line(tmp_path: Path) -> None:
    home = empty_home(tmp_path)
    with sqlite3.connect(home.store) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert "newer version" in refused(home.root)


def test_wrong_settings_are_one_line(tmp_path: Path) -> None:
    home = empty_home(tmp_path)
    home.settings.write_text("[web]\nprot = 80\n")
    assert "unknown key 'prot' in [web]" in refused(home.root)


def test_hosts_and_ports_that_cannot_be_had() -> None:
    with pytest.raises(PortInUseError, match="no such address"):
        take_port("nowhere.invalid", 0)
    with pytest.raises(PortInUseError, match="Cannot assign"):
        take_port("192.0.2.1", 0)
    with pytest.raises(PortInUseError, match="0 to 65535"):
        take_port("127.0.0.1", 70_000)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8440"),
        ("0.0.0.0", "http://127.0.0.1:8440"),
        ("::", "http://[::1]:8440"),
        ("fe80::1", "http://[fe80::1]:8440"),
        ("kit.local", "http://kit.local:8440"),
    ],
)
def test_the_url_is_one_a_browser_here_can_open(host: str, url: str) -> None:
    assert url_of(host, 8440) == url


def test_the_server_waits_for_no_journal(tmp_path: Path) -> None:
    home = empty_home(tmp_path)
    assert not home.journal.exists()
    with served(home) as (_, port):
        line = Line(port)
        line.log_in()
        for path in ("/api/cells.geojson", "/api/tracks.geojson", "/kits/"):
            answer = line.ask("GET", path)
            answer.read()
            assert answer.status == 200, path
        line.close()
