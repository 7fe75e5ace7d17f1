"""A receiver that speaks NMEA 0183 on a serial port, where gpsd is not wanted.

RMC: status A a fix, V none; position, speed over ground (knots), course, time and date. GGA: quality 0 no fix;
HDOP. GSA: navigation mode 1 no fix.
"""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from datetime import time as time_of_day
from typing import Any

from sensor.place.fixes import Fixes
from sensor.place.gpsd import LONGEST_LINE, SILENCE_S
from sensor.place.watch import Watch
from sensor.readings import Position

KNOT_MPS = 1852 / 3600  # International Hydrographic Conference 1929
DEFAULT_BAUD = 9600


class NmeaReports:
    """Reads sentences one after the other. One that cannot be read is counted, and changes nothing."""

    def __init__(self, fixes: Fixes) -> None:
        self.fixes = fixes
        self.bad_lines = 0
        self.fix_time: datetime | None = None  # of the latest sentence with a fix

    def feed(self, line: bytes, now_s: float) -> None:
        """One sentence with its checksum, heard at `now_s` (monotonic)."""
        from pynmeagps import NMEAReader
        from pynmeagps.exceptions import NMEAMessageError, NMEAParseError, NMEAStreamError, NMEATypeError

        self.fix_time = None
        try:
            sentence = NMEAReader.parse(line)
        except (NMEAParseError, NMEAMessageError, NMEATypeError, NMEAStreamError, ValueError, IndexError):
            sentence = None
        if sentence is None:
            self.bad_lines += 1
        elif sentence.msgID == "RMC":
            self._fix(sentence, now_s)
        elif sentence.msgID == "GGA":
            if sentence.quality == 0:
                self.fixes.lose()
            elif isinstance(sentence.HDOP, int | float):
                self.fixes.put_hdop("", float(sentence.HDOP))
        elif sentence.msgID == "GSA" and sentence.navMode == 1:
            self.fixes.lose()

    def _fix(self, sentence: Any, now_s: float) -> None:
        lat, lon = sentence.lat, sentence.lon
        if sentence.status != "A" or not isinstance(lat, float) or not isinstance(lon, float):
            self.fixes.lose()
            return
        speed = sentence.spd * KNOT_MPS if isinstance(sentence.spd, int | float) else None
        course = float(sentence.cog) if isinstance(sentence.cog, int | float) else None
        if isinstance(sentence.date, date) and isinstance(sentence.time, time_of_day):
            self.fix_time = datetime.combine(sentence.date, sentence.time, UTC)
        self.fixes.put("", Position(lat, lon, None, speed, course, self.fix_time), now_s)


class NmeaPort(Watch):
    """A place source on a serial port."""

    def __init__(
        self,
        path: str,
        baud: int = DEFAULT_BAUD,
        clock_s: Callable[[], float] = time.monotonic,
        quiet: bool = False,
    ) -> None:
        super().__init__(f"NMEA {path}", clock_s, quiet)
        self._path, self._baud = path, baud
        self.start()

    def _follow(self) -> None:
        from serial import Serial

        with Serial(self._path, self._baud, timeout=0.25) as port:
            reports = NmeaReports(self._fixes)
            rest, heard_s = b"", self._clock_s()
            while not self._ending.is_set():
                octets = port.read(max(1, port.in_waiting))
                now_s = self._clock_s()
                if not octets:
                    if now_s - heard_s > SILENCE_S:
                        raise TimeoutError(f"silent for {SILENCE_S:g} s")
                    continue
                heard_s = now_s
                *lines, rest = (rest + octets).split(b"\n")
                rest = rest[-LONGEST_LINE:]
                for line in lines:
                    self._read(reports, line + b"\n", now_s)

    def _read(self, reports: NmeaReports, line: bytes, now_s: float) -> None:
        with self._lock:
            self._state = "no fix"
            reports.feed(line, now_s)
            if reports.fix_time is not None:
                self._offset = (time.time() - reports.fix_time.timestamp(), now_s)
