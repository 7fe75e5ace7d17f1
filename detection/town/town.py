"""A made-up town with a SIM box in it, everything from one seed and of one truth.

The day's call records (see city) come first; the cell on the air, its requests and the uplink bursts of the drive are
those same calls. So the box's cell has one name in SYSTEM INFORMATION 3, in the records and in CELLS.csv, and its
timing advance fits the geometry. It stands in an open steppe, and its network is the test network MCC 001 MNC 01.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from detection.place.plane import Floats, Plane
from detection.town import city as cities
from detection.town.canvas import FIRST_DAY_S, KINDS, City, CityCell
from detection.town.propagation import Law, draw_shadows
from sensor.cell import GSM_STEP_M, CellIdentity
from sensor.gsm.block import FRAMES_PER_HYPERFRAME
from sensor.gsm.cell_schedule import FILL_FRAME, CellPlan, Request
from sensor.gsm.messages import paging

CENTRE = (47.2, 64.1)  # steppe: no town stands there
SUBSCRIBERS = 2_000
LEAST_CALLS_AN_HOUR = 60.0  # of the box
MAST_GAP_M = (1_500, 2_500)  # wide cells, as on open land
NETWORK = ("001", "01")  # the test network: ITU-T E.212, TS 23.122
LISTEN_S = 1_800.0  # how long the cell is listened to
DAY_PART_S = 5_400  # listening and both drives
TRAVELLERS_PER_S, TRAVELLERS_M = 0.15, 4_000.0  # requests a second, mean distance from the mast
TRAVELLERS = {"update": 0.45, "page": 0.33, "other": 0.1, "call": 0.12}  # shares of their requests
BLOCK_M = 90.0  # between two streets
LOAD_RA = {"call": 0xE0, "page": 0x80, "update": 0x00, "other": 0x10}  # request causes: TS 44.018 table 9.1.8.1
RA_SPREAD = {"call": 32, "page": 32, "update": 16, "other": 16}


@dataclass(frozen=True, slots=True)
class OnAir:
    """One call or message as the cell sees it: seconds from the start of listening, whose, at which ring."""

    time_s: float
    lasts_s: float
    kind: str  # a key of LOAD_RA
    timing_advance: int
    box: bool


@dataclass(frozen=True, slots=True)
class Town:
    """The town and its truth. `cell` serves the box; the team starts to listen at `start`."""

    seed: int
    city: City
    cell: CityCell
    lat: float  # where the box truly stands
    lon: float
    timing_advance: int  # the ring the cell orders most of the box's calls to
    imsis: tuple[str, ...]  # the box's
    start: datetime
    plan: CellPlan
    start_fn: int
    on_air: tuple[OnAir, ...]
    law: Law
    plane: Plane  # about the town's middle; streets run along its axes, every BLOCK_M

    def truth_m(self) -> Floats:
        return self.plane.to_metres(self.lat, self.lon)


def build(seed: int) -> Town:
    """The town of a seed."""
    rng = np.random.default_rng([seed, 71])
    city = next(city for city in draw_cities(seed) if calls_an_hour(city) >= LEAST_CALLS_AN_HOUR)
    box = city.boxes[0]
    is_box = np.isin(city.sim, box.sims)
    cell = int(np.bincount(city.cell[is_box]).argmax())
    own = is_box & (city.cell == cell)
    start_s = quiet_hour(city, cell, is_box)
    start_fn = int(rng.integers(FRAMES_PER_HYPERFRAME // 2))
    return Town(
        seed=seed,
        city=city,
        cell=city.cells[cell],
        lat=box.lat,
        lon=box.lon,
        timing_advance=int(np.bincount(city.timing_advance[own]).argmax()),
        imsis=tuple(city.imsi[sim] for sim in box.sims),
        start=datetime.fromtimestamp(start_s, UTC),
        plan=draw_plan(city.cells[cell].identity, rng),
        start_fn=start_fn,
        on_air=hear_cell(city, cell, is_box, start_s, rng),
        law=draw_law(rng),
        plane=Plane(*CENTRE),
    )


def draw_cities(seed: int) -> Iterator[City]:
    """Cities of the seed, one after another, without end."""
    for again in itertools.count():
        city = cities.make(
            seed + 10_007 * again, SUBSCRIBERS, 1, boxes={"naive": 1}, centre=CENTRE, mast_gap_m=MAST_GAP_M
        )
        yield of_test_network(city)


def calls_an_hour(city: City) -> float:
    """Calls an hour of the box; a demo's box is one at work."""
    return float((np.isin(city.sim, city.boxes[0].sims) & (city.kind == KINDS.index("moc"))).sum() / 24)


