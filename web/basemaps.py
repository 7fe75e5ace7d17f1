"""Base maps: the bundled one, and the PMTiles and MBTiles files an operator drops into CATPOOL_HOME/maps."""

import json
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Response, abort, jsonify, send_file
from flask.typing import ResponseReturnValue

from sensor.home import Home
from web.access import allow
from web.accounts import ROLES
from web.connection import home
from web.store import read_tile, read_tile_set

blueprint = Blueprint("basemaps", __name__)
BUNDLED = Path(__file__).parent / "static" / "basemap"
KINDS = (".pmtiles", ".mbtiles")
TILE_TYPES = {
    "pbf": "application/x-protobuf",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "webp": "image/webp",
}


@dataclass(frozen=True, slots=True)
class BaseMap:
    """One file of tiles. `kind` is "pmtiles" (read by ranges) or "mbtiles" (tile by tile)."""

    name: str
    kind: str
    path: Path
    bundled: bool

    @property
    def url(self) -> str:
        return f"/maps/{self.name}.pmtiles" if self.kind == "pmtiles" else f"/maps/{self.name}/{{z}}/{{x}}/{{y}}"


def base_maps(home: Home) -> list[BaseMap]:
    """The maps to choose from: dropped-in ones by name, then the bundled. A dropped-in one hides its namesake."""
    found: dict[str, BaseMap] = {}
    for folder, bundled in ((home.root / "maps", False), (BUNDLED, True)):
        for path in sorted(folder.glob("*")) if folder.is_dir() else []:
            if path.suffix.lower() in KINDS and path.is_file():
                found.setdefault(path.stem, BaseMap(path.stem, path.suffix[1:].lower(), path, bundled))
    return list(found.values())


@blueprint.get("/api/maps")
@allow(*ROLES)
def listing() -> ResponseReturnValue:
    """{"maps": [{name, title, kind "pmtiles" | "mbtiles", url, bundled}]}; of MBTiles also what its metadata says."""
    return jsonify(maps=[_described(base_map) for base_map in base_maps(home())])


@blueprint.get("/maps/<name>.pmtiles")
@allow(*ROLES)
def pmtiles(name: str) -> ResponseReturnValue:
    """A PMTiles file, by ranges (206)."""
    path = _find(name, "pmtiles").path
    return send_file(path, mimetype="application/octet-stream", conditional=True, etag=True)


@blueprint.get("/maps/<name>/<int:zoom>/<int:column>/<int:row>")
@allow(*ROLES)
def tile(name: str, zoom: int, column: int, row: int) -> ResponseReturnValue:
    """One tile of an MBTiles file, rows counted from the north; 204 where the file has none."""
    path = _find(name, "mbtiles").path
    data = read_tile(path, zoom, column, row)
    if data is None:
        return Response(status=204)
    kind = read_tile_set(path).get("format", "pbf")
    response = Response(data, mimetype=TILE_TYPES.get(kind, "application/octet-stream"))
    if data[:2] == b"\x1f\x8b":
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Cache-Control"] = "private, max-age=3600"
    return response


def _described(base_map: BaseMap) -> dict[str, object]:
    about: dict[str, object] = {
        "name": base_map.name,
        "title": base_map.name.replace("-", " ").replace("_", " "),
        "kind": base_map.kind,
        "url": base_map.url,
        "bundled": base_map.bundled,
    }
    if base_map.kind == "mbtiles":
        words = read_tile_set(base_map.path)
        about["format"] = words.get("format", "pbf")
        about["minzoom"], about["maxzoom"] = (_number(words.get(key)) for key in ("minzoom", "maxzoom"))
        about["vector_layers"] = _layers(words.get("json", ""))
    return about


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None


def _layers(text: str) -> object:
    try:
        return json.loads(text).get("vector_layers", [])
    except (ValueError, AttributeError):
        return []


def _find(name: str, kind: str) -> BaseMap:
    found = next((one for one in base_maps(home()) if (one.name, one.kind) == (name, kind)), None)
    if found is None:
        abort(404)
    return found
