"""How hard the cities of `cities/` are: what a plain booster that is taught on such cities reaches on others of them.

    python bench/cdr_reach.py [SEEDS] [SUBSCRIBERS]

Not the engine: no reasons, no groups, no place, nobody's labels. Twenty counts a SIM, straight from its records, and
scikit-learn's boosting, fitted on cities of 4,000 (seeds 500 to 503: mixed, evasive, human). A form on which this
fails is hidden too well for anyone to be blamed. A line a scenario and seed: AP, honest SIMs a 100,000 SIM-days above
the score that reaches 90 % of the box SIMs, and who they are.
"""

import argparse
from collections import Counter

import numpy as np
from cities.export import draw_options
from cities.ledger import CALL, CALLED, TEXT, TEXTED, Ledger
from cities.records import Records
from cities.scenarios import SCENARIOS, live
from cities.terrain import Ints
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import average_precision_score

Floats = NDArray[np.float64]
DAYS = 3
FITTED_ON = (range(500, 504), ("mixed", "evasive", "human"), 4_000)
ASKED = tuple(name for name in SCENARIOS if name != "clean")


def city(scenario: str, seed: int, subscribers: int) -> tuple[Floats, NDArray[np.bool_], list[str]]:
    """(features, in a box or not, kind) of the SIMs that have records; failed calls and both legs are seen."""
    rng = np.random.default_rng([seed, SCENARIOS.index(scenario), 71])
    options = draw_options(rng, incoming=True)
    ledger, records = live(rng, scenario, subscribers, DAYS, options)
    return features(ledger, records)


def features(ledger: Ledger, records: Records) -> tuple[Floats, NDArray[np.bool_], list[str]]:
    count = len(ledger.kind)
    sim, what, hour = records.sim, records.what, records.time_s / 3_600
    other = np.where(records.peer >= 0, records.peer, -records.number)
    alive = np.full(count, -np.inf), np.full(count, np.inf)
    np.maximum.at(alive[0], sim, hour)
    np.minimum.at(alive[1], sim, hour)
    span = alive[0] - alive[1] + 1
    of = {kind: what == kind for kind in (CALL, CALLED, TEXT, TEXTED)}
    number = {kind: np.bincount(sim[rows], minlength=count) for kind, rows in of.items()}
    once = {kind: _once(sim[of[kind]], other[of[kind]], count) for kind in (CALL, TEXT)}
    out = of[CALL] | of[TEXT]
    columns = [number[kind] / span for kind in of]
    columns += [once[kind] / np.maximum(1, number[kind]) for kind in once]
    columns += [(once[CALL] + once[TEXT]) / span, _returned(sim, other, out, of[CALLED] | of[TEXTED], count)]
    columns += [_share(sim, of[kind], records.seconds > 0, count) for kind in (CALL, CALLED)]
    columns += [_share(sim, np.ones(len(sim), np.bool_), hour % 24 < 6, count)]
    columns += [_distinct(sim, hour.astype(np.int64), count) / span, _distinct(sim, records.cell, count)]
    columns += [
        _distinct(sim, records.imei, count),
        _sharers(sim, records.imei, count),
        _median(sim, of[CALL], records, count),
    ]
    columns += [span, _distinct(sim[of[TEXTED]], other[of[TEXTED]], count) / np.maximum(1, number[TEXTED])]
    seen = np.bincount(sim, minlength=count) > 0
    box = np.array(ledger.box) >= 0
    return np.column_stack(columns)[seen], box[seen], np.array(ledger.kind)[seen].tolist()


def _once(sim: Ints, other: Ints, count: int) -> Ints:
    """Numbers that each SIM rang or wrote to a single time."""
    pairs, times = np.unique(np.column_stack([sim, other]), axis=0, return_counts=True)
    return np.bincount(pairs[times == 1, 0], minlength=count)


def _returned(sim: Ints, other: Ints, out: NDArray[np.bool_], back: NDArray[np.bool_], count: int) -> Floats:
    """Share of outgoing acts to numbers that also ring or write in."""
    key = sim * 10**13 + other  # numbers are below 13 digits but services of machines, which never ring back
    mutual = np.isin(key[out], np.unique(key[back]))
    total = np.bincount(sim[out], minlength=count)
    return np.asarray(np.bincount(sim[out][mutual], minlength=count) / np.maximum(1, total))


def _share(sim: Ints, rows: NDArray[np.bool_], fits: NDArray[np.bool_], count: int) -> Floats:
    """Share of a SIM's rows that fit; NaN where it has none."""
    total = np.bincount(sim[rows], minlength=count).astype(float)
    total[total == 0] = np.nan
    return np.asarray(np.bincount(sim[rows & fits], minlength=count) / total)


def _distinct(sim: Ints, value: Ints, count: int) -> Ints:
    return np.bincount(np.unique(np.column_stack([sim, value]), axis=0)[:, 0], minlength=count)


def _sharers(sim: Ints, imei: Ints, count: int) -> Ints:
    """Most SIMs that any of its devices held."""
    pairs = np.unique(np.column_stack([sim, imei]), axis=0)
    _, which, holders = np.unique(pairs[:, 1], return_inverse=True, return_counts=True)
    most = np.zeros(count, np.int64)
    np.maximum.at(most, pairs[:, 0], holders[which])
    return most


def _median(sim: Ints, rows: NDArray[np.bool_], records: Records, count: int) -> Floats:
    """Median seconds of answered outgoing calls; NaN where there are none."""
    kept = rows & (records.seconds > 0)
    who, long = sim[kept], records.seconds[kept]
    order = np.lexsort((long, who))
    distinct, first, times = np.unique(who[order], return_index=True, return_counts=True)
    middle = np.full(count, np.nan)
    middle[distinct] = long[order][first + times // 2]
    return middle


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seeds", nargs="?", type=int, default=2)
    parser.add_argument("subscribers", nargs="?", type=int, default=8_000)
    given = parser.parse_args()
    seeds, names, size = FITTED_ON
    towns = [city(name, seed, size) for seed in seeds for name in names]
    booster = HistGradientBoostingClassifier(max_iter=100, max_leaf_nodes=10, l2_regularization=3.0, random_state=1)
    booster.fit(np.concatenate([town[0] for town in towns]), np.concatenate([town[1] for town in towns]))
    for name in ASKED:
        for seed in range(1, given.seeds + 1):
            table, box, kinds = city(name, seed, given.subscribers)
            score = booster.predict_proba(table)[:, 1]
            enough = np.sort(score[box])[::-1][int(np.ceil(0.9 * box.sum())) - 1]
            above = ~box & (score >= enough)
            who = Counter(kind for kind, accused in zip(kinds, above.tolist(), strict=True) if accused).most_common(4)
            said = ", ".join(f"{kind} {times}" for kind, times in who) or "nobody"
            rate = above.sum() / (~box).sum() / DAYS * 1e5
            ap = average_precision_score(box, score)
            print(f"{name} seed {seed}: {box.sum()} box SIMs, AP {ap:.3f}, fa90 {rate:.1f} ({said})", flush=True)


if __name__ == "__main__":
    main()
