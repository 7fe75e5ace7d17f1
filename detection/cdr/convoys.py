"""Convoys: SIMs that go the same way at the same time, as those of a box in a car or of a pair of phones do.

For two SIMs the cells on which each acted are laid side by side, hour by hour (and three hours by three, for SIMs that
take turns). SIMs that travel together meet on most of them; SIMs that only frequent the same places meet no oftener in
one hour than their habits in other hours say. So a desk, a dormitory or a depot is no convoy, however many stand
there; honest convoys exist (a courier with two phones, a van's crew), so that one companion alone raises nobody.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from detection.cdr.acts import Acts
from detection.cdr.boxes import Link
from detection.cdr.features import HOUR_S, SMT
from detection.cdr.together import Shown

CANDIDATE_CONVOY = -3.0  # least own evidence
SPANS_S = (HOUR_S, 3 * HOUR_S)
LEAST_CELLS = 4  # different cells on which both were met: fewer may be one place
MOST_ON_A_STEP = 60  # SIMs on one cell in one span, from which it is a crowd and joins nobody
TOGETHER = 0.8  # share of the cells and spans of two that travel together on which both act
KEPT = 0.5  # of the evidence: spans at one stop lean on each other
LEAST_ODDS = 3.0  # of having travelled together, for a companion
CHUNK = 20_000  # pairs looked at together
FIRST, GAIN, MOST = 4.0, 2.0, 8.0  # log odds for a companion, for each e-fold of them, and at most

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Convoys(Shown):
    """SIMs with companions (ascending), and pairs of them since when each could be known (Unix s)."""

    sims: Ints
    one: Ints
    two: Ints
    since_s: Ints

    def of(self, at: int, until_s: Ints) -> Floats:
        """By how many companions the SIM at a place had."""
        mine = (self.one == self.sims[at]) | (self.two == self.sims[at])
        known = np.searchsorted(np.sort(self.since_s[mine]), until_s, "right")
        gain = np.minimum(FIRST + GAIN * np.log(np.maximum(known, 1)), MOST)
        return np.where(known > 0, gain, 0.0)

    def links(self) -> list[Link]:
        """Links "road" of all pairs."""
        rows = zip(self.one.tolist(), self.two.tolist(), self.since_s.tolist(), strict=True)
        return [Link(one, two, "road", since) for one, two, since in rows]

    def bonds(self, acts: Acts, sims: Ints) -> Floats:
        """(n, n) log odds of `sims` (ascending) to be of one convoy; 0 where neither has companions.

        A SIM that has companions and doesn't go the way of another is of another box.
        """
        moves = np.isin(sims, self.sims)
        table = np.zeros((len(sims), len(sims)))
        if not moves.any():
            return table
        acts = acts.of((acts.cell >= 0) & (acts.kind <= SMT))
        one, two = np.triu_indices(len(sims), 1)
        one, two = one[moves[one] | moves[two]], two[moves[one] | moves[two]]
        best = np.full(len(one), -MOST)
        for span_s in SPANS_S:
            best = np.maximum(best, _together(_steps_of(acts, sims, span_s), one, two))
        table[one, two] = table[two, one] = np.minimum(best, MOST)
        return table


@dataclass(frozen=True, slots=True)
class Steps:
    """On which cells some SIMs acted in which spans of time, sorted by SIM: places in `sims` and `cells`."""

    sims: Ints
    cells: int
    sim: Ints
    span: Ints
    cell: Ints


def convoys(acts: Acts, own: Floats) -> Convoys:
    """From `acts` of at least all candidates; `own` evidence of every SIM."""
    acts = acts.of((own[acts.sim] >= CANDIDATE_CONVOY) & (acts.cell >= 0) & (acts.kind <= SMT))
    found: dict[tuple[int, int], int] = {}
    for span_s in SPANS_S:
        steps = _steps(acts, span_s)
        for one, two, span in _companions(steps):
            pair = (int(steps.sims[one]), int(steps.sims[two]))
            found[pair] = min(found.get(pair, 2**62), (span + 1) * span_s)
    rows = np.array([(*pair, since) for pair, since in sorted(found.items())], np.int64).reshape(-1, 3)
    return Convoys(np.unique(rows[:, :2]), rows[:, 0], rows[:, 1], rows[:, 2])


def _steps(acts: Acts, span_s: int) -> Steps:
    """The steps of SIMs that were on LEAST_CELLS cells or more."""
    sim, _ = np.unique(np.stack([acts.sim, acts.cell]), axis=1)
    sims, seen = np.unique(sim, return_counts=True)
    sims = sims[seen >= LEAST_CELLS]
    return _steps_of(acts.of(np.isin(acts.sim, sims)), sims, span_s)


def _steps_of(acts: Acts, sims: Ints, span_s: int) -> Steps:
    """The steps of `sims` (ascending), of which `acts` are."""
    sim, span, cell = np.unique(np.stack([acts.sim, acts.t_s // span_s, acts.cell]), axis=1)
    cells, at = np.unique(cell, return_inverse=True)
    return Steps(sims, len(cells), np.searchsorted(sims, sim), span, at)


def _companions(steps: Steps) -> Iterator[tuple[int, int, int]]:
    """(SIM, SIM, span by whose end it could be known) of pairs that travelled together."""
    one, two = _met(steps)
    odds = _together(steps, one, two)
    start = np.searchsorted(steps.sim, np.arange(len(steps.sims) + 1))
    for a, b in zip(one[odds >= LEAST_ODDS].tolist(), two[odds >= LEAST_ODDS].tolist(), strict=True):
        rows = np.r_[start[a] : start[a + 1], start[b] : start[b + 1]]
        which = (steps.sim[rows] == b).astype(np.int64)
        yield a, b, _since(Steps(np.arange(2), steps.cells, which, steps.span[rows], steps.cell[rows]))


def _met(steps: Steps) -> tuple[Ints, Ints]:
    """Pairs that were met on LEAST_CELLS different cells, each in the same span."""
    order = np.lexsort((steps.sim, steps.cell, steps.span))
    sim, cell, span = steps.sim[order], steps.cell[order], steps.span[order]
    begin = np.flatnonzero((np.diff(span, prepend=-1) != 0) | (np.diff(cell, prepend=-1) != 0))
    there = np.diff(begin, append=len(sim))
    met = [np.zeros(0, np.int64)]
    for n in np.unique(there[(there >= 2) & (there <= MOST_ON_A_STEP)]).tolist():
        one, two = (begin[there == n][:, None] + side for side in np.triu_indices(n, 1))
        met.append(((sim[one] * len(steps.sims) + sim[two]) * steps.cells + cell[one]).ravel())
    pair, cells = np.unique(np.unique(np.concatenate(met)) // max(steps.cells, 1), return_counts=True)
    pair = pair[cells >= LEAST_CELLS]
    return pair // max(len(steps.sims), 1), pair % max(len(steps.sims), 1)


def _together(steps: Steps, one: Ints, two: Ints) -> Floats:
    """Log odds that pairs travelled together, against each having gone its own way to the places of both."""
    odds = np.zeros(len(one))
    if not len(one):
        return odds
    _, span = np.unique(steps.span, return_inverse=True)
    spans = int(span.max()) + 1
    ones = np.ones(len(span))
    often = csr_array((ones, (steps.sim, steps.cell)), shape=(len(steps.sims), steps.cells))  # spans on each cell
    when = csr_array((ones, (steps.sim, span * steps.cells + steps.cell)), shape=(len(steps.sims), spans * steps.cells))
    wide = np.bincount(steps.sim * spans + span, minlength=len(steps.sims) * spans).reshape(-1, spans)  # cells in each
    for at in range(0, len(one), CHUNK):
        a, b = one[at : at + CHUNK], two[at : at + CHUNK]
        both, crossed = _in_common(when, a, b), _in_common(often, a, b)
        less = np.minimum(wide[a], wide[b])  # cells that could have been shared
        common = (less > 0).sum(axis=1)
        other = (wide[a] > 0).sum(axis=1) * (wide[b] > 0).sum(axis=1) - common
        odds[at : at + CHUNK] = _odds(both, less.sum(axis=1), common, crossed - both, other)
    return odds


def _in_common(table: csr_array, one: Ints, two: Ints) -> Floats:
    """Products of rows of a table with others of it."""
    made: Floats = np.asarray(table[one].multiply(table[two]).sum(axis=1)).ravel()
    return made


def _odds(both: Floats, less: Ints, common: Ints, crossed: Floats, other: Ints) -> Floats:
    """`both` of `less` cells were shared in `common` spans, `crossed` in the `other` pairs of spans of two SIMs."""
    chance = crossed / np.maximum(other, 1) * common / np.maximum(less, 1) + 0.5 / (common + 1)
    chance = np.clip(chance, 0.01, TOGETHER)
    odds: Floats = KEPT * (both * np.log(TOGETHER / chance) + (less - both) * np.log((1 - TOGETHER) / (1 - chance)))
    return odds


def _since(pair: Steps) -> int:
    """The first span by whose end a pair could be known."""
    spans: list[int] = np.intersect1d(pair.span[pair.sim == 0], pair.span[pair.sim == 1]).tolist()
    for span in spans:
        known = pair.span <= span
        so_far = Steps(pair.sims, pair.cells, pair.sim[known], pair.span[known], pair.cell[known])
        if len(_met(so_far)[0]) and _together(so_far, np.array([0]), np.array([1]))[0] >= LEAST_ODDS:
            return span
    return spans[-1]


def settled(acts: Acts) -> float:
    """Share of the cells of an hour on which the same SIMs were heard in the hour before too: high where they stop."""
    acts = acts.of(acts.cell >= 0)
    seen = np.unique(np.stack([acts.t_s // HOUR_S, acts.cell]), axis=1)
    key = seen[0] * (int(seen[1].max(initial=0)) + 1) + seen[1]
    went_on = np.isin(seen[0] - 1, seen[0])
    again = np.isin(key - (int(seen[1].max(initial=0)) + 1), key)
    return float(again[went_on].mean()) if went_on.any() else 0.0
