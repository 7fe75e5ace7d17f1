"""The shipped `catpool cdr rank` on cities that it was not tuned on (`cities/`): one line a seed, then the worst.

    python bench/cdr_held.py [SCENARIO|all] [SEEDS] [SUBSCRIBERS] [DAYS] [--first-seed N] [--json] [--keep DIR]

AP over all SIMs of the export (those not listed come last, ties share their precision); p50 precision of the first 50;
fa90 honest SIMs a 100,000 SIM-days above the score that reaches 90 % of the box SIMs; alarms are rows with a
detected_at. Delays in hours, from the SIM's first act as part of its box, and from the box's. Places of boxes that
stand, to the nearest of its gateways, km. SIMs with fewer than 3 records in their box can't be told by anyone: they
count on neither side (`thin`).
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
from cities.laws import HOUR_S
from cities.scenarios import SCENARIOS, make
from numpy.typing import NDArray

CATPOOL = os.environ.get("CATPOOL", str(Path(sys.executable).with_name("catpool")))  # or a checkout's catpool.py
THIN = 3
NAMED_KM = 0.5
SAID = (
    ("imitate", "human"),
    ("car", "car"),
    ("pair", "pair"),
    ("SMS", "sms"),
    ("OTP", "otp"),
    ("scam", "scam"),
    ("relay", "scam"),
)
STILL = ("naive", "human", "scam", "sms", "otp")


@dataclass(frozen=True, slots=True)
class Truth:
    imsi: list[str]
    kind: list[str]
    box: NDArray[np.int64]  # -1 honest
    form: list[str]
    acts: NDArray[np.int64]
    first_s: NDArray[np.float64]
    places: dict[int, list[tuple[float, float]]]
    fraud: dict[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Suspect:
    score: float
    lead: str
    form: str
    lat: float | None
    lon: float | None
    detected_s: float | None


@dataclass(slots=True)
class Line:
    """What one seed gave; None where there was nothing to measure."""

    scenario: str
    seed: int
    sims: int = 0
    box_sims: int = 0
    thin: int = 0
    ap: float | None = None
    p50: float | None = None
    fa90: float | None = None
    false_alarms: int = 0
    false_kinds: dict[str, int] = field(default_factory=dict)
    recall: dict[str, float] = field(default_factory=dict)
    delay_sim_h: dict[str, float] = field(default_factory=dict)
    delay_box_h: dict[str, float] = field(default_factory=dict)
    stopped: dict[str, float] = field(default_factory=dict)
    pair_f1: float | None = None
    form_right: float | None = None
    place_km: float | None = None
    place_max_km: float | None = None
    gateways: float | None = None  # share of a distributed bank's gateways named within NAMED_KM
    wall_s: float = 0.0
    export: str = ""


def read_truth(folder: Path) -> Truth:
    rows = list(csv.DictReader((folder / "truth.csv").open()))
    places: dict[int, list[tuple[float, float]]] = defaultdict(list)
    for row in csv.DictReader((folder / "boxes.csv").open()):
        places[int(row["box"])].append((float(row["lat"]), float(row["lon"])))
    bad = np.load(folder / "fraud.npz")
    order = np.argsort(bad["imsi"], kind="stable")
    who, first = np.unique(bad["imsi"][order], return_index=True)
    parts = np.split(bad["time_s"][order], first[1:]) if len(who) else []
    return Truth(
        [row["imsi"] for row in rows],
        [row["kind"] for row in rows],
        np.array([int(row["box"] or -1) for row in rows]),
        [row["form"] for row in rows],
        np.array([int(row["acts"]) for row in rows]),
        np.array([float(row["first_act_s"] or "nan") for row in rows]),
        dict(places),
        dict(zip(map(str, who.tolist()), parts, strict=True)),
    )


def read_suspects(path: Path, first_day: datetime) -> dict[str, Suspect]:
    found = {}
    for row in csv.DictReader(path.open()):
        when = row["detected_at"]
        found[row["imsi"]] = Suspect(
            float(row["score"]),
            row["lead"],
            row["form"],
            float(row["lat"]) if row["lat"] else None,
            float(row["lon"]) if row["lon"] else None,
            (datetime.fromisoformat(when) - first_day).total_seconds() if when else None,
        )
    return found


def rank(folder: Path, out: Path, home: Path) -> float:
    """Runs the shipped command; its wall seconds. Raises RuntimeError with what it said where it fails."""
    command = [sys.executable, CATPOOL] if CATPOOL.endswith(".py") else [CATPOOL]
    command += ["cdr", "rank", *map(str, sorted(folder.glob("export.*"))), "--cells", str(folder / "cells.csv")]
    command += ["--timezone", "Asia/Shanghai", "--clear", "--case", "BENCH", "--out", str(out)]
    began = time.perf_counter()
    done = subprocess.run(
        command, env={**os.environ, "CATPOOL_HOME": str(home)}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"catpool cdr rank gave {done.returncode}: {done.stderr[-400:]}")
    return time.perf_counter() - began


def average_precision(score: NDArray[np.float64], true: NDArray[np.bool_]) -> float:
    """Area under precision over recall, by steps; equal scores are one step."""
    order = np.argsort(-score, kind="stable")
    last = np.append(np.flatnonzero(np.diff(-score[order])), len(order) - 1)
    hits = np.cumsum(true[order])[last]
    gained = np.diff(np.concatenate([[0], hits]))
    return float((gained * hits / (last + 1)).sum() / max(1, true.sum()))


def measure(line: Line, truth: Truth, found: dict[str, Suspect], days: int) -> None:
    nobody = Suspect(0.0, "", "", None, None, None)
    rows = [found.get(imsi, nobody) for imsi in truth.imsi]
    score = np.array([row.score for row in rows])
    detected = np.array([np.nan if row.detected_s is None else row.detected_s for row in rows])
    inside = truth.box >= 0
    thin = inside & ((truth.acts < THIN) | np.isnan(truth.first_s))
    honest = ~inside
    line.sims, line.box_sims, line.thin = len(rows), int(inside.sum()), int(thin.sum())
    raised = ~np.isnan(detected)
    line.false_alarms = int((raised & honest).sum())
    line.false_kinds = dict(Counter(np.array(truth.kind)[raised & honest].tolist()).most_common())
    judged = ~thin
    box = inside & judged
    if not box.any():
        return
    line.ap = average_precision(score[judged], box[judged])
    first = np.argsort(-score[judged], kind="stable")[:50]
    line.p50 = float(box[judged][first].mean()) if box.sum() >= 50 else float(box[judged][first[: box.sum()]].mean())
    threshold = np.sort(score[box])[::-1][int(np.ceil(0.9 * box.sum())) - 1]
    line.fa90 = float((honest & (score >= threshold)).sum() / (honest.sum() * days) * 1e5)
    form = np.array(truth.form)
    for name in sorted(set(form[box].tolist())):
        mine = box & (form == name)
        line.recall[name] = float(raised[mine].mean())
        _times(line, truth, name, mine, detected)
    line.pair_f1 = pair_f1(rows, truth, box)
    right = [form_said(rows[n].form) == form[n] for n in np.flatnonzero(box & raised)]
    line.form_right = float(np.mean(right)) if right else None
    errors = place_errors(rows, truth, box & raised & np.isin(form, STILL))
    if errors:
        line.place_km, line.place_max_km = float(np.median(errors)), float(max(errors))


def form_said(words: str) -> str:
    """The form here that the engine's words name; a gateway without more is a naive one."""
    return next((form for word, form in SAID if word in words), "naive")


