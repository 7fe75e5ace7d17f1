"""The running state of a carrier's records in CATPOOL_HOME/cdr/: what is on the disk, written whole or not at all.

A folder for each owner (mode 0700, files 0600), with pseudonyms alone: identities are 64-bit keys, the same in every
run of a home. `state.json` names the files that count; it is replaced in one step when all of them lie on the disk, so
a run that is killed leaves the state as it was, and files that no state names are removed at the next opening.

    acts-*.parquet    records, a file an update: the columns of `records`, keys in place of ids, made_up (legs that
                      were inferred)
    pairs-*.parquet   how often each SIM called, wrote to and heard from each number in that update
    visited-*.parquet on which cells each SIM acted in that update
    sims, tail, devices, imeis, owners-*.parquet    one table each, of all that is known
"""

import fcntl
import hashlib
import json
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.duckdb import Backend
from numpy.typing import NDArray

from detection.cdr.pseudonyms import Names
from detection.errors import ExportError
from sensor.cell import CellIdentity

VERSION = 2
STATE = "state.json"
TABLES = ("sims", "tail", "devices", "imeis", "owners")
CHUNK = 1 << 22


@dataclass(frozen=True, slots=True)
class Part:
    """The files of one update, and the times (Unix s) of its records."""

    acts: str
    pairs: str
    visited: str
    first_s: int
    last_s: int
    rows: int


@dataclass(slots=True)
class State:
    """What `state.json` says."""

    owner: str
    key_mark: str  # letters that stand for the home's key: a state is read under the key it was made with
    next_row: int = 0
    kept_from_s: int = 0  # older records are dropped
    both_legs: bool = False  # whether an incoming call or message has ever been recorded
    imsi: bool = False
    zone: str = ""
    has: list[str] = field(default_factory=list)
    cells: list[CellIdentity] = field(default_factory=list)
    files: dict[str, int] = field(default_factory=dict)  # digest of each export taken in: Unix s of its last record
    since: dict[str, int] = field(default_factory=dict)  # digest of each: Unix s at which it was taken in
    parts: list[Part] = field(default_factory=list)
    tables: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Ledger:
    """An open state; one process at a time has it."""

    folder: Path
    state: State
    secret: NDArray[np.uint64]  # two words of the home's key: what is no identity by itself is kept under them

    def table(self, name: str) -> pa.Table | None:
        """One of TABLES as it stands; None before the first update."""
        named = self.state.tables.get(name)
        return None if named is None else pq.read_table(self.folder / named)

    def parts(self, engine: Backend, kind: str, parts: Sequence[Part] | None = None) -> ir.Table | None:
        """The rows of all parts (or those named) as one table; `kind` is "acts", "pairs" or "visited"."""
        chosen = self.state.parts if parts is None else parts
        paths = [str(self.folder / getattr(part, kind)) for part in chosen]
        return engine.read_parquet(paths) if paths else None

    def write(self, name: str, table: pa.Table) -> str:
        """Writes a new file of the next state; gives its name."""
        named = f"{name}-{secrets.token_hex(6)}.parquet"
        with _private(self.folder / named) as stream:
            pq.write_table(table, stream, compression="zstd")
        return named

    def commit(self, state: State) -> None:
        """Makes the files written since the last commit the state."""
        text = json.dumps(_told(state), ensure_ascii=False, indent=1)
        partial = self.folder / f".{STATE}.{secrets.token_hex(4)}"
        with _private(partial) as stream:
            stream.write(text.encode())
        partial.replace(self.folder / STATE)
        _sync(self.folder)
        self.state = state
        sweep(self.folder, state)


@contextmanager
def open_ledger(root: Path, owner: str, names: Names) -> Iterator[Ledger]:
    """The state of an owner below CATPOOL_HOME/cdr, made if there is none. Raises ExportError."""
    folder = root / f"running-{hashlib.sha256(owner.encode()).hexdigest()[:12]}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ExportError(f"running state {folder}: {error.strerror}; mend the rights on CATPOOL_HOME") from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise ExportError(
                f"running state {folder}: another update is at work; start again when it is done"
            ) from error
        state = read_state(folder, owner, names.letters("ledger:", 10))
        sweep(folder, state)
        yield Ledger(folder, state, names.digests("ledger", ["rest"])[0, :16].copy().view(np.uint64))
    finally:
        os.close(lock)


def read_state(folder: Path, owner: str, key_mark: str) -> State:
    """What `state.json` says, or an empty state. Raises ExportError where it can't be gone on from."""
    path = folder / STATE
    begin_anew = f"remove {folder} to begin anew"
    if not path.exists():
        return State(owner, key_mark)
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        if told["version"] != VERSION:
            raise ExportError(f"running state {path}: of version {told['version']}, not {VERSION}; {begin_anew}")
        state = State(
            **{
                **told["state"],
                "cells": [CellIdentity(**cell) for cell in told["state"]["cells"]],
                "parts": [Part(**part) for part in told["state"]["parts"]],
            }
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ExportError(f"running state {path}: damaged ({str(error)[:80]}); {begin_anew}") from error
    if state.key_mark != key_mark:
        raise ExportError(f"running state {path}: made under another pseudonym key; restore it, or {begin_anew}")
    missing = [name for name in _files(state) if not (folder / name).exists()]
    if missing:
        raise ExportError(f"running state {path}: {missing[0]} is missing; {begin_anew}")
    return state


def sweep(folder: Path, state: State) -> None:
    """Removes what no state names: an earlier state's files, and those of a run that was killed."""
    named = {*_files(state), STATE, "lock"}
    for entry in folder.iterdir():
        if entry.name not in named:
            with suppress(OSError):
                entry.unlink()


def digest(path: Path) -> str:
    """SHA-256 of a file. Raises ExportError."""
    total = hashlib.sha256()
    try:
        with path.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                total.update(chunk)
    except OSError as error:
        raise ExportError(f"export {path}: cannot be read ({error.strerror}); check its name and rights") from error
    return total.hexdigest()


def _files(state: State) -> list[str]:
    return [*state.tables.values(), *(name for part in state.parts for name in (part.acts, part.pairs, part.visited))]


def _told(state: State) -> dict[str, Any]:
    return {"version": VERSION, "state": asdict(state)}


@contextmanager
def _private(path: Path) -> Iterator[Any]:
    """A new file that only its owner may read, on the disk when it is closed."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        yield stream
        stream.flush()
        os.fsync(stream.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
