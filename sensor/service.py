"""The sensor service: what radio, modems and GPS hear goes into the journal, whatever breaks off in between.

The main thread alone writes: it gathers the ears' readings, adds them every few seconds, follows the track,
purges, and tells systemd that all are alive. What cannot be written (disk full, journal held) is kept and
tried again.
"""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from math import cos, hypot, radians

from sensor.clock import Clock
from sensor.errors import JournalError, SettingsError
from sensor.home import Home
from sensor.journal import Journal, Reading
from sensor.modem_ear import ModemEar
from sensor.notify import notify
from sensor.place import PlaceSource, open_place
from sensor.radio_ear import RadioEar, RadioPlan
from sensor.readings import Position, Stamp
from sensor.settings import SensorSettings

log = logging.getLogger(__name__)
WRITE_S = 5.0  # at most 12 synced writes a minute
LOOK_S = 1.0
DEAF_AFTER_S = 60.0  # a radio thread that has not moved for so long is stuck
PURGE_S = 3600.0
KEPT_READINGS = 200_000  # while the journal cannot be written
TRACK_M, TRACK_S = 5.0, 60.0  # a step of the track: so far, or so long after the last
M_PER_DEGREE = 111_195.0


class SensorService:
    """Runs until `ending` is set, or a capture given as the source has come to its end."""

    def __init__(
        self,
        home: Home,
        settings: SensorSettings,
        *,
        plan: RadioPlan | None = None,
        stop_at_end: bool = False,
        ending: threading.Event | None = None,
        tell: Callable[..., bool] = notify,
    ) -> None:
        self.ending = ending or threading.Event()
        self._home, self._settings = home, settings
        self._stop_at_end, self._tell = stop_at_end, tell
        self._plan = plan or plan_of(settings)
        if self._plan is None and not settings.modems:
            raise SettingsError(
                f"settings {home.settings}: nothing to listen with; set source or modems in [sensor], "
                'such as source = "rtl_tcp://127.0.0.1:1234"'
            )
        self._place: PlaceSource | None = None
        self.clock = Clock(lambda: self._place.clock_offset_s() if self._place is not None else None)
        self._heard: deque[Reading] = deque()
        self._pending: list[Reading] = []
        self._trouble = ""
        self._last_step: Stamp | None = None
        self.radio = (
            RadioEar(self._plan, self._put, self.clock, self.position, self.ending, retry=not stop_at_end)
            if self._plan is not None
            else None
        )
        self.modems = [
            ModemEar(device, self._put, self.clock, self.position, self.ending) for device in settings.modems
        ]

    def position(self) -> Position | None:
        return self._place.position() if self._place is not None else None

    def run(self) -> int:
        """Listens and writes; gives the number of readings added.

        Raises JournalError when there is no journal, CaptureError or DeviceError when no retry mends the source.
        """
        with Journal.open(self._home.journal) as journal:
            try:
                self._place = open_place(self._settings.gpsd) if self._settings.gpsd else None
                added = self._write_on(journal, self._start())
            finally:
                self.ending.set()
                self._tell("STOPPING=1")
                if self._place is not None:
                    self._place.close()
        if self.radio is not None and self.radio.error is not None:
            raise self.radio.error
        return added

    def _start(self) -> list[threading.Thread]:
        threads = [threading.Thread(target=modem.listen, name=modem.source, daemon=True) for modem in self.modems]
        if self.radio is not None:
            threads.append(threading.Thread(target=self.radio.listen, name="radio", daemon=True))
        for thread in threads:
            thread.start()
        self._tell("READY=1")
        return threads

    def _write_on(self, journal: Journal, threads: Sequence[threading.Thread]) -> int:
        added, wrote_s, purged_s = 0, self.clock.monotonic_s(), None
        while not self.ending.wait(LOOK_S) and not self._is_over():
            now_s = self.clock.monotonic_s()
            self._step()
            if now_s - wrote_s >= WRITE_S:
                wrote_s = now_s
                added += self._write(journal)
            if purged_s is None or now_s - purged_s >= PURGE_S:
                purged_s = now_s
                self._purge(journal)
            self._tell(*(["WATCHDOG=1"] if self._is_alive() else []), f"STATUS={self.status()}")
        self.ending.set()
        for thread in threads:
            thread.join(10.0)
        return added + self._write(journal)

    def _is_over(self) -> bool:
        return self.radio is not None and self.radio.finished and (self._stop_at_end or self.radio.error is not None)

    def _is_alive(self) -> bool:
        return (
            self.radio is None or self.radio.finished or (self.clock.monotonic_s() - self.radio.alive_s < DEAF_AFTER_S)
        )

    def status(self) -> str:
        """What each ear does, in one line."""
        parts = [] if self.radio is None else [f"radio: {self.radio.state}"]
        parts += [f"{modem.source}: {modem.state}" for modem in self.modems]
        parts.append(f"GPS: {self._place.state()}" if self._place is not None else "no GPS")
        if self._trouble:
            parts.append(f"NOT WRITTEN: {len(self._pending)} readings")
        return "; ".join(parts)

    def _put(self, readings: Sequence[Reading]) -> None:
        self._heard.extend(readings)

    def _step(self) -> None:
        """A step of the track, where the kit has a fix and moved, or once a minute."""
        place = self.position()
        if place is None:
            return
        last = self._last_step
        if last is not None and last.position is not None:
            rested_s = self.clock.monotonic_s() - last.monotonic_s
            if distance_m(last.position, place) < TRACK_M and rested_s < TRACK_S:
                return
        self._last_step = self.clock.stamp(self._settings.gpsd, place)
        self._put([self._last_step])

    def _write(self, journal: Journal) -> int:
        """Adds what was heard; what cannot be added is kept for the next time."""
        while self._heard:
            self._pending.append(self._heard.popleft())
        try:
            added = journal.add(self._pending)
        except JournalError as error:
            if str(error) != self._trouble and not self._trouble:
                log.error("%s; they are kept and tried again", error)
            self._trouble = str(error)
            lost = len(self._pending) - KEPT_READINGS
            if lost > 0:
                log.error("journal: %d oldest readings are lost: it could not be written for too long", lost)
                del self._pending[:lost]
            return 0
        if self._trouble:
            log.warning("journal: written again, with the %d readings that waited", added)
        self._trouble, self._pending = "", []
        return added

    def _purge(self, journal: Journal) -> None:
        """By age only while the clock can be trusted: a wrong year must not empty the journal."""
        trusted = self.clock.quality() in ("gps", "ntp")
        try:
            gone = journal.purge(
                self._settings.keep_days if trusted else None, self._settings.keep_mb, self.clock.now()
            )
        except JournalError as error:
            log.error("%s", error)
            return
        if gone:
            log.info("journal: purged %s", ", ".join(f"{count} of {kind}" for kind, count in gone.items()))


def plan_of(settings: SensorSettings) -> RadioPlan | None:
    """The settings' radio plan; None without a source."""
    if not settings.source:
        return None
    return RadioPlan(settings.source, settings.rate_hz, tuple(settings.frequencies_hz), settings.gain_db)


def distance_m(one: Position, other: Position) -> float:
    """Metres between two places near each other."""
    north = (other.lat - one.lat) * M_PER_DEGREE
    return hypot(north, (other.lon - one.lon) * M_PER_DEGREE * cos(radians(one.lat)))
