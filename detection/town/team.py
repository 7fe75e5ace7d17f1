"""The team in the made-up town: it sweeps the streets of a lead's region, then goes round the best place."""

import itertools
from dataclasses import replace

import numpy as np

from detection.place.plane import Floats
from detection.place.prior import Bounds
from detection.town.drive import Call, Emitter, Track, gps_error, meter
from detection.town.propagation import Law, draw_shadows
from detection.town.town import BLOCK_M, LISTEN_S, OnAir, Town
from sensor.cell import GSM_STEP_M
from sensor.readings import UplinkReading

SWEEP_S, CLOSE_S = 1_200, 600  # seconds of the two drives
ROUNDS, SMALL_M = 3, 100.0  # it goes round so often, until the 90 % region is so small
SWEEP_MPS, CLOSE_MPS = 8.0, 4.5
CLOSE_M = 220.0  # half side of the ground driven round the best place
SLOTS = tuple((carrier, slot) for carrier in (0, 1) for slot in range(2, 8))


def sweep_path(bounds: Bounds, seconds: float, speed_mps: float) -> Floats:
    """Corners (n, 2) of a drive up and down the streets of a box, as dense as the time allows."""
    reach = seconds * speed_mps
    west, east = (round(each / BLOCK_M) * BLOCK_M for each in (bounds.west, bounds.east))
    south, north = (round(each / BLOCK_M) * BLOCK_M for each in (bounds.south, bounds.north))
    lanes = int(np.clip((reach - (north - south)) / max(east - west, BLOCK_M), 2, (north - south) / BLOCK_M + 1))
    corners: list[tuple[float, float]] = []
    for index, lane in enumerate(np.linspace(south, north, lanes).tolist()):
        street = round(lane / BLOCK_M) * BLOCK_M
        ends = ((west, street), (east, street))
        corners += ends if index % 2 == 0 else ends[::-1]
    return np.array(corners, np.float64)


def follow(corners: Floats, seconds: int, speed_mps: float, rng: np.random.Generator) -> Floats:
    """Where the car is each second (seconds, 2): along the corners, waiting at some, at last at the end."""
    path: list[Floats] = [corners[0]]
    for start, end in itertools.pairwise(corners):
        legs = max(1, round(float(np.abs(end - start).sum()) / (speed_mps * rng.uniform(0.7, 1.2))))
        path.extend(start + (end - start) * (step / legs) for step in range(1, legs + 1))
        if rng.random() < 0.25:
            path.extend([end] * int(rng.integers(3, 20)))
    path.extend([path[-1]] * max(0, seconds - len(path)))
    return np.array(path[:seconds])


def sweep(town: Town, bounds: Bounds) -> list[UplinkReading]:
    """Readings of the first drive, over the lead's region."""
    corners = sweep_path(bounds, 0.8 * SWEEP_S, SWEEP_MPS)
    return drive(town, corners, int(LISTEN_S), SWEEP_S, SWEEP_MPS)


def go_round(town: Town, place: Floats, time: int) -> list[UplinkReading]:
    """Readings of a drive round the best place (2,) so far, the first (0), second ... of its kind."""
    x, y = place.tolist()
    corners = sweep_path(Bounds(x - CLOSE_M, y - CLOSE_M, x + CLOSE_M, y + CLOSE_M), 0.8 * CLOSE_S, CLOSE_MPS)
    from_s = int(LISTEN_S) + SWEEP_S + 60 + time * (CLOSE_S + 60)
    return drive(town, corners, from_s, CLOSE_S, CLOSE_MPS)


def drive(town: Town, corners: Floats, from_s: int, seconds: int, speed_mps: float) -> list[UplinkReading]:
    """Readings of one drive; t_s counts from the start of listening."""
    rng = np.random.default_rng([town.seed, 73, from_s])
    xy = follow(corners, seconds, speed_mps, rng)
    track = Track("kit-1", xy, xy + gps_error(seconds, rng.uniform(2, 5), rng), float(rng.normal(0, 2)))
    rows = meter(emitters(town, from_s), track, town.plane, rng, tune_mhz=uplink_mhz(town, 0) + 0.3)
    return [replace(row, t_s=row.t_s + from_s) for row in rows]


def uplink_mhz(town: Town, carrier: int) -> float:
    """Uplink (MHz) of the cell's first or second carrier: TS 45.005 §2, P-GSM 900."""
    return round(890.0 + 0.2 * (town.plan.arfcn + 3 * carrier), 1)


def emitters(town: Town, from_s: int) -> list[Emitter]:
    """The box and the honest people of the cell on the air, their calls on the slots that were free."""
    rng = np.random.default_rng([town.seed, 74])
    common = 2.0 * float(rng.integers(11, 16))
    busy_until = dict.fromkeys(SLOTS, -1e9)
    box_calls, others = [], []
    for one in town.on_air:
        free = [slot for slot, until in busy_until.items() if until < one.time_s]
        if one.lasts_s < 5 or not free:
            continue
        carrier, slot = free[int(rng.integers(len(free)))]
        busy_until[carrier, slot] = one.time_s + one.lasts_s + 1
        power = min(33.0, common + 2.0 * float(rng.integers(-3, 4)))
        starts = one.time_s - from_s
        call = Call(starts, starts + one.lasts_s, uplink_mhz(town, carrier), slot, power)
        if one.box:
            box_calls.append(call)
        else:
            others.append(stranger(town, one, call, rng))
    return [Emitter(town.truth_m()[None], town.law, tuple(box_calls), box=True), *others]


def stranger(town: Town, one: OnAir, call: Call, rng: np.random.Generator) -> Emitter:
    """Somebody honest, somewhere on the ring that the cell ordered."""
    law = Law(
        exponent=rng.uniform(2.6, 3.6),
        shadows=draw_shadows(rng.uniform(4, 8), rng.uniform(20, 80), rng, waves=64),
        wall_db=rng.uniform(0, 20),
    )
    angle = np.radians(town.cell.azimuth_deg + rng.uniform(-60, 60))
    far = max(one.timing_advance + rng.uniform(-0.5, 0.5), 0.05) * GSM_STEP_M
    place = town.plane.to_metres(town.cell.lat, town.cell.lon) + far * np.array([np.sin(angle), np.cos(angle)])
    return Emitter(place[None], law, (call,))
