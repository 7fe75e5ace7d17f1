"""One row a SIM, a device and a pair of them: what the running state holds of each, merged with an update's."""

from collections.abc import Sequence
from typing import Any

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from detection.cdr import features
from detection.cdr.answers import whole_numbers
from detection.cdr.features import COUNTS
from detection.cdr.identities import Identities

Ints = NDArray[np.int64]
Columns = dict[str, NDArray[Any]]

NONE = -1
TIMES = ("first_s", "last_s", "acts")
WHO = {"letters": "S14", "home": np.int32}
NUMBER = {"number_id": np.int64, "number_letters": "S14", "number_class": np.int8, "number_t": np.int64}


def merge_sims(
    old: pa.Table | None,
    acts: ir.Table,
    sums: Sequence[ir.Table],
    again: Sequence[ir.Table],
    people: Identities,
    known: pa.Table | None,
) -> pa.Table:
    """sim_id (key, ascending), WHO, NUMBER, TIMES and COUNTS.

    `sums` add to the old counts, those of `again` replace them. `known`: where the names of SIMs and numbers stand
    that the update doesn't bring.
    """
    seen = whole_numbers(_seen(acts))
    held = read_columns(old)
    keys = np.unique(np.concatenate([held["sim_id"], seen["sim_id"]]))
    made: Columns = {"sim_id": keys, **_named(keys, known, people)}
    was, now = np.searchsorted(keys, held["sim_id"]), np.searchsorted(keys, seen["sim_id"])
    for name, join, start in (("first_s", np.minimum, 2**62), ("last_s", np.maximum, -1), ("acts", np.add, 0)):
        column = np.full(len(keys), start, np.int64)
        column[was] = held[name]
        column[now] = join(column[now], seen[name])
        made[name] = column
    made |= _numbers(keys, held, was, seen, now, people, known)
    counts = {name: np.zeros(len(keys), np.int64) for name in COUNTS}
    for name, column in counts.items():
        column[was] = held[name]
    for parts, anew in ((sums, False), (again, True)):
        for part in parts:
            told = whole_numbers(part)
            at = np.searchsorted(keys, told.pop("sim_id"))
            for name, values in told.items():
                counts[name][at] = values if anew else counts[name][at] + values
    return pa.table({name: pa.array(column) for name, column in (made | counts).items()})


def _seen(acts: ir.Table) -> ir.Table:
    """sim_id, first_s, last_s, acts, and the number of the latest act with one (key, and its time)."""
    owned = acts.filter(acts.number_id.notnull()).select("sim_id", "number_id", "t_s")
    order = ibis.window(group_by=owned.sim_id, order_by=[owned.t_s.desc(), owned.number_id.desc()])
    ranked = owned.mutate(place=ibis.row_number().over(order))
    latest = ranked.filter(ranked.place == 0).select(owner="sim_id", number_id="number_id", number_t="t_s")
    spans = acts.group_by("sim_id").agg(first_s=acts.t_s.min(), last_s=acts.t_s.max(), acts=acts.count())
    return spans.left_join(latest, spans.sim_id == latest.owner).drop("owner")


def read_columns(table: pa.Table | None) -> Columns:
    """The columns of a table of SIMs; empty ones where there is none."""
    if table is None:
        whole = ("sim_id", *TIMES, *COUNTS)
        return {name: np.zeros(0, np.int64) for name in whole} | {n: np.zeros(0, kind) for n, kind in NUMBER.items()}
    return {name: _array(table[name]) for name in table.column_names}


def _array(column: pa.ChunkedArray) -> NDArray[Any]:
    values = column.combine_chunks()
    if pa.types.is_binary(values.type):
        return np.array(values.to_pylist(), "S14")
    array: NDArray[Any] = values.to_numpy(zero_copy_only=False)
    return array


def _named(keys: Ints, known: pa.Table | None, people: Identities) -> Columns:
    """Letters and home network of each SIM."""
    letters, home = np.zeros(len(keys), "S14"), np.full(len(keys), NONE, np.int32)
    if known is not None:
        column = read_columns(known)
        held, at = found_in(column["sim_id"], keys)
        letters[held], home[held] = column["letters"][at], column["home"][at]
    held, at = found_in(people.sim_key, keys)
    letters[held], home[held] = people.sims.letters[at], people.home[at]
    return {"letters": letters, "home": home}


def found_in(where: Ints, keys: Ints) -> tuple[NDArray[np.bool_], Ints]:
    """(which of the keys are there, the places of those)."""
    if not len(where):
        return np.zeros(len(keys), bool), np.zeros(0, np.int64)
    order = np.argsort(where, kind="stable")
    at = order[np.minimum(np.searchsorted(where, keys, sorter=order), len(where) - 1)]
    held = where[at] == keys
    return held, at[held]


def _numbers(
    keys: Ints, held: Columns, was: Ints, seen: dict[str, Ints], now: Ints, people: Identities, known: pa.Table | None
) -> Columns:
    """Each SIM's own number, that of its latest act with one."""
    made: Columns = {
        "number_id": np.full(len(keys), NONE, np.int64),
        "number_letters": np.zeros(len(keys), "S14"),
        "number_class": np.full(len(keys), NONE, np.int8),
        "number_t": np.full(len(keys), -(2**62), np.int64),
    }
    for name, column in made.items():
        column[was] = held[name]
    later = (seen["number_id"] != NONE) & (
        (seen["number_t"] > made["number_t"][now])
        | ((seen["number_t"] == made["number_t"][now]) & (seen["number_id"] > made["number_id"][now]))
    )
    at, number = now[later], seen["number_id"][later]
    made["number_id"][at], made["number_t"][at] = number, seen["number_t"][later]
    if known is not None:
        names = read_columns(known)
        told, place = found_in(names["number_id"], number)
        made["number_letters"][at[told]] = names["number_letters"][place]
        made["number_class"][at[told]] = names["number_class"][place]
    told, place = found_in(people.party_key, number)
    made["number_letters"][at[told]] = people.parties.letters[place]
    made["number_class"][at[told]] = people.party_class[place]
    return made


def merge_devices(old: pa.Table | None, acts: ir.Table) -> pa.Table:
    """imei_id, sim_id, acts, first_s, last_s."""
    made = features.devices(acts)
    if old is not None:
        every = made.union(ibis.memtable(old).select(*made.columns).cast(dict(made.schema())))
        made = every.group_by("imei_id", "sim_id").agg(
            acts=every.acts.sum().cast("int64"), first_s=every.first_s.min(), last_s=every.last_s.max()
        )
    return made.to_pyarrow()


def merge_imeis(old: pa.Table | None, people: Identities) -> pa.Table:
    """imei_id (key, ascending), letters, tac, check of every device met."""
    order = np.argsort(people.imei_key)
    column = {
        "imei_id": people.imei_key[order],
        "letters": people.imeis.letters[order],
        "tac": people.tac[order],
        "check": people.imei_check[order],
    }
    if old is not None:
        held = {name: _array(old[name]) for name in column}
        every = {name: np.concatenate([column[name], held[name]]) for name in column}
        first = np.lexsort((-every["check"], every["imei_id"]))  # a right check digit says more than a wrong one
        first = first[np.diff(every["imei_id"][first], prepend=NONE) != 0]
        column = {name: values[first] for name, values in every.items()}
    return pa.table({name: pa.array(values) for name, values in column.items()})
