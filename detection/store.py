"""catpool.sqlite: hits, leads, placed cells, posteriors, cases, outcomes, known gateways and the audit.

Few rows, kept for good. Every write is one transaction, on the disk before the call returns
(synchronous=FULL): what was acknowledged survives a power cut. A row holds its key in columns and the
whole dataclass as JSON in `body`. Times are passed in; this module reads no clock.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, TypeVar

import msgspec

from detection.case import AuditEntry, Case, KnownGateway, Outcome
from detection.errors import StoreError, UnknownLeadError
from detection.hit import Hit
from detection.lead import Lead, PlacedCell, Posterior
from detection.merging import merge, same_place
from sensor.cell import CellIdentity
from sensor.sqlite_file import SqliteKind, open_sqlite, roll_back

if TYPE_CHECKING:
    from sqlite_utils import Database, Migrations

APPLICATION_ID = 0x63617470  # "catp": tells this database from any other
SCHEMA_VERSION = 2
Record = TypeVar("Record")


class Store:
    """One connection to the store. Not shared between threads: open one a request."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self.path = path

    @classmethod
    def open(cls, path: Path | str, read_only: bool = False) -> "Store":
        """The store at `path`, made or migrated where needed (never with read_only).

        Raises StoreError: not writable, not a database, of a newer version, or missing with read_only.
        """
        path = Path(path)
        return cls(open_sqlite(path, KIND, read_only), path)

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> "Store":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def writing(self) -> Iterator[int]:
        """One transaction; gives the change number its rows carry. Nested use joins the outer one."""
        if self._connection.in_transaction:
            yield self.change_counter()
            return
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            self._connection.execute("UPDATE changes SET counter = counter + 1")
            yield self.change_counter()
            self._connection.execute("COMMIT")
        except BaseException:
            roll_back(self._connection)
            raise

    def change_counter(self) -> int:
        """Grows with every write of any process; cheap enough to ask twice a second."""
        return int(self._connection.execute("SELECT counter FROM changes").fetchone()[0])

    def put_hit(self, hit: Hit) -> int:
        """Stores a hit and gives its id. One of the same signature and place grows, it is not doubled."""
        with self.writing() as change:
            for known in self._of_kind(hit):
                if same_place(known, hit):
                    grown = merge(known, hit)
                    assert grown.id is not None
                    if grown != known:
                        self._write_hit(grown, grown.id, change)
                    return grown.id
            row = self._connection.execute("INSERT INTO hits (signature, body) VALUES (?, '')", (hit.signature,))
            new_id = int(row.lastrowid or 0)
            self._write_hit(hit, new_id, change)
            return new_id

    def _of_kind(self, hit: Hit) -> list[Hit]:
        rows = self._connection.execute(
            "SELECT body FROM hits WHERE signature = ? AND timing_advance IS ? ORDER BY id",
            (hit.signature, hit.timing_advance),
        )
        return [_read(row[0], Hit) for row in rows]

    def _write_hit(self, hit: Hit, hit_id: int, change: int) -> None:
        self._connection.execute(
            "UPDATE hits SET timing_advance = ?, log10_odds = ?, changed = ?, body = ? WHERE id = ?",
            (hit.timing_advance, hit.log10_odds, change, _text(replace(hit, id=hit_id)), hit_id),
        )

    def hits(self, after_id: int = 0, changed_after: int = 0) -> list[Hit]:
        """Hits in the order of their ids; with changed_after, those new or grown since that change number."""
        rows = self._connection.execute(
            "SELECT body FROM hits WHERE id > ? AND changed > ? ORDER BY id", (after_id, changed_after)
        )
        return [_read(row[0], Hit) for row in rows]

    def hit(self, hit_id: int) -> Hit | None:
        return self._one("SELECT body FROM hits WHERE id = ?", hit_id, Hit)

    def put_import(self, lead: Lead) -> None:
        """Keeps a carrier's lead as it was imported, so that joining can be done again from the start."""
        with self.writing() as change:
            self._upsert("imports", "name", lead.lead, lead, change)

    def imports(self) -> list[Lead]:
        return self._all("SELECT body FROM imports ORDER BY name", Lead)

    def put_lead(self, lead: Lead) -> None:
        """Stores a lead; one of the same name is replaced."""
        with self.writing() as change:
            self._connection.execute(
                "INSERT INTO leads (name, score, status, changed, body) VALUES (?, ?, ?, ?, ?)"
                " ON CONFLICT (name) DO UPDATE SET score = excluded.score, status = excluded.status,"
                " changed = excluded.changed, body = excluded.body",
                (lead.lead, lead.score, lead.status, change, _text(lead)),
            )

    def leads(self, *, merged: bool = False, changed_after: int = 0) -> list[Lead]:
        """Leads, highest score first; those that went into another one only with `merged`."""
        rows = self._connection.execute(
            "SELECT body FROM leads WHERE changed > ? AND (? OR status <> 'merged') ORDER BY score DESC, name",
            (changed_after, merged),
        )
        return [_read(row[0], Lead) for row in rows]

    def lead(self, name: str) -> Lead:
        """The lead of this name. Raises UnknownLeadError."""
        found = self._one("SELECT body FROM leads WHERE name = ?", name, Lead)
        if found is None:
            raise UnknownLeadError(f"lead {name!r}: the store has none of this name; `catpool leads` lists them")
        return found

    def set_lead_status(self, name: str, status: str) -> None:
        """Sets what people made of a lead ("open", "known", "closed", ...). Raises UnknownLeadError."""
        with self.writing():
            self.put_lead(replace(self.lead(name), status=status))

    def put_posterior(self, name: str, posterior: Posterior) -> None:
        """Stores where a lead's box stands, and moves the lead's fix there, where the lead is known."""
        with self.writing() as change:
            self._upsert("posteriors", "name", name, posterior, change)
            lead = self._one("SELECT body FROM leads WHERE name = ?", name, Lead)
            if lead is not None:
                self.put_lead(
                    replace(
                        lead,
                        fix=(posterior.lat, posterior.lon),
                        r50_radius_m=posterior.r50_radius_m,
                        r90_radius_m=posterior.r90_radius_m,
                    )
                )

    def posterior(self, name: str) -> Posterior | None:
        return self._one("SELECT body FROM posteriors WHERE name = ?", name, Posterior)

    def posteriors(self) -> dict[str, Posterior]:
        rows = self._connection.execute("SELECT name, body FROM posteriors ORDER BY name")
        return {row[0]: _read(row[1], Posterior) for row in rows}

    def put_placed_cells(self, cells: Sequence[PlacedCell]) -> None:
        """Stores where masts stand; a cell of the same name is replaced."""
        with self.writing() as change:
            for cell in cells:
                self._upsert("placed_cells", "name", _cell_key(cell.identity), cell, change)

    def placed_cells(self) -> list[PlacedCell]:
        return self._all("SELECT body FROM placed_cells ORDER BY name", PlacedCell)

    def put_case(self, case: Case) -> None:
        with self.writing() as change:
            self._upsert("cases", "name", case.number, case, change)

    def case(self, number: str) -> Case | None:
        return self._one("SELECT body FROM cases WHERE name = ?", number, Case)

    def cases(self) -> list[Case]:
        return self._all("SELECT body FROM cases ORDER BY name", Case)

    def put_outcome(self, outcome: Outcome) -> int:
        """Adds what was found at a lead's place and gives the row's id. Raises UnknownLeadError."""
        with self.writing() as change:
            self.lead(outcome.lead)
            row = self._connection.execute(
                "INSERT INTO outcomes (lead, changed, body) VALUES (?, ?, '')", (outcome.lead, change)
            )
            new_id = int(row.lastrowid or 0)
            body = _text(replace(outcome, id=new_id))
            self._connection.execute("UPDATE outcomes SET body = ? WHERE id = ?", (body, new_id))
            return new_id

    def outcomes(self, lead: str | None = None) -> list[Outcome]:
        rows = self._connection.execute("SELECT body FROM outcomes WHERE ?1 IS NULL OR lead = ?1 ORDER BY id", (lead,))
        return [_read(row[0], Outcome) for row in rows]

    def put_known_gateway(self, gateway: KnownGateway) -> None:
        """Marks a lead as a licensed gateway, with the officer's name and date. Raises UnknownLeadError."""
        with self.writing() as change:
            self.set_lead_status(gateway.lead, "known")
            self._upsert("known_gateways", "name", gateway.lead, gateway, change)
            self.audit(gateway.date, gateway.by, "lead marked known", gateway.lead, gateway.note)

    def known_gateways(self) -> list[KnownGateway]:
        return self._all("SELECT body FROM known_gateways ORDER BY name", KnownGateway)

    def audit(self, now: datetime, who: str, action: str, subject: str, detail: str = "") -> None:
        """Adds a line to the audit. Lines can't be changed or removed."""
        with self.writing():
            self._connection.execute(
                "INSERT INTO audit (time, who, action, subject, detail) VALUES (?, ?, ?, ?, ?)",
                (now.isoformat(), who, action, subject, detail),
            )

    def audit_entries(self, after_id: int = 0) -> list[AuditEntry]:
        rows = self._connection.execute(
            "SELECT time, who, action, subject, detail, id FROM audit WHERE id > ? ORDER BY id", (after_id,)
        )
        return [
            AuditEntry(datetime.fromisoformat(when), who, action, subject, detail, row_id)
            for when, who, action, subject, detail, row_id in rows
        ]

    def put_state(self, name: str, body: dict[str, object]) -> None:
        """Keeps what a running service must find again after a restart."""
        with self.writing() as change:
            self._upsert("service_state", "name", name, body, change)

    def state(self, name: str) -> dict[str, object]:
        return self._one("SELECT body FROM service_state WHERE name = ?", name, dict[str, object]) or {}

    def _upsert(self, table: str, key: str, value: str, record: object, change: int) -> None:
        self._connection.execute(
            f"INSERT INTO {table} ({key}, changed, body) VALUES (?, ?, ?)"
            f" ON CONFLICT ({key}) DO UPDATE SET changed = excluded.changed, body = excluded.body",
            (value, change, _text(record)),
        )

    def _one(self, query: str, key: object, kind: type[Record]) -> Record | None:
        row = self._connection.execute(query, (key,)).fetchone()
        return None if row is None else _read(row[0], kind)

    def _all(self, query: str, kind: type[Record]) -> list[Record]:
        return [_read(row[0], kind) for row in self._connection.execute(query)]


