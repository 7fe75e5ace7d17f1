"""Records of an export: every line accounted for, duplicates counted once, times in UTC, cells named.

Lines read = accepted + duplicates + rejected + header + blank, exactly. A quoted record of several lines counts
with all of them; a row of Parquet counts as a line.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow
from ibis.backends.duckdb import Backend
from numpy.typing import NDArray

from detection.cdr.answers import first_of, rows_of
from detection.cdr.countries import Home
from detection.cdr.digits import Ints
from detection.cdr.door import UNKNOWN
from detection.cdr.export import ExportFile, examine, find_files
from detection.cdr.identities import Identities, identify
from detection.cdr.intake import CODED, Intake
from detection.cdr.intake import Reject as Reject
from detection.cdr.moments import NO_OFFSET
from detection.cdr.numbers import CLASSES
from detection.cdr.places import CellTexts, read_cells_of
from detection.cdr.pseudonyms import Names
from detection.cdr.record_words import KINDS
from detection.cdr.times import zone_offset
from detection.cdr.typed import INWARD, NO_THIRD, TEXT_ROLES
from detection.errors import ExportError
from detection.lead import PlacedCell
from sensor.cell import CellIdentity

RECORDS = "records"
MOC, MTC, SMO, SMT = (KINDS.index(kind) for kind in ("moc", "mtc", "smo", "smt"))
MOST_SECONDS = 1 << 32
TEMPORARY = ".catpool-duckdb-"


@dataclass(frozen=True, slots=True)
class Account:
    """Where every line went."""

    lines: int
    accepted: int
    duplicates: int
    rejected: int
    header: int
    blank: int

    def check(self) -> None:
        """Raises ExportError if a line is unaccounted for."""
        if self.lines != self.accepted + self.duplicates + self.rejected + self.header + self.blank:
            raise ExportError(f"export: {self.lines} lines read but {self.told()}; nothing was written")

    def told(self) -> str:
        return (
            f"{self.accepted} accepted + {self.duplicates} duplicates + {self.rejected} rejected"
            f" + {self.header} header + {self.blank} blank"
        )


@dataclass(slots=True)
class Records:
    """The records of an export in the engine (table `records`), and what was learnt while reading them.

    Columns of the table, whole numbers all: row (order of the export), kind (index into KINDS), sim_id, number_id (the
    SIM's own number), other_id, other_class (index into numbers.CLASSES), imei_id, t_s (Unix s), local_s (carrier's
    local time, as if UTC), duration_s, cell (index into `cells`), ta, answered, rest (stands for the columns without a
    role). Null is unknown; `people` has the names of the identities.
    """

    engine: Backend
    table: ir.Table
    files: list[ExportFile]
    account: Account
    cells: list[CellIdentity]
    zone: str
    people: Identities
    warnings: list[str] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    has: frozenset[str] = frozenset()  # columns that hold anything


def open_engine(memory_mb: int = 2_500, threads: int | None = None) -> Backend:
    """DuckDB in memory, bounded; what it spills to disk is encrypted with a key that is nowhere but in memory."""
    remove_litter(Path(tempfile.gettempdir()))
    engine = ibis.duckdb.connect(threads=threads or cores(), memory_limit=f"{memory_mb}MB")
    engine.con.execute("SET temp_file_encryption = true")
    engine.con.execute(f"SET temp_directory = '{tempfile.gettempdir()}/{TEMPORARY}{os.getpid()}'")
    engine.con.execute("SET enable_progress_bar = false")
    return engine


def cores() -> int:
    """How many threads read and count: the machine's cores, at most four."""
    return min(4, os.cpu_count() or 1)


def remove_litter(folder: Path) -> None:
    """Removes what a run that was killed has left behind: folders of processes that are no more."""
    for left in folder.glob(f"{TEMPORARY}*"):
        number = left.name.removeprefix(TEMPORARY)
        if number.isdigit() and not Path(f"/proc/{number}").exists():
            shutil.rmtree(left, ignore_errors=True)


