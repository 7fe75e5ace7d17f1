"""journal.sqlite: what the kit heard. Many rows, added in batches, purged by age and size.

Every reading has its time, boot id, monotonic time, clock quality, position and source. What repeats in
every row (boot, clock and source; a cell's name) stands once in a table of its own. A batch is on the disk
when `add` returns (synchronous=FULL). Times are passed in; this module reads no clock.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeVar

from sensor.cell import CellIdentity
from sensor.errors import JournalError
from sensor.journal_rows import (
    ASSIGNMENT_COLUMNS,
    CELL_COLUMNS,
    IDENTITY_COLUMNS,
    ORIGIN_COLUMNS,
    STAMP_COLUMNS,
    UPLINK_NAMES,
    Row,
    assignment_row,
    cell_key,
    cell_row,
    identity_row,
    origin_row,
    read_assignment,
    read_cell,
    read_stamp,
    read_time,
    read_uplink,
    stamp_row,
    uplink_row,
)
from sensor.readings import AssignmentReading, CellReading, Stamp, UplinkReading
from sensor.sqlite_file import SqliteKind, mend, open_sqlite, roll_back

if TYPE_CHECKING:
    from sqlite_utils import Database, Migrations

APPLICATION_ID = 0x6361746A  # "catj": tells this database from any other
SCHEMA_VERSION = 1
PAGE_ROWS = 1000  # rows read at a time: no reader holds back the checkpoint for long
KINDS = ("cell_reading", "assignment_reading", "uplink_reading", "track")
Reading = CellReading | AssignmentReading | tuple[Stamp, UplinkReading] | Stamp
Item = TypeVar("Item")


class Journal:
    """One connection to the journal. Not shared between threads: open one a thread or request."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self.path = path

    @classmethod
    def open(cls, path: Path | str, read_only: bool = False) -> "Journal":
        """The journal at `path`, made or migrated where needed (never with read_only).

        Raises JournalError: not writable, not a database, of a newer version, or missing with read_only.
        """
        path = Path(path)
        return cls(open_sqlite(path, KIND, read_only), path)

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> "Journal":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def add(self, readings: Iterable[Reading]) -> int:
        """Adds a batch in one transaction, all or none, and gives their number. A bare Stamp is a step of the track.

        Raises JournalError, with nothing added: the disk is full, or another process holds the journal.
        """
        batch = list(readings)
        if not batch:
            return 0
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            _Batch(self._connection).add(batch)
            self._connection.execute("COMMIT")
        except sqlite3.Error as error:
            roll_back(self._connection)
            raise JournalError(f"journal {self.path}: {len(batch)} readings not added: {mend(error, KIND)}") from error
        except BaseException:
            roll_back(self._connection)
            raise
        return len(batch)

    def cells(self, after_id: int = 0) -> Iterator[tuple[int, CellReading]]:
        """Readings of cells with an id above `after_id`, in the order they were added."""
        return self._pages("cell_reading", [*IDENTITY_COLUMNS, *CELL_COLUMNS], after_id, read_cell)

    def assignments(self, after_id: int = 0) -> Iterator[tuple[int, AssignmentReading]]:
        return self._pages("assignment_reading", [*IDENTITY_COLUMNS, *ASSIGNMENT_COLUMNS], after_id, read_assignment)

    def uplink(self, after_id: int = 0) -> Iterator[tuple[int, UplinkReading]]:
        return ((row_id, reading) for row_id, (_, reading) in self.stamped_uplink(after_id))

    def stamped_uplink(self, after_id: int = 0) -> Iterator[tuple[int, tuple[Stamp, UplinkReading]]]:
        return self._pages("uplink_reading", UPLINK_NAMES, after_id, read_uplink)

    def track(self, after_id: int = 0) -> Iterator[tuple[int, Stamp]]:
        """Where the kit was; each stamp has a position."""
        return self._pages("track", [], after_id, read_stamp)

    def latest_cells(self) -> list[tuple[int, CellReading]]:
        """The newest reading of each cell, by its name, or by channel and colour code where that was not heard."""
        columns = _columns([*IDENTITY_COLUMNS, *CELL_COLUMNS])
        rows = self._connection.execute(
            f"SELECT r.id, {columns} FROM latest_cell l JOIN cell_reading r ON r.id = l.reading"
            " JOIN origin o ON o.id = r.origin JOIN identity i ON i.id = r.identity ORDER BY l.cell"
        )
        return [(row[0], read_cell(row[1:])) for row in rows]

    def has_source(self, source: str) -> bool:
        """Whether readings from this source were ever added."""
        found = self._connection.execute("SELECT 1 FROM origin WHERE source = ? LIMIT 1", (source,))
        return found.fetchone() is not None

    def change_counter(self) -> int:
        """Grows with every reading that any process adds; cheap enough to ask twice a second."""
        return int(self._connection.execute("SELECT coalesce(sum(seq), 0) FROM sqlite_sequence").fetchone()[0])

    def tail_id(self, kind: str, window: timedelta) -> int:
        """The `after_id` with which a reader of one of KINDS gets no more than the newest `window` of it."""
        assert kind in KINDS
        row = self._connection.execute(
            f"SELECT coalesce(min(id), 1) - 1 FROM {kind} WHERE time >= (SELECT max(time) FROM {kind}) - ?",
            (window.total_seconds(),),
        ).fetchone()
        return int(row[0])

    def counts(self) -> dict[str, int]:
        """Rows of each kind."""
        return {kind: int(self._connection.execute(f"SELECT count(*) FROM {kind}").fetchone()[0]) for kind in KINDS}

    def size_bytes(self) -> int:
        """Octets in use; what the file holds beyond is given back at the next purge."""
        count, free, page = (
            int(self._connection.execute(f"PRAGMA {name}").fetchone()[0])
            for name in ("page_count", "freelist_count", "page_size")
        )
        return (count - free) * page

    def purge(self, keep_days: float | None, keep_mb: float, now: datetime) -> dict[str, int]:
        """Deletes readings older than `keep_days` (None: of any age stay), then the oldest until `keep_mb` hold.

        Gives the rows deleted of each kind, and leaves a line about them in `purged`. Raises JournalError.
        """
        try:
            return self._purge(keep_days, keep_mb, now)
        except sqlite3.Error as error:
            raise JournalError(f"journal {self.path}: not purged: {mend(error, KIND)}") from error

    def _purge(self, keep_days: float | None, keep_mb: float, now: datetime) -> dict[str, int]:
        gone: Counter[str] = Counter()
        if keep_days is not None:
            gone += self._delete_before((now - timedelta(days=keep_days)).timestamp(), "age", now)
        while self.size_bytes() > keep_mb * 1e6 and (cut := self._oldest_tenth()) is not None:
            gone += self._delete_before(cut, "size", now)
        if gone:
            self._connection.executescript("PRAGMA incremental_vacuum")  # `execute` would free one page only
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return {kind: gone[kind] for kind in KINDS if gone[kind]}

    def purged(self) -> list[tuple[datetime, str, datetime, dict[str, int]]]:
        """Each purge: when, why, readings before what time, and how many of each kind."""
        rows = self._connection.execute(f"SELECT time, reason, before, {', '.join(KINDS)} FROM purged ORDER BY id")
        return [
            (read_time(when), reason, read_time(before), dict(zip(KINDS, numbers, strict=True)))
            for when, reason, before, *numbers in rows
        ]

    def _oldest_tenth(self) -> float | None:
        """The time (Unix s) that the oldest tenth of all readings lies before."""
        every = " UNION ALL ".join(f"SELECT time FROM {kind}" for kind in KINDS)
        total = sum(self.counts().values())
        row = self._connection.execute(
            f"SELECT time FROM ({every}) ORDER BY time LIMIT 1 OFFSET ?", (total // 10,)
        ).fetchone()
        return None if row is None else float(row[0]) + 1e-6

    def _delete_before(self, cut: float, reason: str, now: datetime) -> "Counter[str]":
        execute = self._connection.execute
        execute("BEGIN IMMEDIATE")
        try:
            gone = Counter({kind: execute(f"DELETE FROM {kind} WHERE time < ?", (cut,)).rowcount for kind in KINDS})
            if gone.total():
                execute("DELETE FROM latest_cell WHERE reading NOT IN (SELECT id FROM cell_reading)")
                execute(
                    f"INSERT INTO purged (time, reason, before, {', '.join(KINDS)}) VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (now.timestamp(), reason, cut, *(gone[kind] for kind in KINDS)),
                )
            execute("COMMIT")
        except BaseException:
            roll_back(self._connection)
            raise
        return gone

    def _pages(
        self, kind: str, columns: Sequence[str], after_id: int, read: Callable[[Row], Item]
    ) -> Iterator[tuple[int, Item]]:
        named = "JOIN identity i ON i.id = r.identity" if "rat" in columns and kind != "uplink_reading" else ""
        query = (
            f"SELECT r.id, {_columns(columns, kind)} FROM {kind} r JOIN origin o ON o.id = r.origin {named}"
            " WHERE r.id > ? ORDER BY r.id LIMIT ?"
        )
        while rows := self._connection.execute(query, (after_id, PAGE_ROWS)).fetchall():
            for row in rows:
                yield row[0], read(row[1:])
            after_id = rows[-1][0]


class _Batch:
    """Adds readings within one transaction; what repeats is looked up once a batch."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute
        self._origins: dict[tuple[str, str, str], int] = {}
        self._identities: dict[CellIdentity, int] = {}

    def add(self, batch: Sequence[Reading]) -> None:
        for reading in batch:
            if isinstance(reading, CellReading):
                self._add_cell(reading)
            elif isinstance(reading, AssignmentReading):
                named = self._identity(reading.identity)
                self._insert("assignment_reading", reading.stamp, named, ASSIGNMENT_COLUMNS, assignment_row(reading))
            elif isinstance(reading, Stamp):
                self._insert("track", reading, None, [], ())
            else:
                stamp, row = reading
                self._insert("uplink_reading", stamp, None, UPLINK_NAMES, uplink_row(row))

    def _add_cell(self, reading: CellReading) -> None:
        named = self._identity(reading.identity)
        row_id = self._insert("cell_reading", reading.stamp, named, CELL_COLUMNS, cell_row(reading))
        self._execute(
            "INSERT INTO latest_cell (cell, time, reading) VALUES (?, ?, ?) ON CONFLICT (cell) DO UPDATE"
            " SET time = excluded.time, reading = excluded.reading WHERE excluded.time >= time",
            (cell_key(reading), reading.stamp.time.timestamp(), row_id),
        )

    def _insert(
        self, kind: str, stamp: Stamp, identity: int | None, columns: Sequence[str], row: tuple[Any, ...]
    ) -> int:
        names = ["origin", *STAMP_COLUMNS, *(["identity"] if identity is not None else []), *columns]
        values = (self._origin(stamp), *stamp_row(stamp), *(() if identity is None else (identity,)), *row)
        marks = ", ".join("?" * len(names))
        done = self._execute(f"INSERT INTO {kind} ({', '.join(names)}) VALUES ({marks})", values)
        return int(done.lastrowid or 0)

    def _origin(self, stamp: Stamp) -> int:
        key = origin_row(stamp)
        if key not in self._origins:
            self._origins[key] = self._find_or_add("origin", ORIGIN_COLUMNS, key)
        return self._origins[key]

    def _identity(self, cell: CellIdentity) -> int:
        if cell not in self._identities:
            self._identities[cell] = self._find_or_add("identity", IDENTITY_COLUMNS, identity_row(cell))
        return self._identities[cell]

    def _find_or_add(self, table: str, columns: Sequence[str], row: tuple[Any, ...]) -> int:
        same = " AND ".join(f"{name} IS ?" for name in columns)
        found = self._execute(f"SELECT id FROM {table} WHERE {same}", row).fetchone()
        if found is not None:
            return int(found[0])
        marks = ", ".join("?" * len(columns))
        return int(self._execute(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", row).lastrowid or 0)


def _columns(columns: Sequence[str], kind: str = "") -> str:
    names = [f"r.{name}" for name in STAMP_COLUMNS] + [f"o.{name}" for name in ORIGIN_COLUMNS]
    for name in columns:
        names.append(f"i.{name}" if name in IDENTITY_COLUMNS and kind != "uplink_reading" else f"r.{name}")
    return ", ".join(names)


def migrations() -> "Migrations":
    """The numbered migrations, each in a transaction (a savepoint) with its own record."""
    from sqlite_utils import Migrations

    numbered = Migrations("catpool journal")
    common = (
        "id INTEGER PRIMARY KEY AUTOINCREMENT, origin INTEGER NOT NULL REFERENCES origin, time REAL NOT NULL,"
        " monotonic_s REAL NOT NULL, lat REAL, lon REAL, hdop REAL, speed_mps REAL, course_deg REAL, fix_time REAL"
    )

    @numbered(name="1 readings of cells, assignments, uplink and the track")
    def _first(database: "Database") -> None:
        execute = database.conn.execute
        execute(f"PRAGMA application_id = {APPLICATION_ID}")
        execute("PRAGMA user_version = 1")
        execute("CREATE TABLE origin (id INTEGER PRIMARY KEY, boot_id TEXT, clock TEXT, source TEXT)")
        execute("CREATE INDEX origin_by_source ON origin (source, boot_id, clock)")
        execute("CREATE TABLE identity (id INTEGER PRIMARY KEY, rat TEXT, mcc TEXT, mnc TEXT, lac INT, ci INT)")
        execute("CREATE INDEX identity_by_ci ON identity (ci, lac)")
        execute(
            f"CREATE TABLE cell_reading ({common}, identity INTEGER NOT NULL REFERENCES identity,"
            " arfcn INT, bsic INT, carrier_hz INT, body TEXT NOT NULL)"
        )
        execute("CREATE TABLE latest_cell (cell TEXT PRIMARY KEY, time REAL NOT NULL, reading INTEGER NOT NULL)")
        execute(
            f"CREATE TABLE assignment_reading ({common}, identity INTEGER NOT NULL REFERENCES identity,"
            " arfcn INT, bsic INT, fn INT NOT NULL, ra INT NOT NULL, fn_mod_42432 INT NOT NULL,"
            " establishment TEXT NOT NULL, timing_advance INT NOT NULL, neci INT, channel_type TEXT,"
            " time_slot INT, subchannel INT)"
        )
        execute(
            f"CREATE TABLE uplink_reading ({common}, t_s REAL NOT NULL, kit TEXT NOT NULL, row_lat REAL, row_lon REAL,"
            " row_hdop REAL, row_speed_mps REAL, row_course_deg REAL, tune_mhz REAL, freq_mhz REAL, slot INT,"
            " rssi_dbfs REAL, gain_db REAL, noise_dbfs REAL, snr_db REAL, clip INT, n_bursts INT, det INT, rat TEXT,"
            " sub INT, toa_us REAL, toa_sd_us REAL, p_box REAL)"
        )
        execute(f"CREATE TABLE track ({common})")
        for kind in KINDS:
            execute(f"CREATE INDEX {kind}_by_time ON {kind} (time)")
        numbers = ", ".join(f"{kind} INT NOT NULL" for kind in KINDS)
        execute(
            "CREATE TABLE purged (id INTEGER PRIMARY KEY, time REAL NOT NULL, reason TEXT NOT NULL,"
            f" before REAL NOT NULL, {numbers})"
        )

    return numbered


KIND = SqliteKind(
    "journal",
    APPLICATION_ID,
    SCHEMA_VERSION,
    migrations,
    JournalError,
    made_by="`catpool sensor` or `survey --keep`",
    raised_by="start `catpool sensor`",
    when_full="free some room, or lower keep_mb in [sensor]",
)
