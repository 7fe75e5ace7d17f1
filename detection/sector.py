"""The part of a cell between two distances, in plain geometry on a small piece of the earth."""

import math

M_PER_DEGREE = 111_195.0  # of latitude, on a sphere of 6371 km
DEFAULT_BEAM_DEG = 120.0  # where an azimuth is known and the beamwidth is not
BEAM_MARGIN_DEG = 20.0  # an antenna still hears beyond its half-power points


def bounds(
    mast: tuple[float, float],
    outer_m: float,
    azimuth_deg: float | None = None,
    beamwidth_deg: float | None = None,
    inner_m: float = 0.0,
) -> dict[str, float]:
    """The box (lat_min lon_min lat_max lon_max, degrees) about a ring's part within a sector."""
    half = 180.0
    if azimuth_deg is not None:
        half = min(180.0, (beamwidth_deg or DEFAULT_BEAM_DEG) / 2 + BEAM_MARGIN_DEG)
    bearings = [(azimuth_deg or 0.0) + half * step / 36 for step in range(-36, 37)]
    points = [_point(mast, bearing, radius) for bearing in bearings for radius in (inner_m, outer_m)]
    lats, lons = [lat for lat, _ in points], [lon for _, lon in points]
    return {"lat_min": min(lats), "lon_min": min(lons), "lat_max": max(lats), "lon_max": max(lons)}


def _point(mast: tuple[float, float], bearing_deg: float, radius_m: float) -> tuple[float, float]:
    lat = mast[0] + radius_m * math.cos(math.radians(bearing_deg)) / M_PER_DEGREE
    lon = mast[1] + radius_m * math.sin(math.radians(bearing_deg)) / M_PER_DEGREE / math.cos(math.radians(mast[0]))
    return round(lat, 6), round(lon, 6)


def distance_span_m(mast: tuple[float, float], area: dict[str, float]) -> tuple[float, float]:
    """Distances (m) from a mast to the nearest and the farthest point of a box in degrees."""
    shrink = math.cos(math.radians(mast[0]))
    north = [(area[key] - mast[0]) * M_PER_DEGREE for key in ("lat_min", "lat_max")]
    east = [(area[key] - mast[1]) * M_PER_DEGREE * shrink for key in ("lon_min", "lon_max")]
    near = math.hypot(*(0.0 if low <= 0 <= high else min(abs(low), abs(high)) for low, high in (north, east)))
    return near, math.hypot(max(map(abs, north)), max(map(abs, east)))
