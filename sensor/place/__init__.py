"""Where the kit is: gpsd or a bare NMEA port. Without a fix there is no position, never the last known one."""

from typing import Protocol

from sensor.errors import SettingsError
from sensor.readings import Position

STALE_S = 3.0  # receivers report every second; a fix older than this is none


class PlaceSource(Protocol):
    """Watches a receiver from a thread of its own, and connects again when it goes away."""

    def position(self) -> Position | None:
        """The fix of the last STALE_S seconds, else None."""

    def clock_offset_s(self) -> float | None:
        """System clock minus the receiver's time (s), as last seen with a fix; None where it is not known."""

    def state(self) -> str:
        """In words: what is wrong, or "fix"."""

    def close(self) -> None: ...


def open_place(text: str, quiet: bool = False) -> PlaceSource:
    """`HOST:PORT` of gpsd, or the path of a serial port that speaks NMEA 0183. Raises SettingsError.

    A receiver that goes away is logged, unless `quiet`.
    """
    if text.startswith("/"):
        from sensor.place.nmea import NmeaPort

        return NmeaPort(text, quiet=quiet)
    from sensor.place.gpsd import GpsdWatch

    host, colon, port = text.rpartition(":")
    if not colon or not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise SettingsError(f"gpsd {text!r}: write HOST:PORT, such as 127.0.0.1:2947, or the path of an NMEA port")
    return GpsdWatch(host.strip("[]"), int(port), quiet=quiet)
