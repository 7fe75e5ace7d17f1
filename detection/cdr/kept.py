"""What a running state knows, as `rank` asks for it: ids in place of keys, sums that stand, records on demand.

Ids are in the order of the keys, as in an export that is read whole. A number that belongs to no SIM of the state gets
its id when it is first met; its name is known only where this run's export brings it.
"""

from dataclasses import dataclass, field
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from ibis.backends.duckdb import Backend
from numpy.typing import NDArray

from detection.cdr.features import COUNTS, Tables, tables
from detection.cdr.identities import Identities, Named
from detection.cdr.ledger import Ledger
from detection.cdr.records import Account, Records
from detection.cdr.rejects import Rejects
from detection.cdr.roster import found_in, read_columns
from detection.cdr.running import ACTS

Ints = NDArray[np.int64]
NONE = -1
UNTOLD = b""


@dataclass(slots=True)
class Kept:
    """The source of a ranking: the sums of all SIMs, and the records of some."""

    engine: Backend
    ledger: Ledger
    people: Identities
    _sims: dict[str, NDArray[Any]]
    _clear: dict[int, str]  # texts of numbers by key, where a case allows them and this run brings them
    _cell: NDArray[np.int32]  # place of the state's cells in their order
    strangers: Ints = field(default_factory=lambda: np.zeros(0, np.int64))

    @property
    def sims(self) -> ir.Table:
        own = self._own(self._sims["number_id"])
        held = {name: self._sims[name] for name in ("first_s", "last_s", "acts")}
        at = np.arange(len(own), dtype=np.int32)
        return ibis.memtable(pa.table({"sim_id": at, "number_id": pa.array(own, mask=own == NONE), **held}))

    @property
    def devices(self) -> ir.Table:
        table = self.ledger.table("devices")
        assert table is not None
        sim = np.searchsorted(self.people.sim_key, table["sim_id"].to_numpy()).astype(np.int32)
        imei = np.searchsorted(self.people.imei_key, table["imei_id"].to_numpy()).astype(np.int32)
        held = {name: table[name] for name in ("acts", "first_s", "last_s")}
        return ibis.memtable(pa.table({"imei_id": imei, "sim_id": sim, **held}))

    def totals(self) -> list[ir.Table]:
        at = np.arange(len(self._sims["sim_id"]), dtype=np.int32)
        return [ibis.memtable(pa.table({"sim_id": at, **{name: self._sims[name] for name in COUNTS}}))]

    def hourly(self) -> list[ir.Table]:
        return self.of(np.arange(len(self._sims["sim_id"]))).hourly()

    def of(self, sims: Ints) -> Tables:
        """The tables over the records of some SIMs."""
        acts = self.ledger.parts(self.engine, "acts")
        assert acts is not None
        chosen = ibis.memtable(pa.table({"sim_id": pa.array(self.people.sim_key[sims], pa.int64())}))
        arrow = acts.cast(ACTS).semi_join(chosen, "sim_id").to_pyarrow()
        return tables(ibis.memtable(self._in_ids(arrow)))

    def _in_ids(self, arrow: pa.Table) -> pa.Table:
        columns = {name: arrow[name] for name in arrow.column_names if name not in ("rest", "made_up")}
        columns["sim_id"] = _ids(self.people.sim_key, arrow["sim_id"])
        columns["imei_id"] = _ids(self.people.imei_key, arrow["imei_id"])
        columns["number_id"] = self._parties(arrow["number_id"])
        columns["other_id"] = self._parties(arrow["other_id"], arrow["other_class"])
        cell = arrow["cell"].combine_chunks()
        places = self._cell[np.asarray(cell.fill_null(0))] if len(self._cell) else np.zeros(len(cell), np.int32)
        columns["cell"] = pa.array(places, pa.int32(), mask=np.asarray(cell.is_null()))
        return pa.table(columns)

    def _own(self, keys: Ints) -> NDArray[np.int32]:
        held, at = found_in(self.people.party_key, keys)
        ids = np.full(len(keys), NONE, np.int32)
        ids[held] = at
        return ids

    def _parties(self, column: pa.ChunkedArray, sort: pa.ChunkedArray | None = None) -> pa.Array:
        """Ids of numbers; those not met before join the people."""
        values = column.combine_chunks()
        known = ~np.asarray(values.is_null())
        keys = np.asarray(values.fill_null(NONE))
        told = np.asarray(sort.combine_chunks()) if sort is not None else np.zeros(len(keys), np.int8)
        held, _ = found_in(self.people.party_key, keys)
        new, first = np.unique(keys[known & ~held], return_index=True)
        if len(new):
            self._meet(new, told[known & ~held][first])
        return pa.array(self._own(keys), pa.int32(), mask=~known)

    def _meet(self, keys: Ints, sort: NDArray[np.int8]) -> None:
        parties = self.people.parties
        parties.key = np.concatenate([parties.key, keys])
        parties.letters = np.concatenate([parties.letters, np.full(len(keys), UNTOLD, "S14")])
        self.people.party_class = np.concatenate([self.people.party_class, sort.astype(np.int8)])
        if parties.clear is not None:
            parties.clear += [self._clear.get(key, "") for key in keys.tolist()]


