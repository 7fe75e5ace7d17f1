"""Originated calls pile up at one timing advance, beyond what the cell's other traffic explains.

The place's originated calls are weighed against its other requests, and that ratio against the cell's other
places (see `ratio`). A box may have started at any time: windows that end now, from one minute to four hours, share
its prior by how likely each age is. It may stand between two steps: each pair of neighbours is weighed as one
place too.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detection.signatures import ratio
from detection.signatures.record import Evidence, Example, Signature
from detection.signatures.tally import PLACES, Counts, Tally

LOG10_PRIOR = -3.0
LOG10_THRESHOLD = 1.3
WINDOWS_S = (60, 90, 120, 180, 270, 400, 600, 900, 1800, 3600, 7200, 14_400)
ON_S = 28_800.0  # how long a box is on at a stretch
REFERENCE_S = 3600.0  # the cell's ratio is learned over at least this long
CELL_RATIO = (0.35, 0.3)  # originated calls for each other request before a cell is heard: median, spread of its log
CELL_RATIO_ANY = (0.8, 0.5)  # the same at NECI 0, where SMS, USSD and detach count as originated
SINGLE_SHARE = 0.7  # prior share of a box on one step; the rest stands between two
LEAST_PART = 0.15  # of a pair's calls, from either step
LEAST_CALLS = 8
LEAST_FACTOR = 3.0  # times the ratio elsewhere; below, a place is not weighed at all
LARGEST_RATIO = 0.8  # a second box elsewhere must not hide the first from being weighed
FIRST = np.concatenate([np.arange(PLACES), np.arange(PLACES - 1)])  # of each candidate: single steps, then pairs
UNTIL = np.concatenate([np.arange(PLACES), np.arange(1, PLACES)])
SHARE = np.where(FIRST == UNTIL, SINGLE_SHARE, (1 - SINGLE_SHARE) / 2)
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Term:
    """One candidate in one window: log10 of its share of the posterior odds, and what it rests on."""

    log10_odds: float
    place: int
    until: int
    seconds: float
    originated: int
    other: int
    originated_elsewhere: int
    other_elsewhere: int
    reference_s: float


def judge(tally: Tally) -> list[Evidence]:
    """Places worth weighing, likeliest first, none next to a likelier one. Pure: the tally is only read."""
    places: dict[int, list[Term]] = {}
    for term in _weigh(tally):
        places.setdefault(term.place, []).append(term)
    told: list[Evidence] = []
    odds = {place: _sum(terms) for place, terms in places.items()}
    for place in sorted(odds, key=lambda place: -odds[place]):
        if all(abs(place - other.timing_advance) > 1 for other in told):
            best = max(places[place], key=lambda term: term.log10_odds)
            told.append(_evidence(odds[place], best, tally))
    return told


def window_lengths(now_s: float) -> tuple[list[float], list[float]]:
    """Windows that end now and their prior shares: how likely a box that is on began that long ago.

    A box stays on for hours, so few began in the last minutes: what only a short window shows weighs little once
    hours were heard. All longer ages than what was heard are one window, all of it.
    """
    lengths = [float(seconds) for seconds in WINDOWS_S[:-1] if seconds < now_s]
    lengths.append(min(now_s, float(WINDOWS_S[-1])))
    edges = np.array([0.0, *lengths[:-1], ON_S])
    return lengths, (np.diff(edges) / ON_S).tolist()


def _weigh(tally: Tally) -> list[Term]:
    lengths, shares = window_lengths(tally.now_s)
    counts, heard_s = tally.windows(lengths)
    reference, reference_s = tally.windows([max(seconds, REFERENCE_S) for seconds in lengths])
    n, away = pooled(counts), elsewhere(reference)  # (windows, 2, candidates)
    worth = worth_weighing(n[:, 0], n[:, 1], away[:, 0], away[:, 1]) & dominant(counts[:, 0])
    w, k = np.nonzero(worth)
    if not len(w):
        return []
    rows = dict(zip(reference_s[w].tolist(), w.tolist(), strict=True))  # one of each length
    votes = {s: elsewhere(ratio.cell_ratio_votes(*reference[row]).T) for s, row in rows.items()}
    prior = ratio.prior_of_cell_ratio(*(CELL_RATIO_ANY if tally.originated_any else CELL_RATIO))
    rho_p = ratio.ratio_of_place(prior + np.stack([votes[s][:, j] for s, j in zip(reference_s[w], k, strict=True)]))
    log_bf = ratio.log_bayes_factor(n[w, 0, k], n[w, 1, k], heard_s[w], rho_p)
    log10_odds = LOG10_PRIOR + np.log10(np.array(shares)[w] * SHARE[k]) + log_bf / np.log(10)
    second = counts[w, 0, FIRST[k]] < counts[w, 0, UNTIL[k]]  # the step that most of a pair's calls come from
    place, until = np.where(second, UNTIL[k], FIRST[k]), np.where(second, FIRST[k], UNTIL[k])
    columns = (log10_odds, place, until, heard_s[w], n[w, 0, k], n[w, 1, k], away[w, 0, k], away[w, 1, k])
    return [Term(*row) for row in zip(*(c.tolist() for c in (*columns, reference_s[w])), strict=True)]


def pooled(counts: Counts) -> Counts:
    """Counts of each candidate, (..., 127), from counts a timing advance, (..., 64)."""
    return np.concatenate([counts, counts[..., :-1] + counts[..., 1:]], axis=-1)


def elsewhere(counts: NDArray[np.generic]) -> NDArray[Any]:
    """What stands outside each candidate and its neighbours, (..., 127), from values a timing advance, (..., 64)."""
    sums = np.concatenate([np.zeros_like(counts[..., :1]), np.cumsum(counts, axis=-1)], axis=-1)
    inside = sums[..., np.minimum(UNTIL + 2, PLACES)] - sums[..., np.maximum(FIRST - 1, 0)]
    return np.asarray(sums[..., -1:] - inside)


def worth_weighing(n_o: Counts, n_b: Counts, else_o: Counts, else_b: Counts) -> NDArray[np.bool_]:
    """The cheapest check first: enough calls, and clearly more for each other request than elsewhere."""
    ratio_elsewhere = np.minimum((else_o + 1) / (else_b + 3), LARGEST_RATIO)
    return np.asarray((n_o >= LEAST_CALLS) & (n_o >= LEAST_FACTOR * ratio_elsewhere * (n_b + 1)))


def dominant(originated: Counts) -> NDArray[np.bool_]:
    """Pairs count only where both steps have a fair part of the calls: else the single step says it all."""
    less = np.minimum(originated[..., :-1], originated[..., 1:])
    pairs = less >= LEAST_PART * (originated[..., :-1] + originated[..., 1:])
    return np.concatenate([np.ones_like(originated, dtype=bool), pairs], axis=-1)


def _sum(terms: list[Term]) -> float:
    return float(np.logaddexp.reduce([term.log10_odds * np.log(10) for term in terms]) / np.log(10))


def _evidence(log10_odds: float, best: Term, tally: Tally) -> Evidence:
    to_s = tally.now_s
    return Evidence(best.place, best.until, log10_odds, to_s - best.seconds, to_s, _reasons(best, tally.originated_any))


def _reasons(term: Term, any_originated: bool) -> tuple[str, ...]:
    call = "originated request" if any_originated else "originated call"
    where = f"timing advance {term.place}"
    if term.until != term.place:
        where = f"timing advances {min(term.place, term.until)} and {max(term.place, term.until)} together"
    ratio_elsewhere = (term.originated_elsewhere + 1) / (term.other_elsewhere + 3)
    times = term.originated / (term.other + 1) / ratio_elsewhere
    reasons = [
        f"{term.originated} {call}s and {term.other} other requests at {where} in {term.seconds:.0f} s",
        f"elsewhere in this cell {term.originated_elsewhere} to {term.other_elsewhere} in {term.reference_s:.0f} s:"
        f" this place stands about {times:.0f} times above it; places without a box differ by half",
    ]
    if any_originated:
        reasons.append("NECI 0: calls share a code with SMS, USSD and detach; all of them are counted here")
    return tuple(reasons)


RECORD = Signature(
    name="one-ta-originated",
    version=1,
    needs=("GSM downlink: immediate assignments", "NECI of the cell, from SYSTEM INFORMATION 3 or 4"),
    looks_for="originated calls pile up at one timing advance beyond what the cell's other traffic explains",
    look_alikes=(
        "a call centre or a taxi switchboard on GSM",
        "a licensed gateway of a company",
        "alarm diallers and lift telephones after a power cut",
        "an event where everybody calls out at once",
        "a repeater or an indoor antenna: a whole building at one timing advance",
    ),
    log10_prior=LOG10_PRIOR,
    log10_threshold=LOG10_THRESHOLD,
    judge=judge,
    limits=("where many phones share a timing advance, a weak box drowns: listen at night",),
    examples=(
        Example("a box in a quiet place", 180.0, 36, 2, 9, 26, True),
        Example("an office with two fifths of the cell's traffic", 1800.0, 130, 220, 170, 400, False),
        Example("a place with three times the cell's ratio", 1800.0, 60, 55, 100, 270, False),
        Example("machines that register on the hour", 60.0, 0, 80, 2, 9, False),
    ),
)
