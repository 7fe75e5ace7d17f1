"""What `cdr rank` makes of a kind that its laws were never fitted on: whole kinds held out, one after another.

    python bench/cdr_held_out.py [SEEDS] [SUBSCRIBERS] [DAYS] [--first-seed N] [--fit CITIES] [--json]

The laws are fitted by bench/cdr_fit.py's code on CITIES plain and as many busy towns of 3,000 (fewer than the shipped
laws, which stay as they are): once with all kinds, then without one. For a form of box the towns are made anew
without any such box, plain or busy; for an honest kind its SIMs are left out of the fit. Both laws then rank the same
cities of another maker (`cities/`): a form in its own cities, an honest kind in mixed ones. What joins SIMs and cuts
their groups (devices, spots, roads, calls, likeness) stays as shipped.

AP over all SIMs, mean over the seeds: by the shipped laws, by those of all kinds, by those without the kind, and the
worst seed of the last; then all -> without, box SIMs above the alarm (recall) and honest SIMs above it, with the
kinds of which more are accused.
"""

import json
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from unittest.mock import patch

import numpy as np
from cdr_fit import Gathered, fit_all, gather
from cdr_held import average_precision
from cdr_scored import Made, arguments, read_city, score

from detection.cdr import kinds
from detection.town import city

HONEST = ("call-centre", "telesales", "courier", "dormitory", "heavy", "notifier")
PEOPLE = 3_000  # subscribers of a town that is fitted on

Laws = tuple[kinds.Kind, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """What some laws made of a city."""

    precision: float
    recall: float
    accused: Counter[str]  # honest SIMs above the alarm, by kind


@dataclass(frozen=True, slots=True)
class Line:
    """A kind held out; sums and means over the seeds."""

    kind: str
    cities: str
    ap_shipped: float
    ap: float
    ap_without: float
    worst: float  # AP without it
    worst_seed: int
    recall: float
    recall_without: float
    false_alarms: int
    false_alarms_without: int
    newly: dict[str, int]  # honest kinds, SIMs more accused without it


def fit_without(form: str, cities: int) -> tuple[Laws, tuple[Gathered, Gathered]]:
    """The kinds fitted on towns without a form of box (with all where it is empty), and what was gathered in them."""
    forms = [name for name in city.FRAUD if name != form]
    towns = gather(cities, PEOPLE, True, forms), gather(cities, PEOPLE, False, forms)
    return kinds.kinds_of(fit_all(*towns, form)), towns


def judge(made: Made, laws: Laws) -> Found:
    """Ranks a city by other laws than the shipped ones."""
    with patch.object(kinds, "kinds", lambda: laws):
        found = score(made)
    box = made.inside & made.told
    return Found(
        average_precision(found.odds[made.told], box[made.told]),
        float(found.raised[box].mean()),
        Counter(made.kind[found.raised & ~made.inside].tolist()),
    )


def compare(
    kind: str, made: Sequence[Made], shipped: Sequence[Found], before: Sequence[Found], after: Sequence[Found]
) -> Line:
    by_shipped, with_it, without = ([found.precision for found in each] for each in (shipped, before, after))
    accused, later = (sum((found.accused for found in each), Counter[str]()) for each in (before, after))
    return Line(
        kind,
        made[0].scenario,
        float(np.mean(by_shipped)),
        float(np.mean(with_it)),
        float(np.mean(without)),
        min(without),
        made[int(np.argmin(without))].seed,
        float(np.mean([found.recall for found in before])),
        float(np.mean([found.recall for found in after])),
        accused.total(),
        later.total(),
        dict((later - accused).most_common(3)),
    )


def measure(seeds: Sequence[int], subscribers: int, days: int, fitted_on: int) -> list[Line]:
    """A line a kind, told on standard error as it comes."""
    lines: list[Line] = []
    every, all_towns = fit_without("", fitted_on)
    for scenario, held in (*((form, (form,)) for form in city.FRAUD), ("mixed", HONEST)):
        cities = [read_city(scenario, seed, subscribers, days) for seed in seeds]
        shipped, before = ([judge(made, laws) for made in cities] for laws in (kinds.kinds(), every))
        for kind in held:
            laws = kinds.kinds_of(fit_all(*all_towns, kind)) if kind in HONEST else fit_without(kind, fitted_on)[0]
            lines.append(compare(kind, cities, shipped, before, [judge(made, laws) for made in cities]))
            print(show(lines[-1:]).splitlines()[-1], file=sys.stderr, flush=True)
        for made in cities:
            made.records.engine.disconnect()
    return lines


def show(lines: Sequence[Line]) -> str:
    heads = ("held out", "cities", "AP shipped", "all", "without", "worst (seed)", "recall", "false alarms")
    told = ["{:12} {:7} {:>10} {:>6} {:>8} {:>13} {:>12} {}".format(*heads)]
    for line in lines:
        newly = ", ".join(f"{kind} +{n}" for kind, n in line.newly.items())
        told.append(
            f"{line.kind:12} {line.cities:7} {line.ap_shipped:10.3f} {line.ap:6.3f} {line.ap_without:8.3f}"
            f" {f'{line.worst:.3f} ({line.worst_seed})':>13} {f'{line.recall:.2f} -> {line.recall_without:.2f}':>12}"
            f" {line.false_alarms} -> {line.false_alarms_without}{f' ({newly})' if newly else ''}"
        )
    return "\n".join(told)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--fit", type=int, default=4, metavar="CITIES")
    given = parser.parse_args()
    seeds = range(given.first_seed, given.first_seed + given.seeds)
    lines = measure(seeds, given.subscribers, given.days, given.fit)
    if given.json:
        print(json.dumps([asdict(line) for line in lines]))
        return
    print(show(lines))
    lost = max(lines, key=lambda line: line.ap - line.ap_without)
    low = min(lines, key=lambda line: line.worst)
    loud = max(lines, key=lambda line: line.false_alarms_without - line.false_alarms)
    print(
        f"worst: most lost {lost.kind} (AP {lost.ap:.3f} -> {lost.ap_without:.3f}), lowest city {low.kind} seed"
        f" {low.worst_seed} (AP {low.worst:.3f}), most false alarms more {loud.kind}"
        f" ({loud.false_alarms} -> {loud.false_alarms_without})"
    )


if __name__ == "__main__":
    main()
