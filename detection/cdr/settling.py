"""What can only be said once every line has been read: cells, zone, identities, duplicates, the account."""

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow
from numpy.typing import NDArray

from detection.cdr.digits import Ints
from detection.cdr.door import UNKNOWN
from detection.cdr.export import ExportFile
from detection.cdr.identities import Maps
from detection.cdr.intake import Intake, Reject
from detection.cdr.lexicon import Ids
from detection.cdr.moments import NO_OFFSET
from detection.cdr.numbers import CLASSES
from detection.cdr.places import CellTexts, read_cells_of
from detection.cdr.slabs import Columns
from detection.cdr.times import zone_steps
from detection.cdr.typed import INWARD, NO_THIRD, TEXT_ROLES
from detection.lead import PlacedCell
from sensor.cell import CellIdentity

MOST_SECONDS = 1 << 32  # in no export are as many seconds


class Places:
    """Every different cell text of an export, read: `cell_of` and `unread` by the text's number."""

    def __init__(self, intake: Intake, files: Sequence[ExportFile], placed: Sequence[PlacedCell]) -> None:
        self.intake, texts = intake, intake.places.texts
        by_dialect: dict[int, list[CellTexts]] = {}
        for dialect, text in sorted(texts):
            by_dialect.setdefault(dialect, []).append(text)
        read = {
            dialect: read_cells_of(found, placed, files[dialect].layout.cell_base)
            for dialect, found in by_dialect.items()
        }
        named = {cell for table in read.values() for cell in table.cells.values() if cell is not None}
        self.cells = sorted(named, key=cell_order)
        index: dict[CellIdentity | None, int] = {cell: at for at, cell in enumerate(self.cells)}
        self.cell_of = np.array([index.get(read[d].cells.get(text), UNKNOWN) for d, text in texts], np.int32)
        self.unread = np.array([text in read[d].unread for d, text in texts], bool)
        self._column = {at: read[d].unread[t][0] for at, (d, t) in enumerate(texts) if t in read[d].unread}

    def refuse(self) -> None:
        """Rejects the lines whose cell can't be read."""
        if not self.unread.any():
            return
        starts = np.array([first for first, _ in self.intake.first_rows])
        for slab in self.intake.slabs.read("row", "place"):
            bad = self.unread[slab["place"]]
            for row, place in zip(slab["row"][bad].tolist(), slab["place"][bad].tolist(), strict=True):
                first, file = self.intake.first_rows[int(np.searchsorted(starts, row, side="right")) - 1]
                self._reject(file, row - first + 1, place)
                self.intake.rejected += 1 + self.intake.spans.pop(row, 0)

    def _reject(self, file: ExportFile, line: int, place: int) -> None:
        role, layout = self._column[place], file.layout
        name = layout.names[layout.roles[role]] if role in layout.roles else role
        value = dict(zip(TEXT_ROLES, self.intake.places.texts[place][1], strict=True))[role]
        self.intake.rejects.append(Reject(str(file.path), line, name, value[:60], "not a cell number"))


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


class Settled:
    """Gives the slabs of an intake their final columns."""

    def __init__(self, intake: Intake, places: Places, maps: Maps, party_class: NDArray[np.int8], zone: Zone) -> None:
        self.intake, self.places, self.zone = intake, places, zone
        self.sim_of_imsi, self.sim_of_party, self.party, self.imei = (
            np.append(ids, np.int32(UNKNOWN)) for ids in (maps.sim_of_imsi, maps.sim_of_party, maps.party, maps.imei)
        )  # the last is for UNKNOWN, which is -1
        self.party_class = np.append(party_class, np.int8(CLASSES.index("none")))
        self.first_s = intake.times.first_s or 0

    def _sims(self, slab: Columns) -> Ids:
        imsi = slab["imsi"]
        sims: Ids = np.where(imsi >= 0, self.sim_of_imsi[imsi], self.sim_of_party[slab["served"]])
        return sims

    def _keys(self, slab: Columns) -> Ints:
        keys: Ints = self._sims(slab).astype(np.int64) * MOST_SECONDS + (slab["t_s"] - self.first_s)
        return keys

    def _slabs(self, *names: str) -> Iterator[Columns]:
        """The slabs without the lines that were refused."""
        unread = self.places.unread
        for slab in self.intake.slabs.read(*names):
            good = ~unread[slab["place"]] if unread.any() else None
            yield slab if good is None else {name: column[good] for name, column in slab.items()}

    def find_twice(self) -> Ints:
        """The rows that say the same as a row before them."""
        parts = [self._keys(slab) for slab in self._slabs("imsi", "served", "t_s", "place")]
        keys = np.concatenate(parts)
        parts.clear()
        keys.sort()
        again = np.unique(keys[1:][keys[1:] == keys[:-1]])
        del keys
        if not len(again):
            return again
        doubtful = []
        for slab in self._slabs():
            key = self._keys(slab)
            held = again[np.minimum(np.searchsorted(again, key), len(again) - 1)] == key
            doubtful.append(self.columns({name: column[held] for name, column in slab.items()}))
        table = pyarrow.table({name: np.concatenate([part[name] for part in doubtful]) for name in doubtful[0]})
        alike = table.group_by([name for name in table.column_names if name != "row"]).aggregate([("row", "min")])
        rows: Ints = np.setdiff1d(table["row"].to_numpy(), alike["row_min"].to_numpy())
        return rows

    def columns(self, slab: Columns) -> Columns:
        """The columns of `records`, UNKNOWN where there is nothing."""
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
            "sim_id": self._sims(slab),
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

    def tables(self, twice: Ints) -> Iterator[pyarrow.Table]:
        """The records, slab by slab, without the rows of `twice`."""
        for slab in self._slabs():
            if len(twice):
                once = twice[np.minimum(np.searchsorted(twice, slab["row"]), len(twice) - 1)] != slab["row"]
                slab = {name: column[once] for name, column in slab.items()}
            made = self.columns(slab)
            arrays = {
                name: pyarrow.array(column, mask=(column == UNKNOWN) if name in NULLABLE else None)
                for name, column in made.items()
            }
            arrays["answered"] = arrays["answered"].cast(pyarrow.bool_())
            yield pyarrow.table(arrays)


NULLABLE = ("number_id", "other_id", "imei_id", "duration_s", "cell", "ta", "answered")


def cell_order(cell: CellIdentity) -> tuple[str, str, int, int]:
    return (cell.mcc or "", cell.mnc or "", cell.lac or 0, cell.ci or 0)
