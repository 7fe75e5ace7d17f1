"""Where people and masts are: a dense core, towns around it, masts of three sectors, shadow that moves the borders.

Metres east and north of the city's middle. A point is served by one of the three cells heard best there, mostly the
best. Timing advance: steps of 553.5 m (GSM, TS 45.010 §5.6) or 78.1 m (LTE, TS 36.213 §4.2.3).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .laws import Floats

Ints = NDArray[np.int64]
EARTH_M = 111_320.0
PIXEL_M = 60.0
GSM_STEP_M = 553.5
LTE_STEP_M = 78.1
HEARD = 3


@dataclass(frozen=True, slots=True)
class Terrain:
    lat: float
    lon: float
    half_m: float
    centres: Floats  # (n, 4): x, y, spread_m, weight
    mast_x: Floats  # a cell
    mast_y: Floats
    azimuth: Floats
    lac: Ints
    ci: Ints
    step_m: float
    best: Ints  # (pixels, pixels, HEARD): cells heard best
    edge: Floats  # (pixels, pixels, HEARD): cumulated chance of each

    def to_degrees(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        return self.lat + y / EARTH_M, self.lon + x / (EARTH_M * np.cos(np.radians(self.lat)))

    def settle(self, rng: np.random.Generator, count: int, pull: float = 1.0) -> tuple[Floats, Floats]:
        """Points where people are; pull above 1 prefers the dense middle."""
        weight = self.centres[:, 3] ** pull
        which = rng.choice(len(self.centres), count, p=weight / weight.sum())
        spread = self.centres[which, 2]
        reach = self.half_m * 0.96
        x = self.centres[which, 0] + spread * rng.standard_normal(count)
        y = self.centres[which, 1] + spread * rng.standard_normal(count)
        return np.clip(x, -reach, reach), np.clip(y, -reach, reach)

    def serve(self, rng: np.random.Generator, x: Floats, y: Floats) -> Ints:
        """The serving cell's row for each point."""
        at = len(self.best)
        col = np.clip(((x + self.half_m) / PIXEL_M).astype(np.int64), 0, at - 1)
        row = np.clip(((y + self.half_m) / PIXEL_M).astype(np.int64), 0, at - 1)
        rank = (rng.random(len(x))[:, None] > self.edge[row, col]).sum(axis=1)
        return np.asarray(self.best[row, col, np.minimum(rank, HEARD - 1)])

    def advance(self, rng: np.random.Generator, cell: Ints, x: Floats, y: Floats, bias_m: Floats) -> Ints:
        """Timing advance in steps; walls lengthen the way, handsets have a bias."""
        way = np.hypot(x - self.mast_x[cell], y - self.mast_y[cell])
        way += bias_m + rng.gamma(1.0, 0.25 * self.step_m + 15.0, len(x)) + rng.normal(0, 0.15 * self.step_m, len(x))
        return np.asarray(np.clip(np.floor(way / self.step_m), 0, 63 if self.step_m > 500 else 1282), dtype=np.int64)


