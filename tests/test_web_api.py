"""What the map loads: whole answers, and what a carrier does not get."""

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from webhouse import CELL, HIT, LEAD, MAST, NOON, OTHERS_LEAD, Browser, cell_reading, empty_home, full_home, running

from detection.lead import LeadCell, PlacedCell
from detection.store import Store
from sensor.cell import CellIdentity
from web.features import MOST_CELLS, cell_features, hit_feature, lead_feature
from web.i18n import Speaker
from web.masts import Masts, same_cell

NOTE = "A hit is a lead, never proof."
COLLECTIONS = ("cells", "hits", "leads", "tracks")


say = Speaker("en")


def as_is(identity: str) -> str:
    return identity


def load(app: Flask, name: str, path: str) -> Any:
    return Browser(app, name).get(path).json


def ids(collection: Any) -> list[str]:
    return [feature["id"] for feature in collection["features"]]


@pytest.mark.parametrize("collection", COLLECTIONS)
def test_a_fresh_home_gives_empty_collections(tmp_path: Path, collection: str) -> None:
    with running(empty_home(tmp_path)) as app:
        answer = Browser(app, "fay").get(f"/api/{collection}.geojson")
        assert answer.json == {"type": "FeatureCollection", "note": NOTE, "features": []}
        assert answer.mimetype == "application/geo+json"


def test_cells_have_a_point_and_a_sector_with_what_was_heard(tmp_path: Path) -> None:
    with running(full_home(tmp_path)) as app:
        cells = load(app, "fay", "/api/cells.geojson")
    point, sector = cells["features"]
    assert point["geometry"] == {"type": "Point", "coordinates": [120.0, 30.0]}
    assert point["properties"] == {
        "kind": "cell",
        "cell": "460-00-1201-3305",
        "rat": "gsm",
        "mcc": "460",
        "mnc": "00",
        "lac": 1201,
        "ci": 3305,
        "band": "GSM900",
        "arfcn": 20,
        "bsic": 25,
        "earfcn": None,
        "pci": None,
        "carrier_hz": 939_000_000,
        "power_dbfs": -21.4,
        "power_dbm": None,
        "snr_db": 20.0,
        "ppm": None,
        "rsrp_dbm": None,
        "rsrq_db": None,
        "neighbours": [27],
        "neci": None,
        "ccch_conf": None,
        "t3212_min": None,
        "blocks": 0,
        "bad_blocks": 0,
        "heard": True,
        "last_heard": "2026-03-04T12:00:00+00:00",
        "placed": True,
        "azimuth_deg": 90.0,
        "beamwidth_deg": 120.0,
        "range_m": 3000.0,
        "text": "Heard at -21 dBFS.",
    }
    assert sector["id"] == "sector:gsm-460-00-1201-3305"
    assert sector["geometry"]["type"] == "Polygon"
    assert sector["properties"] == {**point["properties"], "kind": "sector"}


def test_a_cell_that_is_heard_but_not_placed_has_no_geometry(tmp_path: Path) -> None:
    home = full_home(tmp_path)
    with sqlite3.connect(home.store) as connection:
        connection.execute("DELETE FROM placed_cells")
    connection.close()
    with running(home) as app:
        (cell,) = load(app, "fay", "/api/cells.geojson")["features"]
        (hit,) = load(app, "fay", "/api/hits.geojson")["features"]
    assert (cell["id"], cell["geometry"], cell["properties"]["placed"]) == ("cell:gsm-460-00-1201-3305", None, False)
    assert hit["geometry"] is None


def test_hits_draw_their_ring_sector_and_say_why(tmp_path: Path) -> None:
    with running(full_home(tmp_path)) as app:
        (hit,) = load(app, "fay", "/api/hits.geojson")["features"]
    assert hit["id"] == "hit:1"
    assert hit["geometry"]["type"] == "Polygon"
    assert hit["properties"] == {
        "kind": "hit",
        "hit": 1,
        "signature": "one-ta-originated",
        "version": 1,
        "cell": "460-00-1201-3305",
        "rat": "gsm",
        "mcc": "460",
        "mnc": "00",
        "lac": 1201,
        "ci": 3305,
        "arfcn": 20,
        "bsic": 25,
        "timing_advance": 3,
        "distance_m": [1384, 1937],
        "log10_odds": 5.1,
        "learned": False,
        "reasons": ["48 originated calls at one timing advance"],
        "look_alikes": ["call centre"],
        "first_seen": "2026-03-04T12:00:00+00:00",
        "last_seen": "2026-03-04T12:03:00+00:00",
        "source": "town.cu8",
        "lead": LEAD.lead,
        "note": NOTE,
        "text": "Cell 460-00-1201-3305: what its common channel says leans towards a SIM box "
        "1384 to 1937 m from the mast.",
    }


