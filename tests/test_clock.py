"""Who disciplines the clock, and the stamp that says so."""

from datetime import UTC, datetime

import pytest

from sensor.clock import Clock, ClockState, boot_id, kernel_synchronised, quality, read_chrony_tracking
from sensor.readings import Position, Stamp

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
HERE = Position(24.48, 118.09)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (ClockState(), "free"),
        (ClockState(kernel_synchronised=False), "free"),
        (ClockState(kernel_synchronised=True), "ntp"),
        (ClockState(chrony_reference="GPS", kernel_synchronised=True), "gps"),
        (ClockState(chrony_reference="PPS0"), "gps"),
        (ClockState(chrony_reference="162.159.200.1", kernel_synchronised=True), "ntp"),
        (ClockState(chrony_reference="", kernel_synchronised=True), "free"),
        (ClockState(gps_offset_s=0.4), "gps"),
        (ClockState(gps_offset_s=-0.4, chrony_reference=""), "gps"),
        (ClockState(gps_offset_s=3600.0, chrony_reference="162.159.200.1", kernel_synchronised=True), "free"),
    ],
)
def test_quality(state: ClockState, expected: str) -> None:
    assert quality(state) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("47505300,GPS,1,1772614807.1,0.000000012,-1e-9,1e-8,1.2,0.1,0.2,0.1,0.1,16.0,Normal\n", "GPS"),
        ("A29FC801,162.159.200.1,4,1772614807.1,0.0,0.0,0.0,1.2,0.1,0.2,0.1,0.1,64.2,Normal", "162.159.200.1"),
        ("7F7F0101,,10,1772614807.1,0.0,0.0,0.0,1.2,0.1,0.2,0.1,0.1,64.2,Normal", ""),
        ("00000000,,0,0.0,0.0,0.0,0.0,0.0,0.0,0.0,1.0,1.0,0.0,Not synchronised", ""),
        ("506 Cannot talk to daemon", None),
        ("", None),
    ],
)
def test_chrony_tracking(line: str, expected: str | None) -> None:
    assert read_chrony_tracking(line) == expected


def test_stamps() -> None:
    clock = Clock(
        lambda: None, now=lambda: NOON, monotonic_s=lambda: 7.5, chrony=lambda: "GPS", kernel=lambda: True, boot="b00"
    )
    assert clock.stamp("rtlsdr://", HERE) == Stamp(NOON, "b00", 7.5, "gps", HERE, "rtlsdr://")
    assert clock.capture_stamp("x.cu8", None) == Stamp(NOON, "b00", 7.5, "free", None, "x.cu8")
    then = datetime(2025, 1, 1, tzinfo=UTC)
    assert clock.capture_stamp("x", then, HERE) == Stamp(then, "b00", 7.5, "capture", HERE, "x")


def test_quality_is_looked_up_twice_a_minute_but_gps_each_time() -> None:
    seconds, asked, offset = [0.0], [], [None, 0.1, None, None]

    def chrony() -> str | None:
        asked.append(seconds[0])
        return "10.0.0.1"

    clock = Clock(lambda: offset.pop(0), monotonic_s=lambda: seconds[0], chrony=chrony, kernel=lambda: None, boot="b")
    got = []
    for seconds[0] in (0.0, 10.0, 29.0, 31.0):
        got.append(clock.quality())
    assert (got, asked) == (["ntp", "gps", "ntp", "ntp"], [0.0, 31.0])


def test_the_machine_answers() -> None:
    assert kernel_synchronised() in (True, False, None)
    assert len(boot_id()) == 36
    assert Clock().stamp("x").clock in ("gps", "ntp", "free")
