"""The bundled base map: what the file holds, and how TopoJSON is read."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from pmtiles.reader import Reader

from web.basemap.topology import border_arcs, read_arcs, read_polygons

BASEMAP = Path(__file__).resolve().parent.parent / "web" / "static" / "basemap"
SHANGHAI_Z5 = (5, 26, 13)
SOUTH_PACIFIC_Z5 = (5, 3, 20)
TWO_SQUARES: dict[str, Any] = {  # two countries side by side; arc 0 is their common edge
    "transform": {"scale": [0.5, 1.0], "translate": [10.0, 20.0]},
    "arcs": [[[2, 0], [0, 2]], [[2, 2], [-2, 0], [0, -2], [2, 0]], [[2, 2], [2, 0], [0, -2], [-2, 0]]],
    "objects": {
        "countries": {
            "type": "GeometryCollection",
            "geometries": [
                {"type": "Polygon", "arcs": [[0, 1]]},
                {"type": "MultiPolygon", "arcs": [[[~0, ~2]]]},
            ],
        }
    },
}


def test_topology_gives_rings_in_degrees() -> None:
    arcs = read_arcs(TWO_SQUARES)
    west, east = read_polygons(TWO_SQUARES["objects"]["countries"], arcs)
    assert west == [[(11.0, 20.0), (11.0, 22.0), (10.0, 22.0), (10.0, 20.0), (11.0, 20.0)]]
    assert east == [[(11.0, 22.0), (11.0, 20.0), (12.0, 20.0), (12.0, 22.0), (11.0, 22.0)]]


def test_only_a_shared_arc_is_a_border() -> None:
    assert border_arcs(TWO_SQUARES["objects"]["countries"]) == [0]


@pytest.fixture
def bundled() -> Reader:
    with (BASEMAP / "natural-earth.pmtiles").open("rb") as stream:
        data = stream.read()
    assert len(data) < 1_500_000
    return Reader(lambda offset, length: data[offset : offset + length])


def test_bundled_map_holds_land_and_borders_to_zoom_5(bundled: Reader) -> None:
    header, metadata = bundled.header(), bundled.metadata()
    assert (header["min_zoom"], header["max_zoom"], header["addressed_tiles_count"] > 500) == (0, 5, True)
    assert [layer["id"] for layer in metadata["vector_layers"]] == ["land", "border"]
    assert "public domain" in metadata["description"]
    china = gzip.decompress(bundled.get(*SHANGHAI_Z5))
    assert b"land" in china
    assert len(china) > 5_000
    assert bundled.get(*SOUTH_PACIFIC_Z5) is None


def test_coarse_land_is_small_valid_geojson() -> None:
    text = (BASEMAP / "natural-earth-land.geojson").read_text(encoding="utf-8")
    land = json.loads(text)["geometry"]
    assert land["type"] == "MultiPolygon"
    assert len(text) < 100_000
    assert all(ring[0] == ring[-1] for polygon in land["coordinates"] for ring in polygon)
