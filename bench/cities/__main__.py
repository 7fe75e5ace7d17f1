"""python -m bench.cities SCENARIO [--seed N] [--subscribers N] [--days N] [--parquet] --out DIR"""

import argparse
import dataclasses
from pathlib import Path

import numpy as np

from .export import draw_options
from .scenarios import SCENARIOS, make


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.cities", description="Makes a city's export and its truth.")
    parser.add_argument("scenario", choices=SCENARIOS)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--subscribers", type=int, default=20_000)
    parser.add_argument("--days", type=int, default=3)
    parser.add_argument("--parquet", action="store_true")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    options = None
    if given.parquet:
        options = dataclasses.replace(draw_options(np.random.default_rng(given.seed), incoming=True), parquet=True)
    print(make(given.scenario, given.seed, given.subscribers, given.days, given.out, options))


if __name__ == "__main__":
    main()
