"""Turns: SIMs of one spot that share fewer ports than they are, and so fall silent while others of them work.

Whoever works or lives at a spot acts, in the hours in which he acts at all, whenever the others of the spot do. A SIM
that takes turns at a port crowds its acts into some of those hours, other ones each day. One such SIM says nothing;
a crowd of them does, as far as it is greater than chance makes it in this export.

The same tells desks: callers and receivers that fill the hours of their spot, among others that do, day after day,
and are silent at night. No box does: a gateway works at night, a bank that sleeps takes turns, a relay throws its SIMs
away within the day.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from detection.cdr.acts import Acts
from detection.cdr.boxes import Spots, standing
from detection.cdr.features import HOUR_S, SMT
from detection.cdr.together import Shown

CANDIDATE_TURNS, CANDIDATE_DESK = -4.0, 0.0  # least own evidence
SENDERS = 1  # verdict.families
OUTSIDE = 0.025  # share of a SIM's acts that lie before, and after, the hours of the day in which it acts
LENT_HOURS = 2.0  # filled as expected, lent to every SIM, so that few acts say little
FILLS, TURNS = 0.9, 0.6  # share of expected hours that a SIM filled: where it says nothing, and all it can
TAKER = 0.8  # at most, to be counted among those that take turns
LEAST_TAKERS = 3.0
LEAST_EXPECTED = 1.5  # takers of turns on a spot by chance, at least
GAIN, MOST = 2.0, 6.0  # log odds for each e-fold of takers above chance, and at most
DESK = 4.0  # log odds against a box that a desk's SIM has
FILLS_LESS, FILLS_ALL = 0.8, 0.92  # share of expected hours: where a SIM isn't at a desk, and surely is
COMPANY_LESS, COMPANY_ALL = 0.9, 0.96  # the same of the mean of its spot
ABOUT, THERE = 0.5, 0.65  # share of its acts on its main cell: where it isn't at a desk, and surely is
LEAST_COMPANY, LEAST_ACTS, LEAST_DAYS = 2.5, 8, 2
OPENS, CLOSES, MOST_OUTSIDE = 6, 22, 0.03  # local hours, and share of acts outside them

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Turns(Shown):
    """SIMs of crowds that take turns (ascending), and their log odds at the end of each hour from `began_h` on."""

    sims: Ints
    began_h: int
    odds: Floats  # (SIMs, hours)

    def of(self, at: int, until_s: Ints) -> Floats:
        """By the turns that the SIM at a place and the others of its spot have taken."""
        hour = until_s // HOUR_S - 1 - self.began_h
        given: Floats = np.where(hour >= 0, self.odds[at][np.clip(hour, 0, self.odds.shape[1] - 1)], 0.0)
        return given


NO_TURNS = Turns(np.zeros(0, np.int64), 0, np.zeros((0, 1)))


@dataclass(frozen=True, slots=True)
class Stand:
    """SIMs at spots, sorted by spot: where a SIM stands, and (not its own) the rings beside, where it is company."""

    spot: Ints
    sim: Ints
    own: NDArray[np.bool_]
    weight: Floats  # of the SIM in the rhythm of the spot
    there: Floats  # how far its place is a desk's, 0 to 1

    def of(self, rows: NDArray[np.bool_]) -> "Stand":
        return Stand(*(getattr(self, column.name)[rows] for column in fields(self)))


def turns(acts: Acts, own: Floats, family: Ints, spots: Spots) -> Turns:
    """From `acts` and `spots` of at least all candidates; `own` evidence and `family` of every SIM."""
    stand = _stand(own, family, spots)
    acts = acts.of((own[acts.sim] >= CANDIDATE_TURNS) & (acts.kind <= SMT))
    if not len(stand.sim) or not len(acts.sim):
        return NO_TURNS
    began = int(acts.local_s.min()) // 86_400 * 24
    hours = (int(acts.local_s.max()) // 86_400 + 1) * 24 - began
    sims, row = np.unique(acts.sim, return_inverse=True)
    count = np.bincount(row * hours + acts.local_s // HOUR_S - began, minlength=len(sims) * hours)
    table: Floats = count.reshape(len(sims), hours).astype(np.float64)
    stand = stand.of(np.isin(stand.sim, sims))
    at = np.searchsorted(sims, stand.sim)
    share = filled(table[at], stand.weight, stand.spot)
    rate = float((share <= TAKER)[stand.own].mean())
    desk = stand.own & (own[stand.sim] >= CANDIDATE_DESK) & (at_desk(table[at], share, stand) > 0)
    held = (_takers(share, stand) >= LEAST_TAKERS) | (_sums(desk.astype(np.float64), stand.spot) > 0)
    stand, at = stand.of(held), at[held]
    shift_h = int(np.median(acts.local_s - acts.t_s)) // HOUR_S
    return _by_hour(table[at], stand, rate, began - shift_h)


def _stand(own: Floats, family: Ints, spots: Spots) -> Stand:
    """Every candidate where it stands, and as company on the rings beside."""
    sim, cell, ta, _ = standing(np.where(own >= CANDIDATE_TURNS, np.inf, -np.inf), spots)
    place = (family[sim] * (cell.max(initial=0) + 1) + cell) * (ta.max(initial=0) + 4) + ta + 2
    above, below = ta >= 0, ta >= 1
    place = np.concatenate([place, place[above] + 1, place[below] - 1])
    own_spot = np.arange(len(place)) < len(sim)
    sim = np.concatenate([sim, sim[above], sim[below]])
    order = np.lexsort((sim, ~own_spot, place))
    place, sim, own_spot = place[order], sim[order], own_spot[order]
    there = np.where(family[sim] == SENDERS, 0.0, np.clip((_at_home(spots)[sim] - ABOUT) / (THERE - ABOUT), 0, 1))
    stand = Stand(np.unique(place, return_inverse=True)[1], sim, own_spot, 1 / (1 + np.exp(-own[sim])), there)
    return stand.of(np.isin(place, place[own_spot]))


def _at_home(spots: Spots) -> Floats:
    """Share of the acts on its main cell, of every SIM."""
    cells, at = np.unique(np.stack([spots.sim, spots.cell]), axis=1, return_inverse=True)
    most = np.zeros(int(spots.sim.max(initial=-1)) + 1)
    np.maximum.at(most, cells[0], np.bincount(at, spots.acts, minlength=cells.shape[1]))
    return most / np.maximum(np.bincount(spots.sim, spots.acts, minlength=len(most)), 1)


def _sums(values: Floats, spot: Ints) -> Floats:
    """For every row the sum over its spot; rows are sorted by spot."""
    begin = np.flatnonzero(np.diff(spot, prepend=-1))
    summed: Floats = np.repeat(np.add.reduceat(values, begin, axis=0), np.diff(np.append(begin, len(spot))), axis=0)
    return summed


def filled(table: Floats, weight: Floats, spot: Ints) -> Floats:
    """Share of its expected hours that each row's SIM filled; 1 where it had no company.

    `table` (rows, hours of whole days) acts; rows sorted by spot; `weight` of each in the rhythm of its spot. A SIM's
    expected hours lie in the days, and hours of the day, in which it acts; there they are those of a Poisson process
    of the others' rhythm.
    """
    n, hours = table.shape
    total = np.maximum(table.sum(axis=1, keepdims=True), 1)
    each = weight[:, None] * table / total
    others = _sums(each, spot) - each
    by_day = table.reshape(n, hours // 24, 24)
    clock = np.cumsum(by_day.sum(axis=1), axis=1) / total
    open_ = (clock > OUTSIDE) & (np.column_stack([np.zeros(n), clock[:, :-1]]) < 1 - OUTSIDE)
    there = ((by_day.sum(axis=2) > 0)[:, :, None] & open_[:, None, :]).reshape(n, hours)
    others, table = np.where(there, others, 0), np.where(there, table, 0)
    alone = others.sum(axis=1) <= 1e-6
    rhythm = others / np.maximum(others.sum(axis=1, keepdims=True), 1e-6)
    expected = (1 - np.exp(-table.sum(axis=1, keepdims=True) * rhythm)).sum(axis=1)
    share = ((table > 0).sum(axis=1) + LENT_HOURS) / (expected + LENT_HOURS)
    return np.where(alone, 1.0, share)


def _takers(share: Floats, stand: Stand) -> Floats:
    return _sums(np.where(share <= TAKER, stand.weight, 0.0), stand.spot)


def at_desk(table: Floats, share: Floats, stand: Stand) -> Floats:
    """How far each row's SIM keeps a desk's hours, 0 to 1, by the `share` of its expected hours that it filled."""
    days = table.reshape(len(table), -1, 24)
    total, inside = table.sum(axis=1), days[:, :, OPENS:CLOSES].sum(axis=(1, 2))
    known = (total >= LEAST_ACTS) & ((days.sum(axis=2) > 0).sum(axis=1) >= LEAST_DAYS)
    company = _sums(stand.weight, stand.spot)
    mean = _sums(stand.weight * share, stand.spot) / company
    fills = np.clip((share - FILLS_LESS) / (FILLS_ALL - FILLS_LESS), 0, 1)
    fills *= np.clip((mean - COMPANY_LESS) / (COMPANY_ALL - COMPANY_LESS), 0, 1) * stand.there
    told: Floats = np.where(known & (inside >= (1 - MOST_OUTSIDE) * total) & (company >= LEAST_COMPANY), fills, 0.0)
    return told


def _by_hour(table: Floats, stand: Stand, rate: float, began_h: int) -> Turns:
    """Log odds of every SIM from what was known at the end of each hour, at the spot that says most."""
    if not len(stand.sim):
        return NO_TURNS
    sims, row = np.unique(stand.sim, return_inverse=True)
    odds = np.zeros((len(sims), table.shape[1]))
    expected = np.maximum(LEAST_EXPECTED, rate * _sums(np.ones(len(row)), stand.spot))
    for hour in range(table.shape[1]):
        known = table[:, : hour // 24 * 24 + 24].copy()
        known[:, hour + 1 :] = 0
        share = filled(known, stand.weight, stand.spot)
        takers = _takers(share, stand)
        gain = np.clip(GAIN * np.log(np.maximum(takers, 1e-6) / expected), 0, MOST)
        taken = np.clip((FILLS - share) / (FILLS - TURNS), 0, 1)
        for_box = np.where(stand.own & (takers >= LEAST_TAKERS), gain * taken, 0.0)
        desk = np.where(stand.own, at_desk(known, share, stand), 0.0)
        most = np.zeros((2, len(sims)))
        np.maximum.at(most[0], row, for_box)
        np.maximum.at(most[1], row, desk)
        odds[:, hour] = most[0] - DESK * most[1]
    return Turns(sims, began_h, odds)
