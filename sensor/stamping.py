"""Stamps for a command that keeps what it hears once: the kit's clock, and its place while the command runs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

from sensor.clock import Clock
from sensor.home import find_home
from sensor.place import PlaceSource, open_place
from sensor.readings import Stamp
from sensor.settings import SensorSettings, load_section


@contextmanager
def live_stamps(source: str) -> Iterator[Callable[[], Stamp]]:
    """Gives a function that stamps a reading of a live source now, with the fix of the GPS that the settings name.

    No GPS, or no fix, is no position. Raises SettingsError.
    """
    settings = load_section(find_home().settings, "sensor", SensorSettings)
    place: PlaceSource | None = open_place(settings.gpsd, quiet=True) if settings.gpsd else None
    clock = Clock(lambda: None if place is None else place.clock_offset_s())
    try:
        yield lambda: clock.stamp(source, None if place is None else place.position())
    finally:
        if place is not None:
            place.close()


def capture_stamp(source: str, started: datetime | None) -> Stamp:
    """The stamp of what a recording holds: its own time, else now by nobody's clock; where the kit is says nothing."""
    return Clock().capture_stamp(source, started)
