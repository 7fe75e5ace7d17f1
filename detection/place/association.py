"""Which streams are the box's: streams of one place rise and fall together while the kit moves.

Two streams heard at the same spots differ by a constant if they come from one place, and by two shadows and two ways
otherwise; that joins streams into emitters. The emitter with the most and best evidence for a box at a place is the
seed; each other emitter joins it by how much better it fits that place, shadows shared, than a stranger's own
unknown way (or the team's own phone on board, whose level does not change with movement).
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, logsumexp

from detection.place.evidence import (
    CALL_DB,
    EXPONENTS,
    SHADOWS,
    SLOW_M,
    Constant,
    Told,
    constant_of,
    integrate_shadows,
    log_likelihood,
    loss_shape,
    shadow_covariance,
    tell_all,
)
from detection.place.plane import Floats
from detection.place.spots import Stream, Survey

STRANGER_DB = 15.0  # spread of strangers' levels
APART_DB, APART_M = 7.0, 50.0  # shadows that two places do not share
SHARED_SPOTS = 60  # spots that a comparison of two streams looks at, at most
ANYWHERE_DB = 15.0  # spread of strangers' levels about the mean of all
WAY_DB = 8.0  # how a stranger's level changes over hundreds of metres, wherever it is
ABOARD_DB = 1.5  # how far the level of a phone on board wanders
CREDIT = 5.0  # most that one emitter's fit to a place counts for or against it as the seed
ABOARD = 0.1  # share of strangers who ride with the team
MOST_EMITTERS = 24  # emitters weighed by place; of more, the shortest keep their prior


def log_same_place(one: Stream, other: Stream, survey: Survey) -> float:
    """Log odds that two streams come from one place against two, from the spots where both were heard."""
    shared = sorted(set(one.spots) & set(other.spots))[:SHARED_SPOTS]
    if not shared:
        return 0.0
    first, second = (
        dict(zip(each.spots, zip(each.level_db, each.variance, strict=True), strict=True)) for each in (one, other)
    )
    gap = np.array([first[spot][0] - second[spot][0] for spot in shared])
    error = np.diag([first[spot][1] + second[spot][1] for spot in shared])
    way = np.hypot(*(survey.xy[shared][:, None] - survey.xy[shared][None]).transpose(2, 0, 1))
    apart = 2 * (APART_DB**2 * np.exp(-way / APART_M) + (APART_DB * 0.8) ** 2 * np.exp(-way / SLOW_M))
    same = log_normal(gap, error + 2 * CALL_DB**2)
    return same - log_normal(gap, error + apart + 2 * STRANGER_DB**2)


def log_normal(value: Floats, covariance: Floats) -> float:
    """Log density of N(0, covariance), without the constant in 2 pi."""
    lower = np.linalg.cholesky(covariance)
    white = np.linalg.solve(lower, value)
    return float(-white @ white / 2 - np.log(np.diag(lower)).sum())


def join_streams(survey: Survey) -> list[list[int]]:
    """Streams (by number) joined into emitters, the pair of groups with the best odds first."""
    streams = survey.streams
    odds = np.zeros((len(streams), len(streams)))
    for i, one in enumerate(streams):
        for j in range(i):
            odds[i, j] = odds[j, i] = np.clip(log_same_place(one, streams[j], survey), -30, 30)
    groups = [[i] for i in range(len(streams))]
    np.fill_diagonal(odds, -np.inf)
    while len(groups) > 1:
        i, j = divmod(int(np.argmax(odds)), len(groups))
        if odds[i, j] <= 1.0:
            break
        i, j = min(i, j), max(i, j)
        odds[i] += odds[j]
        odds[:, i] = odds[i]
        odds[i, i] = -np.inf
        odds = np.delete(np.delete(odds, j, axis=0), j, axis=1)
        groups[i] += groups.pop(j)
    return groups


@dataclass(frozen=True, slots=True)
class Emitter:
    """Streams of one place: how long they were heard, what they tell, how many at once."""

    streams: tuple[int, ...]
    seconds: int
    told: Told
    at_once: int


def form_emitters(survey: Survey, centre_db: float) -> list[Emitter]:
    """Emitters, the longest heard first."""
    found = []
    for group in join_streams(survey):
        streams = [survey.streams[i] for i in group]
        told = tell_all(streams, np.ones(len(group)), len(survey.xy), centre_db)
        found.append(Emitter(tuple(group), sum(stream.seconds for stream in streams), told, most_at_once(streams)))
    return sorted(found, key=lambda emitter: -emitter.seconds)


def log_stranger(told: Told, survey: Survey, shadows: tuple[float, float], a0: Constant) -> float:
    """Log evidence of a stranger anywhere, moving or not, or of the team's own phone."""
    heard = np.flatnonzero(np.diag(told.J) > 0)
    part = Told(told.J[np.ix_(heard, heard)], told.h[heard])
    here = replace(survey, xy=survey.xy[heard], kit=survey.kit[heard], time_s=survey.time_s[heard])
    way = np.hypot(*(here.xy[:, None] - here.xy[None]).transpose(2, 0, 1))
    wide = shadow_covariance(here, *shadows) + WAY_DB**2 * np.exp(-way / SLOW_M)
    anywhere = integrate_shadows(part, wide, a0).const
    aboard = integrate_shadows(part, ABOARD_DB**2 * np.eye(len(heard)), a0).const
    return float(np.logaddexp(anywhere + np.log(1 - ABOARD), aboard + np.log(ABOARD)))