def test_leads_stand_at_their_fix_with_pseudonyms_alone(tmp_path: Path) -> None:
    with running(full_home(tmp_path)) as app:
        answer = Browser(app, "sue").get("/api/leads.geojson")
        lead, other = answer.get_json()["features"]
    assert lead["geometry"] == {"type": "Point", "coordinates": [120.016, 30.0]}
    clear = lead["properties"]["sims"].pop()
    assert clear.startswith("p-")
    assert "460001234567890" not in answer.text
    assert lead["properties"] == {
        "kind": "lead",
        "lead": "L-3f9a12",
        "origin": "joined",
        "form": "fixed gateway",
        "score": 0.97,
        "sims": ["a1b2c3d4e5f60718"],
        "imeis": ["9f8e7d6c5b4a3210"],
        "sim_count": 2,
        "imei_count": 1,
        "cells": [
            {
                "cell": "460-00-1201-3305",
                "rat": "gsm",
                "mcc": "460",
                "mnc": "00",
                "lac": 1201,
                "ci": 3305,
                "lat": 30.0,
                "lon": 120.0,
                "azimuth_deg": 90.0,
                "beamwidth_deg": 120.0,
                "range_m": 3000.0,
                "timing_advance": [3, 3, 2],
                "weight": 0.8,
            }
        ],
        "area": {"lat_min": 29.99, "lon_min": 120.0, "lat_max": 30.01, "lon_max": 120.02},
        "first_seen": "2026-03-04T07:00:00+00:00",
        "last_seen": "2026-03-04T12:00:00+00:00",
        "active_hours": [9, 10, 11],
        "target": "",
        "best_hours": [],
        "listen_to": [],
        "next_hour": [],
        "next_from": None,
        "gateways": [],
        "reasons": ["47 of 49 calls went to numbers called once"],
        "advice": "fixed box",
        "owner": "mobile",
        "hits": [1],
        "fix": {"lat": 30.0, "lon": 120.016},
        "r50_radius_m": 70.0,
        "r90_radius_m": 160.0,
        "status": "open",
        "posterior": True,
        "url": "/leads/L-3f9a12",
        "note": NOTE,
        "text": "GSM here: a dongle can listen for it. The carrier's records and the air agree. "
        "Even chances in an area as large as a circle of 70 m radius, nine in ten in one of 160 m.",
    }
    assert (other["id"], other["geometry"], other["properties"]["posterior"]) == ("lead:L-77aa01", None, False)


def test_a_place_is_its_regions_and_its_fix(tmp_path: Path) -> None:
    with running(full_home(tmp_path)) as app:
        place = load(app, "fay", f"/api/posterior/{LEAD.lead}.geojson")
        none = Browser(app, "fay").get(f"/api/posterior/{OTHERS_LEAD.lead}.geojson")
    assert ids(place) == ["region90:L-3f9a12", "region50:L-3f9a12", "fix:L-3f9a12"]
    assert [feature["geometry"]["type"] for feature in place["features"]] == ["MultiPolygon", "MultiPolygon", "Point"]
    assert place["features"][2]["properties"] == {
        "kind": "fix",
        "lead": "L-3f9a12",
        "r50_radius_m": 70.0,
        "r90_radius_m": 160.0,
        "p_within_50m": 0.3,
        "computed": "2026-03-04T12:00:00+00:00",
        "inputs": ["600 readings of kit-1"],
        "note": NOTE,
        "text": "Even chances in an area as large as a circle of 70 m radius, nine in ten in one of 160 m.",
    }
    assert (none.status_code, none.json) == (404, {"error": "There is no such thing here."})


def test_a_carrier_gets_its_own_leads_cells_and_hits(tmp_path: Path) -> None:
    with running(full_home(tmp_path)) as app:
        own, other = Browser(app, "mobile"), Browser(app, "unicom")
        assert ids(own.get("/api/leads.geojson").json) == ["lead:L-3f9a12"]
        assert ids(own.get("/api/hits.geojson").json) == ["hit:1"]
        cells = own.get("/api/cells.geojson").get_json()["features"]
        assert [cell["properties"]["heard"] for cell in cells] == [False, False]  # what kits hear is not theirs
        assert ids(other.get("/api/leads.geojson").json) == ["lead:L-77aa01"]
        assert ids(other.get("/api/hits.geojson").json) == []
        assert ids(other.get("/api/cells.geojson").json) == []
        for path in (f"/leads/{LEAD.lead}", f"/api/posterior/{LEAD.lead}.geojson"):
            assert own.get(path).status_code == 200
            assert other.get(path).status_code == 404
        assert LEAD.lead not in other.get("/leads/").text
        assert own.get("/api/tracks.geojson").json == {"error": "This account may not see that."}
        assert 'data-collections="cells hits leads"' in own.get("/").text


