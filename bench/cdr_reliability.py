"""Whether `cdr rank`'s score means what it says: its reliability on cities that it was not fitted on (`cities/`).

    python bench/cdr_reliability.py [SEEDS] [SUBSCRIBERS] [DAYS] [--first-seed N] [--scenario NAME ...] [--json]

A score of s promises that of the SIMs with such a score a share s is in boxes, where one SIM in ten thousand is
(verdict.BOX_PRIOR). The cities hold a hundred times as many, so that a few cities measure anything at all. Each bin
of scores is therefore shown twice: the share of box SIMs as the cities have it, and reweighted to the prior, box SIMs
weighing BOX_PRIOR and honest ones the rest. So reweighted one honest SIM weighs as much as a hundred box SIMs, and
little can be said of a bin that no honest SIM is in: `from` and `to` bound the share by the counts' 95 % bounds
(Poisson), as if SIMs were independent; those of one box, or of one call centre, are not. All forms of box weigh by
their SIMs in the cities; a SIM with fewer than three records in its box counts on neither side.

ECE, the expected calibration error, is the mean distance of score and share over the bins; reweighted it is all but
that of the lowest bin, so it is also shown over the SIMs above 0.001, which suspects.csv always lists, and above the
alarm. Last, what the promise comes to: alarms among honest SIMs, by city.
"""

import json
from dataclasses import asdict, dataclass
from itertools import pairwise

import numpy as np
from cdr_scored import arguments, read_city, score
from cities.scenarios import SCENARIOS
from numpy.typing import NDArray
from scipy.stats import chi2

from detection.cdr.verdict import ALARM, BOX_PRIOR

EDGES = (0, 1e-4, 1e-3, 0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 0.999, 1)
LISTED = 1e-3
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bin:
    """SIMs whose score is in [low, high); means, shares and bounds are None where there is no SIM."""

    low: float
    high: float
    honest: int
    boxes: int
    mean: float | None  # score, each SIM weighing one
    share: float | None  # of box SIMs, as the cities have it
    mean_at_prior: float | None
    share_at_prior: float | None
    from_share: float | None
    to_share: float | None
    weight: float  # of the bin's SIMs, at the prior


@dataclass(frozen=True, slots=True)
class Alarms:
    """Alarms of one city."""

    scenario: str
    seed: int
    honest: int
    raised: int
    box_sims: int
    found: int
    a_day: float  # among 100,000 honest SIMs


def curve(scores: Floats, inside: NDArray[np.bool_], prior: float) -> list[Bin]:
    """A bin for each pair of EDGES."""
    honest, boxes = int((~inside).sum()), int(inside.sum())
    each = np.where(inside, prior / max(1, boxes), (1 - prior) / max(1, honest))
    at = np.clip(np.searchsorted(EDGES, scores, "right") - 1, 0, len(EDGES) - 2)
    bins = []
    for number, (low, high) in enumerate(pairwise(EDGES)):
        held = at == number
        k, n = int(inside[held].sum()), int(held.sum())
        weight = float(each[held].sum())
        if not n:
            bins.append(Bin(low, high, 0, 0, None, None, None, None, None, None, 0.0))
            continue
        k_least, k_most = bounds(k)
        h_least, h_most = bounds(n - k)
        bins.append(
            Bin(
                low,
                high,
                n - k,
                k,
                float(scores[held].mean()),
                k / n,
                float(np.average(scores[held], weights=each[held])),
                at_prior(k, n - k, boxes, honest, prior),
                at_prior(k_least, h_most, boxes, honest, prior),
                at_prior(k_most, h_least, boxes, honest, prior),
                weight,
            )
        )
    return bins


def at_prior(boxes: float, honest: float, all_boxes: int, all_honest: int, prior: float) -> float:
    """Share of box SIMs where `prior` of all SIMs are in boxes."""
    box, other = prior * boxes / max(1, all_boxes), (1 - prior) * honest / max(1, all_honest)
    return box / (box + other) if box + other else 0.0


def bounds(count: int) -> tuple[float, float]:
    """95 % bounds of the mean of a Poisson count."""
    low = float(chi2.ppf(0.025, 2 * count)) / 2 if count else 0.0
    return low, float(chi2.ppf(0.975, 2 * count + 2)) / 2


def error(bins: list[Bin], least: float, prior: bool) -> float:
    """Expected calibration error over the bins from `least` up, as the cities are or at the prior."""
    total = far = 0.0
    for one in bins:
        if one.low < least or one.mean is None or one.share is None:
            continue
        weight = one.weight if prior else one.honest + one.boxes
        mean, share = (one.mean_at_prior, one.share_at_prior) if prior else (one.mean, one.share)
        total += weight
        far += weight * abs(float(mean or 0) - float(share or 0))
    return far / total if total else 0.0


