"""Fits the law by which SIMs are held to be of one box (detection/cdr/likeness.py).

    python bench/cdr_likeness.py [CITIES] [SUBSCRIBERS]

Data card: pairs of SIMs of made-up boxes of detection/town/city.py alone, seeds 1000 and up, half the cities evasive;
pairs of one box and of two boxes of one sort weigh the same, big boxes by the root of their size. A ridge holds the
weights small, and KEPT of them is used, since no box is like ours. Prints how many pairs either side tells rightly.
"""

import json
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from detection.cdr import likeness
from detection.cdr.acts import Acts
from detection.town import city

KEPT, RIDGE = 0.7, 2e-3
SORTS = {"sms": 1, "otp": 2}
MOST = 300

Floats = NDArray[np.float64]


def main(cities: int = 12, subscribers: int = 2_000) -> None:
    found = [pairs(seed, subscribers) for seed in range(1_000, 1_000 + cities)]
    table, same, weight = (np.concatenate(part) for part in zip(*found, strict=True))
    weight[same] *= weight[~same].sum() / weight[same].sum()
    weight /= weight.sum()

    def loss(law: Floats) -> float:
        odds = table @ law
        return float((weight * (np.logaddexp(0, odds) - same * odds)).sum() + RIDGE * (law**2).sum())

    law = minimize(loss, np.zeros(len(likeness.MARKS)), method="L-BFGS-B").x
    odds = table @ law
    print(f"of one box told rightly {(odds[same] > 0).mean():.3f}, of two boxes {(odds[~same] < 0).mean():.3f}")
    card = f"{cities} cities of {subscribers} subscribers, seeds 1000 to {999 + cities}, bench/cdr_likeness.py"
    weights = {mark: round(float(KEPT * w), 3) for mark, w in zip(likeness.MARKS, law, strict=True)}
    path = Path(likeness.__file__).with_name("likeness.json")
    path.write_text(
        json.dumps({"version": 1, "fitted_on": card, "weights": weights}, indent=1) + "\n", encoding="utf-8"
    )


def pairs(seed: int, subscribers: int) -> tuple[Floats, NDArray[np.bool_], Floats]:
    """(marks, whether of one box, weight) of pairs of a city's box SIMs."""
    made = city.make(
        seed,
        subscribers,
        1 + seed % 4,
        boxes=dict.fromkeys(city.FRAUD, 3),
        evasive=seed % 2 == 1,
        rat="lte" if seed % 3 == 2 else "gsm",
    )
    seen, rng = set(made.sim.tolist()), np.random.default_rng(seed)
    tables, same, weight = [], [], []
    for sort in range(3):
        box_of = {s: box.name for box in made.boxes if SORTS.get(box.form, 0) == sort for s in box.sims if s in seen}
        sims = np.array(sorted(box_of))
        sims = np.sort(rng.choice(sims, min(MOST, len(sims)), replace=False))
        acts, tac = acts_of(made, sims)
        names = np.array([box_of[int(sim)] for sim in sims])
        size = np.sqrt([(names == name).sum() for name in names])
        one, two = np.triu_indices(len(sims), 1)
        tables.append(likeness.marks(acts, sims, sims, tac)[:, one, two].T)
        same.append(names[one] == names[two])
        weight.append(1 / (size[one] * size[two]))
    return np.concatenate(tables), np.concatenate(same), np.concatenate(weight)


def acts_of(made: city.City, sims: NDArray[np.int64]) -> tuple[Acts, NDArray[np.int64]]:
    """The acts of SIMs of a city, and the TAC of every IMEI id."""
    held = np.flatnonzero(np.isin(made.sim, sims))
    held = held[np.lexsort((made.t_s[held], made.sim[held]))]
    imeis, imei = np.unique(made.imei[held], return_inverse=True)
    sim, cell, ta, t_s, other, kind, lasted, answered = (
        column[held].astype(np.int64)
        for column in (
            made.sim, made.cell, made.timing_advance, made.t_s, made.other, made.kind, made.duration_s, made.answered
        )
    )  # fmt: skip
    acts = Acts(sim, cell, ta, t_s - 28_800, t_s, imei.astype(np.int64), other, kind, lasted, answered)
    return acts, np.array([int(text[:8]) for text in imeis])


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
