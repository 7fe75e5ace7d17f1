"""The demo: a made-up town with a box in it runs through the whole product, by the commands that ship.

What the town gives (IQ, frames, call records, masts, drives) lies in `town/` of the demo's home, its truth in
`truth.json`; the commands see only the former. The truth is opened at the end, to say how far off the product was.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sensor.gsm.block import FRAME_S, FRAMES_PER_HYPERFRAME
from sensor.home import Home
from web.errors import WebError

if TYPE_CHECKING:
    from detection.place.plane import Floats
    from detection.town.town import Town

IQ_S = 4.0  # seconds of the cell that come as IQ; what follows comes as decoded blocks
IQ_RATE_HZ = 1e6
THIN = 120  # of so many blocks of system information in the decoded part, four are kept
NEAR_M = 150.0  # a best place this near the box counts as found; a wide region that holds it does not
Say = Callable[[str], None]


class DemoError(WebError):
    """A command of the demo that failed: which one, and the last line it said."""


@dataclass(slots=True)
class Demo:
    """One run: its home, its town, what the commands answered."""

    home: Home
    seed: int
    say: Say  # what was found, for standard output
    town: "Town | None" = None
    cells: list[dict[str, Any]] = field(default_factory=list)
    hits: list[dict[str, Any]] = field(default_factory=list)
    leads: list[dict[str, Any]] = field(default_factory=list)
    lead: dict[str, Any] | None = None
    place: dict[str, Any] | None = None

    def path(self, name: str) -> Path:
        return self.home.root / "town" / name

    def built(self) -> "Town":
        assert self.town is not None
        return self.town

    def run(self, *arguments: str, into: Path | None = None) -> str:
        """Runs `catpool ARGUMENTS` on the demo's home; its standard output, also written to `into`."""
        environment = os.environ | {"CATPOOL_HOME": str(self.home.root), "PYTHONUTF8": "1"}
        command = [sys.executable, "-P", "-m", "catpool", *arguments]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, encoding="utf-8")
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
            raise DemoError(f"`catpool {' '.join(arguments)}` ended with status {done.returncode}: {last}")
        if into is not None:
            into.write_text(done.stdout, encoding="utf-8")
        return done.stdout

    def lines(self, *arguments: str, into: Path | None = None) -> list[dict[str, Any]]:
        """The JSON lines a command gives."""
        return [json.loads(line) for line in self.run(*arguments, into=into).splitlines()]


def build_town(demo: Demo) -> None:
    from detection.town import city, town

    demo.path("").mkdir(parents=True, exist_ok=True)
    demo.town = built = town.build(demo.seed)
    demo.path("cdr.csv").write_text("\n".join(city.csv_lines(built.city)) + "\n", encoding="utf-8")
    demo.path("CELLS.csv").write_text("\n".join(city.cells_lines(built.city)) + "\n", encoding="utf-8")
    truth = {"lat": built.lat, "lon": built.lon, "timing_advance": built.timing_advance, "imsis": built.imsis}
    demo.path("truth.json").write_text(json.dumps(truth), encoding="utf-8")
    demo.say(
        f"A made-up town (seed {demo.seed}): {len(built.city.imsi)} SIMs, {len(built.city.cells)} cells,"
        f" {len(built.city.sim)} call records of {town.day_of(built)}, one SIM box of {len(built.imsis)} SIMs."
    )


def send_cell(demo: Demo) -> None:
    import numpy as np

    from detection.town.town import LISTEN_S, requests
    from sensor.gsm.arfcn import downlink_hz
    from sensor.gsm.cell_schedule import decoded, schedule
    from sensor.gsm.modulator import modulate
    from sensor.source.capture_writer import write_capture

    town, rng = demo.built(), np.random.default_rng([demo.seed, 81])
    frames = int(LISTEN_S / FRAME_S)
    blocks = schedule(town.plan, requests(town), town.start_fn, frames, rng)
    on_iq = int(IQ_S / FRAME_S)
    carrier_hz = float(downlink_hz(town.plan.arfcn, town.plan.band) or 0)
    iq = modulate(
        blocks,
        town.plan.bsic,
        town.start_fn,
        on_iq,
        rate_hz=IQ_RATE_HZ,
        carrier_hz=carrier_hz,
        offset_hz=150e3,
        ppm=float(rng.uniform(-20, 20)),
        sampling_phase=float(rng.uniform()),
        esn0_db=18.0,
        rng=rng,
    )
    write_capture(
        demo.path("cell"),
        [iq],
        rate_hz=IQ_RATE_HZ,
        centre_hz=carrier_hz - 150e3,
        time=town.start,
        description="made up",
    )
    later = {fn: l2 for fn, l2 in told(blocks).items() if (fn - town.start_fn) % FRAMES_PER_HYPERFRAME >= on_iq}
    first = next(iter(later))
    began = town.start + timedelta(seconds=(first - town.start_fn) % FRAMES_PER_HYPERFRAME * FRAME_S)
    rest = "".join(block.to_json() + "\n" for block in decoded(town.plan, later, began))
    demo.path("later.jsonl").write_text(rest, encoding="utf-8")


def told(blocks: Mapping[int, bytes]) -> dict[int, bytes]:
    """The blocks that tell something: fillers and empty pagings left out, system information thinned out."""
    from detection.town.town import is_information, is_nothing

    kept, information = {}, 0
    for fn, l2 in blocks.items():
        information += is_information(l2)
        if not is_nothing(l2) and (not is_information(l2) or information % THIN < 4):
            kept[fn] = l2
    return kept


