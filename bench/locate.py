"""How far off `locate` is, and whether its regions hold the truth, on randomised towns beside the usual grid Bayes.

    python bench/locate.py [--towns 50] [--scenario drive]... [--held-out]

The usual one takes the exponent for 3.5, each second's shadow (6 dB) for independent and every stream for the box's;
`prior` is the lead alone. Radii are of circles of the regions' areas.
"""

import argparse
import itertools
from collections.abc import Callable
from dataclasses import dataclass
from time import process_time

import numpy as np
from locate_worlds import HELD_OUT, PLANE, SCENARIOS, World, draw_world

from detection.place import estimate
from detection.place.estimate import Estimate
from detection.place.prior import log_prior
from detection.place.sound import sound
from detection.place.spots import gather


@dataclass(frozen=True, slots=True)
class Score:
    error_m: float
    in50: bool
    in90: bool
    r50_m: float
    r90_m: float
    cpu_s: float
    wrong: float  # share of heard seconds given to the wrong emitter


def holds(area: dict[str, object], lat: float, lon: float) -> bool:
    """Whether a MultiPolygon holds a point (even-odd over all rings)."""
    inside = False
    for polygon in area["coordinates"]:  # type: ignore[attr-defined]
        for ring in polygon:
            for (x0, y0), (x1, y1) in itertools.pairwise(ring):
                if (y0 > lat) != (y1 > lat) and lon < x0 + (lat - y0) * (x1 - x0) / (y1 - y0):
                    inside = not inside
    return inside


def score(world: World, found: Estimate, cpu_s: float) -> Score:
    fix = PLANE.to_metres(found.lat, found.lon)
    lat, lon = PLANE.to_degrees(world.truth).tolist()
    inside = [holds(area, lat, lon) for area in (found.region50, found.region90)]
    error = float(np.hypot(*(fix - world.truth)))
    return Score(error, *inside, found.r50_radius_m, found.r90_radius_m, cpu_s, wrongly_given(world, found))


def wrongly_given(world: World, found: Estimate) -> float:
    """Share of the streams' seconds whose probability lies on the wrong side of one half."""
    wrong = total = 0.0
    for stream in found.streams:
        length = stream.to_s - stream.from_s + 1
        truly = is_box(world, stream.slot, stream.freq_mhz, stream.from_s, stream.to_s)
        total += length
        wrong += length * (truly != (stream.p_box > 0.5))
    return wrong / total if total else 0.0


def is_box(world: World, slot: int | None, freq_mhz: float | None, from_s: float, to_s: float) -> bool:
    """Whether the box's calls fill most of a stream."""
    overlap = sum(
        max(0.0, min(call.to_s, to_s + 1) - max(call.from_s, from_s))
        for call in world.box_calls
        if (call.freq_mhz, call.slot) == (freq_mhz, slot)
    )
    return overlap > (to_s - from_s + 1) / 2


def ours(world: World) -> Estimate:
    return estimate.locate(world.readings, world.lead)


def told_labels(world: World) -> Estimate:
    """Ours, told which streams are the box's: what association loses is the gap between the two."""
    readings, _ = sound(world.readings)
    plane = estimate.choose_plane(readings, world.lead)
    survey = gather(readings, plane)
    weights = np.array(
        [float(is_box(world, each.slot, each.freq_mhz, each.from_s, each.to_s)) for each in survey.streams]
    )
    bounds = estimate.choose_bounds(survey, world.lead, plane)
    grid, mass = estimate.posterior(survey, weights, world.lead, plane, bounds)
    return estimate.describe(grid, mass, plane, survey, weights, 0.0, ())


def prior_alone(world: World) -> Estimate:
    return estimate.locate([], world.lead)


def usual(world: World) -> Estimate:
    """Exponent 3.5, independent shadows of 6 dB, one unknown constant, every stream the box's."""
    plane = estimate.choose_plane(world.readings, world.lead)
    bounds = estimate.choose_bounds(None, world.lead, plane)
    heard = [row for row in world.readings if row.det]
    grid = estimate.lay_grid(bounds, 60)
    places = grid.centres()
    log_mass = log_prior(places, world.lead, plane)
    if heard:
        xy = plane.to_metres([row.lat for row in heard], [row.lon for row in heard])
        level = np.array([row.rssi_dbfs - row.gain_db for row in heard])
        gap = np.hypot(*(places[:, None] - xy[None]).transpose(2, 0, 1))
        rest = level + 35 * np.log10(np.maximum(gap, 5))
        log_mass = log_mass - (rest.var(axis=1) * len(heard)) / 6.0**2 / 2
    mass = np.exp(log_mass - log_mass.max())
    return estimate.describe(grid, mass / mass.sum(), plane, None, np.zeros(0), 0.0, ())


ESTIMATORS: dict[str, Callable[[World], Estimate]] = {
    "prior": prior_alone,
    "usual": usual,
    "catpool": ours,
    "labels": told_labels,
}


def run(scenario: str, towns: int, held_out: str | None, first: int) -> None:
    scores: dict[str, list[Score]] = {name: [] for name in ESTIMATORS}
    for seed in range(first, first + towns):
        world = draw_world(scenario, seed, held_out)
        for name, locate in ESTIMATORS.items():
            started = process_time()
            found = locate(world)
            scores[name].append(score(world, found, process_time() - started))
    for name, found_scores in scores.items():
        print(f"{scenario:10} {held_out or '':10} {name:8} {line(found_scores)}", flush=True)


def line(scores: list[Score]) -> str:
    error = np.array([one.error_m for one in scores])
    r50, r90 = (np.median([getattr(one, name) for one in scores]) for name in ("r50_m", "r90_m"))
    in50, in90, wrong, cpu = (
        np.mean([getattr(one, name) for one in scores]) for name in ("in50", "in90", "wrong", "cpu_s")
    )
    near = f"{(error < 50).mean():.2f} {(error < 100).mean():.2f}"
    return (
        f"{np.median(error):5.0f} {np.quantile(error, 0.9):5.0f} m  within 50/100 m {near}"
        f"  covers {in50:.2f} {in90:.2f} at {r50:4.0f} {r90:4.0f} m  wrong {wrong:.3f}  {cpu:.2f} s"
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--towns", type=int, default=50)
    options.add_argument("--first", type=int, default=0, help="seed of the first town")
    options.add_argument("--scenario", choices=SCENARIOS, action="append")
    options.add_argument("--held-out", action="store_true", help="laws the estimator was not tuned on")
    chosen = options.parse_args()
    print("scenario   held out   estimator  median, 90th percentile of the error; coverage of 50/90 % and their radii")
    for scenario in chosen.scenario or SCENARIOS:
        run(scenario, chosen.towns, None, chosen.first)
    for law in HELD_OUT if chosen.held_out else ():
        run("drive", chosen.towns, law, chosen.first)


if __name__ == "__main__":
    main()
