"""Shapes on the WGS-84 ellipsoid: where a direction and a distance lead, ring sectors, boxes.

Points are (lat, lon) in degrees; GeoJSON geometries follow RFC 7946 (lon first, outer ring anticlockwise).
Longitudes run on over the antimeridian, so that a ring there stays in one piece.
"""

from math import asin, atan2, cos, degrees, radians, sin, sqrt, tan

SEMI_MAJOR_M = 6_378_137.0  # WGS-84, NGA.STND.0036 table 3.1
FLATTENING = 1 / 298.257223563  # WGS-84, NGA.STND.0036 table 3.1
ARC_STEP_DEG = 5.0  # chord sag of a 2 km ring: 2 m

Geometry = dict[str, object]
Point = tuple[float, float]


def destination(lat: float, lon: float, bearing_deg: float, distance_m: float) -> Point:
    """The point (lat, lon in degrees) at `distance_m` along the geodesic that leaves at `bearing_deg`.

    Vincenty's direct solution (Survey Review 23, 1975); error below a millimetre at these distances.
    """
    semi_minor_m = SEMI_MAJOR_M * (1 - FLATTENING)
    sin_alpha1, cos_alpha1 = sin(radians(bearing_deg)), cos(radians(bearing_deg))
    tan_u1 = (1 - FLATTENING) * tan(radians(lat))
    cos_u1 = 1 / sqrt(1 + tan_u1**2)
    sin_u1 = tan_u1 * cos_u1
    sigma1 = atan2(tan_u1, cos_alpha1)
    sin_alpha = cos_u1 * sin_alpha1
    cos2_alpha = 1 - sin_alpha**2
    u2 = cos2_alpha * (SEMI_MAJOR_M**2 / semi_minor_m**2 - 1)
    a = 1 + u2 / 16384 * (4096 + u2 * (-768 + u2 * (320 - 175 * u2)))
    b = u2 / 1024 * (256 + u2 * (-128 + u2 * (74 - 47 * u2)))
    sigma = distance_m / (semi_minor_m * a)
    for _ in range(20):
        cos_2m = cos(2 * sigma1 + sigma)
        inner = cos(sigma) * (2 * cos_2m**2 - 1)
        inner -= b / 6 * cos_2m * (4 * sin(sigma) ** 2 - 3) * (4 * cos_2m**2 - 3)
        sigma_next = distance_m / (semi_minor_m * a) + b * sin(sigma) * (cos_2m + b / 4 * inner)
        if abs(sigma_next - sigma) < 1e-13:
            break
        sigma = sigma_next
    x = sin_u1 * sin(sigma) - cos_u1 * cos(sigma) * cos_alpha1
    lat2 = atan2(
        sin_u1 * cos(sigma) + cos_u1 * sin(sigma) * cos_alpha1,
        (1 - FLATTENING) * sqrt(sin_alpha**2 + x**2),
    )
    turn = atan2(sin(sigma) * sin_alpha1, cos_u1 * cos(sigma) - sin_u1 * sin(sigma) * cos_alpha1)
    c = FLATTENING / 16 * cos2_alpha * (4 + FLATTENING * (4 - 3 * cos2_alpha))
    cos_2m = cos(2 * sigma1 + sigma)
    inner = cos_2m + c * cos(sigma) * (2 * cos_2m**2 - 1)
    turn -= (1 - c) * FLATTENING * sin_alpha * (sigma + c * sin(sigma) * inner)
    return degrees(lat2), lon + degrees(turn)


def distance_m(first: Point, second: Point) -> float:
    """Great-circle distance (m) on the mean sphere, within 0.5 %: for thinning tracks, not for answers."""
    lat1, lat2 = radians(first[0]), radians(second[0])
    half_lat, half_lon = (lat2 - lat1) / 2, radians(second[1] - first[1]) / 2
    chord = sin(half_lat) ** 2 + cos(lat1) * cos(lat2) * sin(half_lon) ** 2
    return 2 * 6_371_008.8 * asin(sqrt(min(1.0, chord)))  # mean radius, IUGG


def point(lat: float, lon: float) -> Geometry:
    """A GeoJSON Point."""
    return {"type": "Point", "coordinates": _position((lat, lon))}


def ring_sector(
    lat: float,
    lon: float,
    near_m: float,
    far_m: float,
    azimuth_deg: float | None = None,
    beamwidth_deg: float | None = None,
) -> Geometry:
    """A GeoJSON Polygon of all points between `near_m` and `far_m` of a mast, within its sector if it has one.

    Without azimuth, or with a beam of 360 degrees, it is a whole ring (with a hole unless `near_m` is 0).
    """
    width = 120.0 if beamwidth_deg is None else beamwidth_deg
    if azimuth_deg is None or width >= 360:
        rings = [_arc(lat, lon, far_m, 360, 0)]
        if near_m > 0:
            rings.append(_arc(lat, lon, near_m, 0, 360))
        return _polygon(rings)
    start, end = azimuth_deg - width / 2, azimuth_deg + width / 2
    inner = _arc(lat, lon, near_m, start, end) if near_m > 0 else [(lat, lon)]
    return _polygon([_arc(lat, lon, far_m, end, start) + inner])


def box(lat_min: float, lon_min: float, lat_max: float, lon_max: float) -> Geometry:
    """A GeoJSON Polygon of a latitude and longitude box."""
    return _polygon([[(lat_min, lon_min), (lat_min, lon_max), (lat_max, lon_max), (lat_max, lon_min)]])


def line(points: list[Point]) -> Geometry:
    """A GeoJSON LineString through at least two points."""
    return {"type": "LineString", "coordinates": [_position(place) for place in points]}


def _arc(lat: float, lon: float, radius_m: float, start_deg: float, end_deg: float) -> list[Point]:
    steps = max(2, round(abs(end_deg - start_deg) / ARC_STEP_DEG))
    bearings = [start_deg + (end_deg - start_deg) * step / steps for step in range(steps + 1)]
    return [destination(lat, lon, bearing, radius_m) for bearing in bearings]


def _polygon(rings: list[list[Point]]) -> Geometry:
    closed = [[_position(place) for place in ring] for ring in rings]
    for ring in closed:
        if ring[0] != ring[-1]:
            ring.append(ring[0])
    return {"type": "Polygon", "coordinates": closed}


def _position(place: Point) -> list[float]:
    return [round(place[1], 7), round(place[0], 7)]
