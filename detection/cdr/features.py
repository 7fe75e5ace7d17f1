"""Counts of what a SIM did, as Ibis expressions over the records.

Every count is a sum over acts, of a SIM or of its hours, so that an hour costs its own rows, and what was known at
any hour is the running sum up to it. Integers throughout: sums come out the same on every engine and in every order.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from detection.cdr.numbers import CLASSES

HOUR_S = 3600
SHORT_S = 10
MOC, MTC, SMO, SMT = range(4)  # kinds of act, as in the records
SERVICES = [CLASSES.index(name) for name in ("service", "short", "name")]
THINGS = CLASSES.index("things")
PAIR_COUNTS = ("called", "wrote", "heard")

COUNTS: dict[str, str] = {
    "calls_out": "outgoing calls",
    "calls_in": "incoming calls",
    "sms_out": "messages sent",
    "sms_in": "messages received",
    "answered_out": "outgoing calls that were answered",
    "answered_in": "incoming calls that were answered",
    "talk_s": "seconds of answered outgoing calls",
    "short_out": "answered outgoing calls of less than 10 s",
    "new_callees": "numbers called for the first time",
    "second_callees": "numbers called for the second time",
    "new_recipients": "numbers written to for the first time",
    "service_in": "messages from service senders (106, 95 and the like)",
    "returns": "incoming calls from numbers called before",
    "own_contact": "acts with a number that has been on both ends",
    "night": "outgoing acts between 0 and 6 local time",
    "moves": "acts on another cell than the act before",
    "steps": "acts with a cell after an act with a cell",
    "new_cells": "cells on which it acted",
    "rings_changed": "acts on the cell of the act before, at another timing advance",
    "rings": "acts on the cell of the act before, with a timing advance",
    "imei_changes": "acts with another IMEI than the act before",
    "imei_steps": "acts with an IMEI after an act with one",
    "things": "outgoing acts to or from machine numbers",
    "even_gaps": "outgoing acts whose gap to the last one is within a tenth of the gap before",
    "gaps": "outgoing acts with two gaps before them",
    "hours": "hours in which it acted",
}


@dataclass(frozen=True, slots=True)
class Past:
    """What has to be known of earlier records, for later ones to be counted without them."""

    tail: ir.Table  # records: of each SIM the latest act, call or message, and two outgoing acts
    pairs: ir.Table  # sim_id, other_id, called, wrote, heard: how often so far
    visited: ir.Table  # sim_id, cell: where it acted so far


@dataclass(frozen=True, slots=True)
class View:
    """Acts in one order, what came before each beside it, and the marks and amounts to be summed over them."""

    acts: ir.Table
    marks: dict[str, ir.BooleanValue]
    amounts: dict[str, ir.IntegerValue]

    def summed(self, **keys: ir.Value) -> ir.Table:
        """`keys` and this view's COUNTS, a row for each value of the keys; acts marked `past` are not counted."""
        new = ~self.acts.past
        sums = {name: (mark & new).fill_null(False).cast("int64").sum() for name, mark in self.marks.items()}
        sums |= {
            name: ibis.ifelse(new, amount, 0).fill_null(0).cast("int64").sum() for name, amount in self.amounts.items()
        }
        return self.acts.group_by(**keys).agg(**sums)


class Source(Protocol):
    """Where the features of a ranking come from: one table of records, or a running state."""

    @property
    def sims(self) -> ir.Table: ...  # sim_id, number_id, first_s, last_s, acts

    @property
    def devices(self) -> ir.Table: ...  # imei_id, sim_id, acts, first_s, last_s

    def totals(self) -> list[ir.Table]: ...

    def hourly(self) -> list[ir.Table]: ...

    def of(self, sims: NDArray[np.int64]) -> "Tables": ...


