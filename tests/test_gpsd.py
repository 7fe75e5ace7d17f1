"""gpsd's reports: no fix means no position, never the last one; with gpsd 3.22 and gpsfake as they are."""

import json
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sensor.errors import SettingsError
from sensor.place import STALE_S, PlaceSource, open_place
from sensor.place.fixes import Fixes
from sensor.place.gpsd import GpsdReports, GpsdWatch
from sensor.readings import Position

TPV = {
    "class": "TPV",
    "device": "/dev/ttyACM0",
    "mode": 3,
    "time": "2026-03-04T09:00:07.000Z",
    "lat": 24.4798,
    "lon": 118.0894,
    "speed": 8.488,
    "track": 271.0,
}
SKY = {"class": "SKY", "device": "/dev/ttyACM0", "hdop": 0.9}
TOFF = {
    "class": "TOFF",
    "device": "/dev/ttyACM0",
    "real_sec": 1772614807,
    "real_nsec": 0,
    "clock_sec": 1772614807,
    "clock_nsec": 150_000_000,
}
HERE = Position(24.4798, 118.0894, 0.9, 8.488, 271.0, datetime(2026, 3, 4, 9, 0, 7, tzinfo=UTC))


def feed(reports: GpsdReports, *lines: dict[str, object], at_s: float = 100.0) -> float | None:
    offset = None
    for line in lines:
        offset = reports.feed(json.dumps(line).encode(), at_s)
    return offset


@pytest.fixture
def reports() -> GpsdReports:
    return GpsdReports(Fixes())


def test_a_fix_holds_for_three_seconds(reports: GpsdReports) -> None:
    feed(reports, SKY, TPV)
    assert reports.fixes.newest(100.0) == HERE
    assert reports.fixes.newest(100.0 + STALE_S) == HERE
    assert reports.fixes.newest(100.1 + STALE_S) is None


@pytest.mark.parametrize(
    "loss",
    [
        TPV | {"mode": 1},
        {"class": "TPV", "device": "/dev/ttyACM0", "mode": 0},
        TPV | {"lat": None},
        TPV | {"lat": "24.4798"},
        TPV | {"lat": 91.0},
        {key: value for key, value in TPV.items() if key != "mode"},
        {"class": "DEVICE", "path": "/dev/ttyACM0", "activated": 0},
    ],
)
def test_no_fix_means_no_position(reports: GpsdReports, loss: dict[str, object]) -> None:
    feed(reports, SKY, TPV, loss)
    assert reports.fixes.newest(100.0) is None


def test_another_receiver_keeps_its_fix(reports: GpsdReports) -> None:
    feed(reports, TPV, TPV | {"device": "/dev/ttyUSB1", "mode": 1})
    assert reports.fixes.newest(100.0) is not None
    feed(reports, TPV | {"device": "/dev/ttyUSB1", "lat": 24.5}, at_s=101.0)
    newest = reports.fixes.newest(101.0)
    assert newest is not None
    assert newest.lat == 24.5


def test_clock_offset_counts_only_with_a_fix(reports: GpsdReports) -> None:
    assert feed(reports, TOFF) is None
    assert feed(reports, TPV, TOFF) == pytest.approx(0.15)
    assert feed(reports, TPV | {"mode": 1}, TOFF) is None


@pytest.mark.parametrize("line", [b"", b"{", b"[1]", b'"TPV"', b"null", b"\xff", b'{"class": 3', b"[" * 50_000])
def test_a_line_that_cannot_be_read_changes_nothing(reports: GpsdReports, line: bytes) -> None:
    feed(reports, SKY, TPV)
    assert reports.feed(line, 100.0) is None
    assert (reports.bad_lines, reports.fixes.newest(100.0)) == (1, HERE)


def test_reports_that_are_not_known_change_nothing(reports: GpsdReports) -> None:
    feed(reports, SKY, TPV, {"class": "ATT"}, {"class": "DEVICES", "devices": 3}, {"class": ["x"]})
    assert reports.fixes.newest(100.0) == HERE


@pytest.mark.parametrize("text", ["127.0.0.1", ":2947", "host:", "host:gps", "host:70000"])
def test_wrong_addresses(text: str) -> None:
    with pytest.raises(SettingsError, match="write HOST:PORT"):
        open_place(text)


def until(place: PlaceSource, wanted: bool) -> Position | None:
    for _ in range(1_500):
        if (place.position() is not None) == wanted:
            break
        time.sleep(0.01)
    return place.position()


