"""Streams of one place: their levels rise and fall together while the kit moves.

Two streams heard in the same seconds differ by a constant and by fading if they come from one place, and by two shadows
and two ways otherwise. Their difference is averaged over legs of 30 m, where fading has averaged out and
shadows of two places have changed.
"""

import numpy as np
from numpy.typing import NDArray

from detection.place.evidence import CALL_DB
from detection.place.plane import Floats
from detection.place.spots import FADE_DB, FADE_M, LEVEL_DB, Stream, Survey

APART_DB = 7.0  # spread of the shadow that one place has and another has not
STRANGER_DB = 15.0  # spread of strangers' levels
SLACK_DB = 0.7  # gain steps, bursts that count unequally
CLEAR_DB = 4.0  # above what can just be heard; two levels at the edge look alike, whoever sends
STEADY_LEGS, STEADY_OVER_DB, STEADY_DB = 5, 10.0, 4.0  # legs, level over the edge, its spread from 10 to 90 %
MOST_EVIDENCE = 30.0  # of one pair, log odds
JOINED_ABOVE = 2.0  # log odds that join two groups


def join_streams(survey: Survey) -> list[list[int]]:
    """Streams (by number) joined into emitters, the pair of groups with the best odds first."""
    odds = pair_odds(survey)
    groups = [[i] for i in range(len(odds))]
    np.fill_diagonal(odds, -np.inf)
    while len(groups) > 1:
        i, j = divmod(int(np.argmax(odds)), len(groups))
        if odds[i, j] <= JOINED_ABOVE:
            break
        i, j = min(i, j), max(i, j)
        odds[i] += odds[j]
        odds[:, i] = odds[i]
        odds[i, i] = -np.inf
        odds = np.delete(np.delete(odds, j, axis=0), j, axis=1)
        groups[i] += groups.pop(j)
    return groups


def pair_odds(survey: Survey) -> Floats:
    """Log odds (streams, streams) of one place against two; 0 for those never heard together."""
    levels = np.full((len(survey.streams), len(survey.leg)), np.nan)
    for row, stream in zip(levels, survey.streams, strict=True):
        row[stream.seconds] = stream.second_db
    clear = np.zeros(levels.shape, bool)
    for row, stream in zip(clear, survey.streams, strict=True):
        row[stream.seconds] = stream.second_over_db > CLEAR_DB
    heard = np.isfinite(levels)
    steady = [is_steady(stream, survey) for stream in survey.streams]
    odds = np.zeros((len(levels), len(levels)))
    for i, j in np.argwhere(np.triu(clear.astype(np.float32) @ heard.T.astype(np.float32) > 0, 1)).tolist():
        together = np.flatnonzero(heard[i] & heard[j] & (clear[i] | clear[j]))
        gap = levels[i, together] - levels[j, together]
        found = log_same_place(gap, survey.leg[together], survey.moved_m[together])
        found = -MOST_EVIDENCE if steady[i] != steady[j] else found
        odds[i, j] = odds[j, i] = np.clip(found, -MOST_EVIDENCE, MOST_EVIDENCE)
    return odds


def is_steady(stream: Stream, survey: Survey) -> bool:
    """Whether a loud stream keeps its level over a long way: a phone on board."""
    legs, leg = np.unique(survey.leg[stream.seconds], return_inverse=True)
    if len(legs) < STEADY_LEGS or np.median(stream.second_over_db) < STEADY_OVER_DB:
        return False
    means = np.bincount(leg, stream.second_db) / np.bincount(leg)
    return float(np.diff(np.quantile(means, [0.1, 0.9]))[0]) < STEADY_DB


def log_same_place(gap_db: Floats, leg: NDArray[np.int64], moved_m: Floats) -> float:
    """Log odds of one place from the difference (n,) of two streams, second by second."""
    starts = np.flatnonzero(np.diff(leg, prepend=-1))
    count = np.diff(starts, append=len(leg))
    mean = np.add.reduceat(gap_db, starts) / count
    moved = np.add.reduceat(moved_m, starts)
    variance = 2 * (FADE_DB**2 / (1 + moved / FADE_M) + LEVEL_DB**2) + SLACK_DB**2
    same = log_spread(mean, variance, 2 * CALL_DB**2)
    return same - log_spread(mean, variance + 2 * APART_DB**2, 2 * STRANGER_DB**2)


def log_spread(value: Floats, variance: Floats, common: float) -> float:
    """Log density of values (n,) with own variances (n,) about an unknown mean of variance `common`; no 2 pi."""
    weight = (1 / variance).sum() + 1 / common
    square = (value**2 / variance).sum() - (value / variance).sum() ** 2 / weight
    return float(-(square + np.log(variance).sum() + np.log(common * weight)) / 2)
