"""Base maps: bundled and dropped in, by ranges and by tiles."""

import gzip
import sqlite3
from pathlib import Path

from webhouse import Browser, empty_home, running

from sensor.home import Home


def drop_in(home: Home) -> None:
    """A PMTiles file (its content does not matter here), an MBTiles file, and files that are no maps."""
    maps = home.root / "maps"
    maps.mkdir()
    (maps / "old-town.pmtiles").write_bytes(bytes(range(200)))
    (maps / "notes.txt").write_text("no map")
    (maps / "broken.mbtiles").write_bytes(b"no database")
    connection = sqlite3.connect(maps / "streets.mbtiles")
    with connection:
        connection.execute("CREATE TABLE metadata (name TEXT, value TEXT)")
        words = [
            ("format", "pbf"),
            ("minzoom", "0"),
            ("maxzoom", "14"),
            ("json", '{"vector_layers": [{"id": "road"}]}'),
        ]
        connection.executemany("INSERT INTO metadata VALUES (?, ?)", words)
        connection.execute("CREATE TABLE tiles (zoom_level INT, tile_column INT, tile_row INT, tile_data BLOB)")
        connection.execute("INSERT INTO tiles VALUES (2, 1, 3, ?)", (gzip.compress(b"north", mtime=0),))
    connection.close()


def test_maps_are_listed_dropped_in_ones_first(tmp_path: Path) -> None:
    home = empty_home(tmp_path)
    drop_in(home)
    with running(home) as app:
        maps = Browser(app, "fay").get("/api/maps").get_json()["maps"]
    assert maps[:3] == [
        {
            "name": "broken",
            "title": "broken",
            "kind": "mbtiles",
            "url": "/maps/broken/{z}/{x}/{y}",
            "bundled": False,
            "format": "pbf",
            "minzoom": None,
            "maxzoom": None,
            "vector_layers": [],
        },
        {
            "name": "old-town",
            "title": "old town",
            "kind": "pmtiles",
            "url": "/maps/old-town.pmtiles",
            "bundled": False,
        },
        {
            "name": "streets",
            "title": "streets",
            "kind": "mbtiles",
            "url": "/maps/streets/{z}/{x}/{y}",
            "bundled": False,
            "format": "pbf",
            "minzoom": 0,
            "maxzoom": 14,
            "vector_layers": [{"id": "road"}],
        },
    ]
    assert [(one["name"], one["bundled"]) for one in maps[3:]] == [("natural-earth", True)]


def test_pmtiles_are_read_by_ranges(tmp_path: Path) -> None:
    home = empty_home(tmp_path)
    drop_in(home)
    with running(home) as app:
        browser = Browser(app, "fay")
        part = browser.get("/maps/old-town.pmtiles", headers={"Range": "bytes=10-13"})
        assert (part.status_code, part.data) == (206, bytes([10, 11, 12, 13]))
        assert part.headers["Content-Range"] == "bytes 10-13/200"
        assert part.headers["ETag"]
        beyond = browser.get("/maps/old-town.pmtiles", headers={"Range": "bytes=900-"})
        assert beyond.status_code == 416
        bundled = browser.get("/maps/natural-earth.pmtiles", headers={"Range": "bytes=0-6"})
        assert bundled.data == b"PMTiles"


def test_tiles_are_counted_from_the_north_and_come_as_they_are_packed(tmp_path: Path) -> None:
    home = empty_home(tmp_path)
    drop_in(home)
    with running(home) as app:
        browser = Browser(app, "fay")
        tile = browser.get("/maps/streets/2/1/0")
        assert (gzip.decompress(tile.data), tile.headers["Content-Encoding"]) == (b"north", "gzip")
        assert tile.mimetype == "application/x-protobuf"
        for path in ("/maps/streets/2/1/3", "/maps/broken/0/0/0", "/maps/streets/99/1/99999999999999999999999"):
            assert browser.get(path).status_code == 204, path


def test_nothing_else_of_the_home_can_be_read(tmp_path: Path) -> None:
    home = empty_home(tmp_path)
    drop_in(home)
    (home.root / "secret.pmtiles").write_text("secret")
    with running(home) as app:
        browser = Browser(app, "sue")
        for path in (
            "/maps/..%2Fsecret.pmtiles",
            "/maps/../secret.pmtiles",
            "/maps/%2e%2e/secret.pmtiles",
            "/maps/notes.pmtiles",
            "/maps/streets.pmtiles",
            "/maps/none/0/0/0",
            "/static/../../web.key",
        ):
            assert browser.get(path).status_code == 404, path


def test_a_dropped_in_map_takes_the_place_of_its_namesake(tmp_path: Path) -> None:
    home = empty_home(tmp_path)
    (home.root / "maps").mkdir()
    (home.root / "maps" / "natural-earth.pmtiles").write_bytes(b"approved borders")
    with running(home) as app:
        browser = Browser(app, "fay")
        assert [one["bundled"] for one in browser.get("/api/maps").get_json()["maps"]] == [False]
        assert browser.get("/maps/natural-earth.pmtiles").data == b"approved borders"
