"""A team's drive through the made-up town: where the kit was each second, and what its uplink meter read.

Readings follow CONTRACT's READINGS.csv: 0 dBFS is full scale, power at the antenna follows rssi_dbfs - gain_db.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detection.place.plane import Floats, Plane
from detection.town.propagation import Law, fading_db
from sensor.readings import UplinkReading

NOISE_DBM = -113.0  # kTB in 270.833 kHz and a noise figure of 6 dB
FULL_SCALE_DBM = -20.0  # input that reaches 0 dBFS at 0 dB of gain
CONVERTER_NOISE_DBFS = -68.0  # 8 bits over 1 MHz, in 270.833 kHz
ABOARD_LOSS_DB = 60.0  # from a phone in the car to the antenna on its roof
THRESHOLD_DB = 6.0  # SNR at which half of the seconds are heard


@dataclass(frozen=True, slots=True)
class Call:
    """One call's bursts on one slot of one uplink carrier, at one power level."""

    from_s: float
    to_s: float
    freq_mhz: float
    slot: int
    power_dbm: float


@dataclass(frozen=True, slots=True)
class Emitter:
    """Someone who calls: the box or a stranger. `path` (n, 2) is its place each second, or one place (1, 2)."""

    path: Floats
    law: Law
    calls: tuple[Call, ...]
    box: bool = False
    aboard: bool = False  # rides in the team's own car


@dataclass(frozen=True, slots=True)
class Track:
    """Where a kit truly was each second (n, 2), and what its GPS said."""

    kit: str
    xy: Floats
    gps_xy: Floats
    offset_db: float = 0.0
    gain_error_db: float = 0.7  # spread of each gain step's error

    def speed_mps(self) -> Floats:
        """Speed (m/s) each second, shape (n,)."""
        step = np.diff(self.xy, axis=0, prepend=self.xy[:1])
        return np.hypot(step[:, 0], step[:, 1])


def drive_streets(
    seconds: int, side_m: float, block_m: float, speed_mps: float, rng: np.random.Generator, start: Floats | None = None
) -> Floats:
    """A drive along the street grid inside +-side_m, stopping now and then: (seconds, 2) in metres."""
    corners = int(side_m // block_m)
    at = np.rint((start if start is not None else rng.uniform(-side_m, side_m, 2)) / block_m)
    at = np.clip(at, -corners, corners)
    heading = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]])[rng.integers(4)]
    path = [at * block_m]
    while len(path) < seconds:
        heading = turn(at, heading, corners, rng)
        pace = speed_mps * rng.uniform(0.6, 1.2)
        steps = max(2, round(block_m / pace))
        path.extend(at * block_m + heading * block_m * (k / steps) for k in range(1, steps + 1))
        at = at + heading
        if rng.random() < 0.2:
            path.extend([at * block_m] * int(rng.integers(3, 25)))
    return np.array(path[:seconds], float)


def turn(at: Floats, heading: Floats, corners: int, rng: np.random.Generator) -> Floats:
    """The next block's direction: mostly onward, never straight back, never out of the town."""
    left = np.array([-heading[1], heading[0]])
    ways = [heading, heading, left, -left, -heading]
    inside = [way for way in ways if np.abs(at + way).max() <= corners]
    choice: Floats = inside[int(rng.integers(len(inside) - 1))] if len(inside) > 1 else inside[0]
    return choice


def gps_error(seconds: int, sigma_m: float, rng: np.random.Generator, jumps: float = 0.004) -> Floats:
    """GPS error (seconds, 2): wanders with a time constant of 30 s, and jumps by 20-40 m for some seconds."""
    keep = np.exp(-1 / 30)
    push = rng.normal(size=(seconds, 2)) * sigma_m * np.sqrt(1 - keep**2)
    error = np.empty((seconds, 2))
    error[0] = rng.normal(size=2) * sigma_m
    for second in range(1, seconds):
        error[second] = keep * error[second - 1] + push[second]
    for second in np.flatnonzero(rng.random(seconds) < jumps).tolist():
        angle = rng.uniform(0, 2 * np.pi)
        error[second : second + 5] += rng.uniform(20, 40) * np.array([np.cos(angle), np.sin(angle)])
    return error


def antenna_dbm(emitter: Emitter, track: Track, rng: np.random.Generator) -> Floats:
    """Power at the kit's antenna (dBm) each second for a call of 0 dBm, fading left out, shape (n,)."""
    if emitter.aboard:
        return -ABOARD_LOSS_DB + rng.normal(0, 0.8, len(track.xy))
    own = emitter.path[0] if len(emitter.path) == 1 else emitter.path[: len(track.xy)]
    return -emitter.law.loss_db(own, track.xy)


