"""A bare NMEA port: a fix only while the receiver says so; on a pseudo-terminal that goes away."""

import os
import time
import tty
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from sensor.place import PlaceSource, open_place
from sensor.place.fixes import Fixes
from sensor.place.nmea import NmeaReports
from sensor.readings import Position

RMC = b"$GPRMC,090000.00,A,2428.7880,N,11805.3640,E,16.5,271.0,040326,,,A*65\r\n"
GGA = b"$GPGGA,090001.00,2428.7881,N,11805.3640,E,1,08,0.9,12.0,M,9.0,M,,*69\r\n"
RMC_VOID = b"$GPRMC,090010.00,V,,,,,,,040326,,,N*76\r\n"
GSA_NONE = b"$GPGSA,A,1,,,,,,,,,,,,,99.9,99.9,99.9*09\r\n"
GGA_NONE = b"$GPGGA,090010.00,,,,,0,00,99.9,,M,,M,,*57\r\n"
NINE = datetime(2026, 3, 4, 9, tzinfo=UTC)
HERE = Position(24.4798, 118.0894, 0.9, 16.5 * 1852 / 3600, 271.0, NINE)


@pytest.fixture
def reports() -> NmeaReports:
    return NmeaReports(Fixes())


def test_a_fix_with_speed_course_time_and_hdop(reports: NmeaReports) -> None:
    reports.feed(GGA, 99.9)
    reports.feed(RMC, 100.0)
    assert reports.fixes.newest(100.0) == HERE
    assert reports.fix_time == NINE
    assert reports.fixes.newest(103.1) is None


@pytest.mark.parametrize("loss", [RMC_VOID, GSA_NONE, GGA_NONE])
def test_no_fix_means_no_position(reports: NmeaReports, loss: bytes) -> None:
    reports.feed(RMC, 100.0)
    reports.feed(loss, 100.5)
    assert reports.bad_lines == 0
    assert reports.fixes.newest(100.5) is None


@pytest.mark.parametrize(
    "line", [RMC[:40] + b"\n", RMC.replace(b"*65", b"*66"), b"\xff\xfe\r\n", b"\n", b"$\r\n", b"OK\r\n"]
)
def test_a_broken_sentence_changes_nothing(reports: NmeaReports, line: bytes) -> None:
    reports.feed(GGA, 100.0)
    reports.feed(RMC, 100.0)
    reports.feed(line, 100.0)
    assert (reports.bad_lines, reports.fixes.newest(100.0)) == (1, HERE)


@pytest.fixture
def port() -> Iterator[tuple[int, PlaceSource]]:
    master, slave = os.openpty()
    tty.setraw(slave)
    place = open_place(os.ttyname(slave))
    yield master, place
    place.close()
    for end in (master, slave):
        os.close(end)


def until(place: PlaceSource, wanted: bool) -> Position | None:
    for _ in range(1_000):
        if (place.position() is not None) == wanted:
            break
        time.sleep(0.01)
    return place.position()


def test_a_port_that_talks_in_pieces(port: tuple[int, PlaceSource]) -> None:
    master, place = port
    while place.state() != "no fix":  # what is sent before the port is open is lost
        os.write(master, GGA)
        time.sleep(0.02)
    for piece in (RMC[:20], RMC[20:]):
        os.write(master, piece)
        time.sleep(0.02)
    assert until(place, True) == HERE
    offset_s = place.clock_offset_s()
    assert offset_s is not None
    assert offset_s == pytest.approx(time.time() - NINE.timestamp(), abs=60)
    os.write(master, RMC_VOID)
    assert until(place, False) is None
    assert place.state() == "no fix"


def test_a_port_that_is_not_there_is_a_state_not_an_end() -> None:
    place = open_place("/dev/no-such-port")
    for _ in range(500):
        if place.state() != "not connected yet":
            break
        time.sleep(0.01)
    assert place.state().startswith("not connected (")
    assert place.position() is None
    place.close()