def weigh_streams(survey: Survey, places: Floats, log_prior: Floats, centre_db: float) -> Floats:
    """Probability (streams,) that each stream is the box's. `places` (n, 2) and `log_prior` (n,) may be coarse."""
    emitters = form_emitters(survey, centre_db)
    weighed = emitters[:MOST_EMITTERS]
    a0, anywhere = constant_of(survey, centre_db), Constant(0.0, ANYWHERE_DB)
    by_law = {pair: [log_stranger(one.told, survey, pair, anywhere) for one in weighed] for pair in SHADOWS}
    shadows = max(by_law, key=lambda pair: sum(by_law[pair]))
    shape, covariance = loss_shape(places, survey.xy), shadow_covariance(survey, *shadows)
    normal = log_prior - logsumexp(log_prior) - np.log(len(EXPONENTS))

    def log_box(told: Told) -> float:
        field = integrate_shadows(told, covariance, a0)
        return float(logsumexp(log_likelihood(field, shape) + normal[:, None]))

    weights = join_seed(weighed, by_law[shadows], log_box)
    return spread(emitters, weights, len(survey.streams))


def log_odds_of_size(emitter: Emitter) -> float:
    """Prior log odds of a box: a person has one call at a time, a box many."""
    return min(4.0 * (emitter.at_once - 1), 12.0)


def most_at_once(streams: Sequence[Stream]) -> int:
    """Most calls that were on the air together."""
    ends = [(stream.from_s, 1) for stream in streams] + [(stream.to_s, -1) for stream in streams]
    return max(itertools.accumulate(step for _, step in sorted(ends)), default=0)


def join_seed(emitters: Sequence[Emitter], strangers: Sequence[float], log_box: Callable[[Told], float]) -> list[float]:
    """Probability of each emitter: the best is the seed, the others join it, the longest heard first."""
    alone = [log_box(emitter.told) for emitter in emitters]
    sizes = [log_odds_of_size(emitter) for emitter in emitters]
    merits = (
        np.clip(np.array(alone) - strangers, -CREDIT, CREDIT)
        + sizes
        + [np.log(emitter.seconds) for emitter in emitters]
    )
    seed = int(np.argmax(merits))
    told, log_now = emitters[seed].told, alone[seed]
    count = sum(len(each.streams) for each in emitters)
    joined = len(emitters[seed].streams)
    weights = [1.0] * len(emitters)
    for index, emitter in enumerate(emitters):
        if index == seed:
            continue
        share = (joined + 1) / (count + 2)
        both = log_box(told + emitter.told)
        gain = both - log_now - strangers[index] + np.log(share / (1 - share)) + sizes[index]
        weights[index] = float(expit(gain))
        if gain > 0:
            told, log_now, joined = told + emitter.told, both, joined + len(emitter.streams)
    return weights


def spread(emitters: Sequence[Emitter], weights: Sequence[float], streams: int) -> Floats:
    """Emitters' weights laid on their streams; those that were not weighed keep an even chance at most."""
    found = np.full(streams, 0.3)
    for emitter, weight in zip(emitters, weights, strict=False):
        found[list(emitter.streams)] = weight
    return found
