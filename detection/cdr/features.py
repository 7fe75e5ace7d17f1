"""Counts of what a SIM did, an hour at a time, as Ibis expressions over the records.

Every count is a sum over acts, so that an hour costs its own rows, and what was known at any hour is the running
sum up to it. First and second contacts are marked where they happen. Integers throughout: sums come out the same
on every engine and in every order.
"""

from dataclasses import dataclass

import ibis
import ibis.expr.types as ir

HOUR_S = 3600
SHORT_S = 10

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
    "rings_changed": "acts on the cell of the act before, at another timing advance",
    "rings": "acts on the cell of the act before, with a timing advance",
    "imei_changes": "acts with another IMEI than the act before",
    "imei_steps": "acts with an IMEI after an act with one",
    "things": "outgoing acts to or from machine numbers",
    "even_gaps": "outgoing acts whose gap to the last one is within a tenth of the gap before",
    "gaps": "outgoing acts with two gaps before them",
}


@dataclass(frozen=True, slots=True)
class Tables:
    """The expressions that the ranking asks the engine for."""

    hourly: ir.Table  # sim_id, hour, COUNTS
    sims: ir.Table  # sim_id, sim, number, first_s, last_s, acts
    devices: ir.Table  # imei, sim_id, acts, first_s, last_s, turns
    spots: ir.Table  # sim_id, cell, ta, acts, first_s, last_s
    presence: ir.Table  # sim_id, hour, cell, acts


def tables(records: ir.Table, classify: ir.StringValue | None = None) -> Tables:
    """All feature tables of `records`, whose sims have been numbered (column sim_id)."""
    acts = marked(records)
    return Tables(hourly(acts), sims(records), devices(records), spots(records), presence(records))


def marked(records: ir.Table) -> ir.Table:
    """One row an act, with the marks that `hourly` sums."""
    order = [records.t_s, records.row]
    by_sim = ibis.window(group_by=records.sim_id, order_by=order)
    by_way = ibis.window(group_by=[records.sim_id, records.kind, records.other], order_by=order)
    outward = records.kind.isin(["moc", "smo"])
    return records.mutate(
        outward=outward,
        contact=ibis.row_number().over(by_way) + 1,
        cell_before=records.cell.lag().over(by_sim),
        ta_before=records.ta.lag().over(by_sim),
        imei_before=records.imei.lag().over(by_sim),
        called_from=ibis.ifelse(records.kind == "moc", records.t_s, ibis.null("int64"))
        .min()
        .over(ibis.window(group_by=[records.sim_id, records.other])),
        heard_from=ibis.ifelse(records.kind.isin(["mtc", "smt"]), records.t_s, ibis.null("int64"))
        .min()
        .over(ibis.window(group_by=[records.sim_id, records.other])),
        before=records.t_s.lag().over(ibis.window(group_by=[records.sim_id, outward], order_by=order)),
        before_that=records.t_s.lag(2).over(ibis.window(group_by=[records.sim_id, outward], order_by=order)),
    )