def test_what_has_not_changed_is_not_sent_again(tmp_path: Path) -> None:
    home = full_home(tmp_path)
    with running(home) as app:
        browser = Browser(app, "fay")
        first = browser.get("/api/hits.geojson")
        again = browser.get("/api/hits.geojson", headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.data) == (304, b"")
        with Store.open(home.store) as store:
            store.put_hit(replace(HIT, log10_odds=6.5))
        changed = browser.get("/api/hits.geojson", headers={"If-None-Match": first.headers["ETag"]})
        assert (changed.status_code, changed.get_json()["features"][0]["properties"]["log10_odds"]) == (200, 6.5)


def test_words_come_in_the_language_asked_for(tmp_path: Path) -> None:
    with running(full_home(tmp_path)) as app:
        cells = Browser(app, "fay").get("/api/cells.geojson", headers={"Accept-Language": "zh-CN,zh;q=0.9"}).get_json()
    assert cells["note"] == "命中只是线索，绝非证据。"
    assert cells["features"][0]["properties"]["text"] == "已收到，电平 -21 dBFS。"


def test_names_meet_where_nothing_that_both_say_differs() -> None:
    bare = CellIdentity("gsm", None, None, 1201, 3305)
    assert same_cell(CELL, bare)
    assert not same_cell(CELL, replace(bare, rat="lte"))
    assert not same_cell(CELL, replace(CELL, mnc="01"))
    assert not same_cell(replace(CELL, ci=None), replace(CELL, ci=None))
    rough = PlacedCell(bare, 1.0, 2.0)
    assert Masts([rough, MAST]).find(CELL) == MAST
    assert Masts([rough]).find(CELL) == rough
    assert Masts([MAST]).find(replace(CELL, mnc="01")) is None
    assert Masts([rough, replace(rough, lat=3.0)]).find(CELL) is None  # two could be it


def test_of_a_nations_cells_those_round_the_leads_are_drawn() -> None:
    nation = [PlacedCell(replace(CELL, ci=ci), 20 + ci / 1000, 110.0) for ci in range(MOST_CELLS + 500)]
    features = cell_features(Masts(nation), [], [replace(CELL, ci=9)], say)
    assert [feature["properties"]["ci"] for feature in features] == list(range(MOST_CELLS))
    heard = replace(cell_reading(), identity=replace(CELL, ci=MOST_CELLS + 499))
    seen = {
        feature["properties"]["ci"] for feature in cell_features(Masts(nation), [heard], [replace(CELL, ci=9)], say)
    }
    assert {9, MOST_CELLS + 499} < seen


@pytest.mark.parametrize(
    ("rats", "words"),
    [
        (("gsm",), "GSM here: a dongle can listen"),
        (("lte",), "LTE here: a dongle hears no calls"),
        (("gsm", "lte"), "GSM and LTE here"),
        ((), "The carrier's records"),
    ],
)
def test_each_lead_says_first_what_can_be_heard_there(rats: tuple[str, ...], words: str) -> None:
    lead = replace(LEAD, cells=tuple(LeadCell(CellIdentity(rat, "460", "00", 1, 2)) for rat in rats))
    assert lead_feature(lead, Masts([]), False, as_is, say)["properties"]["text"].startswith(words)


def test_a_cell_without_direction_has_no_sector_and_silence_is_said() -> None:
    (feature,) = cell_features(Masts([PlacedCell(CELL, 30.0, 120.0)]), [], [], say)
    assert (feature["properties"]["heard"], feature["properties"]["text"]) == (False, "Not heard by this kit.")


def test_a_hit_of_an_unnamed_cell_is_told_by_its_channel() -> None:
    feature = hit_feature(replace(HIT, cell=CellIdentity(), id=7), Masts([MAST]), None, say)
    assert feature["geometry"] is None
    assert feature["properties"]["text"].startswith("Cell ARFCN 20 BSIC 25: ")
    bare = hit_feature(replace(HIT, distance_m=None, timing_advance=None), Masts([MAST]), None, say)
    assert bare["properties"]["distance_m"] is None
    assert bare["geometry"] is None


def test_a_lead_without_a_fix_stands_in_its_area_else_in_its_best_cells_ring() -> None:
    loose = replace(LEAD, fix=None, area=None)
    in_area = lead_feature(replace(LEAD, fix=None), Masts([]), False, as_is, say)
    assert in_area["geometry"] is not None
    assert in_area["geometry"]["coordinates"][0][0] == [120.0, 29.99]
    assert lead_feature(loose, Masts([]), False, as_is, say)["geometry"] is None
    ring = lead_feature(loose, Masts([MAST]), False, as_is, say)["geometry"]
    same = lead_feature(replace(loose, cells=(LeadCell(CELL, 30.0, 120.0, 90.0, 120.0),)), Masts([]), False, as_is, say)
    assert ring is not None
    assert ring["type"] == "Polygon"
    assert same["geometry"] is not None
    assert len(same["geometry"]["coordinates"][0]) < len(ring["coordinates"][0])  # no timing advance: a slice


def test_times_come_in_utc() -> None:
    assert lead_feature(LEAD, Masts([]), False, as_is, say)["properties"]["last_seen"] == NOON.isoformat()
