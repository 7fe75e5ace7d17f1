"""Listens on the radio source of the settings: blocks to assignments, cells to readings, faults to retries.

One thread. A source that stops is said once, and tried again after 1 s, 2 s, ... up to a minute.
"""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sensor.clock import Clock
from sensor.errors import CaptureError, DeviceError, SensorError
from sensor.gsm.assignments import Assignment, AssignmentReader
from sensor.gsm.block import Block
from sensor.gsm.receiver import Receiver
from sensor.gsm.survey import list_cells
from sensor.journal import Reading
from sensor.readings import AssignmentReading, Position, Stamp
from sensor.source import Source, open_source

log = logging.getLogger(__name__)
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
FIRST_REPORT_S, REPORT_S = 5.0, 60.0  # how often a cell's level and quality go to the journal
DWELL_S, SCAN_DWELL_S = 60.0, 4.0  # on each frequency of a list; while looking for cells without one
BEHIND_S = 3.0
GSM_900_DOWNLINK_HZ = (935.2e6, 959.8e6)  # TS 45.005 §2, P-GSM 900


class Ending(Exception):  # noqa: N818  # no error: the way out of a receiver that has nothing to say
    """The service ends, or the time on this frequency is over."""


@dataclass(frozen=True, slots=True)
class RadioPlan:
    """What to listen to. No frequencies: the GSM 900 downlink is looked through, again and again."""

    source: str
    rate_hz: float | None = None
    frequencies_hz: tuple[float, ...] = ()
    gain_db: float | None = None
    sample_format: str | None = None

    @property
    def is_live(self) -> bool:
        return "://" in self.source

    def turns(self) -> list[tuple[float, float | None]]:
        """(frequency, seconds on it) in turn; None: for good."""
        if len(self.frequencies_hz) == 1:
            return [(self.frequencies_hz[0], None)]
        if self.frequencies_hz:
            return [(hz, DWELL_S) for hz in self.frequencies_hz]
        return [(hz, SCAN_DWELL_S) for hz in scan_grid(self.rate_hz or 1e6)]