def fading_of(emitter: Emitter, track: Track, rng: np.random.Generator) -> Floats:
    """Fading (dB) of one call each second: each port has an antenna of its own."""
    own_mps = 0.0 if len(emitter.path) == 1 else 1.0
    return fading_db(track.speed_mps() + own_mps, rng)


def meter(
    emitters: Sequence[Emitter], track: Track, plane: Plane, rng: np.random.Generator, tune_mhz: float = 890.0
) -> list[UplinkReading]:
    """What the kit's meter writes: a row a second and stream heard, a `det` 0 row where nothing was or one is lost."""
    seconds = len(track.xy)
    levels = {}
    for emitter in emitters:
        base = antenna_dbm(emitter, track, rng)
        for call in emitter.calls:
            fading = rng.normal(0, 0.5, seconds) if emitter.aboard else fading_of(emitter, track, rng)
            levels[call] = base + call.power_dbm + fading
    by_second: list[list[Call]] = [[] for _ in range(seconds)]
    for call in levels:
        for second in range(max(0, int(call.from_s)), min(seconds, int(call.to_s))):
            by_second[second].append(call)
    return write_rows(by_second, levels, track, plane, rng, tune_mhz)


def write_rows(
    by_second: list[list[Call]],
    levels: dict[Call, Floats],
    track: Track,
    plane: Plane,
    rng: np.random.Generator,
    tune_mhz: float,
) -> list[UplinkReading]:
    """The meter's second by second work: gain kept below clipping, detection that fades out near the threshold."""
    places = plane.to_degrees(track.gps_xy)
    speed = track.speed_mps()
    errors = {gain: rng.normal(0, track.gain_error_db) for gain in range(0, 50, 10)}
    gain, last_heard, rows = 40, dict.fromkeys(levels, -100), []
    for second, calls in enumerate(by_second):
        lat, lon = places[second]
        where = (float(second), track.kit, float(lat), float(lon), 1.1, round(float(speed[second]), 2), None, tune_mhz)
        heard, loudest = 0, -200.0
        true_gain = gain + errors[gain] + track.offset_db - FULL_SCALE_DBM
        noise = noise_dbfs(true_gain)
        for call in calls:
            level = levels[call][second]
            snr = level + true_gain - noise
            loudest = max(loudest, level)
            if rng.random() < 1 / (1 + np.exp(-(snr - THRESHOLD_DB) / 0.8)):
                heard, last_heard[call] = heard + 1, second
                rows.append(heard_row(where, call, level, gain, true_gain, int(rng.integers(50, 210))))
            elif second - last_heard[call] < 10:
                rows.append(UplinkReading(*where, call.freq_mhz, call.slot, None, gain, None, None, 0, 0, 0))
        if not heard and not any(row.t_s == second for row in rows[-len(calls) :] if calls):
            rows.append(UplinkReading(*where, None, None, None, gain, None, None, 0, 0, 0))
        gain = next_gain(gain, loudest)
    return rows


def heard_row(
    where: tuple[float, str, float, float, float, float, None, float],
    call: Call,
    level_dbm: float,
    gain: int,
    true_gain: float,
    bursts: int,
) -> UplinkReading:
    """One heard second of one stream, compressed above -6 dBFS and clipped at 0."""
    noise = noise_dbfs(true_gain)
    power = 10 * np.log10(10 ** ((level_dbm + true_gain) / 10) + 10 ** (noise / 10))
    power = power if power < -6 else -6 + 5 * np.tanh((power + 6) / 5)
    clip = int(power > -2)
    rssi = round(float(power), 2)
    shown = round(float(noise), 2)
    snr = round(float(10 * np.log10(max(10 ** ((rssi - shown) / 10) - 1, 1e-2))), 2)
    return UplinkReading(*where, call.freq_mhz, call.slot, rssi, float(gain), shown, snr, clip, bursts, 1)


def noise_dbfs(true_gain: float) -> float:
    """Noise (dBFS): the receiver's own, amplified, and that of the 8-bit converter."""
    return float(10 * np.log10(10 ** ((NOISE_DBM + true_gain) / 10) + 10 ** (CONVERTER_NOISE_DBFS / 10)))


def next_gain(gain: int, loudest_dbm: float) -> int:
    """The automatic gain's next step: down when the loudest came near full scale, up when far below."""
    top = loudest_dbm + gain - FULL_SCALE_DBM
    if top > -8 and gain > 0:
        return gain - 10
    return gain + 10 if top < -32 and gain < 40 else gain
