"""`catpool sensor`: the service that catpool-sensor.service runs."""

import logging
import os
import signal
import sys
import threading
from dataclasses import replace
from pathlib import Path

import click

from sensor.source.options import capture_options

LEVELS = ((logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6))  # sd-daemon(3)


@click.command()
@click.option("--once", "source", metavar="SOURCE", help="Listen to SOURCE instead, and end with it.")
@click.option("--seconds", type=click.FloatRange(min=0.1), help="End after so long.")
@capture_options
def sensor(
    source: str | None,
    seconds: float | None,
    rate_hz: float | None,
    freq_hz: float | None,
    sample_format: str | None,
) -> None:
    """Listens with radio, modems and GPS as catpool.toml says, and keeps all of it in the journal.

    Runs until it is ended; a source that goes away is tried again.
    """
    from sensor.home import find_home
    from sensor.radio_ear import RadioPlan
    from sensor.service import SensorService
    from sensor.settings import SensorSettings, load_section
    from sensor.single import only_one

    log_plainly()
    home = find_home().make()
    settings = load_section(home.settings, "sensor", SensorSettings)
    plan = None
    if source is not None:
        frequencies = (freq_hz,) if freq_hz is not None else tuple(settings.frequencies_hz)
        plan = RadioPlan(source, rate_hz, frequencies, settings.gain_db, sample_format)
        if not plan.is_live:  # where the kit is now says nothing of a recording
            settings = replace(settings, gpsd="", modems=[])
    with only_one(home, "sensor"):
        service = SensorService(home, settings, plan=plan, stop_at_end=source is not None)
        end_on_signals(service.ending)
        if seconds is not None:
            timer = threading.Timer(seconds, service.ending.set)
            timer.daemon = True
            timer.start()
        added = service.run()
    click.echo(f"catpool sensor: ended, {added} readings added to {home.journal}", err=True)


def end_on_signals(ending: threading.Event) -> None:
    """SIGTERM and SIGINT end the service in order."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ending.set())


def log_plainly() -> None:
    """Log lines to standard error; with their level in front where journald reads them."""
    to_journald = "JOURNAL_STREAM" in os.environ and Path("/run/systemd/journal").exists()
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Levelled() if to_journald else logging.Formatter("catpool: %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


class _Levelled(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        level = next((number for above, number in LEVELS if record.levelno >= above), 7)
        return f"<{level}>" + super().format(record).replace("\n", f"\n<{level}>")