def read_records(
    names: Sequence[str | Path],
    engine: Backend,
    *,
    placed: Sequence[PlacedCell] = (),
    timezone: str | None = None,
    naming: Names | None = None,
    progress: Callable[[str, float], None] = lambda what, share: None,
) -> Records:
    """Reads an export whole. Raises ExportError where nothing in it is an export of call records.

    `naming` makes the pseudonyms; without it they are good for this run alone.
    """
    paths = find_files(names)
    files: list[ExportFile] = []
    warnings: list[str] = []
    for path in paths:
        try:
            files.append(examine(path))
        except ExportError as error:
            if len(paths) == 1 or path in [Path(name) for name in names]:
                raise
            warnings.append(f"left out: {error}")
    if not files:
        raise ExportError(warnings[0].removeprefix("left out: "))
    intake = Intake(engine, cores())
    dialects: dict[object, int] = {}
    for number, file in enumerate(files):
        dialect = dialects.setdefault(_signature(file), number)
        first, share = number / len(files), 1 / len(files)
        progress("reading", first)
        warnings += intake.take(file, dialect, partial(_within, progress, first, share))
    intake.flush()
    return _Settling(intake, files, engine, placed, timezone, naming or Names(os.urandom(32)), warnings).settle(
        progress
    )


def _within(progress: Callable[[str, float], None], first: float, share: float, part: float) -> None:
    progress("reading", first + part * share)


def _signature(file: ExportFile) -> object:
    """Files with one signature come from one source: a cell number means the same in all of them."""
    return file.layout.names, tuple(sorted(file.layout.roles.items())), file.parquet


