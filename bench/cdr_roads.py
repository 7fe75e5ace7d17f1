"""How well the next hour's cells of a moving box are told: log score and share of acts on the first cells named.

    python bench/cdr_roads.py [--cities 12]

Cars and phone pairs of made-up cities, asked every hour and a half of their lives from what was known up to then;
the forecasts that are mixed stand beside the mixture. Hours in which nothing came are left out.
"""

import argparse
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from detection.cdr import roads
from detection.cdr.cities import placed_cells
from detection.town import city

FIRST_SEED = 100
UNTOLD = 1e-4  # probability given to a cell that a forecast does not name
TOPS = (1, 3, 5, 10)


def tracks(seed: int, form: str) -> Iterator[tuple[roads.Track, roads.Ground]]:
    """The boxes of one city."""
    made = city.make(seed, 1_500, 4, boxes={form: 2})
    ground = roads.lay_ground(placed_cells(made))
    for box in made.boxes:
        held = np.isin(made.sim, box.sims) & (made.cell >= 0)
        order = np.argsort(made.t_s[held], kind="stable")
        local = made.t_s[held][order].astype(np.int64)
        yield roads.Track(local - 28_800, local, made.cell[held][order].astype(np.int64)), ground


def scores(law: dict[int, float], came: NDArray[np.int64]) -> list[float]:
    """Mean log probability of the acts that came, and the share of them on the first TOPS cells."""
    ranked = np.array(sorted(law, key=lambda cell: -law[cell]))
    log = float(np.mean([np.log(law.get(cell, UNTOLD)) for cell in came.tolist()]))
    return [log, *(float(np.isin(came, ranked[:top]).mean()) for top in TOPS)]


def measure(form: str, cities: int) -> None:
    """Prints the table of one form."""
    found: dict[str, list[list[float]]] = {}
    for seed in range(FIRST_SEED, FIRST_SEED + cities):
        for track, ground in tracks(seed, form):
            for now in range(int(track.t_s[0]) + 7_200, int(track.t_s[-1]), 5_400):
                came = track.within(now, now + roads.HOUR_S)
                if not len(came):
                    continue
                cells, laws = roads.forecasts(track.before(now), now, ground)
                laws["mixture"] = np.array(list(roads.next_hour(track, now, ground).values()))
                for name, law in laws.items():
                    told = dict(zip(cells.tolist(), law.tolist(), strict=True))
                    found.setdefault(name, []).append(scores(told, came))
    for name, rows in found.items():
        log, *tops = np.mean(rows, axis=0)
        print(f"{form:5} {name:11} {len(rows):5} {log:7.2f}  " + "  ".join(f"{100 * top:5.1f}" for top in tops))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cities", type=int, default=12)
    cities = parser.parse_args().cities
    print("form  forecast    asked     log  " + "  ".join(f"top {top:<2}" for top in TOPS) + " (% of acts)")
    for form in ("car", "pair"):
        measure(form, cities)


if __name__ == "__main__":
    main()
