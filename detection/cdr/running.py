"""Taking an export into the running state: later records are counted by what is known of earlier ones.

An update costs its own records, and one pass over the keys of what is kept. Two things cost more, so that the state
ranks as one run over all its records does: records that come late (older than their SIM's latest) have their SIMs
counted anew; and where a day runs out, or what seemed to be one leg alone turns out not to be, all is counted anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from ibis.backends.duckdb import Backend
from numpy.typing import NDArray

from detection.cdr import features
from detection.cdr.answers import first_of, holds_any
from detection.cdr.digits import mix
from detection.cdr.features import MOC, MTC, PAIR_COUNTS, SMO, SMT, Past
from detection.cdr.identities import Identities
from detection.cdr.ledger import Ledger, Part, State
from detection.cdr.records import Records
from detection.cdr.roster import merge_devices, merge_imeis, merge_sims

DAY_S = 86_400
ACTS = {
    "row": "int64",
    "kind": "int8",
    "sim_id": "int64",
    "number_id": "int64",
    "other_id": "int64",
    "other_class": "int8",
    "imei_id": "int64",
    "t_s": "int64",
    "local_s": "int64",
    "duration_s": "int32",
    "cell": "int32",
    "ta": "int32",
    "answered": "boolean",
    "rest": "int64",
    "made_up": "boolean",
}
TELLING = [name for name in ACTS if name not in ("row", "local_s", "other_class", "made_up")]
TAIL = ["sim_id", "kind", "t_s", "row", "cell", "ta", "imei_id"]


@dataclass(frozen=True, slots=True)
class Taken:
    """What an update did to the state: records added, known before, too old; SIMs counted anew; whether all was."""

    added: int
    known: int
    too_old: int
    recounted: int
    anew: bool


@dataclass(frozen=True, slots=True)
class _Batch:
    """Acts to be counted (legs made up included), after what stays counted."""

    acts: ir.Table
    owners: ir.Table | None  # number_id, sim_id, since_s, sort; None where both legs are recorded
    parts: list[Part]  # that stay
    anew: bool


def take_in(ledger: Ledger, records: Records, files: Mapping[str, int], days: int) -> Taken:
    """Adds an export's records to the state and commits it.

    `files`: digests of its files, and when each was given (Unix s). `days`: full days before the export's middle that
    are kept.
    """
    engine, state = records.engine, replace(ledger.state)
    state.cells = [*state.cells, *sorted(set(records.cells) - set(state.cells), key=repr)]
    read = engine.create_table("taken", _in_keys(records, state, ledger.secret))
    new = engine.create_table("new_acts", _unknown_before(ledger, engine, read))
    now = first_of(read.agg(now=read.t_s.quantile(0.5), rows=read.count(), last=read.row.max(), end=read.t_s.max()))
    state.kept_from_s = max(state.kept_from_s, (int(now["now"]) // DAY_S - days) * DAY_S)
    recent = new.filter(new.t_s >= state.kept_from_s)
    added, came = (int(table.count().to_pyarrow().as_py()) for table in (recent, new))
    state.files = {mark: end for mark, end in state.files.items() if end >= state.kept_from_s}
    state.files |= dict.fromkeys(files, int(now["end"]))
    state.since = {mark: at for mark, at in {**state.since, **files}.items() if mark in state.files}
    state.next_row = max(state.next_row, int(now["last"]) + 1)
    state.has = sorted({*state.has, *records.has})
    state.imsi, state.zone = state.imsi or records.people.imsi, records.zone
    recounted, anew = 0, False
    if added:
        batch = _batch(ledger, engine, state, recent, records.people)
        recounted, anew = _count(ledger, engine, state, batch, records.people), batch.anew
    ledger.commit(state)
    return Taken(added, int(now["rows"]) - came, came - added, recounted, anew)


def _in_keys(records: Records, state: State, secret: NDArray[np.uint64]) -> ir.Table:
    """The records as the state holds them."""
    people, table = records.people, records.table
    place = {cell: at for at, cell in enumerate(state.cells)}
    made = table
    for column, name, keys in (
        ("sim_id", "sim", people.sim_key),
        ("number_id", "own", people.party_key),
        ("other_id", "other", people.party_key),
        ("imei_id", "imei", people.imei_key),
        ("cell", "place", np.array([place[cell] for cell in records.cells], np.int64)),
    ):
        named = _keys(name, keys)
        made = made.left_join(named, made[column] == named[f"{name}_at"])
    made = made.left_join(_keyed(table, secret), "row")
    chosen = {
        "row": made.row + state.next_row,
        "sim_id": made.sim_key,
        "number_id": made.own_key,
        "other_id": made.other_key,
        "imei_id": made.imei_key,
        "cell": made.place_key,
        "rest": made.keyed,
        "made_up": ibis.literal(False),
    }
    return made.select(**{name: chosen[name] if name in chosen else made[name] for name in ACTS}).cast(ACTS)


def _keyed(table: ir.Table, secret: NDArray[np.uint64]) -> ir.Table:
    """row, keyed: what stands for a record's other columns, so that nobody without the key can try texts out on it."""
    held = table.select("row", rest=table.rest if "rest" in table.columns else ibis.literal(0, "int64")).to_pyarrow()
    rest = held["rest"].to_numpy().view(np.uint64)
    for word in secret:
        rest = mix(rest ^ word)
    return ibis.memtable(pa.table({"row": held["row"], "keyed": rest.view(np.int64)}))


