"""`listen --keep`: assignments and cells into the journal, hits into the store, as they come."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import TracebackType

from detection.hit import Hit
from detection.listen import Event, Heard, HeardCell, Listener
from detection.store import Store
from detection.watch import Told
from sensor.home import Home
from sensor.journal import Journal
from sensor.readings import AssignmentReading, CellReading, Stamp

BATCH = 500  # readings
BATCH_S = 10.0  # of the stream


class Keeper:
    """Writes a listener's events into the home's journal and store. A file of frames is journalled once."""

    def __init__(self, home: Home, listener: Listener, now: datetime | None = None) -> None:
        self._listener = listener
        self._now = now or datetime.now(UTC)
        self._journal = Journal.open(home.journal)
        try:
            self._store = Store.open(home.store)
        except BaseException:
            self._journal.close()
            raise
        self._known = listener.source and self._journal.has_source(listener.source)
        self._batch: list[AssignmentReading | CellReading] = []
        self._written_s = 0.0

    def __enter__(self) -> "Keeper":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._batch += [self._cell(cell) for cell in self._listener.cells.values()]
        self._write()
        self._journal.close()
        self._store.close()

    def take(self, event: Event) -> None:
        """One event: assignments are written in batches, hits at once."""
        if isinstance(event, Heard):
            self._batch.append(self._assignment(event))
            if len(self._batch) >= BATCH or event.t_s - self._written_s > BATCH_S:
                self._written_s = event.t_s
                self._write()
        elif isinstance(event, Told) and event.event == "hit":
            self._store.put_hit(self._dated(event))

    def _write(self) -> None:
        if not self._known:
            self._journal.add(self._batch)
        self._batch = []

    def _dated(self, event: Told) -> Hit:
        hit = event.hit
        if hit.first_seen is not None:
            return hit
        first, last = (self._now + timedelta(seconds=t_s) for t_s in (hit.from_s, hit.to_s))
        return replace(hit, first_seen=first, last_seen=last)

    def _stamp(self, t_s: float) -> Stamp:
        """The recording's own time where it is known, else counted from now: `clock` says which."""
        start = self._listener.start
        return Stamp(
            time=(start or self._now) + timedelta(seconds=t_s),
            boot_id=self._listener.source,
            monotonic_s=t_s,
            clock="capture" if start is not None else "free",
            position=None,
            source=self._listener.source,
        )

    def _assignment(self, heard: Heard) -> AssignmentReading:
        return heard.assignment.reading(self._stamp(heard.t_s))

    def _cell(self, cell: HeardCell) -> CellReading:
        return CellReading(
            stamp=self._stamp(self._listener.latest_s),
            identity=cell.watch.identity,
            band=cell.band,
            carrier_hz=cell.carrier_hz,
            arfcn=cell.watch.arfcn,
            bsic=cell.watch.bsic,
            neci=cell.neci,
            blocks=cell.blocks,
        )
