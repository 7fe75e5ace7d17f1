"""Where a moving box will be in the next hour: probabilities of cells, from its own past and from the map.

A mixture of forecasts, each a law over cells: it stays where it was latest; it does what it did at this hour on
earlier days; it goes on as it went on from this cell before; it comes back to cells it knows; it is near, further
off as time passes; it is ahead in the direction it moves. How far each forecast is trusted is learnt from the box
itself: at every hour of its past they are asked, and what then came moves their shares in the mixture. Measured
by bench/cdr_roads.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from detection.cdr.siting import METRES_A_DEGREE
from detection.lead import PlacedCell

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

HOUR_S, DAY_S = 3_600, 86_400
LATEST_S = 1_200  # acts of this last while say where it is
LEADS_S = (600, 1_800, 3_000)  # how far ahead the map's forecasts look
SECTOR_REACH = 0.35  # of the gap between masts: how far a sector's middle lies before its mast
USUAL_STEP_M = 900.0  # how far a box comes in half an hour, before its own past says
MOST_PAST_HOURS = 60
MOST_HEARD = 2.0  # acts of an hour that count when forecasts are judged: those of one hour lean on each other
FIRM = 12.0  # acts' worth of TRUST beside what the box's own past says
ROUNDS = 15  # of expectation and maximisation, for the shares of the mixture
WHEREVER = 0.02  # of each forecast is even over all cells in reach, so that none is ever sure
REACH_CELLS = 600
#   trust in each forecast before the box's own past speaks, fitted on made-up cars and pairs (bench/cdr_roads.py)
TRUST = {"stays": 0.30, "habit": 0.15, "goes on": 0.15, "comes back": 0.10, "near": 0.15, "ahead": 0.15}


@dataclass(frozen=True, slots=True)
class Ground:
    """Middle of each cell in metres east and north of any origin; nan where no mast is placed."""

    east_m: Floats
    north_m: Floats


@dataclass(frozen=True, slots=True)
class Track:
    """Acts of a box in order of time: Unix s, the carrier's local s, index of the cell."""

    t_s: Ints
    local_s: Ints
    cell: Ints

    def before(self, now_s: int) -> "Track":
        n = int(np.searchsorted(self.t_s, now_s, "right"))
        return Track(self.t_s[:n], self.local_s[:n], self.cell[:n])

    def within(self, begin_s: int, end_s: int) -> Ints:
        """Cells of the acts after `begin_s` up to `end_s`."""
        first, last = np.searchsorted(self.t_s, [begin_s, end_s], "right")
        return self.cell[first:last]


def lay_ground(placed: Sequence[PlacedCell | None]) -> Ground:
    """The middles of an export's cells."""
    east, north = np.full(len(placed), np.nan), np.full(len(placed), np.nan)
    known = [at for at, cell in enumerate(placed) if cell is not None]
    if not known:
        return Ground(east, north)
    cells = [cell for cell in placed if cell is not None]
    lat, lon = np.array([cell.lat for cell in cells]), np.array([cell.lon for cell in cells])
    x = (lon - lon[0]) * METRES_A_DEGREE * np.cos(np.radians(lat[0]))
    y = (lat - lat[0]) * METRES_A_DEGREE
    turn = np.radians([np.nan if cell.azimuth_deg is None else cell.azimuth_deg for cell in cells])
    reach = SECTOR_REACH * _gap(x, y)
    east[known] = x + np.nan_to_num(reach * np.sin(turn))
    north[known] = y + np.nan_to_num(reach * np.cos(turn))
    return Ground(east, north)


def _gap(x: Floats, y: Floats) -> float:
    """Usual distance (m) between neighbouring masts, from up to 200 of them."""
    masts = np.unique(np.round(np.column_stack([x, y])), axis=0)
    some = masts[np.linspace(0, len(masts) - 1, min(200, len(masts))).astype(int)]
    apart = np.hypot(masts[None, :, 0] - some[:, None, 0], masts[None, :, 1] - some[:, None, 1])
    apart[apart < 30] = np.inf
    nearest = apart.min(axis=1)
    return float(np.median(nearest[np.isfinite(nearest)])) if np.isfinite(nearest).any() else 1_000.0


def next_hour(track: Track, now_s: int, ground: Ground) -> dict[int, float]:
    """Probability for each cell that an act of the next hour falls on it; they add up to 1. Empty without acts."""
    known = track.before(now_s)
    if not len(known.t_s):
        return {}
    cells = _in_reach(known, ground)
    law = _mixed(known, now_s, cells, ground)
    return {int(cell): float(p) for cell, p in zip(cells, law, strict=True)}


def forecasts(known: Track, now_s: int, ground: Ground) -> tuple[Ints, dict[str, Floats]]:
    """The cells in reach, and the law over them of each forecast that has anything to say."""
    cells = _in_reach(known, ground)
    return cells, _forecasts(known, now_s, cells, ground)


def _mixed(known: Track, now_s: int, cells: Ints, ground: Ground) -> Floats:
    forecasts = _forecasts(known, now_s, cells, ground)
    trust = _trust(known, now_s, cells, ground)
    weight = np.array([trust[name] for name in forecasts])
    law: Floats = (weight / weight.sum()) @ np.array(list(forecasts.values()))
    return law


def _in_reach(known: Track, ground: Ground) -> Ints:
    """Cells it has been on, and those nearest to where it is."""
    here = _position(known, ground, int(known.t_s[-1]))
    if here is None:
        return np.unique(known.cell)
    away = np.hypot(ground.east_m - here[0], ground.north_m - here[1])
    near = np.argsort(away, kind="stable")[:REACH_CELLS]
    return np.union1d(known.cell, near[np.isfinite(away[near])])


