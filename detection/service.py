"""The detection service: follows the journal, judges each cell, writes hits and joins leads.

After a restart it reads again what its longest window covers, so that nothing it had counted is lost; hits merge
in the store, so that nothing doubles. A cell's time goes by its frame numbers: a clock that jumps does not
disturb the order.
"""

import logging
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from detection.errors import StoreError
from detection.frame_clock import FrameClock
from detection.hit import Hit
from detection.leads import rejoin
from detection.settings import DetectionSettings
from detection.signatures.tally import KEPT_S
from detection.store import Store
from detection.watch import CellWatch, Load, Told
from sensor.cell import CellIdentity
from sensor.errors import JournalError
from sensor.home import Home
from sensor.journal import Journal
from sensor.notify import notify
from sensor.readings import AssignmentReading

log = logging.getLogger(__name__)
STATE = "detection"
SAVE_S = 60.0  # of the service's own time between two savings of its place in the journal
MARK = timedelta(minutes=10)
PAGE = 2000  # assignments judged between two signs of life
FORGET_S = 86_400.0  # a cell unheard for so long is dropped from memory

CellKey = tuple[CellIdentity, int | None, int | None, str]


@dataclass(slots=True)
class FollowedCell:
    """One cell of the journal under watch."""

    clock: FrameClock
    watch: CellWatch
    since: datetime  # when it was first heard, in any run
    latest: datetime
    pending: dict[tuple[str, int | None], Hit]  # held back while the cell is being learned


