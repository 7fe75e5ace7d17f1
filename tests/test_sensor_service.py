"""The sensor service, from a dongle's samples and gpsd's reports to the journal; what breaks off is tried again."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fake_gpsd import fake_gpsd
from fake_rtl_tcp import FakeRtlTcp

from sensor.cell import CellIdentity
from sensor.clock import Clock
from sensor.errors import CaptureError, DeviceError, JournalError, SettingsError
from sensor.home import Home
from sensor.journal import Journal, Reading
from sensor.modem.survey import ModemSurvey
from sensor.modem_ear import ModemEar
from sensor.notify import notify
from sensor.radio_ear import RadioEar, RadioPlan, scan_grid
from sensor.readings import CellReading, Position, Stamp
from sensor.service import SensorService, distance_m
from sensor.settings import SensorSettings
from sensor.single import only_one

RECORDING = Path(__file__).parent / "recordings" / "cell-strong"
CELL = CellIdentity("gsm", "460", "00", 1201, 3305)
HERE = Position(24.4798, 118.0894)
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home").make()


@pytest.fixture
def dongle() -> Iterator[FakeRtlTcp]:
    with FakeRtlTcp({939e6: (RECORDING / "capture.sigmf-data").read_bytes()}, rate_hz=2e6) as server:
        yield server


@pytest.fixture
def gps() -> Iterator[str]:
    with fake_gpsd(HERE) as address:
        yield address


def until(is_so: Callable[[], Any]) -> None:
    for _ in range(6_000):
        if is_so():
            return
        time.sleep(0.02)
    raise AssertionError("it never came")


def command(home: Home, *arguments: str, **environment: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "catpool", "sensor", *arguments],
        env=os.environ | {"CATPOOL_HOME": str(home.root)} | environment,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def journal_holds(home: Home, least: dict[str, int]) -> bool:
    try:
        with Journal.open(home.journal, read_only=True) as journal:
            counts = journal.counts()
    except JournalError:
        return False
    return all(counts[kind] >= number for kind, number in least.items())


@contextmanager
def fake_systemd(path: Path) -> Iterator[list[str]]:
    """Takes what is sent to NOTIFY_SOCKET at `path`."""
    told: list[str] = []
    ending = threading.Event()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(path))
        systemd.settimeout(0.2)

        def take() -> None:
            while True:
                try:
                    told.append(systemd.recv(4096).decode())
                except TimeoutError:
                    if ending.is_set():
                        return

        thread = threading.Thread(target=take, daemon=True)
        thread.start()
        yield told
        ending.set()
        thread.join()


def test_the_service_fills_the_journal_and_ends_in_order(
    home: Home, dongle: FakeRtlTcp, gps: str, tmp_path: Path
) -> None:
    home.settings.write_text(
        f'[sensor]\nsource = "{dongle.url}"\nfrequencies_hz = [939e6]\nrate_hz = 1e6\ngain_db = 28.0\ngpsd = "{gps}"\n'
    )
    with fake_systemd(tmp_path / "notify") as told, command(home, NOTIFY_SOCKET=str(tmp_path / "notify")) as service:
        try:
            until(lambda: told)
            second = command(home)
            assert second.communicate(timeout=60) == (
                "",
                f"catpool: catpool sensor: already runs on {home.root} (process {service.pid}); "
                "stop that one, or set CATPOOL_HOME\n",
            )
            assert second.returncode == 2
            until(lambda: journal_holds(home, {"cell_reading": 1, "assignment_reading": 2, "track": 1}))
            service.send_signal(signal.SIGTERM)
            _, said = service.communicate(timeout=60)
        finally:
            service.kill()
    assert service.returncode == 0, said
    assert "readings added to" in said
    assert (told[0], told[-1]) == ("READY=1", "STOPPING=1")
    assert any("WATCHDOG=1" in line and "radio: listening on 939.000 MHz" in line for line in told)
    with Journal.open(home.journal, read_only=True) as journal:
        cells = [reading for _, reading in journal.cells()]
        assert {(cell.identity, cell.arfcn, cell.bsic) for cell in cells} == {(CELL, 20, 25)}
        assigned = [reading for _, reading in journal.assignments()]
        assert {(one.establishment, one.timing_advance, one.identity) for one in assigned} == {
            ("originated-call", 3, CELL)
        }
        steps = [stamp for _, stamp in journal.track()]
    for stamp in [*(cell.stamp for cell in cells), *(one.stamp for one in assigned), *steps]:
        assert stamp.position == HERE
        assert (len(stamp.boot_id), stamp.clock in ("gps", "ntp", "free")) == (36, True)
        assert stamp.source == (gps if stamp in steps else dongle.url)
    assert (0x04, 280) in dongle.commands
    assert (0x01, 939_000_000) in dongle.commands


def test_a_capture_given_once_ends_the_service(home: Home) -> None:
    service = command(home, "--once", str(RECORDING / "capture.sigmf-meta"))
    said = service.communicate(timeout=60)
    assert (service.returncode, said[0]) == (0, "")
    assert said[1] == f"catpool sensor: ended, 3 readings added to {home.journal}\n"


def heard_by(plan: RadioPlan, ending: threading.Event, **options: Any) -> tuple[RadioEar, list[Reading]]:
    heard: list[Reading] = []
    return RadioEar(plan, heard.extend, Clock(), lambda: HERE, ending, **options), heard


def test_a_dongle_that_goes_away_is_tried_again(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("sensor.radio_ear.FIRST_WAIT_S", 0.01)
    ending = threading.Event()
    octets = (RECORDING / "capture.sigmf-data").read_bytes()
    with FakeRtlTcp(octets, stop_after=3_000_000) as server:
        ear, heard = heard_by(RadioPlan(server.url, 1e6, (939e6,), 30.0), ending)
        thread = threading.Thread(target=ear.listen)
        thread.start()
        until(lambda: server.clients >= 3)
        ending.set()
        thread.join()
    cells = [reading for reading in heard if isinstance(reading, CellReading)]
    assert len(cells) >= 2  # one at least each time it was there
    assert {cell.stamp.position for cell in cells} == {HERE}
    assert caplog.text.count("went away; start rtl_tcp again; trying again") >= 2  # each time


def test_a_dongle_that_stays_away_is_said_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("sensor.radio_ear.FIRST_WAIT_S", 0.001)
    tries, ending = [], threading.Event()

    def refuse(*_: object, **__: object) -> None:
        tries.append(1)
        if len(tries) == 5:
            ending.set()
        raise DeviceError("rtl_tcp://127.0.0.1:1: cannot be reached")

    monkeypatch.setattr("sensor.radio_ear.open_source", refuse)
    ear, _ = heard_by(RadioPlan("rtl_tcp://127.0.0.1:1", 1e6, (939e6,)), ending)
    ear.listen()
    assert len(tries) == 5
    assert caplog.text.count("cannot be reached; trying again") == 1
    assert ear.state == "rtl_tcp://127.0.0.1:1: cannot be reached"


def test_nothing_to_retry_is_an_error_at_once() -> None:
    ear, _ = heard_by(RadioPlan("rtl_tcp://127.0.0.1:1", 1e6, (939e6,)), threading.Event(), retry=False)
    ear.listen()
    assert ear.finished
    assert isinstance(ear.error, DeviceError)
    ear, _ = heard_by(RadioPlan("no-such.cu8", 1e6, (939e6,)), threading.Event())
    ear.listen()
    assert isinstance(ear.error, CaptureError)


def test_a_deaf_frequency_is_left_out_and_the_others_heard(caplog: pytest.LogCaptureFixture) -> None:
    ending = threading.Event()
    with FakeRtlTcp({}) as server:
        ear, _ = heard_by(RadioPlan(server.url, 1e6, (1842.6e6, 939e6)), ending)
        thread = threading.Thread(target=ear.listen)
        thread.start()
        until(lambda: ear.state.startswith("listening on 939.000 MHz"))
        ending.set()
        thread.join()
        ear, _ = heard_by(RadioPlan(server.url, 1e6, (1842.6e6, 1862.6e6)), threading.Event())
        ear.listen()  # only deaf ones: that is for the operator to mend
    assert "the R820T is deaf at 1842.600 MHz" in caplog.text
    assert isinstance(ear.error, CaptureError)


def test_the_scan_covers_the_gsm_900_downlink() -> None:
    for rate_hz in (1e6, 2.4e6):
        grid = scan_grid(rate_hz)
        reach = rate_hz / 2 - 100e3
        for arfcn in range(1, 125):
            carrier_hz = 935e6 + 200e3 * arfcn
            assert min(abs(carrier_hz - centre) for centre in grid) <= reach
    assert len(scan_grid(2.4e6)) == 13


class FullDisk:
    """A journal that cannot be written for a while."""

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals
        self.added: list[Reading] = []

    def add(self, batch: list[Reading]) -> int:
        if self.refusals:
            self.refusals -= 1
            raise JournalError("journal x: the disk is full; free some room")
        self.added += batch
        return len(batch)


def quiet_service(home: Home, **settings: Any) -> SensorService:
    return SensorService(home, SensorSettings(source="x.cu8", gpsd="", **settings), tell=lambda *_: True)


def test_what_cannot_be_written_is_kept_in_order(home: Home, caplog: pytest.LogCaptureFixture) -> None:
    service, disk = quiet_service(home), FullDisk(2)
    steps = [Stamp(NOON + timedelta(seconds=n), "b00", float(n), "gps", HERE, "x") for n in range(4)]
    service._put(steps[:2])
    assert service._write(disk) == 0  # type: ignore[arg-type]
    service._put(steps[2:])
    assert service._write(disk) == 0  # type: ignore[arg-type]
    assert service.status() == "radio: not opened yet; no GPS; NOT WRITTEN: 4 readings"
    assert service._write(disk) == 4  # type: ignore[arg-type]
    assert disk.added == steps
    assert caplog.text.count("the disk is full") == 1
    assert "written again, with the 4 readings that waited" in caplog.text


def test_memory_is_bounded_while_nothing_can_be_written(
    home: Home, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sensor.service.KEPT_READINGS", 10)
    service, disk = quiet_service(home), FullDisk(1)
    steps = [Stamp(NOON, "b00", float(n), "gps", HERE, "x") for n in range(15)]
    service._put(steps)
    service._write(disk)  # type: ignore[arg-type]
    assert service._write(disk) == 10  # type: ignore[arg-type]
    assert disk.added == steps[5:]
    assert "5 oldest readings are lost" in caplog.text


@pytest.mark.parametrize(("clock", "left"), [("gps", 1), ("ntp", 1), ("free", 2)])
def test_a_clock_that_nobody_keeps_purges_nothing_by_age(home: Home, clock: str, left: int) -> None:
    service = quiet_service(home)
    service.clock = Clock(
        lambda: 0.0 if clock == "gps" else None,
        now=lambda: NOON,
        chrony=lambda: "10.0.0.1" if clock == "ntp" else "",
        kernel=lambda: False,
    )
    old = Stamp(NOON - timedelta(days=40), "b00", 1.0, "gps", HERE, "x")
    with Journal.open(home.journal) as journal:
        journal.add([old, Stamp(NOON, "b00", 2.0, "gps", HERE, "x")])
        service._purge(journal)
        assert journal.counts()["track"] == left


def test_the_track_steps_with_movement_or_once_a_minute(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    service = quiet_service(home)
    seconds = [0.0]
    service.clock = Clock(monotonic_s=lambda: seconds[0], chrony=lambda: None, kernel=lambda: None)
    places: list[Position | None] = [HERE, HERE, Position(HERE.lat + 1e-4, HERE.lon), None, HERE, HERE, HERE]
    monkeypatch.setattr(service, "position", lambda: places.pop(0))
    for seconds[0] in (0.0, 1.0, 2.0, 3.0, 4.0, 63.0, 64.1):
        service._step()
    assert [step.monotonic_s for step in service._heard if isinstance(step, Stamp)] == [0.0, 2.0, 4.0, 64.1]
    assert distance_m(HERE, Position(HERE.lat, HERE.lon + 1e-3)) == pytest.approx(101.2, abs=0.1)


def test_a_modem_is_asked_again_and_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    heard: list[Reading] = []
    answers: list[ModemSurvey | Exception] = [DeviceError("modem /dev/x: cannot be opened")] * 2

    def ask(source: str, stamp: Callable[[], Stamp]) -> ModemSurvey:
        if answers:
            answer = answers.pop()
            if isinstance(answer, Exception):
                raise answer
        cell = CellReading(stamp(), CELL, power_dbm=-61.0)
        return ModemSurvey("Quectel", (cell,), (), ("modem /dev/x is registered and so transmits at times",))

    ear = ModemEar("/dev/x", heard.extend, Clock(), lambda: HERE, threading.Event(), ask)
    for _ in range(4):
        ear.ask_once()
    assert [reading.identity for reading in heard if isinstance(reading, CellReading)] == [CELL, CELL]
    assert {reading.stamp.source for reading in heard if isinstance(reading, CellReading)} == {"modem:///dev/x"}
    assert ear.state == "Quectel, 1 cells"
    assert caplog.text.count("cannot be opened; trying again") == 1
    assert caplog.text.count("registered and so transmits") == 1


def test_nothing_to_listen_with_is_said(home: Home) -> None:
    with pytest.raises(SettingsError, match=r"nothing to listen with; set source or modems in \[sensor\]"):
        SensorService(home, SensorSettings())


@pytest.mark.parametrize("name", ["path", "@catpool-test"])
def test_systemd_is_told(tmp_path: Path, name: str) -> None:
    address = name if name.startswith("@") else str(tmp_path / name)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind("\0" + f"catpool-{os.getpid()}" if name.startswith("@") else address)
        address = f"@catpool-{os.getpid()}" if name.startswith("@") else address
        assert notify("READY=1", "STATUS=radio: listening", address=address)
        assert systemd.recv(100) == b"READY=1\nSTATUS=radio: listening"
    assert not notify("READY=1", address=str(tmp_path / "nobody"))
    assert not notify("READY=1", address="")


def test_a_systemd_that_does_not_listen_stops_nobody(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "deaf"))
        taken = [notify("WATCHDOG=1", address=str(tmp_path / "deaf")) for _ in range(2_000)]
    assert taken[0]
    assert not taken[-1]  # its queue is full; the service goes on


def test_one_service_a_home(home: Home) -> None:
    with only_one(home, "sensor"), only_one(home, "detection"):
        said = rf"already runs on {home.root} \(process {os.getpid()}\)"
        with pytest.raises(SettingsError, match=said), only_one(home, "sensor"):
            pass
    with only_one(home, "sensor"):  # it went with the block
        pass