def _trust(known: Track, now_s: int, cells: Ints, ground: Ground) -> dict[str, float]:
    """Shares of the forecasts in the mixture: TRUST, moved by how well each told what came in past hours."""
    told: list[Floats] = []
    heard: list[Floats] = []
    names = list(TRUST)
    for then in range(now_s - HOUR_S, int(known.t_s[0]) - 1, -HOUR_S)[:MOST_PAST_HOURS]:
        came = np.searchsorted(cells, known.within(then, then + HOUR_S))
        if len(came):
            laws = _forecasts(known.before(then), then, cells, ground)
            told.append(np.array([laws[name][came] if name in laws else np.zeros(len(came)) for name in names]))
            heard.append(np.full(len(came), min(MOST_HEARD, len(came)) / len(came)))
    share = start = np.array([TRUST[name] for name in names])
    if told:
        chance, weight = np.concatenate(told, axis=1), np.concatenate(heard)
        silent = chance == 0  # a forecast that could not speak yet is neither praised nor blamed
        for _ in range(ROUNDS):
            part = share[:, None] * chance
            mixed = part.sum(axis=0) / (share[:, None] * ~silent).sum(axis=0)
            part = share[:, None] * np.where(silent, mixed, chance)
            share = FIRM * start + (weight * part / part.sum(axis=0)).sum(axis=1)
            share = share / share.sum()
    return dict(zip(names, share.tolist(), strict=True))


def _forecasts(known: Track, now_s: int, cells: Ints, ground: Ground) -> dict[str, Floats]:
    """Laws over `cells` (sorted), by the name of the forecast; those that have nothing to say are left out."""
    at = np.searchsorted(cells, known.cell)
    recent = np.exp(-(now_s - known.t_s) / DAY_S / 2)
    last = known.t_s > known.t_s[-1] - LATEST_S
    local_now = int(known.local_s[-1]) + now_s - int(known.t_s[-1])
    ahead = (known.local_s - local_now) % DAY_S
    habit = (ahead <= HOUR_S) & (known.t_s < now_s - DAY_S // 2)
    counts = {"stays": last * 1.0, "habit": habit * recent, "goes on": _followed(known), "comes back": recent}
    laws: dict[str, Floats] = {
        name: np.bincount(at, weights=weight, minlength=len(cells)).astype(float) for name, weight in counts.items()
    }
    laws |= _by_map(known, now_s, cells, ground)
    return {
        name: (1 - WHEREVER) * law / law.sum() + WHEREVER / len(cells) for name, law in laws.items() if law.sum() > 0
    }


def _followed(known: Track) -> Floats:
    """Weight of each act by how it followed, within an hour, an earlier act on the latest cell."""
    here = np.flatnonzero(known.cell == known.cell[-1])[:-1]
    weight = np.zeros(len(known.t_s))
    for begin in known.t_s[here].tolist():
        first, last = np.searchsorted(known.t_s, [begin, begin + HOUR_S], "right")
        weight[first:last] += 1 / max(1, last - first)
    return weight


def _position(known: Track, ground: Ground, now_s: int) -> tuple[float, float] | None:
    """Mean middle of the cells of its latest acts up to `now_s`, of those that are placed."""
    n = int(np.searchsorted(known.t_s, now_s, "right"))
    first = int(np.searchsorted(known.t_s[:n], known.t_s[n - 1] - LATEST_S // 2)) if n else 0
    east, north = ground.east_m[known.cell[first:n]], ground.north_m[known.cell[first:n]]
    placed = np.isfinite(east)
    return (float(east[placed].mean()), float(north[placed].mean())) if placed.any() else None


def _by_map(known: Track, now_s: int, cells: Ints, ground: Ground) -> dict[str, Floats]:
    """The forecasts that need masts: near where it is, and ahead of it."""
    here = _position(known, ground, now_s)
    if here is None:
        return {}
    before = _position(known, ground, int(known.t_s[-1]) - HOUR_S // 2) if known.t_s[0] < known.t_s[-1] else None
    speed = np.subtract(here, before) / (HOUR_S / 2) if before is not None else np.zeros(2)
    east, north = np.nan_to_num(ground.east_m[cells], nan=1e9), np.nan_to_num(ground.north_m[cells], nan=1e9)
    step = _usual_step(known, ground)
    laws = {"near": np.zeros(len(cells)), "ahead": np.zeros(len(cells))}
    for lead_s in LEADS_S:
        spread = 300.0 + step * np.sqrt(lead_s / 1_800)
        for name, moved in (("near", 0.0), ("ahead", min(lead_s, 1_800))):
            away = np.hypot(east - here[0] - speed[0] * moved, north - here[1] - speed[1] * moved)
            law = (1 + (away / spread) ** 2) ** -2.0
            laws[name] += law / law.sum()
    return laws


def _usual_step(known: Track, ground: Ground) -> float:
    """How far (m) it comes in half an hour: the mean over its past, drawn towards USUAL_STEP_M."""
    marks = np.arange(int(known.t_s[-1]), int(known.t_s[0]) - 1, -1_800)[: 2 * MOST_PAST_HOURS]
    places = [place for mark in marks.tolist() if (place := _position(known, ground, mark)) is not None]
    steps = [float(np.hypot(one[0] - two[0], one[1] - two[1])) for one, two in pairwise(places)]
    return (2 * USUAL_STEP_M + sum(steps)) / (2 + len(steps))
