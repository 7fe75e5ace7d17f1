"""What can only be said once every line has been read: cells, zone, identities, duplicates, the account."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow
from numpy.typing import NDArray

from detection.cdr.digits import Ints
from detection.cdr.direction import BOTH_LEGS, NEEDED, NEEDED_BARE, Owners, Told, learn, legs_that_came_in, tell
from detection.cdr.door import UNKNOWN
from detection.cdr.export import ExportFile
from detection.cdr.identities import Identities, Maps
from detection.cdr.intake import Intake
from detection.cdr.moments import NO_OFFSET
from detection.cdr.numbers import CLASSES
from detection.cdr.places import CellTexts
from detection.cdr.rejects import Reject
from detection.cdr.slabs import Columns, Slabs
from detection.cdr.sources import read_cells_by_source
from detection.cdr.times import zone_steps
from detection.cdr.typed import INWARD, NO_THIRD, TEXT_ROLES
from detection.errors import ExportError
from detection.lead import PlacedCell
from sensor.cell import CellIdentity

MOST_SECONDS = 1 << 33  # in no export are as many seconds
RANGE_ROWS = 2_000_000  # records that are settled, and whose features are asked for, at a time
MOST_RANGES = 250  # each has an open file
MOSTLY_READ = 0.5  # with more unread cells than this share, it isn't the lines that are bad
S = TypeVar("S")
T = TypeVar("T")


class Places:
    """Every different cell text of an export, read: `cell_of` and `unread` by the text's number."""

    def __init__(self, intake: Intake, files: Sequence[ExportFile], placed: Sequence[PlacedCell]) -> None:
        self.intake, texts = intake, intake.places.texts
        by_dialect: dict[int, list[CellTexts]] = {}
        for dialect, text in sorted(texts):
            by_dialect.setdefault(dialect, []).append(text)
        read = read_cells_by_source(by_dialect, {dialect: files[dialect].layout for dialect in by_dialect}, placed)
        named = {cell for table in read.values() for cell in table.cells.values() if cell is not None}
        self.cells = sorted(named, key=cell_order)
        index: dict[CellIdentity | None, int] = {cell: at for at, cell in enumerate(self.cells)}
        self.cell_of = np.array([index.get(read[d].cells.get(text), UNKNOWN) for d, text in texts], np.int32)
        self.unread = np.array([text in read[d].unread for d, text in texts], bool)
        self._column = {at: read[d].unread[t][0] for at, (d, t) in enumerate(texts) if t in read[d].unread}

    def refuse(self) -> list[str]:
        """Rejects the lines whose cell can't be read; gives what is to be said of cells that are read nowhere.

        Where most lines of a source have a cell that can't be read, the lines are good and its cells are lost.
        """
        if not self.unread.any():
            return []
        notes = self._give_up()
        starts = np.array([first for first, _ in self.intake.first_rows])
        for slab in self.intake.slabs.read("row", "place"):
            bad = self.unread[slab["place"]]
            for row, place in zip(slab["row"][bad].tolist(), slab["place"][bad].tolist(), strict=True):
                first, file = self.intake.first_rows[int(np.searchsorted(starts, row, side="right")) - 1]
                self._reject(file, row - first + 1, place)
                self.intake.rejected += 1 + self.intake.spans.pop(row, 0)
        return notes

    def _give_up(self) -> list[str]:
        """Lets unread cells of sources that have mostly such be no cells."""
        source = np.array([dialect for dialect, _ in self.intake.places.texts])
        lines, bad = np.zeros(source.max() + 1), np.zeros(source.max() + 1)
        for slab in self.intake.slabs.read("place"):
            lines += np.bincount(source[slab["place"]], minlength=len(lines))
            bad += np.bincount(source[slab["place"]], self.unread[slab["place"]], minlength=len(lines))
        notes = []
        for at in np.flatnonzero(bad > MOSTLY_READ * lines).tolist():
            first = int(np.flatnonzero((source == at) & self.unread)[0])
            text = dict(zip(TEXT_ROLES, self.intake.places.texts[first][1], strict=True))[self._column[first]]
            notes.append(f"{int(bad[at])} records have a cell that can't be read, such as {text[:40]!r}, and no place")
            self.unread[source == at] = False
        return notes

    def _reject(self, file: ExportFile, line: int, place: int) -> None:
        role, layout = self._column[place], file.layout
        name = layout.names[layout.roles[role]] if role in layout.roles else role
        value = dict(zip(TEXT_ROLES, self.intake.places.texts[place][1], strict=True))[role]
        self.intake.rejects.add(Reject(str(file.path), line, name, value[:60], "not a cell number", word=True))