def hourly(acts: ir.Table) -> ir.Table:
    """sim_id, hour (hours since 1970, UTC) and COUNTS."""
    moc, mtc, smo, smt = (acts.kind == kind for kind in ("moc", "mtc", "smo", "smt"))
    known = acts.other.notnull()
    reached = acts.answered.fill_null(False)
    service = acts.other_class.isin(["service", "short", "name"])
    hour_of_day = (acts.local_s % 86_400) // HOUR_S
    moved = acts.cell.notnull() & acts.cell_before.notnull()
    stayed = moved & (acts.cell == acts.cell_before)
    ringed = stayed & acts.ta.notnull() & acts.ta_before.notnull()
    bodied = acts.imei.notnull() & acts.imei_before.notnull()
    gap, gap_before = acts.t_s - acts.before, acts.before - acts.before_that
    timed = acts.outward & acts.before_that.notnull()
    both_ways = known & acts.called_from.notnull() & acts.heard_from.notnull()
    marks = {
        "calls_out": moc,
        "calls_in": mtc,
        "sms_out": smo,
        "sms_in": smt,
        "answered_out": moc & reached,
        "answered_in": mtc & reached,
        "short_out": moc & reached & (acts.duration_s < SHORT_S).fill_null(False),
        "new_callees": moc & known & (acts.contact == 1),
        "second_callees": moc & known & (acts.contact == 2),
        "new_recipients": smo & known & (acts.contact == 1),
        "service_in": smt & service,
        "returns": mtc & (acts.called_from < acts.t_s).fill_null(False),
        "own_contact": both_ways & (acts.called_from <= acts.t_s) & (acts.heard_from <= acts.t_s),
        "night": acts.outward & (hour_of_day < 6),
        "moves": moved & (acts.cell != acts.cell_before),
        "steps": moved,
        "rings_changed": ringed & (acts.ta != acts.ta_before),
        "rings": ringed,
        "imei_changes": bodied & (acts.imei != acts.imei_before),
        "imei_steps": bodied,
        "things": acts.other_class == "things",
        "even_gaps": timed & (gap > 30) & ((gap - gap_before).abs() * 10 <= gap_before),
        "gaps": timed & (gap > 30),
    }
    sums = {name: mark.fill_null(False).cast("int64").sum() for name, mark in marks.items()}
    sums["talk_s"] = ibis.ifelse(moc & reached, acts.duration_s, 0).fill_null(0).sum().cast("int64")
    return acts.group_by(acts.sim_id, hour=(acts.t_s // HOUR_S).cast("int64")).agg(
        **{name: sums[name] for name in COUNTS}
    )


def sims(records: ir.Table) -> ir.Table:
    """sim_id, sim, number (its last), first_s, last_s, acts."""
    return records.group_by(records.sim_id).agg(
        sim=records.sim.max(),
        number=records.number.max(),
        first_s=records.t_s.min(),
        last_s=records.t_s.max(),
        first_local_s=records.local_s.min(),
        acts=records.count(),
    )


def devices(records: ir.Table) -> ir.Table:
    """imei, sim_id, acts, first_s, last_s, and turns: acts after an act of another SIM in the same device."""
    held = records.filter(records.imei.notnull())
    shared = held.group_by("imei").agg(users=held.sim_id.nunique())
    shared = shared.filter(shared.users > 1)
    held = held.semi_join(shared, "imei")
    order = ibis.window(group_by=held.imei, order_by=[held.t_s, held.row])
    held = held.mutate(user_before=held.sim_id.lag().over(order))
    turn = (held.user_before != held.sim_id).fill_null(False)
    return held.group_by("imei", "sim_id").agg(
        acts=held.count(),
        first_s=held.t_s.min(),
        last_s=held.t_s.max(),
        turns=turn.cast("int64").sum(),
        cells=held.cell.nunique(),
    )


def spots(records: ir.Table) -> ir.Table:
    """sim_id, cell, ta, acts, first_s, last_s of outgoing acts and received messages at each cell and ring."""
    placed = records.filter(records.cell.notnull())
    return placed.group_by("sim_id", "cell", "ta").agg(
        acts=placed.count(),
        outward=placed.kind.isin(["moc", "smo"]).cast("int64").sum(),
        first_s=placed.t_s.min(),
        last_s=placed.t_s.max(),
    )


def presence(records: ir.Table) -> ir.Table:
    """sim_id, hour, cell, acts: which cells a SIM was on in which hour."""
    placed = records.filter(records.cell.notnull())
    return placed.group_by(placed.sim_id, hour=(placed.t_s // HOUR_S).cast("int64"), cell=placed.cell).agg(
        acts=placed.count()
    )


def numbered(records: ir.Table) -> ir.Table:
    """The records with sim_id: the rank of the SIM's identity, so the same for the same export."""
    distinct = records.select("sim").distinct()
    ranked = distinct.mutate(sim_id=ibis.row_number().over(ibis.window(order_by=distinct.sim)).cast("int32"))
    return records.inner_join(ranked, "sim")


def both_legs(records: ir.Table) -> ir.Table:
    """Records and, of calls and messages between its own SIMs, the incoming leg too: for exports without any.

    A made-up leg has no cell, device or duration of its own, but says who called whom.
    """
    owners = records.filter(records.number.notnull()).group_by("number").agg(owner=records.sim.min())
    owners = owners.select(called=owners.number, owner=owners.owner)
    outward = records.filter(records.kind.isin(["moc", "smo"]))
    met = outward.inner_join(owners, outward.other == owners.called)
    inward = met.select(
        **{
            name: {
                "kind": ibis.ifelse(met.kind == "moc", "mtc", "smt"),
                "sim": met.owner,
                "number": met.called,
                "other": met.number,
                "imsi": ibis.null("string"),
                "imei": ibis.null("string"),
                "cell": ibis.null("int32"),
                "ta": ibis.null("int32"),
            }.get(name, met[name])
            for name in records.columns
        }
    )
    return records.union(inward.cast(dict(records.schema())))
