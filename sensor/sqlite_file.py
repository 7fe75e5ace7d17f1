"""Opening a SQLite file that several processes share: its rights, its kind and version, WAL, its migrations.

What the tables are is their owners' (journal.py and the two store.py); here is what opening has in common.
"""

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sensor.errors import CallerError
from sensor.home import make_shared

if TYPE_CHECKING:
    from sqlite_utils import Migrations

BUSY_S = 30.0  # how long a writer waits for another


@dataclass(frozen=True, slots=True)
class SqliteKind:
    """What one of catpool's databases is: its name in messages, its mark and version, its migrations."""

    name: str  # "journal"
    application_id: int  # tells this database from any other
    version: int  # PRAGMA user_version after the last migration
    migrations: Callable[[], "Migrations"]
    error: type[CallerError]
    made_by: str  # who makes it when there is none
    raised_by: str  # what brings an older one up
    when_full: str = "free some room"


def open_sqlite(path: Path, kind: SqliteKind, read_only: bool) -> sqlite3.Connection:
    """A connection to the database at `path`, made or migrated where needed (never with read_only).

    Raises `kind.error`: not writable, not a database, of a newer version, or missing with read_only.
    """
    if read_only and not path.exists():
        raise kind.error(f"{kind.name} {path}: there is none yet; {kind.made_by} makes it")
    connection: sqlite3.Connection | None = None
    try:
        connection = _connect(path, read_only)
        _make_current(connection, path, kind, read_only)
    except (sqlite3.DatabaseError, CallerError) as error:
        if connection is not None:
            connection.close()
        if isinstance(error, CallerError):
            raise
        raise kind.error(f"{kind.name} {path}: {mend(error, kind)}") from error
    return connection


def user_version(connection: sqlite3.Connection) -> int:
    """The number of the last migration that was applied."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def roll_back(connection: sqlite3.Connection) -> None:
    """Ends a transaction that failed; a full disk may have ended it already."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def mend(error: sqlite3.Error, kind: SqliteKind) -> str:
    """What an error of SQLite means for the one who runs catpool, and what helps."""
    text = str(error)
    if "full" in text:
        return f"the disk is full; {kind.when_full}"
    if "locked" in text:
        return "another process holds it; wait for that to end"
    if "not a database" in text or "malformed" in text:
        return f"not a database that can be read ({text}); move it away, a new one is made"
    return f"cannot be opened ({text}); check the rights on its folder, and the room on the disk"


def _connect(path: Path, read_only: bool) -> sqlite3.Connection:
    if not read_only:
        make_shared(path)
    where = f"{path.resolve().as_uri()}?mode={'ro' if read_only else 'rwc'}"
    return sqlite3.connect(where, uri=True, timeout=BUSY_S, isolation_level=None)


def _make_current(connection: sqlite3.Connection, path: Path, kind: SqliteKind, read_only: bool) -> None:
    version = user_version(connection)
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if tables and connection.execute("PRAGMA application_id").fetchone()[0] != kind.application_id:
        raise kind.error(
            f"{kind.name} {path}: a database, but not catpool's {kind.name}; move it away or set CATPOOL_HOME"
        )
    if version > kind.version:
        raise kind.error(
            f"{kind.name} {path}: database of a newer version ({version}; this catpool knows {kind.version}); "
            "update catpool, or move the file away and a new one is made"
        )
    if read_only:
        if version < kind.version:
            raise kind.error(f"{kind.name} {path}: of an older version ({version}); {kind.raised_by} to bring it up")
        return
    connection.execute("PRAGMA auto_vacuum = INCREMENTAL")  # takes hold only before the first table
    _use_wal(connection)
    connection.execute("PRAGMA synchronous = FULL")
    if version < kind.version:
        _migrate(connection, kind)


def _use_wal(connection: sqlite3.Connection) -> None:
    """Changing the mode takes a lock that SQLite does not wait for: two first starts at once must not fail."""
    for attempt in range(100):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or attempt == 99:
                raise
            time.sleep(0.05)
        else:
            return


def _migrate(connection: sqlite3.Connection, kind: SqliteKind) -> None:
    """Applies the migrations that are missing, in one transaction: a second process waits, then finds them done."""
    from sqlite_utils import Database

    database = Database(connection, execute_plugins=False)
    connection.execute("BEGIN IMMEDIATE")
    try:
        kind.migrations().apply(database)
        connection.execute("COMMIT")
    except BaseException:
        roll_back(connection)
        raise
