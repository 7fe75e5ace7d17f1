"""How likely two suspected SIMs are of one box, from what they have in common and how alike they work.

The log odds of a pair are a logistic law over a dozen marks (weights in likeness.json, fitted by
bench/cdr_likeness.py on pairs of SIMs of made-up boxes). Groups are then cut by average linkage: two parts stay one
while the mean over all their pairs speaks for it, so that a single SIM seen at two boxes does not make them one.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from detection.cdr.acts import Acts

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

MARKS = (
    "always",
    "same spot",
    "second common spot",
    "same ring",
    "shared device",
    "same model",
    "calls between",
    "common callees",
    "begin apart",
    "end apart",
    "talk apart",
    "pace apart",
    "answers apart",
    "messages apart",
    "hours apart",
    "moves apart",
)
MOST_SIMS = 800  # in one group: a pair table of more is not worth its memory
LEAST_AT_SPOT = 0.12  # of a SIM's acts


@dataclass(frozen=True, slots=True)
class Profile:
    """How each of n SIMs works."""

    first_day: Floats
    last_day: Floats
    talk: Floats  # mean natural logarithm of s
    talk_error: Floats
    pace: Floats  # natural logarithm of acts in an active hour
    pace_error: Floats
    answered: Floats  # share, and below its error
    answered_error: Floats
    messages: Floats
    moves: Floats
    hours: Floats  # (n, 12) share of outgoing acts in two hours of the day, smoothed
    model: Ints  # TAC most acts were made with, -1 unknown


def profile(acts: Acts, of: Ints, n: int, tac: Ints) -> Profile:
    """Profiles of SIMs 0..n-1; `of` gives the SIM of every act, `tac` the TAC of every IMEI id."""
    every = np.maximum(np.bincount(of, minlength=n), 1)
    first, last = np.full(n, np.inf), np.full(n, -np.inf)
    np.minimum.at(first, of, acts.t_s)
    np.maximum.at(last, of, acts.t_s)
    lasted = (acts.kind == 0) & (acts.duration_s > 0)
    long = np.log(np.maximum(acts.duration_s, 1))
    calls = np.bincount(of[lasted], minlength=n)
    talk = (np.bincount(of[lasted], long[lasted], minlength=n) + 4.0) / (calls + 1)
    out = acts.kind == 0
    tried = np.bincount(of[out], minlength=n)
    answered = (np.bincount(of[out], acts.answered[out] == 1, minlength=n) + 1) / (tried + 2)
    active = np.maximum(np.bincount(np.unique(of * (1 << 32) + acts.t_s // 3600) >> 32, minlength=n), 1)
    hours = np.bincount(of * 12 + acts.local_s % 86_400 // 7_200, minlength=12 * n).reshape(n, 12) + 0.3
    messages = np.bincount(of, (acts.kind == 2) | (acts.kind == 3), minlength=n)
    moved = np.zeros(len(of), bool)
    moved[1:] = (of[1:] == of[:-1]) & (acts.cell[1:] != acts.cell[:-1])
    return Profile(
        first / 86_400,
        last / 86_400,
        talk,
        1.0 / np.sqrt(calls + 1),
        np.log(every / active),
        1.0 / np.sqrt(every),
        answered,
        np.sqrt(answered * (1 - answered) / (tried + 1)),
        messages / every,
        np.bincount(of, moved, minlength=n) / every,
        hours / hours.sum(axis=1, keepdims=True),
        _model(acts, of, n, tac),
    )


def _model(acts: Acts, of: Ints, n: int, tac: Ints) -> Ints:
    known = acts.imei >= 0
    model = np.full(n, -1)
    if known.any():
        pairs, counts = np.unique(np.column_stack([of[known], tac[acts.imei[known]]]), axis=0, return_counts=True)
        order = np.argsort(counts, kind="stable")
        model[pairs[order, 0]] = pairs[order, 1]  # the commonest comes last and stays
    return model


def marks(acts: Acts, sims: Ints, number: Ints, tac: Ints) -> Floats:
    """(marks, n, n): the MARKS of every pair of `sims`.

    `acts` hold acts of `sims` alone (ids ascending); `number` gives each one's own number id, -1 unknown.
    """
    n = len(sims)
    of = np.searchsorted(sims, acts.sim)
    who = profile(acts, of, n, tac)
    spots, rings = _spots(acts, of, n)
    common = spots @ spots.T
    table = np.zeros((len(MARKS), n, n))
    table[0] = 1.0
    table[1] = common >= 1
    table[2] = np.minimum(np.maximum(common - 1, 0), 2)
    table[3] = rings @ rings.T >= 1
    table[4] = _common(of, acts.imei, n, 3) >= 1
    known = who.model >= 0
    table[5] = np.where(known[:, None] & known[None], np.where(who.model[:, None] == who.model[None], 1.0, -0.3), 0.0)
    table[6] = np.minimum(np.log1p(_between(acts, of, n, number)), 2.0)
    table[7] = np.minimum(np.log1p(_common(of, np.where(acts.kind == 0, acts.other, -1), n, 1)), 2.0)
    for row, value, error, floor in (
        (8, who.first_day, None, 0.5),
        (9, who.last_day, None, 0.5),
        (10, who.talk, who.talk_error, 0.15),
        (11, who.pace, who.pace_error, 0.25),
        (12, who.answered, who.answered_error, 0.04),
        (13, who.messages, None, 0.1),
        (15, who.moves, None, 0.1),
    ):
        table[row] = _apart(value, error, floor)
    overlap = np.sqrt(who.hours) @ np.sqrt(who.hours).T
    table[14] = -np.log(np.clip(overlap, 0.05, 1.0))
    return table


def _apart(value: Floats, error: Floats | None, floor: float) -> Floats:
    """How many deviations apart, as the logarithm of 1 + z^2, so that no mark says more than its due."""
    noise = floor**2 + (0.0 if error is None else error[:, None] ** 2 + error[None] ** 2)
    apart: Floats = np.log1p((value[:, None] - value[None]) ** 2 / noise)
    return apart


def _spots(acts: Acts, of: Ints, n: int) -> tuple[Floats, Floats]:
    """((n, spots) 0 or 1 where a SIM stands at a cell and ring or the next, the same for exact rings)."""
    placed = acts.cell >= 0
    if not placed.any():
        return np.zeros((n, 1)), np.zeros((n, 1))
    spot = acts.cell[placed] * 2_000 + acts.ta[placed] + 2
    names, at = np.unique(spot, return_inverse=True)
    share = np.zeros((n, len(names)))
    np.add.at(share, (of[placed], at), 1.0)
    share /= np.maximum(share.sum(axis=1, keepdims=True), 1)
    exact = (share >= LEAST_AT_SPOT).astype(float)
    wide = share.copy()
    for step in (-1, 1):
        beside = np.minimum(np.searchsorted(names, names + step), len(names) - 1)
        wide += np.where(names[beside] == names + step, share[:, beside], 0.0)
    at_cell = np.unique(names // 2_000, return_inverse=True)[1]
    stands = wide >= LEAST_AT_SPOT
    near = np.zeros((n, at_cell.max() + 1))
    for column, cell in enumerate(at_cell):  # rings of one cell that overlap count once
        near[:, cell] = np.maximum(near[:, cell], stands[:, column])
    return near, exact


def _common(of: Ints, what: Ints, n: int, least: int) -> Floats:
    """(n, n) how many different things (ids; -1 none) two SIMs both had to do with, `least` times each."""
    held = what >= 0
    pairs, counts = np.unique(np.column_stack([of[held], what[held]]), axis=0, return_counts=True)
    pairs = pairs[counts >= least]
    table = np.zeros((n, n))
    if len(pairs):
        order = np.argsort(pairs[:, 1], kind="stable")
        owner, thing = pairs[order, 0], pairs[order, 1]
        edges = np.flatnonzero(np.diff(thing)) + 1
        for users in np.split(owner, edges):
            if 2 <= len(users) <= MOST_SIMS:
                table[np.ix_(users, users)] += 1.0
    np.fill_diagonal(table, 0.0)
    return table


def _between(acts: Acts, of: Ints, n: int, number: Ints) -> Floats:
    """(n, n) calls and messages that ran between two SIMs."""
    table = np.zeros((n, n))
    owned = np.flatnonzero(number >= 0)
    if len(owned):
        order = owned[np.argsort(number[owned])]
        at = np.minimum(np.searchsorted(number[order], acts.other), len(order) - 1)
        own = (acts.other >= 0) & (number[order][at] == acts.other)
        np.add.at(table, (of[own], order[at[own]]), 1.0)
    return table + table.T


@cache
def weights() -> Floats:
    """Log odds that each of MARKS adds."""
    document = json.loads(files("detection.cdr").joinpath("likeness.json").read_text(encoding="utf-8"))
    return np.array([document["weights"][mark] for mark in MARKS])


def parts(acts: Acts, sims: Ints, number: Ints, tac: Ints, bonds: Callable[[Acts, Ints], Floats]) -> list[Ints]:
    """`sims` (ids ascending) parted into boxes, as indices; arguments as of `marks`, `bonds` as of `boxes.cut`."""
    if not 2 < len(sims) <= MOST_SIMS:
        return [np.arange(len(sims))]
    return clusters(np.tensordot(weights(), marks(acts, sims, number, tac), 1) + bonds(acts, sims))


def clusters(log_odds: Floats) -> list[Ints]:
    """Parts of n SIMs by average linkage: pairs of parts are joined while their mean log odds are positive."""
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    n = len(log_odds)
    if n < 2:
        return [np.arange(n)]
    distance = 100.0 - np.clip(log_odds, -99.0, 99.0)
    np.fill_diagonal(distance, 0.0)
    label = fcluster(linkage(squareform(distance, checks=False), "average"), 100.0, "distance")
    return [np.flatnonzero(label == one) for one in np.unique(label)]