def _ids(keys: Ints, column: pa.ChunkedArray) -> pa.Array:
    values = column.combine_chunks()
    at = np.searchsorted(keys, np.asarray(values.fill_null(0)))
    return pa.array(at.astype(np.int32), pa.int32(), mask=np.asarray(values.is_null()))


def kept_records(ledger: Ledger, engine: Backend, read: Records | None) -> tuple[Records, Kept]:
    """All that the state knows, as records to be ranked; `read`: what this run has read, None if nothing was new."""
    state = ledger.state
    sims, imeis = (read_columns(ledger.table(name)) for name in ("sims", "imeis"))
    numbers, first = np.unique(sims["number_id"], return_index=True)
    numbers, first = numbers[numbers != NONE], first[numbers != NONE]
    brought = read.people if read is not None else None
    people = Identities(
        _named("sim", sims["letters"], sims["sim_id"], brought.sims if brought else None),
        _named("num", sims["number_letters"][first], numbers, brought.parties if brought else None),
        _named("imei", imeis["letters"], imeis["imei_id"], brought.imeis if brought else None),
        sims["number_class"][first],
        imeis["tac"],
        imeis["check"],
        sims["home"],
        state.imsi,
    )
    cells = sorted(state.cells, key=lambda cell: (cell.mcc or "", cell.mnc or "", cell.lac or 0, cell.ci or 0))
    place = {cell: at for at, cell in enumerate(cells)}
    clear = brought.parties.clear if brought is not None else None
    kept = Kept(
        engine,
        ledger,
        people,
        sims,
        dict(zip(brought.party_key.tolist(), clear, strict=True)) if brought is not None and clear else {},
        np.array([place[cell] for cell in state.cells], np.int32),
    )
    account = read.account if read is not None else Account(0, 0, 0, 0, 0, 0)
    rejects = read.rejects if read is not None else Rejects()
    files, warnings = (read.files, read.warnings) if read is not None else ([], [])
    table = kept.of(np.zeros(0, np.int64)).records
    return (
        Records(engine, table, files, account, cells, state.zone, people, warnings, rejects, frozenset(state.has)),
        kept,
    )


def _named(kind: str, letters: NDArray[Any], keys: Ints, brought: Named | None) -> Named:
    """Names by key; in clear where this run brings them so, else the pseudonym."""
    if brought is None or brought.clear is None:
        return Named(kind, letters, keys)
    texts = dict(zip(brought.key.tolist(), brought.clear, strict=True))
    names = Named(kind, letters, keys)
    return Named(kind, letters, keys, [texts.get(key) or names.of(at) for at, key in enumerate(keys.tolist())])