def _keys(name: str, keys: NDArray[np.int64]) -> ir.Table:
    at = pa.array(np.arange(len(keys)), pa.int32())
    return ibis.memtable(pa.table({f"{name}_at": at, f"{name}_key": pa.array(keys, pa.int64())}))


def _unknown_before(ledger: Ledger, engine: Backend, read: ir.Table) -> ir.Table:
    """Without the records that an earlier update brought already."""
    span = first_of(read.agg(first=read.t_s.min(), last=read.t_s.max()))
    near = [part for part in ledger.state.parts if part.first_s <= span["last"] and part.last_s >= span["first"]]
    stored = ledger.parts(engine, "acts", near)
    if stored is None:
        return read
    twins = stored.filter(~stored.made_up, stored.t_s.between(span["first"], span["last"]))
    return read.anti_join(twins, [read[name].identical_to(twins[name]) for name in TELLING])


def _batch(ledger: Ledger, engine: Backend, state: State, new: ir.Table, people: Identities) -> _Batch:
    """What is to be counted, and whether that is all there is."""
    oldest = min((part.first_s for part in state.parts), default=state.kept_from_s)
    incoming = holds_any(new.filter(new.kind.isin([MTC, SMT])))
    turned = incoming and not state.both_legs and bool(state.parts)
    state.both_legs = state.both_legs or incoming
    anew = oldest < state.kept_from_s or turned
    owners = None
    if not state.both_legs:
        owners, moved = _owners(ledger, engine, new, people, anew)
        if moved and not anew:
            anew = True
            owners, _ = _owners(ledger, engine, new, people, anew)
    stored = ledger.parts(engine, "acts")
    if anew and stored is not None:
        kept = stored.filter(~stored.made_up, stored.t_s >= state.kept_from_s)
        new = engine.create_table("all_acts", new.union(kept.cast(ACTS)))
    if owners is not None:
        legs = _legs(new, owners)
        if stored is not None and not anew:
            known = _owned(ledger)
            later = owners.anti_join(known, "number_id")
            legs = legs.union(_legs(stored.filter(~stored.made_up).cast(ACTS), later))
        new = engine.create_table("acts_and_legs", new.union(legs))
    return _Batch(new, owners, [] if anew else state.parts, anew)


def _owners(ledger: Ledger, engine: Backend, new: ir.Table, people: Identities, anew: bool) -> tuple[ir.Table, bool]:
    """(who had each number first, its class; whether that is another SIM than the state holds for a known number)."""
    table = ledger.table("owners")
    sort = pa.table({"number_id": pa.array(people.party_key, pa.int64()), "sort": pa.array(people.party_class)})
    told = new.filter(new.number_id.notnull()).select("number_id", "sim_id", "t_s")
    classes = ibis.memtable(sort)
    if table is None:
        first = features.owners(told)
        return engine.create_table("owners", first.left_join(classes, "number_id").drop("number_id_right")), False
    held = ibis.memtable(table)
    first = features.owners(told.union(held.select("number_id", "sim_id", t_s="since_s")))
    classes = classes.union(held.select("number_id", "sort").cast({"sort": "int8"})).distinct(on="number_id")
    made = engine.create_table(
        "owners_anew" if anew else "owners", first.left_join(classes, "number_id").drop("number_id_right")
    )
    met = made.inner_join(held, "number_id")
    return made, holds_any(met.filter(met.sim_id != met.sim_id_right))


def _owned(ledger: Ledger) -> ir.Table:
    table = ledger.table("owners")
    schema = {"number_id": "int64", "sim_id": "int64", "since_s": "int64", "sort": "int8"}
    return ibis.memtable(table if table is not None else ibis.schema(schema).to_pyarrow().empty_table())


def _legs(acts: ir.Table, owners: ir.Table) -> ir.Table:
    legs = features.incoming(acts, owners, owners.select(party="number_id", sort="sort"))
    return legs.mutate(made_up=ibis.literal(True)).select(*ACTS).cast(ACTS)