def share_above(bins: list[Bin], least: float) -> tuple[float, float]:
    """Share of box SIMs in the bins from `least` up: as the cities are, and at the prior."""
    held = [one for one in bins if one.low >= least]
    boxes, count = sum(one.boxes for one in held), sum(one.boxes + one.honest for one in held)
    weight = sum(one.weight for one in held)
    at_prior = sum(one.weight * (one.share_at_prior or 0.0) for one in held)
    return boxes / count if count else 0.0, at_prior / weight if weight else 0.0


def gather(scenarios: list[str], seeds: list[int], subscribers: int, days: int) -> tuple[Floats, Floats, list[Alarms]]:
    """(score, 1 in a box and 0 honest) of every SIM of every city, and the alarms of each."""
    scores, inside, alarms = [], [], []
    for scenario in scenarios:
        for seed in seeds:
            city = read_city(scenario, seed, subscribers, days)
            found = score(city)
            city.records.engine.disconnect()
            scores.append(found.score[city.told])
            inside.append(city.inside[city.told].astype(float))
            honest, raised = int((~city.inside).sum()), int((found.raised & ~city.inside).sum())
            box = city.inside & city.told
            rate = raised / honest / days * 1e5
            alarms.append(
                Alarms(scenario, seed, honest, raised, int(box.sum()), int((found.raised & box).sum()), round(rate, 2))
            )
    return np.concatenate(scores), np.concatenate(inside), alarms


def show(bins: list[Bin], alarms: list[Alarms], days: int) -> str:
    def number(value: float | None) -> str:
        return "-" if value is None else f"{value:.4f}" if value >= 0.001 or value == 0 else f"{value:.1e}"

    lines = [f"{'':>15}  {'SIMs':>14}  {'as the cities are':>17}  {f'at the prior of {BOX_PRIOR:g}':>33}"]
    heads = ("score", "honest", "box", "score", "share", "score", "share", "from", "to")
    lines.append("{:>15} {:>8} {:>6} {:>9} {:>9} {:>8} {:>8} {:>8} {:>8}".format(*heads))
    for one in bins:
        values = (one.mean, one.share, one.mean_at_prior, one.share_at_prior, one.from_share, one.to_share)
        told = [number(value) for value in values]
        lines.append(
            "{:>15} {:>8} {:>6} {:>9} {:>9} {:>8} {:>8} {:>8} {:>8}".format(
                f"{one.low:g}-{one.high:g}", one.honest, one.boxes, *told
            )
        )
    for name, least in (("all SIMs", 0.0), (f"above {LISTED:g}", LISTED), (f"above the alarm, {ALARM:g}", ALARM)):
        raw, reweighted = error(bins, least, prior=False), error(bins, least, prior=True)
        lines.append(f"ECE, {name}: {number(raw)} as the cities are, {number(reweighted)} at the prior")
    as_is, reweighted = share_above(bins, ALARM)
    lines.append(
        f"of the SIMs above the alarm in boxes: {number(as_is)} as the cities are, {number(reweighted)} at the prior"
    )
    honest, raised = sum(one.honest for one in alarms), sum(one.raised for one in alarms)
    rate = raised / honest / days * 1e5
    lines.append(f"alarms among honest SIMs: {raised} of {honest} in {days} days, {rate:.2f} per 100,000 SIMs and day")
    for city in sorted(alarms, key=lambda city: -city.a_day):
        if city.raised:
            lines.append(
                f"    {city.scenario} seed {city.seed}: {city.raised} of {city.honest}, {city.a_day:.2f};"
                f" box SIMs raised {city.found} of {city.box_sims}"
            )
    clear = sum(not one.raised for one in alarms)
    return "\n".join([*lines, f"    none in the other {clear} of {len(alarms)} cities"])


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--scenario", action="append", choices=SCENARIOS, help="again for more; by default all")
    given = parser.parse_args()
    seeds = list(range(given.first_seed, given.first_seed + given.seeds))
    scenarios = given.scenario or list(SCENARIOS)
    scores, inside, alarms = gather(scenarios, seeds, given.subscribers, given.days)
    bins = curve(scores, inside > 0, BOX_PRIOR)
    if given.json:
        print(json.dumps({"bins": [asdict(one) for one in bins], "cities": [asdict(one) for one in alarms]}))
    else:
        print(show(bins, alarms, given.days))


if __name__ == "__main__":
    main()
