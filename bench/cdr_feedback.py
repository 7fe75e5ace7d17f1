"""What raids teach: the score as shipped, and after feedback, on cities whose honest people look like boxes.

    python bench/cdr_feedback.py [--cities 12] [--subscribers 3000]

Cities of the fit's maker, with evasive boxes, so that some leads are wrong. The leads of the first half are raided, by
the truth; the layer is fitted as `catpool cdr feedback` does. Then leads and SIMs of the other half are ranked with the
old score and the new.
"""

import argparse
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from detection.cdr import kinds, verdict, versions
from detection.cdr.cities import city_records, placed_cells
from detection.cdr.feedback import feed_back, told
from detection.cdr.layer import AS_SHIPPED, Layer
from detection.cdr.outcomes import Result
from detection.cdr.pseudonyms import Names
from detection.cdr.rank import rank
from detection.cdr.runs import Head, Run, Suspected, utc
from detection.cdr.trial import average_precision
from detection.town import city

FIRST_SEED = 7_000
NAMES = Names(b"bench-cdr-feedback-key-of-32-octets")
NOW = datetime(2026, 6, 1, tzinfo=UTC)


def ranked(seed: int, subscribers: int) -> tuple[Run, set[str]]:
    """What a ranking keeps of a city, and the pseudonyms of its boxes' SIMs."""
    made = city.make(seed, subscribers, 2, evasive=seed % 2 == 0)
    records = city_records(made)
    found = rank(records, NAMES, placed_cells(made))
    boxes = {made.imsi[sim] for box in made.boxes for sim in box.sims}
    clear, hidden = records.people, records.people.hidden()
    truth = {hidden.sim(at) for at in range(len(clear.sims)) if clear.sim(at) in boxes}
    head = Head(NOW, utc(found.history.ends_s), versions.base_version())
    kept = tuple(renamed(row, seed) for row in found.kept)
    return Run(head, kept), truth


def renamed(row: Suspected, seed: int) -> Suspected:
    """Leads of different cities never share a name."""
    lead = f"{row.lead}-{seed}" if row.lead else ""
    return Suspected(row.sim, row.number, lead, row.odds, row.kinds, row.raised)


def raids(run: Run, truth: set[str]) -> list[Result]:
    """One a lead: confirmed where half of its SIMs or more are a box's."""
    leads = sorted({row.lead for row in run.suspects if row.lead})
    results = []
    for lead in leads:
        right = np.mean([row.sim in truth for row in run.of(lead)])
        results.append(Result((lead,), "confirmed" if right >= 0.5 else "honest", "2026-05-01", "bench"))
    return results


def measure(runs: list[tuple[Run, set[str]]], layer: Layer) -> str:
    """Average precision over the suspects listed, and SIMs raised in boxes and honest."""
    names = [kind.name for kind in kinds.kinds()]
    rows = [(row, row.sim in truth) for run, truth in runs for row in run.suspects]
    odds = np.array([row.odds for row, _ in rows])
    shares = np.array([[row.kinds.get(name, 0.0) for name in names] for row, _ in rows])
    box = np.array([true for _, true in rows])
    moved = layer.bent(odds, layer.leaning(names, shares))
    raised = moved >= np.log(verdict.ALARM / (1 - verdict.ALARM))
    precision = average_precision(moved, box)
    return f"AP {precision:.4f}   raised in boxes {int((raised & box).sum()):5}   honest {int((raised & ~box).sum()):4}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cities", type=int, default=12)
    parser.add_argument("--subscribers", type=int, default=3_000)
    asked = parser.parse_args()
    runs = [ranked(FIRST_SEED + at, asked.subscribers) for at in range(asked.cities)]
    taught, held = runs[: asked.cities // 2], runs[asked.cities // 2 :]
    results = [result for run, truth in taught for result in raids(run, truth)]
    with tempfile.TemporaryDirectory() as folder:
        found = feed_back(Path(folder), results, [run for run, _ in taught], NOW, "bench", dry_run=False)
    print("\n".join(told(found)))
    print("\nCities that were not raided:")
    print(f"  as shipped   {measure(held, AS_SHIPPED)}")
    if found.trial is not None:
        print(f"  re-fitted    {measure(held, found.trial.new)}")


if __name__ == "__main__":
    main()
