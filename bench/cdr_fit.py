"""Fits the laws of detection/cdr/kinds.py on randomised cities.

    python bench/cdr_fit.py [CITIES] [SUBSCRIBERS]

Data card: made-up people of detection/town/city.py only, seeds 1000 and up (bench/cdr.py and bench/cdr_held.py measure
on others); half the cities evasive, 1-4 days. A mean and a spread a kind and share by moments, the spread widened,
since no town is like ours. Every form of box has two laws, a plain one and a busy one. Priors are set here by hand:
they say how common a kind is among SIMs, not in any file.
"""

import json
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detection.cdr import history
from detection.cdr.cities import city_history
from detection.cdr.kinds import PEER_STEPS, Counts, Floats, measures_of, peer_step, shares_of
from detection.town import city

PRIORS = {
    "ordinary": 0.78,
    "home": 0.12,
    "heavy": 0.02,
    "dormitory": 0.01,
    "two-sims": 0.02,
    "courier": 0.008,
    "taxi": 0.006,
    "meter": 0.01,
    "quiet": 0.03,
    "newcomer": 0.01,
    "call-centre": 0.004,
    "telesales": 0.003,
    "hotel": 0.002,
    "pbx": 0.002,
    "clinic": 0.002,
    "notifier": 0.002,
    "alarm": 0.002,
    "naive": 1.0,
    "human": 1.0,
    "scam": 1.0,
    "car": 0.7,
    "pair": 0.7,
    "sms": 0.7,
    "otp": 0.7,
}
WORK = ("call-centre", "telesales", "courier", "hotel", "pbx", "clinic", "notifier", "alarm", "heavy")
WIDEN = 0.6  # of the fitted concentration
CONCENTRATION = (0.8, 16.0)
MOST_ALIKE = {"awake": 2.5}  # concentration of shares that go by the SIMs a port has, which each box settles for itself
LEAST_SPREAD = {"cells": 0.7}  # of measures that differ more between networks than between people; others .35

Gathered = tuple[Counts, NDArray[np.str_]]


def main(cities: int = 8, subscribers: int = 5_000) -> None:
    laws = fit_all(*(gather(cities, subscribers, plain) for plain in (True, False)))
    path = Path(__file__).parents[1] / "detection" / "cdr" / "laws.json"
    card = f"{2 * cities} cities of {subscribers} subscribers, seeds 1000 to {999 + cities}, bench/cdr_fit.py"
    path.write_text(json.dumps({"version": 2, "fitted_on": card, "kinds": laws}, indent=1) + "\n", encoding="utf-8")


def fit_all(plain: Gathered, busy: Gathered, without: str = "") -> dict[str, Any]:
    """The laws of all kinds but `without`, honest ones first."""
    laws = {kind: fit(kind, *plain) for kind in PRIORS if kind != without}
    laws["other-work"] = blend([laws[kind] for kind in WORK if kind != without])
    laws |= {f"{form}, busy": fit(form, *busy) for form in city.FRAUD if form != without}
    return {kind: laws[kind] for kind in sorted(laws, key=lambda kind: bool(laws[kind]["form"]))}


def gather(cities: int, subscribers: int, plain: bool, forms: Collection[str] = city.FRAUD) -> Gathered:
    """(counts, kinds) of SIMs over all their acts, and of the same SIMs when they were young.

    In plain cities boxes do their work alone, and no trade looks like a box: their laws are narrow, and honest kinds
    stand clear. In busy ones boxes ring some numbers again, ask balances, get notices, burn SIMs.
    """
    names: list[str] = []
    parts = []
    for at in range(cities):
        made = city.make(
            1_000 + at,
            subscribers,
            1 + at % 4,
            boxes=dict.fromkeys(forms, 3),
            evasive=at % 2 == 1,
            rat="lte" if at % 3 == 2 else "gsm",
            trades=0.0,
            plain=plain,
        )
        known, kinds = city_history(made)
        parts.append(known.counts)
        names.extend(kinds)
        hours = known.hours()
        parts.append(hours.at(early_rows(hours)))
        names.extend(kinds)
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}, np.array(names)


def blend(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """An honest kind that nobody imagined: between the means of several, spread wide."""

    def between(values: list[list[float]], spread: float) -> list[float]:
        return [round(float(np.mean([value[0] for value in values])), 4), spread]

    return {
        "form": "",
        "prior": 0.004,
        "shares": {name: between([row["shares"][name] for row in rows], 1.6) for name in rows[0]["shares"]},
        "measures": {name: between([row["measures"][name] for row in rows], 1.6) for name in rows[0]["measures"]},
        "peers": [round(float(np.mean(p)), 5) for p in zip(*(row["peers"] for row in rows), strict=True)],
        "late": 0.1,
    }


def early_rows(known: history.Hours) -> history.Ints:
    """A row from the first part of each SIM's life, so that young SIMs are judged by young SIMs."""
    rng = np.random.default_rng(5)
    length = np.diff(known.start)
    rows: history.Ints = known.start[:-1] + (rng.random(len(length)) * length * 0.5).astype(np.int64)
    return rows


def fit(kind: str, counts: Counts, names: NDArray[np.str_]) -> dict[str, Any]:
    own = {name: column[names == kind] for name, column in counts.items()}
    shares = {name: beta(k, n) for name, (k, n) in shares_of(own).items()}
    if kind in city.FRAUD:
        shares |= {name: [shares[name][0], min(shares[name][1], most)] for name, most in MOST_ALIKE.items()}
    measures = {}
    for name, (value, weight) in measures_of(own).items():
        used = value[weight > 0]
        measures[name] = (
            [round(float(used.mean()), 3), round(float(max(LEAST_SPREAD.get(name, 0.35), 1.25 * used.std())), 3)]
            if len(used) > 3
            else [1.0, 3.0]
        )
    steps = np.bincount(peer_step(own["peers"]), minlength=len(PEER_STEPS)) + np.array([2.0, 0.3, 0.15, 0.05]) * max(
        1.0, len(own["peers"]) / 400
    )
    late = own["late"][~np.isnan(own["late"])]
    return {
        "form": kind if kind in city.FRAUD else "",
        "prior": PRIORS[kind],
        "shares": shares,
        "measures": measures,
        "peers": [round(float(p), 5) for p in steps / steps.sum()],
        "late": round(float(np.clip((late.sum() + 1) / (len(late) + 4), 0.03, 0.8)), 3),
    }


def beta(k: Floats, n: Floats) -> list[float]:
    """Mean and widened concentration by the method of moments, over SIMs with at least three."""
    used = n >= 3
    if used.sum() < 5:
        return [0.5, 1.5]
    weight = np.minimum(n[used], 30)
    ratio = k[used] / n[used]
    mean = float(np.clip(np.average(ratio, weights=weight), 0.004, 0.996))
    spread = float(np.average((ratio - mean) ** 2, weights=weight))
    noise = float(np.average(1 / n[used], weights=weight))
    binomial = mean * (1 - mean)
    excess = np.clip((spread / binomial - noise) / max(1e-3, 1 - noise), 0.012, 0.9)
    concentration = float(np.clip((1 / excess - 1) * WIDEN, *CONCENTRATION))
    return [round(mean, 4), round(concentration, 2)]


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