def _count(ledger: Ledger, engine: Backend, state: State, batch: _Batch, people: Identities) -> int:
    """Counts a batch and writes the next state's files; gives the number of SIMs counted anew because of late acts."""
    acts, known = batch.acts, not batch.anew
    old = {name: ledger.table(name) if known else None for name in ("sims", "tail", "devices")}
    late = _late_sims(engine, acts, old["tail"])
    past = _past(ledger, engine, acts, old["tail"])
    prompt = acts.anti_join(late, "sim_id") if late is not None else acts
    sums = [view.summed(sim_id=view.acts.sim_id) for view in features.views(prompt, past)]
    again: list[ir.Table] = []
    recounted = 0
    if late is not None:
        recounted = int(late.count().to_pyarrow().as_py())
        stored = ledger.parts(engine, "acts")
        assert stored is not None
        whole = engine.create_table("late_acts", stored.cast(ACTS).union(acts).semi_join(late, "sim_id"))
        again = [view.summed(sim_id=view.acts.sim_id) for view in features.views(whole)]
    tables = {
        "sims": merge_sims(old["sims"], acts, sums, again, people, ledger.table("sims")),
        "tail": _tail(acts, old["tail"]).to_pyarrow(),
        "devices": merge_devices(old["devices"], acts),
        "imeis": merge_imeis(ledger.table("imeis"), people),
    }
    if batch.owners is not None:
        tables["owners"] = batch.owners.to_pyarrow()
    span = first_of(acts.agg(first=acts.t_s.min(), last=acts.t_s.max(), rows=acts.count()))
    part = Part(
        ledger.write("acts", acts.order_by(["sim_id", "t_s", "row"]).to_pyarrow()),
        ledger.write("pairs", features.pairs(acts).order_by(["sim_id", "other_id"]).to_pyarrow()),
        ledger.write("visited", features.visited(acts).order_by(["sim_id", "cell"]).to_pyarrow()),
        int(span["first"]),
        int(span["last"]),
        int(span["rows"]),
    )
    state.parts = [*batch.parts, part]
    state.tables = {name: ledger.write(name, table) for name, table in tables.items()}
    return recounted


def _late_sims(engine: Backend, acts: ir.Table, tail: pa.Table | None) -> ir.Table | None:
    """SIMs with an act before their latest act so far; None where there are none."""
    if tail is None:
        return None
    held = ibis.memtable(tail)
    latest = held.group_by("sim_id").agg(latest=held.t_s.max())
    first = acts.group_by("sim_id").agg(first=acts.t_s.min())
    met = first.inner_join(latest, "sim_id")
    late = engine.create_table("late_sims", met.filter(met.first < met.latest).select("sim_id"))
    return late if holds_any(late) else None


def _past(ledger: Ledger, engine: Backend, acts: ir.Table, tail: pa.Table | None) -> Past | None:
    """What later acts are counted by."""
    pairs, visited = ledger.parts(engine, "pairs"), ledger.parts(engine, "visited")
    if tail is None or pairs is None or visited is None:
        return None
    met = acts.filter(acts.other_id.notnull()).select("sim_id", "other_id").distinct()
    held = pairs.semi_join(met, ["sim_id", "other_id"])
    sums = {name: held[name].sum().cast("int32") for name in PAIR_COUNTS}
    known = held.group_by("sim_id", "other_id").agg(**sums)
    been = visited.semi_join(features.visited(acts), ["sim_id", "cell"]).distinct()
    return Past(
        ibis.memtable(tail), engine.create_table("known_pairs", known), engine.create_table("known_cells", been)
    )


def _tail(acts: ir.Table, tail: pa.Table | None) -> ir.Table:
    """Of each SIM its latest act, its latest call or message, and its two latest outgoing ones."""
    every = acts.select(*TAIL)
    unmoved = None
    if tail is not None:
        held = ibis.memtable(tail).cast(dict(every.schema()))
        every = every.union(held.semi_join(acts, "sim_id"))
        unmoved = held.anti_join(acts, "sim_id")
    outward, spoken = every.kind.isin([MOC, SMO]), every.kind <= SMT
    latest = [every.t_s.desc(), every.row.desc()]
    ranked = every.mutate(
        outward=outward,
        spoken=spoken,
        place=ibis.row_number().over(ibis.window(group_by=every.sim_id, order_by=latest)),
        spoken_place=ibis.row_number().over(ibis.window(group_by=[every.sim_id, spoken], order_by=latest)),
        out_place=ibis.row_number().over(ibis.window(group_by=[every.sim_id, outward], order_by=latest)),
    )
    wanted = (ranked.place == 0) | (ranked.spoken & (ranked.spoken_place == 0))
    kept = ranked.filter(wanted | (ranked.outward & (ranked.out_place < 2))).select(*TAIL)
    return kept if unmoved is None else kept.union(unmoved)
