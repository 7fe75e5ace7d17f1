"""Builds the bundled base map: Natural Earth (public domain) to vector tiles in one PMTiles file.

    npm pack world-atlas@2.0.2
    pip install -e '.[basemap]'
    python -m web.basemap.build world-atlas-2.0.2.tgz web/static/basemap

Layers: `land` (polygons) and `border` (lines between countries, de facto; the map can hide them). Zoom 0 to 5; beyond,
the browser magnifies zoom 5, whose grid of 4096 is 306 m at the equator, about what the source resolves. Also writes
`natural-earth-land.geojson`, the coarse land that browsers without WebGL2 get.
"""

import gzip
import json
import math
import sys
import tarfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import shapely
from mapbox_vector_tile.encoder import on_invalid_geometry_make_valid
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer
from shapely.geometry.base import BaseGeometry

from web.basemap.topology import border_arcs, read_arcs, read_polygons

MAX_ZOOM = 5
EXTENT = 4096
BUFFER = 64  # tile units kept beyond a tile's edge, so that outlines don't show its seams
WORLD_M = 2 * math.pi * 6_378_137  # side of the Web Mercator square
SOURCE_BY_ZOOM = ("110m", "110m", "50m", "50m", "10m", "10m")
MAX_LATITUDE_DEG = 85.0511


def read_topology(atlas: Path, name: str) -> dict[str, Any]:
    """One TopoJSON file of the npm package."""
    with tarfile.open(atlas) as archive:
        member = archive.extractfile(f"package/{name}.json")
        assert member is not None
        document: dict[str, Any] = json.load(member)
        return document


def project(points: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    """Degrees to the unit square of Web Mercator, y downwards."""
    placed = []
    for lon, lat in points:
        sine = math.sin(math.radians(max(-MAX_LATITUDE_DEG, min(MAX_LATITUDE_DEG, lat))))
        placed.append((lon / 360 + 0.5, 0.5 - math.log((1 + sine) / (1 - sine)) / (4 * math.pi)))
    return placed


def land_of(topology: dict[str, Any]) -> BaseGeometry:
    """All land as one valid geometry of the unit square."""
    arcs = read_arcs(topology)
    polygons = [
        shapely.make_valid(shapely.Polygon(project(rings[0]), [project(hole) for hole in rings[1:] if len(hole) > 3]))
        for rings in read_polygons(topology["objects"]["land"], arcs)
        if len(rings[0]) > 3
    ]
    return shapely.union_all(polygons)


def borders_of(topology: dict[str, Any]) -> BaseGeometry:
    """All borders between countries as lines of the unit square."""
    arcs = read_arcs(topology)
    return shapely.MultiLineString([project(arcs[index]) for index in border_arcs(topology["objects"]["countries"])])


def tiles(land: BaseGeometry, borders: BaseGeometry, zoom: int) -> Iterator[tuple[int, bytes]]:
    """Every tile of a zoom that holds anything, as (tile id, gzipped vector tile)."""
    count = 2**zoom
    grain = 1 / (count * EXTENT)
    layers = {"land": land.simplify(grain), "border": borders.simplify(grain)}
    for x in range(count):
        for y in range(count):
            encoded = encode_tile(layers, x / count, y / count, 1 / count)
            if encoded:
                yield zxy_to_tileid(zoom, x, y), gzip.compress(encoded, mtime=0)


def encode_tile(layers: dict[str, BaseGeometry], left: float, top: float, side: float) -> bytes:
    """One vector tile; empty bytes where there is only sea."""
    margin = side * BUFFER / EXTENT
    drawn = []
    for name, geometry in layers.items():
        part = shapely.clip_by_rect(geometry, left - margin, top - margin, left + side + margin, top + side + margin)
        scaled = shapely.transform(part, lambda at: (at - [left, top]) * (EXTENT / side))
        shapes = [shape for shape in shapely.get_parts(scaled) if shape.geom_type in ("Polygon", "LineString")]
        if shapes:
            drawn.append({"name": name, "features": [{"geometry": shape, "properties": {}} for shape in shapes]})
    options = {"extents": EXTENT, "y_coord_down": True, "on_invalid_geometry": on_invalid_geometry_make_valid}
    return mapbox_vector_tile.encode(drawn, default_options=options) if drawn else b""


def write_tiles(atlas: Path, target: Path) -> None:
    """Writes the PMTiles file."""
    topologies = {scale: read_topology(atlas, f"countries-{scale}") for scale in sorted(set(SOURCE_BY_ZOOM))}
    land = {scale: land_of(topology) for scale, topology in topologies.items()}
    borders = {scale: borders_of(topology) for scale, topology in topologies.items()}
    with target.open("wb") as stream:
        writer = Writer(stream)
        for zoom, scale in enumerate(SOURCE_BY_ZOOM):
            for tile_id, data in sorted(tiles(land[scale], borders[scale], zoom)):
                writer.write_tile(tile_id, data)
        writer.finalize(HEADER, METADATA)


HEADER = {
    "tile_type": TileType.MVT,
    "tile_compression": Compression.GZIP,
    "min_zoom": 0,
    "max_zoom": MAX_ZOOM,
    "min_lon_e7": -1_800_000_000,
    "min_lat_e7": -850_000_000,
    "max_lon_e7": 1_800_000_000,
    "max_lat_e7": 850_000_000,
    "center_zoom": 2,
    "center_lon_e7": 0,
    "center_lat_e7": 200_000_000,
}
METADATA = {
    "name": "Natural Earth",
    "attribution": "Natural Earth",
    "description": "Land and de-facto borders, Natural Earth 4.1.0 by world-atlas 2.0.2; public domain",
    "vector_layers": [
        {"id": "land", "fields": {}, "minzoom": 0, "maxzoom": MAX_ZOOM},
        {"id": "border", "fields": {}, "minzoom": 0, "maxzoom": MAX_ZOOM},
    ],
}


def write_coarse_land(atlas: Path, target: Path) -> None:
    """Writes the land at 1:110m as GeoJSON, rounded to 0.01 degree."""
    topology = read_topology(atlas, "land-110m")
    polygons = [
        [[[round(lon, 2), round(lat, 2)] for lon, lat in ring] for ring in rings]
        for rings in read_polygons(topology["objects"]["land"], read_arcs(topology))
    ]
    feature = {"type": "Feature", "properties": {}, "geometry": {"type": "MultiPolygon", "coordinates": polygons}}
    target.write_text(json.dumps(feature, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    package, folder = Path(sys.argv[1]), Path(sys.argv[2])
    write_tiles(package, folder / "natural-earth.pmtiles")
    write_coarse_land(package, folder / "natural-earth-land.geojson")
