"""Whether a re-fitted layer beats the one in use, on raids that neither was fitted on. Pure."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detection.cdr.layer import ODDS_BOUND, Layer, fit

Floats = NDArray[np.float64]

FOLDS = 5
LEAST_LEADS = 8  # raids that the layer in use has not seen, for the two to be compared


@dataclass(frozen=True, slots=True)
class Raided:
    """SIMs of one raided lead: log odds before any layer, shares of kinds, and what the raid showed."""

    name: str
    odds: Floats
    shares: Floats  # (SIMs, kinds)
    box: bool
    weight: float = 1.0  # of the raid


@dataclass(frozen=True, slots=True)
class Measured:
    """On held-back raids: mean log loss, average precision (nan where all are of one sort), alarms by truth."""

    log_loss: float
    average_precision: float
    true_alarms: int
    false_alarms: int


@dataclass(frozen=True, slots=True)
class Trial:
    """The layer fitted on everything, and how old and new did on what was held back."""

    new: Layer
    held_back: int
    before: Measured
    after: Measured
    better: bool
    why: str


def try_out(
    seen: Sequence[Raided], fresh: Sequence[Raided], kinds: Sequence[str], old: Layer, alarm_odds: float
) -> Trial | None:
    """`fresh`: raids that `old` has not been fitted on; None where they are fewer than LEAST_LEADS.

    Every fresh raid is judged by a layer fitted on the others and on those seen, and by the old one.
    """
    if len(fresh) < LEAST_LEADS:
        return None
    fold = np.array([int(hashlib.sha256(raid.name.encode()).hexdigest(), 16) % FOLDS for raid in fresh])
    after: list[Floats] = [np.zeros(0)] * len(fresh)
    for at in sorted(set(fold.tolist())):
        taught = [*seen, *(raid for raid, part in zip(fresh, fold, strict=True) if part != at)]
        layer = fit_on(taught, kinds)
        for place in np.flatnonzero(fold == at).tolist():
            after[place] = _bent(layer, fresh[place], kinds)
    before = [_bent(old, raid, kinds) for raid in fresh]
    one, two = _losses(fresh, before), _losses(fresh, after)
    gain, doubt = float((one - two).mean()), float((one - two).std(ddof=1) / np.sqrt(len(fresh)))
    measured = measure(fresh, before, alarm_odds), measure(fresh, after, alarm_odds)
    better, why = _verdict(gain, doubt, *measured)
    return Trial(fit_on([*seen, *fresh], kinds), len(fresh), *measured, better, why)


def _bent(layer: Layer, raid: Raided, kinds: Sequence[str]) -> Floats:
    return layer.bent(raid.odds, layer.leaning(kinds, raid.shares))


def _verdict(gain: float, doubt: float, before: Measured, after: Measured) -> tuple[bool, str]:
    if gain <= doubt:
        return False, f"log loss falls by {gain:.4f}, which is no more than its standard error ({doubt:.4f})"
    if after.average_precision < before.average_precision - 1e-9:
        return False, "average precision would fall"
    if after.false_alarms > before.false_alarms:
        return False, "it would raise more honest SIMs"
    return True, f"log loss falls by {gain:.4f} (standard error {doubt:.4f})"


def fit_on(raids: Sequence[Raided], kinds: Sequence[str]) -> Layer:
    """A layer from raids; each counts as one, however many SIMs its box held."""
    if not raids:
        return Layer()
    return fit(
        np.concatenate([raid.odds for raid in raids]),
        kinds,
        np.concatenate([raid.shares for raid in raids]),
        np.concatenate([np.full(len(raid.odds), float(raid.box)) for raid in raids]),
        np.concatenate([np.full(len(raid.odds), raid.weight / len(raid.odds)) for raid in raids]),
    )


def _losses(raids: Sequence[Raided], odds: Sequence[Floats]) -> Floats:
    """Weighted mean log loss of each raid."""
    losses = []
    for raid, own in zip(raids, odds, strict=True):
        bounded = np.clip(own, -ODDS_BOUND, ODDS_BOUND)
        losses.append(raid.weight * float(np.mean(np.logaddexp(0, bounded) - raid.box * bounded)))
    return np.array(losses)


def measure(raids: Sequence[Raided], odds: Sequence[Floats], alarm_odds: float) -> Measured:
    every = np.concatenate(list(odds))
    box = np.concatenate([np.full(len(raid.odds), raid.box) for raid in raids])
    raised = every >= alarm_odds
    return Measured(
        float(_losses(raids, odds).mean()),
        average_precision(every, box),
        int((raised & box).sum()),
        int((raised & ~box).sum()),
    )


def average_precision(odds: Floats, box: NDArray[np.bool_]) -> float:
    """Mean precision at each true SIM down the list; ties count as their worst order."""
    if box.all() or not box.any():
        return float("nan")
    order = np.lexsort((box, -odds))
    hit = box[order]
    precision = np.cumsum(hit) / np.arange(1, len(hit) + 1)
    return float(precision[hit].mean())