def _times(line: Line, truth: Truth, name: str, mine: NDArray[np.bool_], detected: NDArray[np.float64]) -> None:
    late = detected[mine] - truth.first_s[mine]
    late = np.where(np.isnan(late), np.inf, late) / HOUR_S
    line.delay_sim_h[name] = float(np.median(late))
    by_box = []
    for box in np.unique(truth.box[mine]):
        of = mine & (truth.box == box)
        seen = detected[of][~np.isnan(detected[of])]
        by_box.append((seen.min() - np.nanmin(truth.first_s[of])) / HOUR_S if len(seen) else np.inf)
    line.delay_box_h[name] = float(np.median(by_box))
    after = total = 0
    for n in np.flatnonzero(mine):
        acts = truth.fraud.get(truth.imsi[n], np.zeros(0))
        total += len(acts)
        after += int((acts > detected[n]).sum())
    line.stopped[name] = after / max(1, total)


def pair_f1(rows: list[Suspect], truth: Truth, box: NDArray[np.bool_]) -> float:
    """F1 of "these two SIMs are one box", over raised SIMs; those missed count as pairs missed."""

    def pairs(counts: Counter[object]) -> int:
        return sum(n * (n - 1) // 2 for n in counts.values())

    raised = [n for n, row in enumerate(rows) if row.detected_s is not None and row.lead]
    said = pairs(Counter(rows[n].lead for n in raised))
    right = pairs(Counter((rows[n].lead, int(truth.box[n])) for n in raised if truth.box[n] >= 0))
    true = pairs(Counter(truth.box[box].tolist()))
    return 2 * right / max(1, said + true)


def place_errors(rows: list[Suspect], truth: Truth, of: NDArray[np.bool_]) -> list[float]:
    """Km from each box's place, as its biggest lead gives it, to the nearest of its gateways."""
    errors = []
    for box in np.unique(truth.box[of]):
        mine = [rows[n] for n in np.flatnonzero(of & (truth.box == box)) if rows[n].lat is not None]
        if not mine:
            continue
        lead = Counter(row.lead for row in mine).most_common(1)[0][0]
        row = next(row for row in mine if row.lead == lead)
        errors.append(min(distance_km(row.lat or 0.0, row.lon or 0.0, *place) for place in truth.places[int(box)]))
    return errors


def gateways_named(truth: Truth, found: dict[str, Suspect], named: dict[str, list[dict[str, float]]]) -> float | None:
    """Share of the gateways of distributed banks that a lead of their SIMs names; None where there is no such bank."""
    spread = [box for box, places in truth.places.items() if len(places) > 1 and box_form(truth, box) == "human"]
    right = total = 0
    for box in spread:
        rows = [found[imsi] for n, imsi in enumerate(truth.imsi) if truth.box[n] == box and imsi in found]
        rows = [row for row in rows if row.detected_s is not None]
        said = {(row.lat, row.lon) for row in rows if row.lat is not None and row.lon is not None}
        said |= {(place["lat"], place["lon"]) for row in rows for place in named.get(row.lead, []) if place.get("lat")}
        for place in truth.places[box]:
            total += 1
            right += any(distance_km(*place, lat or 0.0, lon or 0.0) < NAMED_KM for lat, lon in said)
    return right / total if total else None


def box_form(truth: Truth, box: int) -> str:
    return next((truth.form[n] for n in np.flatnonzero(truth.box == box)), "")


def distance_km(lat0: float, lon0: float, lat1: float, lon1: float) -> float:
    east = (lon1 - lon0) * np.cos(np.radians((lat0 + lat1) / 2))
    return float(np.hypot(lat1 - lat0, east) * 111.32)


def one_seed(scenario: str, seed: int, subscribers: int, days: int, keep: Path | None) -> Line:
    with tempfile.TemporaryDirectory(prefix="cities-") as scratch:
        folder = keep / f"{scenario}-{seed}" if keep else Path(scratch) / "city"
        options = make(scenario, seed, subscribers, days, folder)
        line = Line(scenario, seed)
        line.export = " ".join(
            word
            for word, has in (
                ("lte" if options.lte else "gsm", True),
                ("ta", options.advance),
                ("2legs" if options.both_legs else "out", True),
                ("fails", options.failed),
                ("lu", options.updates),
                ("data", options.data),
            )
            if has
        )
        line.wall_s = rank(folder, folder / "out", Path(scratch) / "home")
        first_day = datetime.fromisoformat(json.loads((folder / "options.json").read_text())["first_day"])
        truth, found = read_truth(folder), read_suspects(folder / "out" / "suspects.csv", first_day)
        measure(line, truth, found, days)
        leads = json.loads((folder / "out" / "leads.json").read_text())
        line.gateways = gateways_named(truth, found, {lead["lead"]: lead.get("gateways") or [] for lead in leads})
    return line


def _num(value: float | None, digits: int = 3) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _by(form: dict[str, float], digits: int = 2) -> str:
    return " ".join(f"{name}:{value:.{digits}f}" for name, value in form.items()) or "-"


def show(line: Line) -> str:
    kinds = " ".join(f"{kind}:{count}" for kind, count in line.false_kinds.items()) or "none"
    return (
        f"{line.scenario} seed {line.seed} [{line.export}] sims {line.sims} box {line.box_sims} thin {line.thin} "
        f"AP {_num(line.ap)} p50 {_num(line.p50, 2)} fa90 {_num(line.fa90, 1)} "
        f"false alarms {line.false_alarms} ({kinds}) "
        f"recall {_by(line.recall)} delay h, SIM {_by(line.delay_sim_h, 1)} box {_by(line.delay_box_h, 1)} "
        f"stopped {_by(line.stopped)} pairF1 {_num(line.pair_f1)} form {_num(line.form_right, 2)} "
        f"place km {_num(line.place_km, 2)} max {_num(line.place_max_km, 2)} "
        f"gateways {_num(line.gateways, 2)} wall {line.wall_s:.0f} s"
    )


def worst(lines: list[Line]) -> str:
    measured = [line for line in lines if line.ap is not None]
    alarms = max(lines, key=lambda line: line.false_alarms)
    text = f"worst of {lines[0].scenario}: false alarms {alarms.false_alarms} (seed {alarms.seed})"
    if measured:
        low = min(measured, key=lambda line: line.ap or 0.0)
        high = max(measured, key=lambda line: line.fa90 or 0.0)
        pairs = min(measured, key=lambda line: line.pair_f1 or 0.0)
        text += f", AP {_num(low.ap)} (seed {low.seed}), fa90 {_num(high.fa90, 1)} (seed {high.seed})"
        text += f", pairF1 {_num(pairs.pair_f1)} (seed {pairs.seed})"
    return text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenario", nargs="?", default="mixed", choices=[*SCENARIOS, "all"])
    parser.add_argument("seeds", nargs="?", type=int, default=3)
    parser.add_argument("subscribers", nargs="?", type=int, default=10_000)
    parser.add_argument("days", nargs="?", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--keep", type=Path, help="folder to leave exports, truth and results in")
    given = parser.parse_args()
    for scenario in SCENARIOS if given.scenario == "all" else [given.scenario]:
        lines = []
        for seed in range(given.first_seed, given.first_seed + given.seeds):
            try:
                line = one_seed(scenario, seed, given.subscribers, given.days, given.keep)
            except RuntimeError as error:
                print(f"{scenario} seed {seed} not measured: {error}", file=sys.stderr, flush=True)
                continue
            lines.append(line)
            print(json.dumps(asdict(line)) if given.json else show(line), flush=True)
        if lines and not given.json:
            print(worst(lines), flush=True)


if __name__ == "__main__":
    main()
