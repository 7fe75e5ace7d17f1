"""What levels say of a place, with everything unknown between them integrated over.

Levels of a stream: y = a0 + a_call + n g(x) + S + e, where g(x) = -10 log10 of the distance from place x, n the unknown
path-loss exponent, S one shadow a spot (Gaussian process over the ground driven, Gudmundson 1991, plus a slow part for
walls and bearings and an offset a kit), a_call the call's own power level, a0 all constants, e fading. All but x and n
are Gaussian and are integrated in closed form; n over a grid; the shadows' spread and length over a few pairs,
weighed by their evidence. Taking shadows for independent, as usual, is what makes a region lie.

Streams are first told as a quadratic form of the field F at the spots, log p(y|F) = h.F - F.J F / 2, so that a thousand
seconds on eight slots cost no more than the ground they cover.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detection.place.plane import Floats
from detection.place.spots import Stream, Survey

CALL_DB = 6.0  # spread of calls' power levels about their common one (2 dB steps of power control)
SLOW_DB, SLOW_M = 5.0, 300.0  # walls, far sides, streets: what changes only over hundreds of metres
GPS_M, GPS_S = 7.0, 30.0  # how far the GPS wanders, and how fast
KIT_DB = 4.0  # spread of kits' calibration offsets
HEIGHT_M = 15.0  # stands for the box's height and the ground floor's last metres
EXPONENTS = np.linspace(2.0, 4.6, 14)
SHADOWS = tuple((sigma, length) for sigma in (3.5, 6.0, 9.0) for length in (12.0, 40.0, 110.0))
AT_1M_DB, AT_1M_SPREAD_DB = 90.0, 15.0  # a phone indoors at 1 m over thermal noise: 20 dBm, walls, 31.5 dB, -113 dBm
UNKNOWN_DB = 100.0  # spread of a0 where the noise was not told


@dataclass(frozen=True, slots=True)
class Told:
    """Streams as a quadratic form of the field at the spots: J (n, n), h (n,)."""

    J: Floats
    h: Floats

    def __add__(self, other: "Told") -> "Told":
        return Told(self.J + other.J, self.h + other.h)

    def weighed(self, weight: float) -> "Told":
        return Told(self.J * weight, self.h * weight)


def tell(stream: Stream, spots: int, centre_db: float, call_db: float = CALL_DB) -> Told:
    """One stream's form; its own level about the common one is integrated over with spread `call_db`."""
    precision, pull = np.zeros(spots), np.zeros(spots)
    index = list(stream.spots)
    precision[index] = 1 / stream.variance
    pull[index] = (stream.level_db - centre_db) / stream.variance
    share = precision / (precision.sum() + 1 / call_db**2)
    return Told(np.diag(precision) - np.outer(precision, share), pull - share * pull.sum())


def tell_all(streams: Sequence[Stream], weights: Floats, spots: int, centre_db: float) -> Told:
    """All streams' form, each counted by its weight."""
    told = Told(np.zeros((spots, spots)), np.zeros(spots))
    for stream, weight in zip(streams, weights, strict=True):
        if weight > 0.01:
            told += tell(stream, spots, centre_db).weighed(float(weight))
    return told


def shadow_covariance(survey: Survey, sigma_db: float, length_m: float) -> Floats:
    """Covariance (dB^2) of the shadows at the spots, kits' offsets included."""
    apart_s = np.abs(survey.time_s[:, None] - survey.time_s[None])
    wander = GPS_M**2 * (1 - np.exp(-apart_s / GPS_S))
    gap = np.sqrt(((survey.xy[:, None] - survey.xy[None]) ** 2).sum(axis=2) + wander)
    same_kit = survey.kit[:, None] == survey.kit[None]
    fast = sigma_db**2 * np.exp(-gap / length_m)
    found: Floats = fast + SLOW_DB**2 * np.exp(-gap / SLOW_M) + KIT_DB**2 * same_kit
    return found


@dataclass(frozen=True, slots=True)
class Field:
    """The form with shadows and a0 integrated out: log p = const + q.m - m.Q m / 2 for the mean field m = n g(x)."""

    Q: Floats
    q: Floats
    const: float


@dataclass(frozen=True, slots=True)
class Constant:
    """What is known of a0, the level at 1 m, before anything is heard: mean and spread in dB."""

    mean_db: float
    spread_db: float


def constant_of(survey: Survey, centre_db: float) -> Constant:
    """a0 from the receiver's own noise, which ties its scale to thermal noise; nearly nothing without it."""
    if survey.noise_db is None:
        return Constant(75.0, UNKNOWN_DB)
    return Constant(survey.noise_db + AT_1M_DB - centre_db, AT_1M_SPREAD_DB)


def integrate_shadows(told: Told, covariance: Floats, a0: Constant) -> Field:
    """Shadows ~ N(0, covariance) and a0 integrated out."""
    n = len(told.h)
    mixed = np.eye(n) + covariance @ told.J
    posterior = np.linalg.solve(mixed, covariance)
    posterior = (posterior + posterior.T) / 2
    JT = told.J @ posterior
    Q, q = told.J - JT @ told.J, told.h - JT @ told.h
    const = -np.linalg.slogdet(mixed)[1] / 2 + told.h @ posterior @ told.h / 2
    ones = Q.sum(axis=1)
    total, pull = float(ones.sum()) + a0.spread_db**-2, float(q.sum()) + a0.mean_db / a0.spread_db**2
    const += pull**2 / total / 2 - (a0.mean_db / a0.spread_db) ** 2 / 2 - np.log(a0.spread_db * np.sqrt(total))
    return Field(Q - np.outer(ones, ones) / total, q - ones * (pull / total), float(const))


def loss_shape(places: Floats, spots: Floats) -> Floats:
    """g (places, spots): -10 log10 of the distance in metres."""
    gap = (places[:, None, 0] - spots[None, :, 0]) ** 2 + (places[:, None, 1] - spots[None, :, 1]) ** 2
    found: Floats = -5 * np.log10(gap + HEIGHT_M**2)
    return found


def log_likelihood(field: Field, shape: Floats) -> Floats:
    """Log p(levels | place, exponent), shape (places, exponents)."""
    linear = shape @ field.q
    square = ((shape @ field.Q) * shape).sum(axis=1)
    found: Floats = field.const + linear[:, None] * EXPONENTS - square[:, None] * EXPONENTS**2 / 2
    return found
