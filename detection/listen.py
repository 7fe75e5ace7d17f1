"""Blocks of any number of cells in, the events of `catpool listen` out: assignment, load, evidence, hit."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from detection.frame_clock import FrameClock
from detection.hit import Hit
from detection.watch import CellWatch, Load, Told
from sensor.cell import CellIdentity
from sensor.gsm.assignments import Assignment, AssignmentReader
from sensor.gsm.block import Block
from sensor.gsm.messages.establishment import ESTABLISHMENTS

CellKey = tuple[int | None, int | None, int | None]  # arfcn, carrier (Hz), BSIC


@dataclass(frozen=True, slots=True)
class Heard:
    """An assignment with its seconds from the first frame."""

    assignment: Assignment
    t_s: float


Event = Heard | Load | Told


@dataclass(slots=True)
class HeardCell:
    """One cell of the stream."""

    clock: FrameClock
    watch: CellWatch
    blocks: int = 0
    band: str | None = None
    carrier_hz: int | None = None
    neci: int | None = None
    first: datetime | None = None
    establishments: Counter[str] = field(default_factory=Counter)


class Listener:
    """Listens to a stream of blocks. `start`: when the first frame was, where the blocks don't say it themselves."""

    def __init__(self, source: str = "", start: datetime | None = None) -> None:
        self.source = source
        self.start = start
        self.cells: dict[CellKey, HeardCell] = {}
        self.hits: dict[tuple[CellKey, str, int | None], Hit] = {}
        self.latest_s = 0.0
        self._reader = AssignmentReader()
        self._has_times = False

    def feed(self, block: Block) -> Iterator[Event]:
        """What one block makes known."""
        key = (block.arfcn, block.carrier_hz, block.bsic)
        cell = self.cells.get(key) or self._new_cell(key, block)
        cell.blocks += 1
        now_s = cell.clock.seconds(block.fn, block.time)
        self.latest_s = max(self.latest_s, now_s)
        assignments = self._reader.feed(block)
        state = self._reader.cell(block)
        cell.watch.identity, cell.neci = state.identity, state.neci
        yield from self._note(key, cell.watch.advance(now_s))
        yield from (self._hear(cell, assignment) for assignment in assignments)

    def finish(self) -> Iterator[Event]:
        """What remains to be said at the end of the stream."""
        for assignment in self._reader.finish():
            cell = next(
                cell for key, cell in self.cells.items() if (key[0], key[2]) == (assignment.arfcn, assignment.bsic)
            )
            yield self._hear(cell, assignment)
        for key, cell in self.cells.items():
            yield from self._note(key, cell.watch.finish())

    def _new_cell(self, key: CellKey, block: Block) -> HeardCell:
        if self.start is None and block.time is not None:
            self.start, self._has_times = block.time, True
        first_s = self.latest_s if self.cells else 0.0
        if self._has_times and block.time is not None and self.start is not None:
            first_s = max(0.0, (block.time - self.start).total_seconds())
        watch = CellWatch(block.arfcn, block.bsic, self.source, first_s, self.start)
        cell = HeardCell(FrameClock(first_s), watch, band=block.band, carrier_hz=block.carrier_hz)
        self.cells[key] = cell
        return cell

    def _hear(self, cell: HeardCell, assignment: Assignment) -> Heard:
        t_s = cell.clock.before(assignment.fn)
        cell.establishments[assignment.establishment] += 1
        cell.watch.hear(assignment.establishment, assignment.neci, assignment.timing_advance, t_s)
        if assignment.time is None and self.start is not None:
            assignment = replace(assignment, time=self.start + timedelta(seconds=t_s))
        return Heard(assignment, t_s)

    def _note(self, key: CellKey, events: Iterator[Load | Told]) -> Iterator[Event]:
        for event in events:
            if isinstance(event, Told) and event.event == "hit":
                self.hits[key, event.hit.signature, event.hit.timing_advance] = event.hit
            yield event


def to_json(event: Event) -> str:
    """One line of `catpool listen --json`."""
    if isinstance(event, Heard):
        return event.assignment.to_json()
    if isinstance(event, Load):
        line: dict[str, object] = {
            "event": "load",
            "cell": cell_json(event.cell, event.arfcn, event.bsic),
            "from_s": event.from_s,
            "to_s": event.to_s,
            "counts": {name: event.counts.get(name, 0) for name in ESTABLISHMENTS},
        }
        return json.dumps(line)
    return json.dumps({"event": event.event, **hit_json(event.hit)})


def hit_json(hit: Hit) -> dict[str, object]:
    """A hit's fields as CONTRACT.md names them."""
    line: dict[str, object] = {
        "signature": hit.signature,
        "version": hit.version,
        "cell": cell_json(hit.cell, hit.arfcn, hit.bsic),
        "timing_advance": hit.timing_advance,
        "distance_m": hit.distance_m,
        "log10_odds": hit.log10_odds,
        "learned": hit.learned,
        "from_s": hit.from_s,
        "to_s": hit.to_s,
    }
    if hit.raised_s is not None:
        line["raised_s"] = hit.raised_s
    if hit.first_seen is not None and hit.last_seen is not None:
        line |= {"first_seen": hit.first_seen.isoformat(), "last_seen": hit.last_seen.isoformat()}
    return line | {"reasons": hit.reasons, "look_alikes": hit.look_alikes}


def cell_json(cell: CellIdentity, arfcn: int | None, bsic: int | None) -> dict[str, object]:
    return {
        "rat": cell.rat,
        "mcc": cell.mcc,
        "mnc": cell.mnc,
        "lac": cell.lac,
        "ci": cell.ci,
        "arfcn": arfcn,
        "bsic": bsic,
    }
