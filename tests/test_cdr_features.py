"""Feature counts against a reading of their meanings in plain Python, whole, hour by hour, and in two goes."""

from collections import Counter
from collections.abc import Iterator

import ibis
import numpy as np
import pyarrow as pa
import pytest

from detection.cdr import features
from detection.cdr.answers import rows_of, whole_numbers
from detection.cdr.features import (
    COUNTS,
    HOUR_S,
    MOC,
    MTC,
    SERVICES,
    SHORT_S,
    SMO,
    SMT,
    THINGS,
    Past,
    tables,
)
from detection.cdr.history import build
from detection.cdr.running import TAIL

SIMS, RECORDS = 6, 700
BEGIN_S = 1_772_409_600
Row = dict[str, int | bool | None]


def some_records(seed: int) -> list[Row]:
    """Records in the order of time; few SIMs, numbers and cells, so that everything happens; row parts equal times."""
    rng = np.random.default_rng(seed)
    times = np.sort(rng.integers(0, 30 * HOUR_S, RECORDS)) // 7 * 7

    def unknown(value: int, chance: float) -> int | None:
        return None if rng.random() < chance else value

    return [
        {
            "row": row,
            "kind": int(rng.choice([MOC, MTC, SMO, SMT, 5, 6], p=[0.35, 0.25, 0.15, 0.15, 0.05, 0.05])),
            "sim_id": int(rng.integers(SIMS)),
            "number_id": 100 + int(rng.integers(2)),
            "other_id": unknown(int(rng.integers(12)), 0.1),
            "other_class": int(rng.integers(8)),
            "imei_id": unknown(int(rng.integers(3)), 0.2),
            "t_s": BEGIN_S + int(time),
            "local_s": BEGIN_S + int(time) + 8 * HOUR_S,
            "duration_s": unknown(int(rng.choice([3, 9, 10, 60, 180, 400])), 0.1),
            "cell": unknown(int(rng.integers(3)), 0.1),
            "ta": unknown(int(rng.integers(3)), 0.1),
            "answered": None if rng.random() < 0.1 else bool(rng.random() < 0.7),
        }
        for row, time in enumerate(times.tolist())
    ]


def table_of(rows: list[Row]) -> ibis.Table:
    kinds = dict.fromkeys(("row", "t_s", "local_s"), pa.int64()) | {
        "kind": pa.int8(),
        "other_class": pa.int8(),
        "answered": pa.bool_(),
    }
    names = list(rows[0])
    arrays = {name: pa.array([row[name] for row in rows], kinds.get(name, pa.int32())) for name in names}
    return ibis.memtable(pa.table(arrays))


def told(own: list[Row]) -> Iterator[tuple[int, Counter[str]]]:
    """(hour, what each act of one SIM adds) by the words of COUNTS."""
    called: Counter[int] = Counter()
    wrote: Counter[int] = Counter()
    heard: set[int] = set()
    outward: list[int] = []
    been: set[object] = {None}
    before: Row | None = None
    for act in own:
        adds: Counter[str] = Counter()
        kind, other, t = act["kind"], act["other_id"], int(act["t_s"] or 0)
        talked = bool(act["answered"])
        adds[{MOC: "calls_out", MTC: "calls_in", SMO: "sms_out", SMT: "sms_in"}.get(int(kind or 0), "none")] += 1
        if talked and kind in (MOC, MTC):
            adds["answered_out" if kind == MOC else "answered_in"] += 1
        if talked and kind == MOC and act["duration_s"] is not None:
            adds["talk_s"] += int(act["duration_s"])
            adds["short_out"] += act["duration_s"] < SHORT_S
        if other is not None:
            adds["returns"] += kind == MTC and called[int(other)] > 0
            called[int(other)] += kind == MOC
            wrote[int(other)] += kind == SMO
            if kind in (MTC, SMT):
                heard.add(int(other))
            adds["new_callees"] += kind == MOC and called[int(other)] == 1
            adds["second_callees"] += kind == MOC and called[int(other)] == 2
            adds["new_recipients"] += kind == SMO and wrote[int(other)] == 1
            adds["own_contact"] += called[int(other)] > 0 and other in heard
        adds["service_in"] += kind == SMT and act["other_class"] in SERVICES
        adds["things"] += act["other_class"] == THINGS
        adds["night"] += kind in (MOC, SMO) and int(act["local_s"] or 0) % 86_400 < 6 * HOUR_S
        if kind not in (MOC, MTC, SMO, SMT):
            yield t // HOUR_S, adds
            continue
        adds["new_cells"] += act["cell"] not in been
        been.add(act["cell"])
        for name, changed, steps in (("cell", "moves", "steps"), ("imei_id", "imei_changes", "imei_steps")):
            if before is not None and act[name] is not None and before[name] is not None:
                adds[steps] += 1
                adds[changed] += act[name] != before[name]
        stayed = before is not None and act["cell"] is not None and act["cell"] == before["cell"]
        if before is not None and stayed and act["ta"] is not None and before["ta"] is not None:
            adds["rings"] += 1
            adds["rings_changed"] += act["ta"] != before["ta"]
        if kind in (MOC, SMO):
            outward.append(t)
            if len(outward) > 2:
                gap, gap_before = outward[-1] - outward[-2], outward[-2] - outward[-3]
                adds["gaps"] += gap > 30
                adds["even_gaps"] += gap > 30 and abs(gap - gap_before) * 10 <= gap_before
        adds["hours"] += before is None or int(before["t_s"] or 0) // HOUR_S < t // HOUR_S
        before = act
        yield t // HOUR_S, adds


