"""gpsd's JSON protocol (gpsd_json(5)): WATCH on, then a report a line.

TPV: mode 0/1 no fix, 2 two-dimensional, 3 three-dimensional; lat, lon degrees; speed m/s; track degrees; time
ISO 8601. SKY: hdop. TOFF, PPS: the receiver's time (real_sec, real_nsec) and the system's (clock_sec, clock_nsec)
at that moment. DEVICE with activated 0: the receiver is gone.
"""

import json
import math
import socket
import time
from collections.abc import Callable, Mapping
from datetime import datetime

from sensor.place.fixes import Fixes
from sensor.place.watch import Watch
from sensor.readings import Position

WATCH_ON = b'?WATCH={"enable":true,"json":true,"pps":true};\n'
SILENCE_S = 10.0  # a connected receiver reports each second
LONGEST_LINE = 65_536


class GpsdReports:
    """Reads reports one after the other. A line that cannot be read is counted, and changes nothing."""

    def __init__(self, fixes: Fixes) -> None:
        self.fixes = fixes
        self.bad_lines = 0
        self.receivers = 0
        self._timed: dict[str, bool] = {}  # receivers whose last TPV had a fix and a time

    def feed(self, line: bytes, now_s: float) -> float | None:
        """One line as gpsd sent it, heard at `now_s` (monotonic).

        Gives the system clock minus the receiver's time (s), where the line tells it.
        """
        try:
            report = json.loads(line)
            kind = report["class"]
        except (ValueError, KeyError, TypeError, RecursionError):
            self.bad_lines += 1
            return None
        receiver = str(report.get("device", report.get("path", "")))
        if kind == "TPV":
            self._fix(report, receiver, now_s)
        elif kind == "SKY" and (hdop := number(report, "hdop")) is not None:
            self.fixes.put_hdop(receiver, hdop)
        elif kind in ("TOFF", "PPS") and self._timed.get(receiver):
            return clock_minus_real_s(report)
        elif kind == "DEVICES" and isinstance(report.get("devices"), list):
            self.receivers = len(report["devices"])
        elif kind == "DEVICE":
            gone = not report.get("activated")
            self.receivers = max(0, self.receivers - 1) if gone else max(1, self.receivers)
            if gone:
                self._lose(receiver)
        return None

    def _fix(self, report: Mapping[str, object], receiver: str, now_s: float) -> None:
        lat, lon = number(report, "lat"), number(report, "lon")
        has_fix = report.get("mode") in (2, 3) and lat is not None and lon is not None
        if not has_fix or lat is None or lon is None or abs(lat) > 90 or abs(lon) > 180:
            self._lose(receiver)
            return
        when = time_of(report.get("time"))
        self._timed[receiver] = when is not None
        place = Position(lat, lon, None, number(report, "speed"), number(report, "track"), when)
        self.fixes.put(receiver, place, now_s)

    def _lose(self, receiver: str) -> None:
        self.fixes.lose(receiver)
        self._timed[receiver] = False


def clock_minus_real_s(report: Mapping[str, object]) -> float | None:
    """System clock minus the receiver's time (s) of a TOFF or PPS report."""
    clock_s, real_s = number(report, "clock_sec"), number(report, "real_sec")
    if clock_s is None or real_s is None:
        return None
    return clock_s - real_s + ((number(report, "clock_nsec") or 0) - (number(report, "real_nsec") or 0)) * 1e-9


def number(report: Mapping[str, object], key: str) -> float | None:
    value = report.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def time_of(text: object) -> datetime | None:
    try:
        time = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return time if time.tzinfo else None


class GpsdWatch(Watch):
    """A place source on gpsd at host:port."""

    def __init__(
        self, host: str, port: int, clock_s: Callable[[], float] = time.monotonic, quiet: bool = False
    ) -> None:
        super().__init__(f"gpsd {host}:{port}", clock_s, quiet)
        self._address = (host, port)
        self.start()

    def _follow(self) -> None:
        with socket.create_connection(self._address, timeout=SILENCE_S) as link:
            link.settimeout(0.25)
            link.sendall(WATCH_ON)
            reports = GpsdReports(self._fixes)
            rest, heard_s = b"", self._clock_s()
            while not self._ending.is_set():
                try:
                    octets = link.recv(4096)
                except TimeoutError:
                    if reports.receivers and self._clock_s() - heard_s > SILENCE_S:
                        raise TimeoutError(f"silent for {SILENCE_S:g} s") from None
                    continue
                if not octets:
                    return
                heard_s = self._clock_s()
                *lines, rest = (rest + octets).split(b"\n")
                if len(rest) > LONGEST_LINE:
                    raise OSError("not gpsd: a line without end")
                for line in lines:
                    self._read(reports, line, heard_s)

    def _read(self, reports: GpsdReports, line: bytes, now_s: float) -> None:
        if not line.strip():
            return
        with self._lock:
            offset_s = reports.feed(line, now_s)
            if offset_s is not None:
                self._offset = (offset_s, now_s)
            self._state = "no fix" if reports.receivers else "no receiver: gpsd has none"