def of_test_network(city: City) -> City:
    """The city with cells and SIMs of the test network."""
    mcc, mnc = NETWORK
    city.cells = [replace(cell, identity=replace(cell.identity, mcc=mcc, mnc=mnc)) for cell in city.cells]
    city.imsi = [mcc + mnc + imsi[5:] for imsi in city.imsi]
    return city


def quiet_hour(city: City, cell: int, is_box: NDArray[np.bool_]) -> int:
    """Start of the hour to listen in: the box calls, and the cell has little else to do.

    The team knows both from the records: the lead's active hours, and the cell's load. A full cell drowns a box.
    """
    hours = np.clip((city.t_s - FIRST_DAY_S) // 3600, 0, 21)
    calls = city.kind == KINDS.index("moc")
    box, rest = (np.bincount(hours[(city.cell == cell) & of], minlength=22) for of in (is_box & calls, ~is_box))
    return FIRST_DAY_S + 3600 * int(np.argmax(np.where(box >= box.max() / 3, box / (rest + 20), 0)))


def draw_plan(identity: CellIdentity, rng: np.random.Generator) -> CellPlan:
    """The cell as it broadcasts itself."""
    arfcn = int(rng.integers(5, 110))
    neighbours = tuple(sorted({int(each) for each in rng.integers(1, 124, 6)} - {arfcn}))
    return CellPlan(
        identity,
        arfcn,
        int(rng.integers(64)),
        neighbours=neighbours,
        t3212_min=60,
        paged_per_s=float(rng.uniform(2, 8)),
    )


def draw_law(rng: np.random.Generator) -> Law:
    """What lies between the box's building and the streets."""
    return Law(
        exponent=rng.uniform(2.6, 3.6),
        shadows=draw_shadows(rng.uniform(4, 8), rng.uniform(20, 80), rng),
        wall_db=rng.uniform(8, 20),
        facade_db=rng.uniform(0, 10),
        facade_deg=rng.uniform(0, 360),
        height_m=rng.uniform(3, 25),
    )


def hear_cell(
    city: City,
    cell: int,
    is_box: NDArray[np.bool_],
    start_s: int,
    rng: np.random.Generator,
) -> tuple[OnAir, ...]:
    """All that goes through the cell from ten minutes before the start on, by time."""
    rows = np.flatnonzero((city.cell == cell) & (city.t_s > start_s - 600) & (city.t_s < start_s + DAY_PART_S))
    heard = []
    for row in rows.tolist():
        kind = {"moc": "call", "mtc": "page", "smt": "page"}.get(KINDS[city.kind[row]], "other")
        waits = rng.uniform(6, 25)  # until it is answered, or given up
        time_s = float(city.t_s[row] - start_s) + rng.uniform(0, 1)
        lasts = waits + float(city.duration_s[row]) if kind == "call" or city.duration_s[row] else 4.0
        heard.append(OnAir(time_s, lasts, kind, int(city.timing_advance[row]), bool(is_box[row])))
    return tuple(sorted(heard + pass_by(rng), key=lambda one: one.time_s))


def pass_by(rng: np.random.Generator) -> list[OnAir]:
    """Travellers on the roads of the land around: guests of the network, on the air but not in the carrier's export."""
    kinds, shares = zip(*TRAVELLERS.items(), strict=True)
    heard = []
    for time_s in rng.uniform(-600, DAY_PART_S, int(rng.poisson((600 + DAY_PART_S) * TRAVELLERS_PER_S))).tolist():
        kind = str(rng.choice(kinds, p=shares))
        ring = round(float(rng.exponential(TRAVELLERS_M)) / GSM_STEP_M)
        lasts = float(rng.exponential(60)) + 10 if kind == "call" else 4.0
        heard.append(OnAir(time_s, lasts, kind, min(ring, 63), False))
    return heard


def requests(town: Town) -> list[Request]:
    """The channel requests the cell answers while it is listened to."""
    rng = np.random.default_rng([town.seed, 72])
    return [
        Request(one.time_s, LOAD_RA[one.kind] + int(rng.integers(RA_SPREAD[one.kind])), min(one.timing_advance, 63))
        for one in town.on_air
        if 0 <= one.time_s < LISTEN_S - 2
    ]


def day_of(town: Town) -> str:
    """The day of the records, ISO 8601."""
    return (town.start - timedelta(hours=town.start.hour)).date().isoformat()


def is_information(l2: bytes) -> bool:
    """Whether a block is system information 1-4 (TS 44.018 §9.1.31-9.1.38)."""
    return l2[2] in (0x19, 0x1A, 0x1B, 0x1C)


def is_nothing(l2: bytes) -> bool:
    """Whether a block fills an idle place, or pages nobody."""
    return l2 in (FILL_FRAME, paging.encode(()))