def _text(record: object) -> str:
    return msgspec.json.encode(record).decode()


def _read(body: str, kind: type[Record]) -> Record:
    return msgspec.json.decode(body, type=kind)


def _cell_key(cell: CellIdentity) -> str:
    return "/".join("" if part is None else str(part) for part in (cell.rat, cell.mcc, cell.mnc, cell.lac, cell.ci))


def migrations() -> "Migrations":
    """The numbered migrations, each in a transaction (a savepoint) with its own record."""
    from sqlite_utils import Migrations

    numbered = Migrations("catpool store")

    @numbered(name="1 hits, leads, places, cases")
    def _first(database: "Database") -> None:
        execute = database.conn.execute
        execute(f"PRAGMA application_id = {APPLICATION_ID}")
        execute("PRAGMA user_version = 1")
        execute("CREATE TABLE changes (id INTEGER PRIMARY KEY CHECK (id = 1), counter INTEGER NOT NULL)")
        execute("INSERT INTO changes VALUES (1, 0)")
        execute(
            "CREATE TABLE hits (id INTEGER PRIMARY KEY AUTOINCREMENT, signature TEXT NOT NULL,"
            " timing_advance INTEGER, log10_odds REAL, changed INTEGER NOT NULL DEFAULT 0, body TEXT NOT NULL)"
        )
        execute("CREATE INDEX hits_by_place ON hits (signature, timing_advance)")
        execute("CREATE INDEX hits_by_change ON hits (changed)")
        execute(
            "CREATE TABLE leads (name TEXT PRIMARY KEY, score REAL NOT NULL, status TEXT NOT NULL,"
            " changed INTEGER NOT NULL, body TEXT NOT NULL)"
        )
        for table in ("imports", "posteriors", "placed_cells", "cases", "known_gateways"):
            execute(f"CREATE TABLE {table} (name TEXT PRIMARY KEY, changed INTEGER NOT NULL, body TEXT NOT NULL)")
        execute(
            "CREATE TABLE outcomes (id INTEGER PRIMARY KEY AUTOINCREMENT, lead TEXT NOT NULL,"
            " changed INTEGER NOT NULL, body TEXT NOT NULL)"
        )
        execute(
            "CREATE TABLE audit (id INTEGER PRIMARY KEY AUTOINCREMENT, time TEXT NOT NULL, who TEXT NOT NULL,"
            " action TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL)"
        )
        for act in ("UPDATE", "DELETE"):
            execute(
                f"CREATE TRIGGER audit_no_{act.lower()} BEFORE {act} ON audit"
                " BEGIN SELECT RAISE(ABORT, 'the audit is added to, never changed'); END"
            )

    @numbered(name="2 what a running service must find again")
    def _second(database: "Database") -> None:
        database.conn.execute("PRAGMA user_version = 2")
        database.conn.execute(
            "CREATE TABLE service_state (name TEXT PRIMARY KEY, changed INTEGER NOT NULL, body TEXT NOT NULL)"
        )

    return numbered


KIND = SqliteKind(
    "store",
    APPLICATION_ID,
    SCHEMA_VERSION,
    migrations,
    StoreError,
    made_by="`catpool detection` or an import",
    raised_by="run `catpool leads` once",
)
