"""What kits heard lately, kept in memory so that a screen costs only the readings that are new.

One object serves all threads. Of a journal that was just opened it takes the newest day of places and the newest hour
of everything else.
"""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf

from sensor.journal import Journal
from sensor.readings import Position, Stamp
from web.features import Feature
from web.tracks import TrackPoint, track_features

PLACES_WINDOW = timedelta(hours=24)
STAMPS_WINDOW = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Ear:
    """One source of one kit: its last stamp and how many readings came since this server looked."""

    kit: str
    source: str
    last: Stamp
    readings: int


@dataclass(frozen=True, slots=True)
class Kit:
    """One kit: the last reading of any source, its place then if it had one, and its sources, newest first."""

    name: str
    last: Stamp
    position: Position | None
    ears: tuple[Ear, ...]


class Hearing:
    """Places and stamps by kit. `kit` is the name of the kit whose journal it is."""

    def __init__(self, kit: str) -> None:
        self.kit = kit
        self._lock = threading.Lock()
        self._features: list[Feature] | None = None
        self._forget()

    def track(self, journal: Journal) -> list[Feature]:
        """Features of `web.tracks` for the newest day of each kit."""
        with self._lock:
            self._catch_up(journal)
            if self._features is None:
                self._features = track_features(point for places in self._places.values() for point in places.values())
            return self._features

    def last_places(self, journal: Journal) -> dict[str, datetime]:
        """When each kit last had a place."""
        with self._lock:
            self._catch_up(journal)
            return {kit: max(places) for kit, places in self._places.items() if places}

    def kits(self, journal: Journal) -> list[Kit]:
        """Every kit heard of, by name."""
        with self._lock:
            self._catch_up(journal)
            names = sorted({kit for kit, _ in self._ears})
            return [self._kit(name) for name in names]

    def _forget(self) -> None:
        self._counter = -1
        self._after: dict[str, int] = {}
        self._places: dict[str, dict[datetime, TrackPoint]] = {}
        self._ears: dict[tuple[str, str], Ear] = {}
        self._features = None

    def _catch_up(self, journal: Journal) -> None:
        counter = journal.change_counter()
        if counter < self._counter:
            self._forget()  # another journal lies there now
        if counter == self._counter:
            return
        self._counter = counter
        self._features = None
        for kit, stamp, point in self._news(journal):
            self._hear(kit, stamp)
            if point is not None:
                self._place(point)
        for places in self._places.values():
            oldest = max(places) - PLACES_WINDOW
            for time in [time for time in places if time < oldest]:
                del places[time]

    def _news(self, journal: Journal) -> Iterator[tuple[str, Stamp, TrackPoint | None]]:
        for row_id, stamp in journal.track(self._start(journal, "track", PLACES_WINDOW)):
            self._after["track"] = row_id
            place = stamp.position
            yield self.kit, stamp, TrackPoint(self.kit, stamp.time, place.lat, place.lon) if place else None
        for row_id, (stamp, row) in journal.stamped_uplink(self._start(journal, "uplink_reading", PLACES_WINDOW)):
            self._after["uplink_reading"] = row_id
            placed = row.lat is not None and row.lon is not None
            level = row.rssi_dbfs if row.det else None
            point = TrackPoint(row.kit, stamp.time, row.lat or 0.0, row.lon or 0.0, level) if placed else None
            yield row.kit, stamp, point
        for row_id, cell in journal.cells(self._start(journal, "cell_reading", STAMPS_WINDOW)):
            self._after["cell_reading"] = row_id
            yield self.kit, cell.stamp, None
        for row_id, assignment in journal.assignments(self._start(journal, "assignment_reading", STAMPS_WINDOW)):
            self._after["assignment_reading"] = row_id
            yield self.kit, assignment.stamp, None

    def _start(self, journal: Journal, kind: str, window: timedelta) -> int:
        if kind not in self._after:
            self._after[kind] = journal.tail_id(kind, window)
        return self._after[kind]

    def _hear(self, kit: str, stamp: Stamp) -> None:
        before = self._ears.get((kit, stamp.source))
        last = stamp if before is None or stamp.time >= before.last.time else before.last
        self._ears[kit, stamp.source] = Ear(kit, stamp.source, last, (before.readings if before else 0) + 1)

    def _place(self, point: TrackPoint) -> None:
        """Keeps one point a kit and instant, with the strongest level."""
        places = self._places.setdefault(point.kit, {})
        before = places.get(point.time)
        if before is None or _level(point) > _level(before):
            places[point.time] = point

    def _kit(self, name: str) -> Kit:
        ears = sorted(
            (ear for ear in self._ears.values() if ear.kit == name), key=lambda ear: ear.last.time, reverse=True
        )
        return Kit(name, ears[0].last, ears[0].last.position, tuple(ears))


def _level(point: TrackPoint) -> float:
    return -inf if point.level_dbfs is None else point.level_dbfs