def scan_grid(rate_hz: float) -> list[float]:
    """Centre frequencies (Hz) on the 200 kHz raster whose bands overlap by a carrier's width across GSM 900."""
    low, high = GSM_900_DOWNLINK_HZ
    step = max(200e3, (rate_hz - 400e3) // 200e3 * 200e3)
    first = low + step / 2 // 200e3 * 200e3
    return [first + k * step for k in range(int((high - first + step / 2) // step) + 1)]


class RadioEar:
    """Puts what the radio hears into `put`; `position` and `clock` stamp it."""

    def __init__(
        self,
        plan: RadioPlan,
        put: Callable[[Sequence[Reading]], None],
        clock: Clock,
        position: Callable[[], Position | None],
        ending: threading.Event,
        *,
        retry: bool = True,
    ) -> None:
        self.plan = plan
        self.retry = retry
        self.state = "not opened yet"
        self.alive_s = clock.monotonic_s()
        self.finished = False  # nothing more will come: a capture's end, or `error`
        self.error: SensorError | None = None  # what no retry mends
        self._put, self._clock, self._position, self._ending = put, clock, position, ending
        self._reader = AssignmentReader()
        self._reported: dict[tuple[int, int], int] = {}

    def listen(self) -> None:
        """Listens until the service ends, a capture does, or `error` says what its caller must mend."""
        wait_s = FIRST_WAIT_S
        while not self._ending.is_set():
            began = time.monotonic()
            why = self._try()
            if why is None or self._ending.is_set():
                return
            if self.state != why:
                log.error("radio: %s; trying again", why)
            self.state = why
            wait_s = FIRST_WAIT_S if time.monotonic() - began > LONGEST_WAIT_S else wait_s
            self._wait(wait_s)
            wait_s = min(2 * wait_s, LONGEST_WAIT_S)

    def _wait(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self._ending.wait(min(1.0, until - time.monotonic())):
            self.alive_s = self._clock.monotonic_s()

    def _try(self) -> str | None:
        """Opens and follows the source; gives why it stopped, None where no retry helps."""
        try:
            self.listen_once()
        except CaptureError as error:
            self.error = error
        except DeviceError as error:
            if self.retry:
                return str(error)
            self.error = error
        except Exception:  # a fault in one stretch of signal must not deafen the kit
            log.exception("radio: the receiver failed")
            return "the receiver failed"
        self.finished = True
        return None

    def listen_once(self) -> None:
        """Opens the source and follows it to its end. Raises CaptureError or DeviceError."""
        plan = self.plan
        live = plan.is_live
        with open_source(
            plan.source,
            rate_hz=plan.rate_hz if live or plan.sample_format else None,
            freq_hz=None if live or not plan.frequencies_hz else plan.frequencies_hz[0],
            sample_format=plan.sample_format,
            gain_db=plan.gain_db,
        ) as source:
            if source.live:
                self._go_round(source)
            else:
                self._follow(source, None)
                self.state = "the capture came to its end"

    def _go_round(self, source: Source) -> None:
        deaf: set[float] = set()
        while not self._ending.is_set():
            for hz, seconds in self.plan.turns():
                if hz in deaf or self._ending.is_set():
                    continue
                try:
                    source.tune(hz, self.plan.gain_db)
                except CaptureError as error:
                    log.warning("radio: %s; left out", error)
                    deaf.add(hz)
                    if len(deaf) == len({hz for hz, _ in self.plan.turns()}):
                        raise
                    continue
                self.state = f"listening on {hz / 1e6:.3f} MHz"
                self._follow(source, seconds)

    def _follow(self, source: Source, seconds: float | None) -> None:
        """Receives on one frequency for so many seconds; None: to the end."""
        began_s = self._clock.monotonic_s()
        due_s = FIRST_REPORT_S
        behind = False
        self._reported = {}

        def look_up(done: int, _whole: int | None) -> None:
            nonlocal due_s, behind
            self.alive_s = self._clock.monotonic_s()
            heard_s, passed_s = done / source.rate_hz, self.alive_s - began_s
            if source.live and passed_s - heard_s > BEHIND_S and not behind:
                behind = True
                log.warning("radio: %.0f s behind the air, samples are lost; lower rate_hz", passed_s - heard_s)
            if heard_s >= due_s:
                due_s = heard_s + REPORT_S
                self._report(receiver, source)
            if self._ending.is_set() or (seconds is not None and heard_s >= seconds):
                raise Ending

        receiver = Receiver(source, progress=look_up)
        try:
            for block in receiver.blocks():
                self._take(block, source)
        except Ending:
            pass
        finally:
            self._report(receiver, source)
        if not source.live:
            self._put([self._reading(one, source) for one in self._reader.finish()])

    def _take(self, block: Block, source: Source) -> None:
        assignments = self._reader.feed(block)
        if assignments:
            self._put([self._reading(one, source) for one in assignments])

    def _report(self, receiver: Receiver, source: Source) -> None:
        """Each cell that gave blocks since the last report."""
        readings = []
        for cell in list_cells(receiver):
            key = (cell.summary.carrier.carrier_hz, cell.summary.bsic)
            if cell.summary.blocks > self._reported.get(key, 0):
                self._reported[key] = cell.summary.blocks
                readings.append(cell.reading(self._stamp(source)))
        self._put(readings)
        if source.live:
            named = f"{len(receiver.cells)} cell{'' if len(receiver.cells) == 1 else 's'}"
            self.state = f"listening on {source.segments[-1].centre_hz / 1e6:.3f} MHz, {named}"

    def _stamp(self, source: Source, assignment: Assignment | None = None) -> Stamp:
        if source.live:
            return self._clock.stamp(source.name, self._position())
        when = assignment.time if assignment is not None else source.segments[0].time
        return self._clock.capture_stamp(source.name, when)

    def _reading(self, one: Assignment, source: Source) -> AssignmentReading:
        return one.reading(self._stamp(source, one))
