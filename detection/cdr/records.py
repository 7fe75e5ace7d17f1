"""Records of an export: every line accounted for, duplicates counted once, times in UTC, cells named.

Lines read = accepted + duplicates + rejected + header + blank, exactly. A quoted record of several lines counts
with all of them; a row of Parquet counts as a line.
"""

import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import chain
from pathlib import Path
from zoneinfo import ZoneInfo

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow
from ibis.backends.duckdb import Backend

from detection.cdr.ages import FUTURE, latest_of, told
from detection.cdr.agreement import examine_all
from detection.cdr.answers import first_of
from detection.cdr.columns import NO_DIALECT
from detection.cdr.countries import Home
from detection.cdr.dialect import Dialect
from detection.cdr.digits import Ints
from detection.cdr.export import ExportFile, find_files
from detection.cdr.identities import Identities, identify
from detection.cdr.intake import Intake
from detection.cdr.pseudonyms import Names
from detection.cdr.record_words import KINDS
from detection.cdr.rejects import Rejects
from detection.cdr.settling import Places, Settled, Zone, sims_of, table_of
from detection.cdr.settling import cell_order as cell_order
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
    rejects: Rejects = field(default_factory=Rejects)
    has: frozenset[str] = frozenset()  # columns that hold anything
    bounds: Ints | None = None  # of the ranges of SIMs by which the rows lie; None where they lie anyhow


def open_engine(memory_mb: int = 1_600, threads: int | None = None) -> Backend:
    """DuckDB in memory, bounded. What it spills to disk are numbers that mean nothing outside the run: no identity."""
    remove_litter(Path(tempfile.gettempdir()))
    engine = ibis.duckdb.connect(threads=threads or cores(), memory_limit=f"{memory_mb}MB")
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
    dialect: Dialect = NO_DIALECT,
    examined: Sequence[ExportFile] = (),
    now: datetime | None = None,
    progress: Callable[[str, float], None] = lambda what, share: None,
) -> Records:
    """Reads an export whole. Raises ExportError where nothing in it is an export of call records.

    `naming` makes the pseudonyms; without it they are good for this run alone. `dialect` is what somebody says of it.
    `examined` are its files where they have been looked at. Records more than two days after `now` are refused.
    """
    timezone = timezone or dialect.timezone or None
    files, warnings = list(examined), list[str]()
    if not files:
        files, warnings = examine_all(find_files(names), [Path(name) for name in names], dialect)
    naming = naming or Names(os.urandom(32))
    intake = Intake(cores(), latest_of(now), rejects=Rejects(naming.clear))
    try:
        dialects: dict[object, int] = {}
        for number, file in enumerate(files):
            source = dialects.setdefault(_signature(file), number)
            first, share = number / len(files), 1 / len(files)
            progress("reading", first)
            warnings += intake.take(file, source, partial(_within, progress, first, share))
        intake.flush()
        warnings += told(intake.rejects.reasons[FUTURE], now)
        return _settle(intake, files, engine, placed, timezone, naming, warnings, progress)
    finally:
        intake.slabs.close()  # also where it is refused half-way


def _within(progress: Callable[[str, float], None], first: float, share: float, part: float) -> None:
    progress("reading", first + part * share)


def _signature(file: ExportFile) -> object:
    """Files with one signature come from one source: a cell number is written alike in all of them."""
    return file.layout.kin, file.layout.lettered, file.parquet


def _settle(
    intake: Intake,
    files: list[ExportFile],
    engine: Backend,
    placed: Sequence[PlacedCell],
    timezone: str | None,
    naming: Names,
    warnings: list[str],
    progress: Callable[[str, float], None],
) -> Records:
    """From what was taken in to the table of records."""
    if not intake.records:
        raise _nothing(intake, files)
    progress("cells", 0.0)
    places = Places(intake, files, placed)
    warnings += places.refuse()
    zone = _choose_zone(intake, timezone, warnings)
    sizes = len(intake.door.imsi.lexicon), len(intake.door.party.lexicon)
    imsis, alone = sims_of(intake.slabs.read("imsi", "served", "place"), places.unread, sizes)
    people, maps = identify(intake.door, imsis, alone, _home(files), engine, naming)
    people.imsi = bool(len(imsis))
    intake.forget_identities()
    progress("duplicates", 0.0)
    times = intake.times
    offsets = Zone(zone, times.first_s or 0, times.last_s or 0)
    settled = Settled(intake, places, maps, people, offsets)
    table = _fill(engine, settled)
    warnings += settled.told.lines()
    account = _account(intake, table, np.concatenate([*settled.twice, np.zeros(0, np.int64)]))
    account.check()
    if account.accepted == 0:
        raise _nothing(intake, files)
    told = zone.key if zone is not None else "the offset in the file"
    held = _held(table, people)
    return Records(
        engine, table, files, account, places.cells, told, people, warnings, intake.rejects, held, settled.bounds
    )


def _fill(engine: Backend, settled: Settled) -> ir.Table:
    """The table of records in the engine, range by range: none is held once it is in."""
    tables = (table_of(records) for records in settled.by_range() if records)
    first = next(tables)
    batches = (batch for table in chain([first], tables) for batch in table.to_batches())
    engine.con.register("settled", pyarrow.RecordBatchReader.from_batches(first.schema, batches))
    table = engine.create_table(RECORDS, engine.table("settled"))
    engine.con.unregister("settled")
    return table


def _nothing(intake: Intake, files: list[ExportFile]) -> ExportError:
    first, ahead = intake.rejects.earliest, intake.rejects.reasons[FUTURE]
    if first is not None and ahead == intake.rejected:
        return ExportError(
            f"export {first.file}: no record but of the future ({ahead}; line {first.line}: {first.value})"
            "; mend their dates, or this machine's clock if that is wrong"
        )
    why = f" (line {first.line}: {first.column} {first.reason})" if first else ""
    asn1 = files[0].asn1
    if asn1 is not None and "content" in asn1.about and not intake.lines:
        why = f": it is {asn1.about['content']}"
    return ExportError(f"export {files[0].path}: no line of {intake.lines} is a call record{why}")


def _home(files: list[ExportFile]) -> Home:
    """The country whose numbers the export holds: of the first file that tells."""
    homes = [file.layout.home for file in files]
    return next((home for home in homes if home.code), homes[0])


def _choose_zone(intake: Intake, timezone: str | None, warnings: list[str]) -> ZoneInfo | None:
    """The carrier's zone; None where each time carries its own offset, which is then the carrier's."""
    if timezone is None and not intake.times.bare and intake.times.offset:
        return None
    zone = ZoneInfo(timezone) if timezone else machine_zone()
    if timezone is None:
        warnings.append(f"times without offset are taken as {zone.key}, this machine's zone: give --timezone NAME")
    return zone


def _account(intake: Intake, table: ir.Table, twice: Ints) -> Account:
    again = set(twice.tolist()) if intake.spans else set()
    more = sum(extra for row, extra in intake.spans.items() if row in again)
    return Account(
        lines=intake.lines,
        accepted=int(table.count().to_pyarrow().as_py()) + sum(intake.spans.values()) - more,
        duplicates=len(twice) + more,
        rejected=intake.rejected,
        header=intake.header,
        blank=intake.blank,
    )


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
