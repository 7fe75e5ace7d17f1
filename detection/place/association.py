"""Which streams are the box's: streams of one place rise and fall together while the kit moves.

Streams that keep company (see `companions`) are one emitter. The emitter with the most and best evidence for a box at
a place is the seed; each other joins it by how much better it fits that place, shadows shared, than a stranger's own
unknown way (or the team's own phone on board, whose level does not change with movement).
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import expit, logsumexp

from detection.place.companions import join_streams
from detection.place.evidence import (
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

ANYWHERE_DB = 15.0  # spread of strangers' levels about the mean of all
WAY_DB = 8.0  # how a stranger's level changes over hundreds of metres, wherever it is
ABOARD_DB = 1.5  # how far the level of a phone on board wanders
CREDIT = 5.0  # most that one emitter's fit to a place counts for or against it as the seed
PORTS_ODDS, MOST_PORTS_ODDS = 12.0, 40.0  # log odds of a box a call more at once, and at most
CHANCE_AT_ONCE = 1.2  # strangers joined by chance come to so many at once
LEAST_SHARE = 0.3  # of the streams, that are the box's before their fit is looked at
MOST_FIT = 8.0  # most that the fit of one emitter to the others counts for or against it
ABOARD = 0.1  # share of strangers who ride with the team
MOST_EMITTERS = 24  # emitters weighed by place; of more, the shortest keep their prior


@dataclass(frozen=True, slots=True)
class Emitter:
    """Streams of one place: how long they were heard, what they tell, how many on average at once."""

    streams: tuple[int, ...]
    seconds: int
    told: Told
    at_once: float


def form_emitters(survey: Survey, centre_db: float) -> list[Emitter]:
    """Emitters, the longest heard first."""
    found = []
    for group in join_streams(survey):
        streams = [survey.streams[i] for i in group]
        told = tell_all(streams, np.ones(len(group)), len(survey.xy), centre_db)
        found.append(Emitter(tuple(group), sum(len(stream.seconds) for stream in streams), told, mean_at_once(streams)))
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
    """Prior log odds of a box: a person has one call at a time, a box several all along."""
    return min(PORTS_ODDS * max(emitter.at_once - CHANCE_AT_ONCE, 0.0), MOST_PORTS_ODDS)


def mean_at_once(streams: Sequence[Stream]) -> float:
    """How many streams are on the air on average, while any is."""
    ends = sorted([(stream.from_s, 1) for stream in streams] + [(stream.to_s + 1, -1) for stream in streams])
    running, any_s, all_s = 0, 0.0, 0.0
    for (time, step), (later, _) in itertools.pairwise(ends):
        running += step
        any_s += (later - time) * (running > 0)
        all_s += (later - time) * running
    return all_s / any_s


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
        share = max(LEAST_SHARE, (joined + 1) / (count + 2))
        both = log_box(told + emitter.told)
        fit = float(np.clip(both - log_now - strangers[index], -MOST_FIT, MOST_FIT))
        gain = fit + np.log(share / (1 - share)) + sizes[index]
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
