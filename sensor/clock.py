"""The clock a reading is stamped with: boot id, monotonic time, UTC, and who disciplines it."""

import ctypes
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sensor.readings import Position, Stamp

TIMESYNCD = Path("/run/systemd/timesync/synchronized")  # systemd-timesyncd touches it with each answer
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
AGREES_S = 1.0  # sentences on a serial line come up to about half a second late
LOOK_AGAIN_S = 30.0
GPS_NAMES = ("GPS", "PPS", "NMEA", "GNSS", "SHM", "SOCK", "KPPS")  # reference ids of chrony's clocks on the kit
STA_UNSYNC, TIME_ERROR = 0x0040, 5  # adjtimex(2)


@dataclass(frozen=True, slots=True)
class ClockState:
    """What is known of the system clock; None where nobody could say."""

    chrony_reference: str | None = None  # name of the source chrony follows; "" when it follows none
    kernel_synchronised: bool | None = None  # adjtimex(2)
    gps_offset_s: float | None = None  # system clock minus GPS, as gpsd sees it


def quality(state: ClockState) -> str:
    """ "gps", "ntp" or "free": who disciplines the clock. One that contradicts GPS is free, whoever set it."""
    if state.gps_offset_s is not None:
        return "gps" if abs(state.gps_offset_s) <= AGREES_S else "free"
    if state.chrony_reference:
        return "gps" if state.chrony_reference.upper().startswith(GPS_NAMES) else "ntp"
    if state.chrony_reference == "":
        return "free"
    return "ntp" if state.kernel_synchronised else "free"


def read_chrony_tracking(line: str) -> str | None:
    """The reference's name from `chronyc -c tracking`: "" when it follows none, None when the line is none."""
    fields = line.strip().split(",")
    if len(fields) < 14:
        return None
    return "" if fields[-1] == "Not synchronised" or fields[2] == "0" else fields[1]


def chrony_reference() -> str | None:
    """Who chrony follows; None where there is no chrony that answers."""
    program = shutil.which("chronyc")
    if program is None:
        return None
    try:
        answer = subprocess.run(
            [program, "-n", "-c", "tracking"], capture_output=True, text=True, timeout=3, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return read_chrony_tracking(answer.stdout)


class _Timex(ctypes.Structure):
    """struct timex of adjtimex(2); the tail is not read."""

    _fields_ = [
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("tail", ctypes.c_char * 256),
    ]


def kernel_synchronised() -> bool | None:
    """Whether something keeps the kernel's clock in step; None where it cannot be asked (systemd's ProtectClock)."""
    if TIMESYNCD.exists():
        return True
    timex = _Timex()
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.byref(timex))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != TIME_ERROR and not timex.status & STA_UNSYNC


def boot_id() -> str:
    """Names this run of the machine: monotonic times compare only within one."""
    try:
        return BOOT_ID.read_text(encoding="ascii").strip()
    except OSError:
        return "unknown"


class Clock:
    """Stamps readings. Looks at the clock's quality twice a minute, not at each stamp."""

    def __init__(
        self,
        gps_offset_s: Callable[[], float | None] = lambda: None,
        *,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic_s: Callable[[], float] = time.monotonic,
        chrony: Callable[[], str | None] = chrony_reference,
        kernel: Callable[[], bool | None] = kernel_synchronised,
        boot: str | None = None,
    ) -> None:
        self.now, self.monotonic_s = now, monotonic_s
        self._gps_offset_s, self._chrony, self._kernel = gps_offset_s, chrony, kernel
        self._boot_id = boot_id() if boot is None else boot
        self._slow: tuple[float, str | None, bool | None] | None = None

    def quality(self) -> str:
        now_s = self.monotonic_s()
        if self._slow is None or now_s - self._slow[0] > LOOK_AGAIN_S:
            self._slow = (now_s, self._chrony(), self._kernel())
        return quality(ClockState(self._slow[1], self._slow[2], self._gps_offset_s()))

    def stamp(self, source: str, position: Position | None = None) -> Stamp:
        """When, by which clock, where (None: no fix) and from what a reading comes, now."""
        return Stamp(self.now(), self._boot_id, self.monotonic_s(), self.quality(), position, source)

    def capture_stamp(self, source: str, time: datetime | None, position: Position | None = None) -> Stamp:
        """The stamp of what a recording holds: its own time where it has one ("capture"), else now ("free")."""
        clock = "free" if time is None else "capture"
        return Stamp(time or self.now(), self._boot_id, self.monotonic_s(), clock, position, source)