class DetectionService:
    """Runs until `ending` is set; `monotonic_s` and `tell` are passed so that tests can do without systemd."""

    def __init__(
        self,
        home: Home,
        settings: DetectionSettings,
        *,
        monotonic_s: Callable[[], float],
        ending: threading.Event | None = None,
        tell: Callable[..., bool] = notify,
    ) -> None:
        self.ending = ending or threading.Event()
        self.cells: dict[CellKey, FollowedCell] = {}
        self.judged = 0
        self._home, self._settings = home, settings
        self._monotonic_s, self._tell = monotonic_s, tell
        self._after_id = 0
        self._marks: deque[tuple[datetime, int]] = deque()
        self._epoch: datetime | None = None
        self._since: dict[str, str] = {}  # ISO time at which each cell was first heard
        self._saved_s = monotonic_s()
        self._is_new = False
        self._trouble = ""

    def run(self, once: bool = False) -> int:
        """Judges what the journal holds and goes on as it grows (not with `once`). Gives the assignments judged.

        Raises StoreError where the store cannot be opened at the start.
        """
        with ExitStack() as stack:
            store = stack.enter_context(Store.open(self._home.store))
            self._resume(store)
            rejoin(store)
            self._tell("READY=1")
            try:
                self._follow(store, stack, once)
            finally:
                self._tell("STOPPING=1")
                self._save(store)
        return self.judged

    def _follow(self, store: Store, stack: ExitStack, once: bool) -> None:
        journal: Journal | None = None
        while not self.ending.is_set():
            try:
                journal = journal or self._open_journal(stack)
                more = journal is not None and self._step(store, journal)
                self._trouble = ""
            except (JournalError, StoreError, sqlite3.OperationalError) as error:
                if once:
                    raise
                more = False
                if str(error) != self._trouble:
                    log.warning("%s", error)
                self._trouble = str(error)
            self._tell("WATCHDOG=1", f"STATUS={self.status()}")
            if once and not more:
                return
            if not more:
                self.ending.wait(self._settings.poll_s)

    def _open_journal(self, stack: ExitStack) -> Journal | None:
        """The journal, or None until the sensor has made it."""
        if not self._home.journal.exists():
            return None
        return stack.enter_context(Journal.open(self._home.journal, read_only=True))

    def _step(self, store: Store, journal: Journal) -> bool:
        """Judges the next assignments; gives whether there may be more at once."""
        hits: list[Hit] = []
        seen = 0
        for row_id, reading in journal.assignments(self._after_id):
            hits += self._judge(reading)
            self._after_id = row_id
            self._mark(reading.stamp.time)
            seen += 1
            if seen == PAGE:
                break
        self.judged += seen
        self._is_new |= seen > 0
        hits += self._released()
        if hits:
            with store.writing():
                for hit in hits:
                    store.put_hit(hit)
                self._put_state(store)
            rejoin(store)
        elif self._is_new and self._monotonic_s() - self._saved_s >= SAVE_S:
            self._save(store)
        return seen == PAGE

    def _mark(self, time: datetime) -> None:
        """Remembers which row stands at the start of the longest window: there a restart begins to read."""
        if not self._marks or abs(time - self._marks[-1][0]) >= MARK:
            self._marks.append((time, self._after_id))
        while len(self._marks) > 1 and time - self._marks[1][0] >= timedelta(seconds=KEPT_S):
            self._marks.popleft()

    def _judge(self, reading: AssignmentReading) -> list[Hit]:
        cell = self._cell(reading)
        cell.latest = max(cell.latest, reading.stamp.time)
        t_s = cell.clock.seconds(reading.fn, reading.stamp.time)
        told = list(cell.watch.advance(t_s))
        cell.watch.hear(reading.establishment, reading.neci, reading.timing_advance, t_s)
        return self._raised(cell, told)

    def _cell(self, reading: AssignmentReading) -> FollowedCell:
        whole = reading.identity.is_complete()
        key = (
            reading.identity,
            None if whole else reading.arfcn,
            None if whole else reading.bsic,
            reading.stamp.source,
        )
        if key not in self.cells:
            time = reading.stamp.time
            self._epoch = self._epoch or time
            since = datetime.fromisoformat(self._since.setdefault(repr(key[:3]), time.isoformat()))
            first_s = (time - self._epoch).total_seconds()
            watch = CellWatch(reading.arfcn, reading.bsic, reading.stamp.source, first_s, self._epoch)
            watch.identity = reading.identity
            self.cells[key] = FollowedCell(FrameClock(first_s), watch, since, time, {})
            self._forget(time)
        return self.cells[key]

    def _forget(self, now: datetime) -> None:
        old = [key for key, cell in self.cells.items() if (now - cell.latest).total_seconds() > FORGET_S]
        for key in old:
            del self.cells[key]

    def _raised(self, cell: FollowedCell, told: Iterable[Load | Told]) -> list[Hit]:
        """Hits that may be raised now; those of a cell that is still being learned wait."""
        hits = [event.hit for event in told if isinstance(event, Told) and event.event == "hit"]
        if self._is_learned(cell):
            return [replace(hit, learned=True) for hit in hits]
        cell.pending |= {(hit.signature, hit.timing_advance): hit for hit in hits}
        return []

    def _released(self) -> list[Hit]:
        """Hits that waited for their cell to be learned."""
        hits = []
        for cell in self.cells.values():
            if cell.pending and self._is_learned(cell):
                hits += [replace(hit, learned=True) for hit in cell.pending.values()]
                cell.pending = {}
        return hits

    def _is_learned(self, cell: FollowedCell) -> bool:
        return cell.latest - cell.since >= timedelta(hours=self._settings.learning_hours)

    def status(self) -> str:
        """What the service does, in one line."""
        if self._trouble:
            return self._trouble
        learning = sum(not self._is_learned(cell) for cell in self.cells.values())
        waiting = sum(len(cell.pending) for cell in self.cells.values())
        words = f"{len(self.cells)} cells, {self.judged} assignments judged"
        if learning:
            words += f"; {learning} cells still learning, {waiting} alarms held back until then"
        return words

    def _resume(self, store: Store) -> None:
        state = store.state(STATE)
        window_id, epoch, since = state.get("window_id"), state.get("epoch"), state.get("since")
        self._after_id = window_id if isinstance(window_id, int) else 0
        self._epoch = datetime.fromisoformat(epoch) if isinstance(epoch, str) else None
        self._since = {str(key): str(time) for key, time in since.items()} if isinstance(since, dict) else {}

    def _save(self, store: Store) -> None:
        if self._is_new:
            with store.writing():
                self._put_state(store)

    def _put_state(self, store: Store) -> None:
        epoch = self._epoch.isoformat() if self._epoch else None
        window_id = self._marks[0][1] - 1 if self._marks else self._after_id
        store.put_state(STATE, {"window_id": window_id, "epoch": epoch, "since": dict(self._since)})
        self._saved_s, self._is_new = self._monotonic_s(), False