class _Settling:
    """What can only be said once every line has been read: cells, zone, identities, duplicates, the account."""

    def __init__(
        self,
        intake: Intake,
        files: list[ExportFile],
        engine: Backend,
        placed: Sequence[PlacedCell],
        timezone: str | None,
        naming: Names,
        warnings: list[str],
    ) -> None:
        self.intake, self.files, self.engine, self.placed = intake, files, engine, placed
        self.timezone, self.naming, self.warnings = timezone, naming, warnings
        self.rejects = intake.rejects

    def settle(self, progress: Callable[[str, float], None]) -> Records:
        if not self.intake.records:
            raise self._nothing()
        progress("cells", 0.0)
        cells = self._name_cells()
        coded = self.engine.table(CODED)
        if self.unread.any():
            self._refuse_cells(coded)
            coded = coded.filter(~coded.place.isin(np.flatnonzero(self.unread).tolist()))
        self.people = self._name_people(coded)
        self._lay_maps()
        self._choose_zone()
        progress("duplicates", 0.0)
        twice = self._find_twice(coded)
        joined = self._joined(coded)
        if len(twice):
            joined = joined.anti_join(self._table_of("twice", row=twice), "row")
        table = self.engine.create_table(RECORDS, joined)
        for name in (CODED, "imsi_map", "party_map", "imei_map", "place_map"):
            self.engine.con.execute(f"DROP TABLE {name}")
        account = self._account(table, twice)
        account.check()
        if account.accepted == 0:
            raise self._nothing()
        zone = self.zone.key if self.zone is not None else "the offset in the file"
        return Records(
            self.engine,
            table,
            self.files,
            account,
            cells,
            zone,
            self.people,
            self.warnings,
            self.rejects,
            _held(table, self.people),
        )

    def _nothing(self) -> ExportError:
        first = min(self.rejects, key=lambda reject: reject.line, default=None)
        why = f" (line {first.line}: {first.column} {first.reason})" if first else ""
        asn1 = self.files[0].asn1
        if asn1 is not None and "content" in asn1.about and not self.intake.lines:
            why = f": it is {asn1.about['content']}"
        return ExportError(f"export {self.files[0].path}: no line of {self.intake.lines} is a call record{why}")

    def _name_cells(self) -> list[CellIdentity]:
        """Reads every different cell text; `cell_of` and `unread` then say what each is."""
        texts = self.intake.places.texts
        by_dialect: dict[int, list[CellTexts]] = {}
        for dialect, text in sorted(texts):
            by_dialect.setdefault(dialect, []).append(text)
        read = {
            dialect: read_cells_of(found, self.placed, self.files[dialect].layout.cell_base)
            for dialect, found in by_dialect.items()
        }
        named = {cell for table in read.values() for cell in table.cells.values() if cell is not None}
        cells = sorted(named, key=cell_order)
        index: dict[CellIdentity | None, int] = {cell: at for at, cell in enumerate(cells)}
        self.cell_of = np.array([index.get(read[d].cells.get(text), UNKNOWN) for d, text in texts], np.int32)
        self.unread = np.array([text in read[d].unread for d, text in texts], bool)
        self.unread_column = {at: read[d].unread[t][0] for at, (d, t) in enumerate(texts) if t in read[d].unread}
        return cells

    def _refuse_cells(self, coded: ir.Table) -> None:
        bad = coded.filter(coded.place.isin(np.flatnonzero(self.unread).tolist())).select("row", "place")
        starts = np.array([first for first, _ in self.intake.first_rows])
        for row, place in rows_of(bad.order_by("row")):
            first, file = self.intake.first_rows[int(np.searchsorted(starts, row, side="right")) - 1]
            role = self.unread_column[place]
            layout = file.layout
            name = layout.names[layout.roles[role]] if role in layout.roles else role
            value = dict(zip(TEXT_ROLES, self.intake.places.texts[place][1], strict=True))[role]
            self.rejects.append(Reject(str(file.path), row - first + 1, name, value[:60], "not a cell number"))
            self.intake.rejected += 1 + self.intake.spans.pop(row, 0)

    def _name_people(self, coded: ir.Table) -> Identities:
        who = coded.select("imsi", alone=ibis.ifelse(coded.imsi < 0, coded.served, UNKNOWN).cast("int32")).distinct()
        arrow = who.to_pyarrow()
        imsis, alone = (np.unique(arrow[name].to_numpy()) for name in ("imsi", "alone"))
        people, self.maps = identify(
            self.intake.door, imsis[imsis >= 0], alone[alone >= 0], self._home(), self.engine, self.naming
        )
        people.imsi = bool((imsis >= 0).any())
        return people

    def _home(self) -> Home:
        """The country whose numbers the export holds: of the first file that tells."""
        homes = [file.layout.home for file in self.files]
        return next((home for home in homes if home.code), homes[0])

    def _table_of(self, name: str, **columns: NDArray[Any]) -> ir.Table:
        """A table in the engine; UNKNOWN becomes null."""
        arrays = {key: pyarrow.array(value, mask=value == UNKNOWN) for key, value in columns.items()}
        return self.engine.create_table(name, ibis.memtable(pyarrow.table(arrays)))

    def _lay_maps(self) -> None:
        """Tables from the door's numbers (column `raw`) to what they have become."""
        maps = self.maps
        known = self.people.party_class
        told = np.where(maps.party >= 0, known[maps.party] if len(known) else 0, UNKNOWN).astype(np.int8)
        numbers = {
            name: np.arange(len(array), dtype=np.int32)
            for name, array in (
                ("imsi", maps.sim_of_imsi),
                ("party", maps.party),
                ("imei", maps.imei),
                ("place", self.cell_of),
            )
        }
        self.imsi = self._table_of("imsi_map", raw=numbers["imsi"], sim=maps.sim_of_imsi)
        self.party = self._table_of(
            "party_map", raw=numbers["party"], party=maps.party, alone=maps.sim_of_party, told=told
        )
        self.imei = self._table_of("imei_map", raw=numbers["imei"], imei_id=maps.imei)
        self.place = self._table_of("place_map", raw=numbers["place"], cell=self.cell_of)

    def _with_sims(self, coded: ir.Table) -> ir.Table:
        """What was read, with the SIM of each record (sim_id) and its own number (own)."""
        own = self.party.select(own_raw="raw", own="party", alone="alone")
        made = coded.left_join(self.imsi, coded.imsi == self.imsi.raw).drop("raw")
        made = made.left_join(own, made.served == own.own_raw).drop("own_raw")
        return made.mutate(sim_id=ibis.coalesce(made.sim, made.alone)).drop("sim", "alone")

    def _joined(self, coded: ir.Table) -> ir.Table:
        """The records, and `rest`, from what was read."""
        made = self._with_sims(coded)
        for table, key in ((self._parties("other"), "other"), (self.imei, "imei"), (self.place, "place")):
            made = made.left_join(table, made[key] == table.raw).drop("raw")
        whom, told = made.other_id, made.other_told
        if self.intake.three_parties:
            third = self._parties("third")
            made = made.left_join(third, made.third == third.raw).drop("raw")
            inward = made.kind.isin(INWARD)
            calls = ibis.cases((made.third_id == made.own, False), (made.other_id == made.own, True), else_=inward)
            calls = (made.third != NO_THIRD) & calls
            whom, told = (ibis.ifelse(calls, made[f"third_{it}"], made[f"other_{it}"]) for it in ("id", "told"))
        offset = made.offset_s.nullif(NO_OFFSET).cast("int64")
        duration = made.duration_s.nullif(UNKNOWN)
        return made.select(
            "row",
            "kind",
            "sim_id",
            number_id=made.own,
            other_id=whom,
            other_class=told.fill_null(CLASSES.index("none")).cast("int8"),
            imei_id=made.imei_id,
            t_s=made.t_s - ibis.coalesce(offset, self._offset(made.t_s)),
            local_s=made.t_s + ibis.ifelse(offset.isnull(), 0, self._offset(made.t_s - offset) - offset),
            duration_s=duration,
            cell=made.cell,
            ta=made.ta.nullif(UNKNOWN),
            answered=ibis.coalesce(made.answered.nullif(UNKNOWN) == 1, duration > 0),
            rest=made.rest,
        )

    def _parties(self, role: str) -> ir.Table:
        return self.party.select("raw", **{f"{role}_id": self.party.party, f"{role}_told": self.party.told})

    def _find_twice(self, coded: ir.Table) -> Ints:
        """The rows that say the same as a row before them."""
        first = self.intake.times.first_s or 0
        made = self._with_sims(coded)
        key = (made.sim_id.cast("int64") * MOST_SECONDS + (made.t_s - first)).name("key")
        keys = made.select(key).to_pyarrow()["key"].to_numpy(zero_copy_only=False)
        keys = np.sort(keys)
        again = np.unique(keys[1:][keys[1:] == keys[:-1]])
        if not len(again):
            return again
        suspected = self._table_of("suspected", key=again)
        doubtful = self.engine.create_table("doubtful", made.mutate(key=key).semi_join(suspected, "key").select("row"))
        held = self.engine.create_table("held", self._joined(coded.semi_join(doubtful, "row")))
        kept = held.group_by([held[name] for name in held.columns if name != "row"]).agg(row=held.row.min())
        twice = held.anti_join(kept, "row").select("row").to_pyarrow()["row"].to_numpy()
        for name in ("suspected", "doubtful", "held"):
            self.engine.con.execute(f"DROP TABLE {name}")
        return np.sort(twice)

    def _choose_zone(self) -> None:
        """The carrier's zone; None where each time carries its own offset, which is then the carrier's."""
        times = self.intake.times
        self.zone: ZoneInfo | None = None
        if self.timezone is None and not times.bare and times.offset:
            return
        self.zone = ZoneInfo(self.timezone) if self.timezone else machine_zone()
        if self.timezone is None:
            self.warnings.append(
                f"times without offset are taken as {self.zone.key}, this machine's zone: give --timezone NAME"
            )

    def _offset(self, local_s: ir.IntegerValue) -> ir.IntegerValue:
        """The carrier's offset from UTC (s) at a time."""
        times = self.intake.times
        if self.zone is None or times.first_s is None or times.last_s is None:
            return ibis.literal(0, "int64")
        return zone_offset(local_s, self.zone, times.first_s, times.last_s)

    def _account(self, table: ir.Table, twice: Ints) -> Account:
        intake, again = self.intake, set(twice.tolist())
        more = sum(extra for row, extra in intake.spans.items() if row in again)
        self.rejects.sort(key=lambda reject: (reject.file, reject.line))
        return Account(
            lines=intake.lines,
            accepted=int(table.count().to_pyarrow().as_py()) + sum(intake.spans.values()) - more,
            duplicates=len(twice) + more,
            rejected=intake.rejected,
            header=intake.header,
            blank=intake.blank,
        )


def cell_order(cell: CellIdentity) -> tuple[str, str, int, int]:
    return (cell.mcc or "", cell.mnc or "", cell.lac or 0, cell.ci or 0)


def machine_zone() -> ZoneInfo:
    """This machine's zone, else UTC."""
    named = os.environ.get("TZ", "").lstrip(":")
    try:
        if named:
            return ZoneInfo(named)
        target = os.path.realpath("/etc/localtime")
        return ZoneInfo(target.split("/zoneinfo/", 1)[1]) if "/zoneinfo/" in target else ZoneInfo("UTC")
    except (KeyError, ValueError, OSError):
        return ZoneInfo("UTC")


def _held(records: ir.Table, people: Identities) -> frozenset[str]:
    """Which columns hold anything; "imsi" where SIMs are told by it."""
    columns = ("number_id", "imei_id", "other_id", "duration_s", "cell", "ta", "answered")
    counts = first_of(records.agg(**{name: records[name].notnull().sum() for name in columns}))
    held = {name for name in columns if counts[name]}
    return frozenset(held | {"imsi"} if people.imsi else held)
