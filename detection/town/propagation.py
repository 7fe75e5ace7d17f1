"""How the made-up town carries radio: log-distance loss, walls, one shadow a place, fading that moving averages.

A field of shadows is a fixed function of place (random cosines whose spectrum gives the exponential covariance of
Gudmundson 1991), so two readings at one spot agree, whenever they are taken.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

FREE_SPACE_1M_DB = 31.5  # 20 log10(4 pi 1 m / wavelength) at 900 MHz
FADE_M = 0.4  # way after which fading is new, about a wavelength at 900 MHz
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class ShadowField:
    """Shadowing (dB) as a function of place: zero mean, exponential covariance."""

    waves: Floats  # (n, 2), rad/m
    phases: Floats  # (n,)
    sigma_db: float

    def at(self, xy: Floats) -> Floats:
        """Shadow (dB) at places (..., 2)."""
        gain = self.sigma_db * np.sqrt(2 / len(self.phases))
        found: Floats = gain * np.cos(xy @ self.waves.T + self.phases).sum(axis=-1)
        return found


def draw_shadows(sigma_db: float, correlation_m: float, rng: np.random.Generator, waves: int = 256) -> ShadowField:
    """A field with covariance sigma_db^2 exp(-distance / correlation_m)."""
    spread = np.sqrt(rng.chisquare(1, waves))[:, None] * correlation_m
    return ShadowField(rng.normal(size=(waves, 2)) / spread, rng.uniform(0, 2 * np.pi, waves), sigma_db)


@dataclass(frozen=True, slots=True)
class Law:
    """What lies between a phone and the street. `facade_db` is the extra loss on the building's far side.

    Beyond `break_m` the exponent grows by `break_exponent`; in street canyons a place off the emitter's own street
    (within `canyon_m` of its row or column) loses `canyon_db` more.
    """

    exponent: float = 3.2
    shadows: ShadowField | None = None
    wall_db: float = 12.0
    facade_db: float = 0.0
    facade_deg: float = 0.0
    height_m: float = 10.0
    break_m: float = field(default=float("inf"))
    break_exponent: float = 0.0
    canyon_db: float = 0.0
    canyon_m: float = 20.0

    def loss_db(self, from_xy: Floats, at_xy: Floats) -> Floats:
        """Loss (dB) from the emitter to places (n, 2), fading left out."""
        way = at_xy - from_xy
        distance = np.maximum(np.hypot(np.hypot(way[:, 0], way[:, 1]), self.height_m), 1.0)
        loss = FREE_SPACE_1M_DB + self.wall_db + 10 * self.exponent * np.log10(distance)
        loss += 10 * self.break_exponent * np.log10(np.maximum(distance / self.break_m, 1.0))
        bearing = np.arctan2(way[:, 0], way[:, 1])
        loss += self.facade_db * (1 - np.cos(bearing - np.radians(self.facade_deg))) / 2
        loss += self.canyon_db * (np.abs(way).min(axis=1) > self.canyon_m)
        return loss - (self.shadows.at(at_xy) if self.shadows else 0.0)


def fading_db(speed_mps: Floats, rng: np.random.Generator) -> Floats:
    """Fading (dB) of each second's mean power: Rayleigh, averaged over the way moved, frozen at rest."""
    looks = 1 + np.maximum(speed_mps, 0) / FADE_M
    power = rng.gamma(looks) / looks
    for second in range(1, len(power)):
        if speed_mps[second] < 0.3 and speed_mps[second - 1] < 0.3:
            power[second] = power[second - 1]
    return 10 * np.log10(np.maximum(power, 1e-3))
