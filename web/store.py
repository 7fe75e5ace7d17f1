"""This room's tables in catpool.sqlite: accounts, sessions, failed logins and the audit of who looked at what.

The tables of detection stand in the same file under a migration set of their own; neither touches the other's.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detection.store import Store
from web.errors import AccountError, AccountStoreError

if TYPE_CHECKING:
    from sqlite_utils import Database, Migrations

MIGRATIONS = ("1 accounts, sessions and failed logins", "2 the audit")


@dataclass(frozen=True, slots=True)
class Account:
    """One person who may sign in. `owner` is the carrier whose leads a carrier account sees."""

    id: int
    name: str
    role: str
    owner: str
    password_hash: str
    disabled: bool
    created: datetime


@dataclass(frozen=True, slots=True)
class AuditLine:
    """Who did what to what, when and from where. `chain` is the SHA-256 over the line before and this one."""

    id: int
    time: datetime
    account: str
    address: str
    act: str
    subject: str
    chain: str


class AccountStore:
    """This room's tables. A context manager; one connection, for one thread at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    @classmethod
    def open(cls, path: Path) -> "AccountStore":
        """Opens or makes the tables. Raises StoreError or AccountStoreError with what to mend."""
        Store.open(path).close()  # detection's tables first: they make the file and say what it is
        try:
            store = cls.connect(path)
        except sqlite3.Error as error:
            raise AccountStoreError(f"database {path}: cannot be opened ({error}); check the rights on it") from error
        try:
            store.migrate(path)
        except sqlite3.DatabaseError as error:
            store.close()
            raise AccountStoreError(
                f"database {path}: {error}; is it a catpool database, and may you write?"
            ) from error
        except AccountStoreError:
            store.close()
            raise
        return store

    @classmethod
    def connect(cls, path: Path) -> "AccountStore":
        """Opens tables that are known to be there: what one request needs."""
        connection = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA synchronous=FULL")
        return cls(connection)

    def migrate(self, path: Path) -> None:
        """Brings the tables up to this version. Raises AccountStoreError when they are of a newer one."""
        applied = self._applied()
        newer = sorted(applied - set(MIGRATIONS))
        if newer:
            raise AccountStoreError(
                f"database {path}: of a newer version (it knows {newer[0]!r}); use the catpool that wrote it, or update"
            )
        if applied != set(MIGRATIONS):
            from sqlite_utils import Database

            with self.transaction():  # a second process waits, then finds them done
                migrations().apply(Database(self.connection, execute_plugins=False))

    def _applied(self) -> set[str]:
        rows = self.connection.execute("SELECT name FROM _sqlite_migrations WHERE migration_set = 'catpool web'")
        return {str(row["name"]) for row in rows}

    def close(self) -> None:
        self.connection.close()

    def __enter__(self) -> "AccountStore":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Takes the write lock at once, so that what is read inside still holds when it is written."""
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")

    # Accounts

    def add_account(self, name: str, role: str, owner: str, password_hash: str, now: datetime) -> Account:
        """A new account. Raises AccountError when the name is taken (upper and lower case are one)."""
        try:
            self.connection.execute(
                "INSERT INTO account (name, role, owner, password_hash, created) VALUES (?, ?, ?, ?, ?)",
                (name, role, owner, password_hash, _text(now)),
            )
        except sqlite3.IntegrityError as error:
            raise AccountError(
                f"account {name!r}: there is one of that name; `catpool user password {name}` changes it"
            ) from error
        return self.account(name)

    def account(self, name: str) -> Account:
        """The account of that name. Raises AccountError when there is none."""
        found = self.find_account(name)
        if found is None:
            raise AccountError(f"account {name!r}: there is none of that name; `catpool user list` shows them")
        return found

    def find_account(self, name: str) -> Account | None:
        row = self.connection.execute("SELECT * FROM account WHERE name = ?", (name,)).fetchone()
        return _account(row) if row else None

    def accounts(self) -> list[Account]:
        """All accounts by name."""
        return [_account(row) for row in self.connection.execute("SELECT * FROM account ORDER BY name")]

    def set_password(self, name: str, password_hash: str) -> None:
        """Changes a password and ends every session of the account."""
        account = self.account(name)
        with self.transaction():
            self.connection.execute("UPDATE account SET password_hash = ? WHERE id = ?", (password_hash, account.id))
            self.connection.execute("DELETE FROM session WHERE account_id = ?", (account.id,))

    def set_disabled(self, name: str, disabled: bool) -> None:
        """Shuts an account out, at once, or lets it in again."""
        account = self.account(name)
        with self.transaction():
            self.connection.execute("UPDATE account SET disabled = ? WHERE id = ?", (int(disabled), account.id))
            self.connection.execute("DELETE FROM session WHERE account_id = ?", (account.id,))

    # Sessions

    def start_session(self, account: Account, token: str, now: datetime, hours: float) -> None:
        """Notes a session by the hash of its token, and sweeps out those that have ended."""
        with self.transaction():
            self.connection.execute("DELETE FROM session WHERE expires <= ?", (_text(now),))
            self.connection.execute(
                "INSERT INTO session (token_hash, account_id, expires) VALUES (?, ?, ?)",
                (_hash(token), account.id, _text(now + timedelta(hours=hours))),
            )

    def session_account(self, token: str, now: datetime) -> Account | None:
        """The account of a live session; None when it has ended or the account is disabled."""
        row = self.connection.execute(
            "SELECT account.* FROM session JOIN account ON account.id = session.account_id "
            "WHERE token_hash = ? AND expires > ? AND NOT disabled",
            (_hash(token), _text(now)),
        ).fetchone()
        return _account(row) if row else None

    def end_session(self, token: str) -> None:
        self.connection.execute("DELETE FROM session WHERE token_hash = ?", (_hash(token),))

    # Failed logins

    def note_failure(self, name: str, address: str, now: datetime, keep: timedelta) -> None:
        """Counts a failed login, and forgets those older than `keep`."""
        with self.transaction():
            self.connection.execute("DELETE FROM failed_login WHERE time <= ?", (_text(now - keep),))
            self.connection.execute(
                "INSERT INTO failed_login (name, address, time) VALUES (?, ?, ?)", (name, address, _text(now))
            )

    def failures(
        self, since: datetime, until: datetime, name: str | None = None, address: str | None = None
    ) -> list[datetime]:
        """Times of the failed logins of a name, of an address, or of both together, oldest first.

        Those after `until` (now) are left out: a clock that was ahead must not shut anybody out for years.
        """
        rows = self.connection.execute(
            "SELECT time FROM failed_login WHERE time > ?1 AND time <= ?2 AND (?3 IS NULL OR name = ?3)"
            " AND (?4 IS NULL OR address = ?4) ORDER BY time",
            (_text(since), _text(until), name, address),
        )
        return [datetime.fromisoformat(row["time"]) for row in rows]

    def clear_failures(self, name: str, address: str | None = None) -> None:
        """Forgets the failed logins of a name, from one address or from all."""
        self.connection.execute(
            "DELETE FROM failed_login WHERE name = ?1 AND (?2 IS NULL OR address = ?2)", (name, address)
        )

    # Audit

    def audit(self, account: str, address: str, act: str, subject: str, now: datetime) -> None:
        """Adds a line, chained to the one before it."""
        with self.transaction():
            row = self.connection.execute("SELECT chain FROM web_audit ORDER BY id DESC LIMIT 1").fetchone()
            chain = _chain(row["chain"] if row else "", _text(now), account, address, act, subject)
            self.connection.execute(
                "INSERT INTO web_audit (time, account, address, act, subject, chain) VALUES (?, ?, ?, ?, ?, ?)",
                (_text(now), account, address, act, subject, chain),
            )

    def audit_lines(self, limit: int = 500, before_id: int | None = None) -> list[AuditLine]:
        """Lines of the audit, newest first."""
        rows = self.connection.execute(
            "SELECT * FROM web_audit WHERE id < ? ORDER BY id DESC LIMIT ?", (before_id or 2**62, limit)
        )
        return [_audit_line(row) for row in rows]

    def broken_audit_line(self) -> int | None:
        """Id of the first line whose chain does not follow from the line before; None when all hold."""
        previous = ""
        for row in self.connection.execute("SELECT * FROM web_audit ORDER BY id"):
            expected = _chain(previous, row["time"], row["account"], row["address"], row["act"], row["subject"])
            if row["chain"] != expected:
                return int(row["id"])
            previous = row["chain"]
        return None


def migrations() -> "Migrations":
    """The numbered migrations of this room. sqlite_utils takes a second to import: only a new table pays for it."""
    from sqlite_utils import Migrations

    numbered = Migrations("catpool web")

    @numbered(name=MIGRATIONS[0])
    def _accounts(database: "Database") -> None:
        execute = database.conn.execute
        execute(
            "CREATE TABLE account (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE,"
            " role TEXT NOT NULL, owner TEXT NOT NULL, password_hash TEXT NOT NULL,"
            " disabled INTEGER NOT NULL DEFAULT 0, created TEXT NOT NULL)"
        )
        execute(
            "CREATE TABLE session (token_hash TEXT PRIMARY KEY,"
            " account_id INTEGER NOT NULL REFERENCES account(id), expires TEXT NOT NULL)"
        )
        execute("CREATE TABLE failed_login (name TEXT NOT NULL, address TEXT NOT NULL, time TEXT NOT NULL)")
        execute("CREATE INDEX failed_login_name ON failed_login (name, time)")
        execute("CREATE INDEX failed_login_address ON failed_login (address, time)")

    @numbered(name=MIGRATIONS[1])
    def _audit(database: "Database") -> None:
        execute = database.conn.execute
        execute(
            "CREATE TABLE web_audit (id INTEGER PRIMARY KEY, time TEXT NOT NULL, account TEXT NOT NULL,"
            " address TEXT NOT NULL, act TEXT NOT NULL, subject TEXT NOT NULL, chain TEXT NOT NULL)"
        )
        for verb in ("UPDATE", "DELETE"):
            execute(
                f"CREATE TRIGGER web_audit_{verb.lower()} BEFORE {verb} ON web_audit"
                " BEGIN SELECT RAISE(ABORT, 'the audit is only ever added to'); END"
            )

    return numbered


def _text(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="microseconds")


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _chain(previous: str, *parts: str) -> str:
    return hashlib.sha256(json.dumps([previous, *parts]).encode()).hexdigest()


def _account(row: Mapping[str, object]) -> Account:
    return Account(
        id=int(str(row["id"])),
        name=str(row["name"]),
        role=str(row["role"]),
        owner=str(row["owner"]),
        password_hash=str(row["password_hash"]),
        disabled=bool(row["disabled"]),
        created=datetime.fromisoformat(str(row["created"])),
    )


def _audit_line(row: Mapping[str, object]) -> AuditLine:
    return AuditLine(
        id=int(str(row["id"])),
        time=datetime.fromisoformat(str(row["time"])),
        account=str(row["account"]),
        address=str(row["address"]),
        act=str(row["act"]),
        subject=str(row["subject"]),
        chain=str(row["chain"]),
    )


def read_tile(path: Path, zoom: int, column: int, row: int) -> bytes | None:
    """One tile of an MBTiles 1.3 file (its rows count from the south, `row` from the north); None where none is."""
    found = _ask_tiles(
        path,
        "SELECT tile_data FROM tiles WHERE zoom_level = ? AND tile_column = ? AND tile_row = ?",
        (zoom, column, (1 << min(zoom, 30)) - 1 - row),
    )
    return bytes(found[0][0]) if found else None


def read_tile_set(path: Path) -> dict[str, str]:
    """What an MBTiles file says of itself; {} for one that cannot be read."""
    return {str(name): str(value) for name, value in _ask_tiles(path, "SELECT name, value FROM metadata", ())}


def _ask_tiles(path: Path, question: str, values: tuple[int, ...]) -> list[tuple[Any, ...]]:
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            return connection.execute(question, values).fetchall()
    except (sqlite3.Error, OverflowError):
        return []
