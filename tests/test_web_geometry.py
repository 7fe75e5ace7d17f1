"""Shapes on the ellipsoid, held against published geodesics and the shapes' own laws."""

from itertools import pairwise
from math import hypot
from typing import cast

import pytest

from web.geometry import box, destination, distance_m, point, ring_sector

Ring = list[list[float]]


def rings(geometry: dict[str, object]) -> list[Ring]:
    return cast(list[Ring], geometry["coordinates"])


def area(ring: Ring) -> float:
    """Twice the signed area in square degrees; positive is anticlockwise."""
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in pairwise(ring))


def test_destination_of_a_surveyed_line() -> None:
    # Flinders Peak to Buninyong, Geocentric Datum of Australia technical manual v2.4 (GRS80)
    lat, lon = destination(
        -(37 + 57 / 60 + 3.7203 / 3600), 144 + 25 / 60 + 29.5244 / 3600, 306 + 52 / 60 + 5.37 / 3600, 54972.271
    )
    assert lat == pytest.approx(-(37 + 39 / 60 + 10.1561 / 3600), abs=1e-8)  # 1 mm
    assert lon == pytest.approx(143 + 55 / 60 + 35.3839 / 3600, abs=1e-8)


def test_a_quarter_of_the_meridian_and_of_the_equator() -> None:
    assert destination(0, 0, 0, 10_001_965.729)[0] == pytest.approx(90, abs=1e-8)
    assert list(destination(0, 10, 90, 111_319.490793)) == pytest.approx([0, 11], abs=1e-9)


def test_a_sector_is_a_piece_of_the_ring_between_both_distances() -> None:
    geometry = ring_sector(30.0, 120.0, 1384, 1937, 90, 120)
    (ring,) = rings(geometry)
    assert geometry["type"] == "Polygon"
    assert ring[0] == ring[-1]
    assert area(ring) > 0
    distances = [distance_m((30.0, 120.0), (lat, lon)) for lon, lat in ring]
    assert min(distances) == pytest.approx(1384, rel=0.005)
    assert max(distances) == pytest.approx(1937, rel=0.005)
    assert all(lon > 120.0 for lon, _ in ring)  # it looks east


def test_a_sector_from_the_mast_itself_is_a_slice() -> None:
    (ring,) = rings(ring_sector(30.0, 120.0, 0, 553, 0, 60))
    assert ring.count([120.0, 30.0]) == 1
    assert len(ring) == 12 + 1 + 1 + 1  # 13 points of the arc, the mast, and the first again


@pytest.mark.parametrize(("azimuth", "beamwidth"), [(None, None), (None, 120), (90, 360)])
def test_a_cell_without_direction_has_a_whole_ring_with_a_hole(azimuth: float | None, beamwidth: float | None) -> None:
    outer, inner = rings(ring_sector(30.0, 120.0, 277, 830, azimuth, beamwidth))
    assert area(outer) > 0
    assert area(inner) < 0


def test_a_whole_ring_from_the_mast_has_no_hole() -> None:
    assert len(rings(ring_sector(30.0, 120.0, 0, 277))) == 1


def test_a_ring_over_the_antimeridian_stays_in_one_piece() -> None:
    (ring,) = rings(ring_sector(-17.0, 179.999, 0, 1000))
    assert all(hypot(b[0] - a[0], b[1] - a[1]) < 0.01 for a, b in pairwise(ring))
    assert max(lon for lon, _ in ring) > 180


def test_box_and_point() -> None:
    assert point(30.0, 120.0) == {"type": "Point", "coordinates": [120.0, 30.0]}
    ring = [[120.0, 29.0], [121.0, 29.0], [121.0, 30.0], [120.0, 30.0], [120.0, 29.0]]
    assert box(29, 120, 30, 121) == {"type": "Polygon", "coordinates": [ring]}
    assert area(ring) > 0
