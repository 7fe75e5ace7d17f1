"""What raids taught, as a layer over the score: a small, bounded shift of a SIM's log odds.

    odds' = odds + shift,  shift = a + (b - 1) * odds + sum over kinds of w_kind * P(kind),  |shift| <= MOST_SHIFT

P(kind) is the SIM's posterior among boxes and, beside it, among honest kinds, so that "what reads like a scam relay
rather than a call centre" can be told right or wrong. Priors hold a and w near 0 and b near 1: a raid moves a
little, many that agree move more, and none can undo a score learnt on thousands of towns. Pure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

Floats = NDArray[np.float64]

MOST_SHIFT = 3.0
ODDS_BOUND = 8.0  # beyond it odds say no more to the layer: a sure mistake may not pull without end
OFFSET_SD, SLOPE_SD, KIND_SD = 0.4, 0.05, 0.4  # of the normal priors


@dataclass(frozen=True, slots=True)
class Layer:
    """The shift's a, b and w; as made, it shifts nothing."""

    offset: float = 0.0
    slope: float = 1.0
    kinds: Mapping[str, float] = field(default_factory=dict)

    def leaning(self, kinds: Sequence[str], shares: Floats) -> Floats:
        """The part of the shift that comes from the kinds, a row each; `shares` as `shares_of` gives them."""
        weight = np.array([self.kinds.get(name, 0.0) for name in kinds])
        leaning: Floats = self.offset + shares @ weight
        return leaning

    def bent(self, odds: Floats, leaning: Floats) -> Floats:
        """Log odds after the shift; both of one shape."""
        bounded = np.clip(odds, -ODDS_BOUND, ODDS_BOUND)
        moved: Floats = odds + np.clip(leaning + (self.slope - 1) * bounded, -MOST_SHIFT, MOST_SHIFT)
        return moved


AS_SHIPPED = Layer()


def shares_of(posterior: Floats, dishonest: NDArray[np.bool_]) -> Floats:
    """P(kind) within its side, boxes or honest, from log posteriors (SIMs, kinds): each row adds up to 2."""
    shares = np.zeros_like(posterior)
    for side in (dishonest, ~dishonest):
        log = posterior[:, side] - posterior[:, side].max(axis=1, keepdims=True)
        chance = np.exp(log)
        shares[:, side] = chance / chance.sum(axis=1, keepdims=True)
    return shares


def fit(odds: Floats, kinds: Sequence[str], shares: Floats, box: Floats, weight: Floats) -> Layer:
    """The likeliest layer for SIMs that a raid showed to be in a box (1) or honest (0), each with its weight."""
    bounded = np.clip(odds, -ODDS_BOUND, ODDS_BOUND)
    design = np.column_stack([np.ones(len(odds)), bounded, shares])
    firm = np.array([OFFSET_SD, SLOPE_SD, *[KIND_SD] * len(kinds)]) ** -2.0

    def cost(w: Floats) -> tuple[float, Floats]:
        moved = bounded + design @ w
        loss = weight @ (np.logaddexp(0, moved) - box * moved) + 0.5 * firm @ (w * w)
        return float(loss), design.T @ (weight * (expit(moved) - box)) + firm * w

    found = minimize(cost, np.zeros(design.shape[1]), jac=True, method="L-BFGS-B")
    offset, slope, *rest = (round(float(w), 6) for w in found.x)
    return Layer(offset, 1 + slope, {name: w for name, w in zip(kinds, rest, strict=True) if w})