@dataclass(frozen=True, slots=True)
class Tables:
    """The expressions that the ranking asks the engine for, over one table of records."""

    records: ir.Table
    sims: ir.Table  # sim_id, number_id, first_s, last_s, acts
    devices: ir.Table  # imei_id, sim_id, acts, first_s, last_s
    spots: ir.Table  # sim_id, cell, ta, acts, outward, first_s, last_s
    presence: ir.Table  # sim_id, hour, cell, acts

    def of(self, sims: NDArray[np.int64]) -> "Tables":
        """The same over the records of some SIMs, picked out once and held on this machine."""
        told = self.records.select(*(name for name in self.records.columns if name != "rest"))
        return tables(ibis.memtable(of_sims(told, sims).to_pyarrow()))

    def totals(self) -> list[ir.Table]:
        """sim_id and some of COUNTS each, over all that is known of every SIM."""
        return [view.summed(sim_id=view.acts.sim_id) for view in views(self.records)]

    def hourly(self) -> list[ir.Table]:
        """sim_id, hour (hours since 1970, UTC) and some of COUNTS each."""
        return [view.summed(sim_id=view.acts.sim_id, hour=hour_of(view.acts)) for view in views(self.records)]


def tables(records: ir.Table) -> Tables:
    """All feature tables of typed records."""
    return Tables(records, sims(records), devices(records), spots(records), presence(records))


def of_sims(table: ir.Table, sims: NDArray[np.int64]) -> ir.Table:
    """The rows of some SIMs."""
    chosen = ibis.memtable(pa.table({"sim_id": pa.array(np.asarray(sims), pa.int32())}))
    return table.semi_join(chosen, "sim_id")


