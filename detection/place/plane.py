"""A flat east-north plane in metres about one point: good to 0.1 % over the few kilometres of a hunt."""

from dataclasses import dataclass
from math import cos, radians, sin, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

WGS84_A_M = 6_378_137.0  # semi-major axis: NIMA TR8350.2
WGS84_E2 = 6.694_379_990_14e-3  # first eccentricity squared: NIMA TR8350.2

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Plane:
    """The plane that touches the ellipsoid at `lat`, `lon` (degrees)."""

    lat: float
    lon: float

    def metres_per_degree(self) -> tuple[float, float]:
        """Metres east a degree of longitude, metres north a degree of latitude."""
        root = sqrt(1 - WGS84_E2 * sin(radians(self.lat)) ** 2)
        east = radians(1) * WGS84_A_M / root * cos(radians(self.lat))
        return east, radians(1) * WGS84_A_M * (1 - WGS84_E2) / root**3

    def to_metres(self, lat: ArrayLike, lon: ArrayLike) -> Floats:
        """East and north in metres, shape (..., 2)."""
        east, north = self.metres_per_degree()
        turn = (np.asarray(lon, float) - self.lon + 180) % 360 - 180
        return np.stack([turn * east, (np.asarray(lat, float) - self.lat) * north], axis=-1)

    def to_degrees(self, xy: ArrayLike) -> Floats:
        """Latitude and longitude of points (..., 2) in metres, shape (..., 2); longitude in -180..180."""
        east, north = self.metres_per_degree()
        point = np.asarray(xy, float)
        lon = (self.lon + point[..., 0] / east + 180) % 360 - 180
        return np.stack([self.lat + point[..., 1] / north, lon], axis=-1)


def bearing_deg(xy: Floats, from_xy: Floats) -> Floats:
    """Bearing of points (..., 2) seen from one point, degrees clockwise from north, 0 to 360."""
    east, north = (xy - from_xy)[..., 0], (xy - from_xy)[..., 1]
    return np.degrees(np.arctan2(east, north)) % 360