def draw_terrain(rng: np.random.Generator, subscribers: int, lte: bool) -> Terrain:
    half = float(rng.uniform(5_000, 9_000) * (subscribers / 20_000) ** 0.25)
    towns = int(rng.integers(3, 9))
    centres = np.column_stack(
        [
            rng.uniform(-0.75, 0.75, towns) * half,
            rng.uniform(-0.75, 0.75, towns) * half,
            rng.uniform(0.05, 0.16, towns) * half,
            rng.dirichlet(np.full(towns, 1.5)) * 0.5,
        ]
    )
    centres = np.vstack([[0.0, 0.0, rng.uniform(0.15, 0.28) * half, 0.45], centres, [0.0, 0.0, 0.6 * half, 0.1]])
    lat, lon = float(rng.uniform(21, 41)), float(rng.uniform(100, 120))
    empty = np.zeros((0, 0, HEARD))
    bare = Terrain(
        lat, lon, half, centres, *(np.zeros(0),) * 3, *(np.zeros(0, np.int64),) * 2, 0.0, empty.astype(np.int64), empty
    )
    x, y = _masts(rng, bare, max(14, int(subscribers / rng.uniform(170, 420))))
    masts = len(x)
    azimuth = (
        np.array([0.0, 120.0, 240.0])[None, :] + rng.uniform(0, 120, (masts, 1)) + rng.normal(0, 8, (masts, 3))
    ) % 360
    mast_x, mast_y = np.repeat(x, 3), np.repeat(y, 3)
    region = (np.digitize(mast_x, [-half / 3, half / 3]) * 3 + np.digitize(mast_y, [-half / 3, half / 3])).astype(
        np.int64
    )
    lac = int(rng.integers(4_000, 50_000)) + region
    if lte:
        ci = (int(rng.integers(40_000, 900_000)) + np.repeat(rng.permutation(masts), 3)) * 256 + np.tile(
            [1, 2, 3], masts
        )
    else:
        ci = int(rng.integers(5_000, 20_000)) + 10 * np.repeat(rng.permutation(masts), 3) + np.tile([1, 2, 3], masts)
    best, edge = _map(rng, half, mast_x, mast_y, azimuth.ravel())
    step = LTE_STEP_M if lte else GSM_STEP_M
    return Terrain(lat, lon, half, centres, mast_x, mast_y, azimuth.ravel(), lac, ci.astype(np.int64), step, best, edge)


def _masts(rng: np.random.Generator, bare: Terrain, count: int) -> tuple[Floats, Floats]:
    """Masts thicker where people are, but nowhere too close: 3 candidates for each, the loneliest of them stays."""
    x, y = bare.settle(rng, count * 3, 0.8)
    kept: list[int] = []
    for group in range(count):
        trio = np.arange(group * 3, group * 3 + 3)
        if kept:
            gaps = np.hypot(x[trio][:, None] - x[kept][None, :], y[trio][:, None] - y[kept][None, :]).min(axis=1)
            kept.append(int(trio[int(gaps.argmax())]))
        else:
            kept.append(0)
    return x[kept], y[kept]


def _map(rng: np.random.Generator, half: float, mast_x: Floats, mast_y: Floats, azimuth: Floats) -> tuple[Ints, Floats]:
    pixels = int(2 * half / PIXEL_M)
    axis = (np.arange(pixels) + 0.5) * PIXEL_M - half
    best = np.zeros((pixels, pixels, HEARD), dtype=np.int64)
    edge = np.zeros((pixels, pixels, HEARD))
    exponent, deep, fickle = rng.uniform(3.0, 4.0), rng.uniform(4.0, 8.0), rng.uniform(1.3, 3.2)
    shade = _shade(rng, pixels, len(mast_x), deep)
    for row in range(pixels):
        east, north = axis[:, None] - mast_x, axis[row] - mast_y
        way = np.maximum(np.hypot(east, north), 30.0)
        off = np.abs((np.degrees(np.arctan2(east, north)) - azimuth + 180) % 360 - 180)
        level = -10 * exponent * np.log10(way) - np.minimum(12 * (off / 65) ** 2, 25) + shade(row)
        top = np.argpartition(-level, HEARD, axis=1)[:, :HEARD]
        heard = np.take_along_axis(level, top, axis=1)
        order = np.argsort(-heard, axis=1)
        best[row] = np.take_along_axis(top, order, axis=1)
        power = np.exp((np.take_along_axis(heard, order, axis=1)) / fickle)
        edge[row] = np.cumsum(power / power.sum(axis=1, keepdims=True), axis=1)
    return best, edge


def _shade(rng: np.random.Generator, pixels: int, cells: int, deep: float):  # type: ignore[no-untyped-def]
    """Shadow in dB of every cell along a row of pixels, smooth over some 250 m."""
    coarse = pixels // 4 + 3
    field = rng.normal(0, deep, (coarse, coarse, cells)).astype(np.float32)

    def along(row: int) -> Floats:
        low, part = divmod(row / 4, 1)
        line = field[int(low)] * (1 - part) + field[int(low) + 1] * part
        at = np.arange(pixels) / 4
        left = at.astype(int)
        mix = (at - left)[:, None]
        return np.asarray(line[left] * (1 - mix) + line[left + 1] * mix)

    return along