def hour_of(acts: ir.Table) -> ir.IntegerValue:
    """Hours since 1970, UTC."""
    return (acts.t_s // HOUR_S).cast("int64")


def views(records: ir.Table, past: Past | None = None) -> list[View]:
    """Every count in one of them; each reads the columns that it needs. `past`: what came before the records."""
    return [view(records, past) for view in VIEWS]


def after(tail: ir.Table | None, records: ir.Table, *columns: str) -> ir.Table:
    """Columns of the records, and of their SIMs' acts before them, which are marked as past."""
    held = records.select(*columns, past=False)
    if tail is None:
        return held
    known = tail.semi_join(records, "sim_id").select(*columns, past=True)
    return held.union(known.cast(dict(held.schema())))


def single_acts(records: ir.Table, past: Past | None) -> View:
    """What an act tells by itself."""
    acts = records.mutate(past=False)
    moc, mtc, smo, smt = (acts.kind == kind for kind in (MOC, MTC, SMO, SMT))
    reached = acts.answered.fill_null(False)
    night = (acts.local_s % 86_400) < 6 * HOUR_S
    marks = {
        "calls_out": moc,
        "calls_in": mtc,
        "sms_out": smo,
        "sms_in": smt,
        "answered_out": moc & reached,
        "answered_in": mtc & reached,
        "short_out": moc & reached & (acts.duration_s < SHORT_S),
        "service_in": smt & acts.other_class.isin(SERVICES),
        "night": (moc | smo) & night,
        "things": acts.other_class == THINGS,
    }
    return View(acts, marks, {"talk_s": ibis.ifelse(moc & reached, acts.duration_s, 0)})


def steps(records: ir.Table, past: Past | None) -> View:
    """What an act tells by the SIM's act before it."""
    spoken = records.filter(records.kind <= SMT)  # updates and data come by rules of the network's own
    tail = past and past.tail.filter(past.tail.kind <= SMT)
    held = after(tail, spoken, "sim_id", "t_s", "row", "cell", "ta", "imei_id")
    order = ibis.window(group_by=held.sim_id, order_by=[held.t_s, held.row])
    acts = held.mutate(**{f"{name}_before": held[name].lag().over(order) for name in ("t_s", "cell", "ta", "imei_id")})
    stayed = acts.cell == acts.cell_before
    marks = {
        "moves": acts.cell != acts.cell_before,
        "steps": acts.cell.notnull() & acts.cell_before.notnull(),
        "rings_changed": stayed & (acts.ta != acts.ta_before),
        "rings": stayed & acts.ta.notnull() & acts.ta_before.notnull(),
        "imei_changes": acts.imei_id != acts.imei_id_before,
        "imei_steps": acts.imei_id.notnull() & acts.imei_id_before.notnull(),
        "hours": acts.t_s_before.isnull() | (acts.t_s_before // HOUR_S < acts.t_s // HOUR_S),
    }
    return View(acts, marks, {})


def contacts(records: ir.Table, past: Past | None) -> View:
    """What an act tells by earlier acts with the same number."""
    held = after(None, records.filter(records.other_id.notnull()), "sim_id", "other_id", "kind", "t_s", "row")
    until = ibis.window(
        group_by=[held.sim_id, held.other_id], order_by=[held.t_s, held.row], preceding=None, following=0
    )
    called, wrote = held.kind == MOC, held.kind == SMO
    heard = held.kind.isin([MTC, SMT])
    acts = held.mutate(
        **{
            name: kind.cast("int32").sum().over(until)
            for name, kind in (("called", called), ("wrote", wrote), ("heard", heard))
        }
    )
    if past is not None:
        acts = with_pairs(acts, past.pairs)
    called, wrote = acts.kind == MOC, acts.kind == SMO
    marks = {
        "new_callees": called & (acts.called == 1),
        "second_callees": called & (acts.called == 2),
        "new_recipients": wrote & (acts.wrote == 1),
        "returns": (acts.kind == MTC) & (acts.called > 0),
        "own_contact": (acts.called > 0) & (acts.heard > 0),
    }
    return View(acts, marks, {})


def with_pairs(acts: ir.Table, pairs: ir.Table) -> ir.Table:
    """Acts whose running counts with a number go on from earlier ones."""
    earlier = pairs.rename(**{f"{name}_before": name for name in ("sim_id", "other_id", *PAIR_COUNTS)})
    joined = acts.left_join(earlier, [acts.sim_id == earlier.sim_id_before, acts.other_id == earlier.other_id_before])
    return joined.mutate(**{name: joined[name] + joined[f"{name}_before"].fill_null(0) for name in PAIR_COUNTS})


def pairs(records: ir.Table) -> ir.Table:
    """sim_id, other_id, and how often it called, wrote to and heard from that number."""
    held = records.filter(records.other_id.notnull())
    kinds = {"called": [MOC], "wrote": [SMO], "heard": [MTC, SMT]}
    return held.group_by("sim_id", "other_id").agg(
        **{name: held.kind.isin(kinds[name]).cast("int32").sum().cast("int32") for name in PAIR_COUNTS}
    )


def gaps(records: ir.Table, past: Past | None) -> View:
    """What an outgoing act tells by the two before it."""
    outward = records.filter(records.kind.isin([MOC, SMO]))
    tail = past and past.tail.filter(past.tail.kind.isin([MOC, SMO]))
    held = after(tail, outward, "sim_id", "t_s", "row")
    order = ibis.window(group_by=held.sim_id, order_by=[held.t_s, held.row])
    acts = held.mutate(before=held.t_s.lag().over(order), before_that=held.t_s.lag(2).over(order))
    gap, gap_before = acts.t_s - acts.before, acts.before - acts.before_that
    timed = acts.before_that.notnull() & (gap > 30)
    marks = {"even_gaps": timed & ((gap - gap_before).abs() * 10 <= gap_before), "gaps": timed}
    return View(acts, marks, {})


def roaming(records: ir.Table, past: Past | None) -> View:
    """The first act of a SIM on each cell."""
    spoken = records.filter(records.kind <= SMT, records.cell.notnull())
    acts = spoken.group_by("sim_id", "cell").agg(t_s=spoken.t_s.min())
    if past is not None:
        acts = acts.anti_join(past.visited, ["sim_id", "cell"])
    acts = acts.mutate(past=False)
    return View(acts, {"new_cells": acts.cell.notnull()}, {})


def visited(records: ir.Table) -> ir.Table:
    """sim_id, cell: where each SIM called or wrote, or was called or written to."""
    spoken = records.filter(records.kind <= SMT, records.cell.notnull())
    return spoken.select("sim_id", "cell").distinct()


VIEWS: tuple[Callable[[ir.Table, Past | None], View], ...] = (single_acts, steps, roaming, contacts, gaps)


def sims(records: ir.Table) -> ir.Table:
    """sim_id, number_id (that of its last act with one), first_s, last_s, acts."""
    stamped = ibis.ifelse(records.number_id.notnull(), records.t_s * 2**31 + records.number_id, ibis.null("int64"))
    return records.group_by("sim_id").agg(
        number_id=stamped.max() % 2**31,
        first_s=records.t_s.min(),
        last_s=records.t_s.max(),
        acts=records.count(),
    )


def devices(records: ir.Table) -> ir.Table:
    """imei_id, sim_id, acts, first_s, last_s: SIMs in devices."""
    held = records.filter(records.imei_id.notnull())
    return held.group_by("imei_id", "sim_id").agg(acts=held.count(), first_s=held.t_s.min(), last_s=held.t_s.max())


def spots(records: ir.Table) -> ir.Table:
    """sim_id, cell, ta, acts, outward (outgoing acts), first_s, last_s at each cell and ring."""
    placed = records.filter(records.cell.notnull())
    return placed.group_by("sim_id", "cell", "ta").agg(
        acts=placed.count(),
        outward=placed.kind.isin([MOC, SMO]).cast("int64").sum(),
        first_s=placed.t_s.min(),
        last_s=placed.t_s.max(),
    )


def presence(records: ir.Table) -> ir.Table:
    """sim_id, hour, cell, acts: which cells a SIM was on in which hour."""
    placed = records.filter(records.cell.notnull())
    return placed.group_by(placed.sim_id, hour=hour_of(placed), cell=placed.cell).agg(acts=placed.count())


def both_legs(records: ir.Table, party_class: NDArray[np.int8]) -> ir.Table:
    """Records and, of calls and messages between its own SIMs, the incoming leg too: for exports without any.

    `party_class`: index into CLASSES of every number.
    """
    party = pa.array(np.arange(len(party_class)), pa.int32())
    classes = ibis.memtable(pa.table({"party": party, "sort": party_class}))
    return records.union(incoming(records, owners(records), classes))


def owners(records: ir.Table) -> ir.Table:
    """number_id, sim_id, since_s: the SIM that had each number first."""
    owned = records.filter(records.number_id.notnull())
    first = owned.group_by("number_id", "sim_id").agg(since_s=owned.t_s.min())
    order = ibis.window(group_by=first.number_id, order_by=[first.since_s, first.sim_id])
    ranked = first.mutate(place=ibis.row_number().over(order))
    return ranked.filter(ranked.place == 0).drop("place")


def incoming(records: ir.Table, owners: ir.Table, classes: ir.Table) -> ir.Table:
    """The other legs of calls and messages to the numbers of `owners`; `classes`: party, sort (index into CLASSES).

    A made-up leg has no cell, device or duration of its own, but says who called whom.
    """
    outward = records.filter(records.kind.isin([MOC, SMO]))
    called = owners.select(called=owners.number_id, owner=owners.sim_id)
    met = outward.inner_join(called, outward.other_id == called.called)
    met = met.left_join(classes, met.number_id == classes.party)
    made_up = {
        "kind": ibis.ifelse(met.kind == MOC, MTC, SMT),
        "sim_id": met.owner,
        "number_id": met.called,
        "other_class": met.sort,
        "other_id": met.number_id,
        "imei_id": ibis.null("int32"),
        "cell": ibis.null("int32"),
        "ta": ibis.null("int32"),
    }
    legs = met.select(**{name: made_up.get(name, met[name]) for name in records.columns})
    return legs.cast(dict(records.schema()))