class Zone:
    """The carrier's offset from UTC at any time; `zone` None: each time carries its own."""

    def __init__(self, zone: ZoneInfo | None, first_s: int, last_s: int) -> None:
        steps = [(first_s, 0)] if zone is None else zone_steps(zone, first_s, last_s)
        self._starts = np.array([start for start, _ in steps])
        self._offsets = np.array([offset for _, offset in steps])

    def offset(self, local_s: Ints) -> Ints:
        at = np.searchsorted(self._starts[1:], local_s, side="right")
        offsets: Ints = self._offsets[at]
        return offsets


def sims_of(slabs: Iterator[Columns], unread: NDArray[np.bool_], door_sizes: tuple[int, int]) -> tuple[Ints, Ints]:
    """(IMSIs that have records, numbers that have some without), as the door numbers them."""
    imsis, alone = (np.zeros(size + 1, bool) for size in door_sizes)
    for slab in slabs:
        good = slice(None) if not unread.any() else ~unread[slab["place"]]
        imsi, served = slab["imsi"][good], slab["served"][good]
        imsis[imsi] = True
        alone[np.where(imsi < 0, served, UNKNOWN)] = True
    return np.flatnonzero(imsis[:-1]), np.flatnonzero(alone[:-1])


def range_bounds(sims: int, records: int) -> Ints:
    """Bounds of ranges of SIMs with about RANGE_ROWS records each: ids lie in the order of keyed names, by chance."""
    count = min(MOST_RANGES, max(1, -(-records // RANGE_ROWS)))
    return np.unique(np.linspace(0, sims, count + 1).astype(np.int64))


class Settled:
    """Gives the slabs of an intake their final columns."""

    def __init__(self, intake: Intake, places: Places, maps: Maps, people: Identities, zone: Zone) -> None:
        self.intake, self.places, self.zone = intake, places, zone
        self.sim_of_imsi, self.sim_of_party, self.party, self.imei = (
            np.append(ids, np.int32(UNKNOWN)) for ids in (maps.sim_of_imsi, maps.sim_of_party, maps.party, maps.imei)
        )  # the last is for UNKNOWN, which is -1
        self.party_class = np.append(people.party_class, np.int8(CLASSES.index("none")))
        self.bounds = range_bounds(len(people.sims), intake.records)
        self.twice: list[Ints] = []  # rows that say the same as a row before them
        self.told = Told()
        self._undirected = any(file.layout.undirected for _, file in intake.first_rows)
        self._owners = Owners(np.zeros(0, np.int64), np.zeros(0, bool), True)

    def _slabs(self) -> Iterator[Columns]:
        """The slabs without the lines that were refused; each is let go once given."""
        unread = self.places.unread
        for slab in self.intake.slabs.drain():
            good = ~unread[slab["place"]] if unread.any() else None
            yield slab if good is None else {name: column[good] for name, column in slab.items()}

    def columns(self, slab: Columns) -> Columns:
        """The columns of `records`, UNKNOWN where there is nothing."""
        imsi = slab["imsi"]
        served, other = self.party[slab["served"]], self.party[slab["other"]]
        if self.intake.three_parties:
            third = self.party[np.maximum(slab["third"], UNKNOWN)]
            calls = np.where(third == served, False, np.where(other == served, True, np.isin(slab["kind"], INWARD)))
            unknown = served == UNKNOWN
            calls = np.where(unknown, np.isin(slab["kind"], INWARD), calls) & (slab["third"] != NO_THIRD)
            other = np.where(calls, third, other)
        written, told, duration = slab["t_s"], slab["offset_s"], slab["duration_s"]
        own = told != NO_OFFSET
        offset = np.where(own, told, self.zone.offset(written))
        local = written if not own.any() else written + np.where(own, self.zone.offset(written - offset) - offset, 0)
        answered = np.where(slab["answered"] >= 0, slab["answered"], np.where(duration >= 0, duration > 0, UNKNOWN))
        return {
            "row": slab["row"],
            "kind": slab["kind"],
            "sim_id": np.where(imsi >= 0, self.sim_of_imsi[imsi], self.sim_of_party[slab["served"]]),
            "number_id": served,
            "other_id": other,
            "other_class": self.party_class[other],
            "imei_id": self.imei[slab["imei"]],
            "t_s": written - offset,
            "local_s": local,
            "duration_s": duration,
            "cell": self.places.cell_of[slab["place"]],
            "ta": slab["ta"],
            "answered": answered.astype(np.int8),
            "rest": slab["rest"],
        }

    def by_range(self) -> Iterator[Columns]:
        """The records of one range of SIMs after the other, each record once; fills `twice`."""
        shelves = [Slabs() for _ in range(len(self.bounds) - 1)]
        try:
            for slab in self._slabs():
                self._shelve(self.columns(slab), shelves)
            if self._undirected:
                self._learn_directions(shelves)
            with ThreadPoolExecutor(1) as ahead:  # the next is made ready while the last is taken in
                yield from ahead_of(ahead, self._whole, shelves)
        finally:
            for shelf in shelves:
                shelf.close()

    def _learn_directions(self, shelves: list[Slabs]) -> None:
        """Whose numbers are whose. Raises ExportError where both legs are there and no IMSI can tell."""
        numbers = len(self.party_class) - 1
        undirected = [file for _, file in self.intake.first_rows if file.layout.undirected]
        if any("imsi" in file.layout.roles for file in undirected):
            parts = (joined(shelf.read(*NEEDED)) for shelf in shelves)
            self._owners = learn(parts, int(self.bounds[-1]), numbers)
        elif legs_that_came_in((joined(shelf.read(*NEEDED_BARE)) for shelf in shelves), numbers) > BOTH_LEGS:
            raise ExportError(
                f"export {undirected[0].path}: holds both legs of calls, and neither a record type nor an IMSI tells"
                " whose each record is; ask the carrier for one of them"
            )

    def _shelve(self, records: Columns, shelves: list[Slabs]) -> None:
        at = np.searchsorted(self.bounds, records["sim_id"], side="right") - 1
        order = np.argsort(at.astype(np.int16), kind="stable")
        ends = np.cumsum(np.bincount(at, minlength=len(shelves))).tolist()
        for shelf, begin, end in zip(shelves, [0, *ends], ends, strict=False):
            if end > begin:
                shelf.put({name: [column[order[begin:end]]] for name, column in records.items()})

    def _whole(self, shelf: Slabs) -> Columns:
        """The records of a shelf, each once."""
        records = joined(shelf.drain())
        if not records:
            return {}
        twice = find_twice(records)
        if len(twice):
            self.twice.append(records["row"][twice])
            once = np.ones(len(records["row"]), bool)
            once[twice] = False
            records = {name: column[once] for name, column in records.items()}
        if self._undirected:
            tell(records, self._owners, self.party_class, self.told)
        return records


def joined(slabs: Iterable[Columns]) -> Columns:
    """The columns of slabs, one after the other; empty where there is none."""
    parts = list(slabs)
    return {name: np.concatenate([part.pop(name) for part in parts]) for name in list(parts[0])} if parts else {}


def ahead_of(pool: ThreadPoolExecutor, work: Callable[[S], T], items: Iterable[S]) -> Iterator[T]:
    """Results of `work` in the order of the items, the next one in the making while one is used."""
    going: Future[T] | None = None
    for item in items:
        begun, going = going, pool.submit(work, item)
        if begun is not None:
            yield begun.result()
    if going is not None:
        yield going.result()


def find_twice(records: Columns) -> Ints:
    """Places of the records that say the same as one before them in the export."""
    sim, t_s = records["sim_id"].astype(np.int64), records["t_s"]
    key = (sim - sim.min()) * MOST_SECONDS + (t_s - t_s.min())
    ordered = np.sort(key)
    again = np.unique(ordered[1:][ordered[1:] == ordered[:-1]])
    if not len(again):
        return again
    doubtful = np.flatnonzero(again[np.minimum(np.searchsorted(again, key), len(again) - 1)] == key)
    told = {name: column[doubtful] for name, column in records.items() if name != "row"}
    table = pyarrow.table({**told, "place": doubtful, "row": records["row"][doubtful]})
    first = table.group_by(list(told)).aggregate([("row", "min")])["row_min"].to_numpy()
    return doubtful[~np.isin(records["row"][doubtful], first)]


def table_of(records: Columns) -> pyarrow.Table:
    """Columns as they stand in the engine: null where there is nothing."""
    arrays = {
        name: pyarrow.array(column, mask=(column == UNKNOWN) if name in NULLABLE else None)
        for name, column in records.items()
    }
    arrays["answered"] = arrays["answered"].cast(pyarrow.bool_())
    return pyarrow.table(arrays)


NULLABLE = ("number_id", "other_id", "imei_id", "duration_s", "cell", "ta", "answered")


def cell_order(cell: CellIdentity) -> tuple[str, str, int, int]:
    return (cell.mcc or "", cell.mnc or "", cell.lac or 0, cell.ci or 0)
