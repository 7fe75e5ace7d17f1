"""Randomised towns for bench/locate.py: laws drawn anew for each, some laws held out and reported apart."""

import itertools
from dataclasses import dataclass

import numpy as np

from detection.place.lead_file import Area, Sector, Whereabouts
from detection.place.plane import Floats, Plane
from detection.town.drive import Call, Emitter, Track, drive_streets, gps_error, meter
from detection.town.propagation import Law, draw_shadows
from sensor.cell import GSM_STEP_M
from sensor.readings import UplinkReading

SCENARIOS = ("drive", "walk", "kits", "strangers")
HELD_OUT = ("canyon", "two-slope", "co-channel")
PLANE = Plane(12.34, 21.5)


@dataclass(frozen=True, slots=True)
class World:
    """A town with its truth: the box's place (m on PLANE), which calls are the box's, what the team holds."""

    truth: Floats
    lead: Whereabouts
    readings: list[UplinkReading]
    box_calls: tuple[Call, ...]


def draw_world(scenario: str, seed: int, held_out: str | None = None) -> World:
    """One town. Nothing of it is known to the estimator but the lead and the readings."""
    rng = np.random.default_rng([seed, SCENARIOS.index(scenario), HELD_OUT.index(held_out) if held_out else 9])
    half = 220.0 if scenario == "walk" else 800.0
    seconds = 900 if scenario == "kits" else 600
    truth = rng.uniform(-0.9 * half, 0.9 * half, 2)
    box = Emitter(truth[None], draw_law(rng, held_out), box_calls(seconds, rng), box=True)
    others = []
    if scenario == "strangers":
        others = [stranger(half, seconds, rng) for _ in range(int(rng.integers(12, 31)))]
        others.append(aboard(seconds, rng))
    if held_out == "co-channel":
        others += [co_channel(half, box.calls, seconds, rng)]
    readings = [
        row for track in draw_tracks(scenario, half, seconds, rng) for row in meter([box, *others], track, PLANE, rng)
    ]
    readings.sort(key=lambda row: row.t_s)
    return World(truth, draw_lead(truth, half, rng), readings, box.calls)


def draw_law(rng: np.random.Generator, held_out: str | None = None) -> Law:
    return Law(
        exponent=rng.uniform(2, 4.5) if held_out != "two-slope" else rng.uniform(2, 2.8),
        shadows=draw_shadows(rng.uniform(3, 10), np.exp(rng.uniform(np.log(5), np.log(150))), rng),
        wall_db=rng.uniform(0, 30),
        facade_db=rng.uniform(0, 15),
        facade_deg=rng.uniform(0, 360),
        height_m=rng.uniform(0, 60),
        break_m=rng.uniform(80, 250) if held_out == "two-slope" else np.inf,
        break_exponent=1.8 if held_out == "two-slope" else 0.0,
        canyon_db=rng.uniform(8, 20) if held_out == "canyon" else 0.0,
    )


def box_calls(seconds: int, rng: np.random.Generator) -> tuple[Call, ...]:
    """Calls of 2 to 8 ports, each with short pauses, each call at a level of its own."""
    common = rng.integers(11, 17) * 2.0
    calls = []
    slots = [(890.2 + 0.2 * carrier, slot) for carrier in range(2) for slot in range(1, 8)]
    rng.shuffle(slots)
    for freq, slot in slots[: int(rng.integers(2, 9))]:
        t = -rng.uniform(0, 60)
        while t < seconds:
            length = rng.uniform(20, 200)
            power = min(33.0, common + 2.0 * rng.integers(-4, 5))
            calls.append(Call(t, t + length, round(float(freq), 1), int(slot), power))
            t += length + rng.exponential(rng.choice([5.0, 40.0]))
    return tuple(calls)


def stranger(half: float, seconds: int, rng: np.random.Generator) -> Emitter:
    """Somebody with one or two calls; half of them walk or ride."""
    start = rng.uniform(-1.6 * half, 1.6 * half, 2)
    path = start[None]
    if rng.random() < 0.5:
        angle, speed = rng.uniform(0, 2 * np.pi), rng.choice([1.3, 9.0])
        path = start + np.arange(seconds)[:, None] * speed * np.array([np.cos(angle), np.sin(angle)])
    calls = []
    for _ in range(int(rng.integers(1, 3))):
        t = rng.uniform(-30, seconds)
        slot = (round(890.2 + 0.2 * int(rng.integers(2, 5)), 1), int(rng.integers(0, 8)))
        calls.append(Call(t, t + rng.uniform(15, 150), *slot, float(rng.integers(5, 17) * 2)))
    return Emitter(path, draw_law(rng), tuple(calls))


def aboard(seconds: int, rng: np.random.Generator) -> Emitter:
    t = rng.uniform(0, seconds * 0.6)
    return Emitter(np.zeros((1, 2)), Law(), (Call(t, t + rng.uniform(40, 240), 891.0, 3, 15.0),), aboard=True)


def co_channel(half: float, calls: tuple[Call, ...], seconds: int, rng: np.random.Generator) -> Emitter:
    """A far phone on a carrier and slot of the box: its bursts stand where the box's pause."""
    free = [(one.to_s, two.from_s, one) for one, two in itertools.pairwise(calls)]
    own = tuple(Call(a, b, call.freq_mhz, call.slot, 33.0) for a, b, call in free if b > a + 5)
    return Emitter(rng.uniform(-2 * half, 2 * half, 2)[None], draw_law(rng), own)


def draw_tracks(scenario: str, half: float, seconds: int, rng: np.random.Generator) -> list[Track]:
    sigma = rng.uniform(2, 10)
    if scenario == "kits":
        tracks = []
        for number in range(int(rng.integers(4, 7))):
            xy = np.repeat(rng.uniform(-half, half, (1, 2)), seconds, axis=0)
            gps = xy + gps_error(seconds, sigma, rng)
            tracks.append(Track(f"kit-{number}", xy, gps, rng.normal(0, 3)))
        return tracks
    block = rng.uniform(30, 60) if scenario == "walk" else rng.uniform(70, 160)
    pace = rng.uniform(0.9, 1.6) if scenario == "walk" else rng.uniform(4, 12)
    xy = drive_streets(seconds, half, block, pace, rng)
    return [Track("kit-1", xy, xy + gps_error(seconds, sigma, rng), rng.normal(0, 3))]


def draw_lead(truth: Floats, half: float, rng: np.random.Generator) -> Whereabouts:
    """The carrier's area and one cell, its azimuth wrong by tens of degrees, its timing advances biased."""
    low, high = PLANE.to_degrees([[-half, -half], [half, half]])
    area = Area(float(low[0]), float(low[1]), float(high[0]), float(high[1]))
    angle, distance = rng.uniform(0, 2 * np.pi), rng.uniform(300, 2500)
    mast = truth - distance * np.array([np.sin(angle), np.cos(angle)])
    bias = rng.normal(0, 100) + rng.normal(60, 120)
    steps = [max(0, round((distance + bias + rng.normal(0, 80)) / GSM_STEP_M)) for _ in range(int(rng.integers(3, 20)))]
    lat, lon = PLANE.to_degrees(mast).tolist()
    azimuth = (np.degrees(angle) + rng.uniform(-40, 40) + rng.normal(0, 15)) % 360
    return Whereabouts(area, (Sector(lat, lon, "gsm", float(azimuth), 90.0, None, tuple(steps)),))