def test_a_server_that_goes_away_takes_the_fix_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.place.watch.FIRST_WAIT_S", 0.01)
    asked = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        may_close = threading.Event()

        def serve() -> None:
            for _ in range(2):
                link, _ = server.accept()
                with link:
                    asked.append(link.recv(100))
                    link.sendall(json.dumps(SKY).encode() + b"\r\n" + json.dumps(TPV).encode()[:40])
                    time.sleep(0.02)
                    link.sendall(json.dumps(TPV).encode()[40:] + b"\r\n")
                    may_close.wait(20)
                    may_close.clear()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        place = open_place(f"127.0.0.1:{server.getsockname()[1]}")
        assert until(place, True) == HERE
        assert place.state() == "fix"
        may_close.set()
        assert until(place, False) is None
        assert until(place, True) == HERE  # it connected again by itself
        may_close.set()
        thread.join()
    place.close()
    assert asked == [b'?WATCH={"enable":true,"json":true,"pps":true};\n'] * 2


def test_nobody_there_is_a_state_not_an_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    place = GpsdWatch("127.0.0.1", port)
    for _ in range(500):
        if place.state() != "not connected yet":
            break
        time.sleep(0.01)
    assert place.state() == "not connected (Connection refused)"
    assert place.position() is None
    place.close()


def sentence(body: str) -> str:
    check = 0
    for letter in body:
        check ^= ord(letter)
    return f"${body}*{check:02X}\r\n"


def second(t: int, fix: bool) -> str:
    at = f"09{t // 60:02d}{t % 60:02d}.00"
    lat, lon = f"2428.{7000 + t:04d},N", "11805.3640,E"
    view = sentence("GPGSV,1,1,04,01,40,083,46,04,17,308,41,07,66,120,44,09,35,210,39")
    if not fix:  # gpsd takes the mode from GSA: without its 1 the last fix would go on
        return (
            sentence(f"GPRMC,{at},V,,,,,,,040326,,,N")
            + sentence(f"GPGGA,{at},,,,,0,00,99.9,,M,,M,,")
            + sentence("GPGSA,A,1,,,,,,,,,,,,,99.9,99.9,99.9")
            + view
        )
    return (
        sentence(f"GPRMC,{at},A,{lat},{lon},16.5,271.0,040326,,,A")
        + sentence(f"GPGGA,{at},{lat},{lon},1,08,0.9,12.0,M,9.0,M,,")
        + sentence("GPGSA,A,3,01,04,07,09,,,,,,,,,1.6,0.9,1.3")
        + view
    )


@pytest.fixture
def gpsfake(tmp_path: Path) -> Iterator[str]:
    """gpsd on a drive whose fix comes and goes every 20 seconds of the log; gives HOST:PORT."""
    log = tmp_path / "drive.nmea"
    log.write_text("".join(second(t, t % 40 < 20) for t in range(900)), newline="")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    gpsfake = subprocess.Popen(
        ["gpsfake", "-1", "-q", "-c", "0.02", "-P", str(port), str(log)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PATH": f"{os.environ['PATH']}:/usr/sbin"},
        start_new_session=True,
    )
    yield f"127.0.0.1:{port}"
    os.killpg(gpsfake.pid, signal.SIGKILL)  # asked to end, gpsfake may wait for its dead gpsd for ever
    gpsfake.wait(20)


@pytest.mark.parts("gpsd", "gpsfake")
def test_gpsd_itself_finds_loses_and_finds_the_fix(gpsfake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sensor.place.watch.FIRST_WAIT_S", 0.05)  # gpsd needs a moment to listen
    place = open_place(gpsfake)
    first = until(place, True)
    assert first is not None
    assert first.lat == pytest.approx(24.4783, abs=1e-3)
    assert first.lon == pytest.approx(118.0894, abs=1e-6)
    assert until(place, False) is None
    assert place.state() == "no fix"
    again = until(place, True)
    assert again is not None
    assert again.time is not None
    assert again.time > datetime(2026, 3, 4, 9, 0, 20, tzinfo=UTC)
    assert again.speed_mps == pytest.approx(8.488, abs=0.01)
    for _ in range(500):
        latest = place.position()
        if latest is not None and latest.hdop == 0.9 and place.clock_offset_s() is not None:
            break
        time.sleep(0.01)
    assert latest is not None
    assert latest.hdop == 0.9
    offset_s = place.clock_offset_s()
    assert offset_s is not None
    assert offset_s == pytest.approx(time.time() - again.time.timestamp(), abs=1_000)
    place.close()
    assert until(place, False) is None  # nobody listens any more: the fix grows stale