def hear_iq(demo: Demo) -> None:
    """Survey and decode of the IQ; the frames beyond it are joined to what was decoded."""
    from detection.town.town import LISTEN_S

    capture = str(demo.path("cell.sigmf-meta"))
    demo.cells = demo.lines("survey", capture, "--keep", "--json")
    heard = demo.run("decode", capture, "--json")
    later = demo.path("later.jsonl").read_text(encoding="utf-8")
    demo.path("frames.jsonl").write_text(heard + later, encoding="utf-8")
    count, rest = len(heard.splitlines()), len(later.splitlines())
    names = ", ".join(cell_name(cell) for cell in demo.cells) or "no cell"
    demo.say(f"From {IQ_S:.0f} s of IQ, received by `catpool survey` and `catpool decode`: {names}; {count} blocks.")
    demo.say(
        f"The {rest} blocks after it were not received: they come decoded, from the town's schedule"
        f" ({LISTEN_S / 60:.0f} minutes; fillers left out)."
    )


def cell_name(cell: dict[str, Any]) -> str:
    return f"{cell['mcc']}-{cell['mnc']} LAC {cell['lac']} CI {cell['ci']} (ARFCN {cell['arfcn']}, BSIC {cell['bsic']})"


def listen(demo: Demo) -> None:
    start = demo.built().start.isoformat()
    events = demo.lines("listen", "--frames", str(demo.path("frames.jsonl")), "--start", start, "--keep", "--json")
    demo.hits = [event for event in events if event["event"] == "hit"]
    places = {(hit["cell"]["ci"], hit["timing_advance"]): hit for hit in demo.hits}
    for hit in places.values():
        demo.say(
            f"Heard by `catpool listen`: {hit['signature']} at CI {hit['cell']['ci']}, timing advance"
            f" {hit['timing_advance']}, odds 10^{hit['log10_odds']:.1f}, raised after {hit['raised_s']:.0f} s."
        )
    if not places:
        demo.say("Heard by `catpool listen`: no hit.")


def rank(demo: Demo) -> None:
    demo.run("cells", "import", str(demo.path("CELLS.csv")))
    cells, out = str(demo.path("CELLS.csv")), str(demo.path("ranking"))
    demo.run("cdr", "rank", str(demo.path("cdr.csv")), "--cells", cells, "--timezone", "UTC", "--keep", "--out", out)


def join(demo: Demo) -> None:
    demo.leads = demo.lines("leads", "--json")
    joined = [lead for lead in demo.leads if lead["origin"] == "joined"]
    demo.lead = max(joined or demo.leads, key=lambda lead: float(lead["score"]), default=None)
    demo.say(
        f"Leads of `catpool cdr rank` and `catpool leads`: {len(demo.leads)}, {len(joined)} of them joined with a hit."
    )
    if demo.lead is not None:
        demo.say(
            f"The first: {demo.lead['lead']}, {demo.lead['form']}, score {demo.lead['score']:.3f},"
            f" {len(demo.lead['sims'])} SIMs, {demo.lead['origin']}."
        )
        demo.run("leads", "export", demo.lead["lead"], into=demo.path("LEAD.json"))


def drive(demo: Demo) -> None:
    """Over the streets of the lead's region, then round the best place so far until its region is small."""
    from detection.place.prior import bounds_of
    from detection.town import team

    if demo.lead is None:
        return
    town = demo.built()
    write_drive(demo, [])
    region = locate(demo)["region90"]["coordinates"]
    corners = [place for polygon in region for ring in polygon for place in ring]
    rows = team.sweep(town, bounds_of(on_plane(town.plane, corners)))
    write_drive(demo, rows)
    rounds = 0
    while (found := locate(demo))["r90_radius_m"] > team.SMALL_M and rounds < team.ROUNDS:
        rows += team.go_round(town, town.plane.to_metres(found["fix"]["lat"], found["fix"]["lon"]), rounds)
        write_drive(demo, rows)
        rounds += 1
    minutes = (team.SWEEP_S + rounds * team.CLOSE_S) / 60
    again = f", then {rounds} times round the best place so far" if rounds else ""
    demo.say(f"The team drove {minutes:.0f} minutes: the lead's region{again}.")


def on_plane(plane: Any, lon_lat: Sequence[Sequence[float]]) -> "Floats":
    import numpy as np

    places = np.array(lon_lat, np.float64)
    found: Floats = plane.to_metres(places[:, 1], places[:, 0])
    return found


def write_drive(demo: Demo, rows: Sequence[Any]) -> None:
    from sensor.uplink_csv import write_readings

    with demo.path("READINGS.csv").open("w", encoding="utf-8", newline="") as file:
        write_readings(file, rows)


def locate(demo: Demo, *keep: str) -> dict[str, Any]:
    lead, readings = str(demo.path("LEAD.json")), str(demo.path("READINGS.csv"))
    found: dict[str, Any] = json.loads(demo.run("locate", readings, "--lead", lead, "--json", *keep))
    return found


def place(demo: Demo) -> None:
    if demo.lead is None:
        return
    start = demo.built().start.isoformat()
    demo.place = found = locate(demo, "--for", demo.lead["lead"], "--start", start)
    demo.say(
        f"`catpool locate`: {found['fix']['lat']:.6f}, {found['fix']['lon']:.6f}; 90 % in a region as large as a circle"
        f" of {found['r90_radius_m']:.0f} m."
    )


STEPS: tuple[tuple[str, Callable[[Demo], None]], ...] = (
    ("building the town", build_town),
    ("putting its cell on the air", send_cell),
    ("survey, decode", hear_iq),
    ("listen", listen),
    ("cells import, cdr rank", rank),
    ("leads, leads export", join),
    ("driving", drive),
    ("locate", place),
)