def by_hour(rows: list[Row]) -> dict[tuple[int, int], Counter[str]]:
    sums: dict[tuple[int, int], Counter[str]] = {}
    for sim in range(SIMS):
        for hour, adds in told([row for row in rows if row["sim_id"] == sim]):
            sums.setdefault((sim, hour), Counter()).update(adds)
    return sums


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_counts_mean_what_they_say(seed: int) -> None:
    rows = some_records(seed)
    want = by_hour(rows)
    known = build(tables(table_of(rows[::-1])))
    hours = known.hours()
    assert list(zip(np.repeat(np.arange(SIMS), np.diff(hours.start)).tolist(), hours.hour.tolist(), strict=True)) == (
        sorted(want)
    )
    for name in COUNTS:
        so_far: Counter[int] = Counter()
        for at, (sim, hour) in enumerate(sorted(want)):
            so_far[sim] += want[sim, hour][name]
            assert hours.counts[name][at] == so_far[sim], (name, sim, hour)
        assert known.counts[name].tolist() == [so_far[sim] for sim in range(SIMS)], name


@pytest.mark.parametrize("cut", [1, 350, 699])
def test_later_records_are_counted_by_what_was_before(cut: int) -> None:
    rows = some_records(4)
    first, later = table_of(rows[:cut]), table_of(rows[cut:])
    tail = [rows.index(row) for sim in range(SIMS) for row in kept_of([r for r in rows[:cut] if r["sim_id"] == sim])]
    past = Past(table_of([rows[at] for at in tail]).select(*TAIL), features.pairs(first), features.visited(first))
    sums = {name: np.zeros(SIMS) for name in COUNTS}
    for views in (features.views(first), features.views(later, past)):
        for view in views:
            columns = whole_numbers(view.summed(sim_id=view.acts.sim_id))
            sim = columns.pop("sim_id")
            for name, column in columns.items():
                sums[name][sim] += column
    want = build(tables(table_of(rows))).counts
    for name in COUNTS:
        assert sums[name].tolist() == want[name].tolist(), name


def kept_of(own: list[Row]) -> list[Row]:
    """A SIM's latest act, its latest call or message, and its two latest outgoing ones."""
    spoken = [row for row in own if row["kind"] in (MOC, MTC, SMO, SMT)]
    outward = [row for row in own if row["kind"] in (MOC, SMO)]
    return [row for row in own if row in (own[-1], *spoken[-1:], *outward[-2:])] if own else []


def test_the_other_leg_goes_to_the_sim_that_had_the_number_first() -> None:
    blank: Row = {"imei_id": 7, "cell": 1, "ta": 2, "duration_s": 30, "answered": True, "other_class": 0, "kind": MOC}
    calls: list[Row] = [
        {"row": 0, "sim_id": 0, "number_id": 10, "other_id": 11, "t_s": 100, "local_s": 100, **blank},
        {"row": 1, "sim_id": 1, "number_id": 11, "other_id": 12, "t_s": 200, "local_s": 200, **blank},
        {"row": 2, "sim_id": 2, "number_id": 11, "other_id": 10, "t_s": 300, "local_s": 300, **blank},
    ]
    both = features.both_legs(table_of(calls), np.array([0] * 10 + [4, 0, 0], np.int8))
    legs = both.filter(both.kind == MTC)
    wanted = legs.order_by("t_s").select("sim_id", "number_id", "other_id", "other_class", "t_s", "cell", "imei_id")
    assert rows_of(wanted) == [(1, 11, 10, 4, 100, None, None), (0, 10, 11, 0, 300, None, None)]
    assert both.count().to_pyarrow().as_py() == 5
