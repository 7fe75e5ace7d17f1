"""Cities of another maker (`cities/`) ranked in this process: the score of every SIM beside the truth."""

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from cdr_held import THIN, read_truth
from cities.scenarios import make
from numpy.typing import NDArray

from detection.cdr.features import Source
from detection.cdr.pseudonyms import Names
from detection.cdr.rank import features_of, rank
from detection.cdr.records import Records, open_engine, read_records
from detection.cells import read_cells
from detection.lead import PlacedCell

NAMES = Names(b"b" * 32, clear=True)
ZONE = "Asia/Shanghai"


@dataclass(frozen=True, slots=True)
class Made:
    """A city whose export has been read; box and kind of each SIM, by sim_id."""

    scenario: str
    seed: int
    days: int
    records: Records
    source: Source  # of its features: a city may be ranked again
    placed: list[PlacedCell]
    inside: NDArray[np.bool_]
    kind: NDArray[np.str_]  # of an honest SIM its trade, of another the form of its box
    told: NDArray[np.bool_]  # False: too few records in its box for anybody to tell, so it counts on neither side


@dataclass(frozen=True, slots=True)
class Scored:
    """Score and log odds of each SIM, and whether it stood above the alarm."""

    score: NDArray[np.float64]
    odds: NDArray[np.float64]
    raised: NDArray[np.bool_]


def arguments(doc: str | None) -> argparse.ArgumentParser:
    """What every measure on these cities takes: how many of them, how large, how long, from which seed."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("seeds", nargs="?", type=int, default=2)
    parser.add_argument("subscribers", nargs="?", type=int, default=10_000)
    parser.add_argument("days", nargs="?", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=401)
    parser.add_argument("--json", action="store_true")
    return parser


def read_city(scenario: str, seed: int, subscribers: int, days: int) -> Made:
    """Makes a city, and reads its export as any carrier's."""
    with tempfile.TemporaryDirectory(prefix="cities-") as scratch:
        folder = Path(scratch)
        make(scenario, seed, subscribers, days, folder)
        placed = read_cells(folder / "cells.csv")
        exports = sorted(folder.glob("export.*"))
        records = read_records(exports, open_engine(), placed=placed, timezone=ZONE, naming=NAMES)
        truth = read_truth(folder)
    at = {imsi: row for row, imsi in enumerate(truth.imsi)}
    rows = np.array([at[records.people.sim(sim)] for sim in range(len(records.people.sims))])
    inside = truth.box[rows] >= 0
    thin = (truth.acts[rows] < THIN) | np.isnan(truth.first_s[rows])
    kind = np.where(inside, np.array(truth.form)[rows], np.array(truth.kind)[rows])
    return Made(scenario, seed, days, records, features_of(records), placed, inside, kind, ~(inside & thin))


def score(city: Made) -> Scored:
    judged = rank(city.records, NAMES, city.placed, source=city.source).judged
    return Scored(judged.score, judged.odds, judged.raised_s >= 0)
