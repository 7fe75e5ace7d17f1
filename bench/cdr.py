"""How well `cdr rank` finds boxes in cities it was not fitted on.

    python bench/cdr.py [SEEDS] [SUBSCRIBERS] [DAYS] [mixed|evasive|clean|FORM]

Seeds 1 and up (the laws were fitted on 1000 and up, of the same city maker: its worlds differ, its imagination does
not, so real exports will do worse). A line a seed: average precision, honest SIMs accused (at the alarm, and at the
threshold where nine tenths of the boxes' SIMs are found, a hundred thousand SIMs and day), share found, the median
delay from a SIM's first act, pairs of SIMs joined rightly (F1), distance of the place from the truth, seconds.
"""

import sys
import time
from collections import Counter
from dataclasses import dataclass

import numpy as np

from detection.cdr.cities import city_records, placed_cells
from detection.cdr.pseudonyms import Names
from detection.cdr.rank import Ranking, rank
from detection.town import city


@dataclass(frozen=True, slots=True)
class Result:
    """What was measured on one city."""

    seed: int
    fraud: int
    average_precision: float
    accused: int
    accused_at_90: float
    recall: float
    first_50: float
    delay_h: dict[str, float]
    found: dict[str, str]
    pair_f1: float
    place_km: float
    seconds: float
    look_alikes: Counter[str]


def main(seeds: int = 3, subscribers: int = 10_000, days: int = 3, mix: str = "mixed") -> None:
    results = []
    for seed in range(1, seeds + 1):
        result = measure(seed, subscribers, days, mix)
        results.append(result)
        print(line(result), flush=True)
    worst = min(results, key=lambda r: r.average_precision)
    print(f"worst seed {worst.seed}: AP {worst.average_precision:.3f}; most accused {max(r.accused for r in results)}")


def measure(seed: int, subscribers: int, days: int, mix: str) -> Result:
    chosen = None if mix in ("mixed", "evasive") else {} if mix == "clean" else {mix: 3}
    made = city.make(seed, subscribers, days, boxes=chosen, evasive=mix == "evasive", rat="lte" if seed % 2 else "gsm")
    records = city_records(made)
    begun = time.perf_counter()
    found = rank(records, Names(b"b" * 32, clear=True), placed_cells(made))
    seconds = time.perf_counter() - begun
    records.engine.disconnect()
    return judge(seed, made, found, days, seconds)


def judge(seed: int, made: city.City, found: Ranking, days: int, seconds: float) -> Result:
    kind = dict(zip(made.imsi, made.kind_of, strict=True))
    kinds = np.array([kind[found.people.sim(sim)] for sim in range(found.sims)])
    fraud = np.isin(kinds, city.FRAUD)
    score, raised = found.judged.odds, found.judged.raised_s >= 0
    order = np.argsort(-score, kind="stable")
    hits = fraud[order]
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    ap = float(precision[hits].mean()) if hits.any() else 1.0
    at_90 = np.searchsorted(np.cumsum(hits), np.ceil(0.9 * hits.sum())) if hits.any() else 0
    delay, got = {}, {}
    for form in city.FRAUD:
        own = kinds == form
        if own.any():
            late = (found.judged.raised_s[own & raised] - found.history.first_s[own & raised]) / 3600
            delay[form] = float(np.median(late)) if len(late) else np.nan
            got[form] = f"{int((own & raised).sum())}/{int(own.sum())}"
    return Result(
        seed,
        int(fraud.sum()),
        ap,
        int((raised & ~fraud).sum()),
        float((~hits[:at_90]).sum() / (~fraud).sum() / days * 1e5),
        float((raised & fraud).sum() / max(1, fraud.sum())),
        float(hits[:50].mean()),
        delay,
        got,
        pair_f1(made, found),
        place_km(made, found),
        seconds,
        Counter(kinds[raised & ~fraud].tolist()),
    )


def pair_f1(made: city.City, found: Ranking) -> float:
    """F1 over pairs of box SIMs: joined in one lead against of one box."""
    seen = {found.people.sim(sim) for sim in range(found.sims)}
    truth = {pair for box in made.boxes for pair in pairs([made.imsi[s] for s in box.sims if made.imsi[s] in seen])}
    told = {pair for lead in found.leads for pair in pairs(lead.sims)}
    right = sum(pair in truth for pair in told)
    return 2 * right / max(1, len(truth) + len(told))


def pairs(sims: list[str]) -> set[tuple[str, str]]:
    ordered = sorted(sims)
    return {(one, two) for at, one in enumerate(ordered) for two in ordered[at + 1 :]}


def place_km(made: city.City, found: Ranking) -> float:
    """Median distance of each box's place from the lead that holds most of its SIMs, moving boxes apart."""
    distance = []
    for box in made.boxes:
        own = {made.imsi[sim] for sim in box.sims}
        lead = max(found.leads, key=lambda lead: len(own & set(lead.sims)), default=None)
        if (
            lead is not None
            and own & set(lead.sims)
            and lead.lat is not None
            and lead.lon is not None
            and box.form not in ("car", "pair")
        ):
            north, east = (lead.lat - box.lat) * 111.32, (lead.lon - box.lon) * 111.32 * np.cos(np.radians(box.lat))
            distance.append(float(np.hypot(north, east)))
    return float(np.median(distance)) if distance else float("nan")


def line(result: Result) -> str:
    delays = " ".join(f"{form} {hours:.1f}" for form, hours in result.delay_h.items())
    found = " ".join(f"{form} {share}" for form, share in result.found.items())
    return (
        f"seed {result.seed}: AP {result.average_precision:.3f}, accused {result.accused} {dict(result.look_alikes)}, "
        f"at recall .9 {result.accused_at_90:.1f} per 100,000 SIMs and day, recall {result.recall:.2f} ({found}), "
        f"first 50 {result.first_50:.2f}, delay h ({delays}), pair F1 {result.pair_f1:.2f}, "
        f"place {result.place_km:.2f} km, {result.seconds:.1f} s"
    )


if __name__ == "__main__":
    numbers = [int(text) for text in sys.argv[1:4]] + [3, 10_000, 3][len(sys.argv[1:4]) :]
    main(numbers[0], numbers[1], numbers[2], *sys.argv[4:5])
