"""Leads: imported, joined with hits of the same cell and ring, exported for `locate`; done again, nothing doubles."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from catpool import catpool
from detection.errors import ExportError, UnknownLeadError
from detection.hit import Hit
from detection.joining import Networks, join, timing_advances
from detection.lead import GatewayPlace, Lead, LeadCell, ListenCell, NextCell, PlacedCell, Posterior
from detection.leads import export_lead, import_leads, mark_known, rejoin, to_json
from detection.place.lead_file import read_lead
from detection.sector import bounds, distance_span_m
from detection.store import Store
from sensor.cell import CellIdentity, ring_m

CELL = CellIdentity("gsm", "460", "00", 1201, 3305)
NAMELESS = CellIdentity("gsm", None, None, 1201, 3305)
OTHER = CellIdentity("gsm", "460", "01", 1201, 3305)
MAST = PlacedCell(CELL, 30.57, 114.3, 150.0, 65.0, 3000.0)
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def a_hit(**changes: Any) -> Hit:
    step = changes.get("timing_advance", 3)
    hit = Hit(
        signature="one-ta-originated",
        version=1,
        cell=CELL,
        arfcn=20,
        bsic=25,
        timing_advance=3,
        distance_m=ring_m("gsm", step),
        log10_odds=2.0,
        learned=False,
        from_s=0.0,
        to_s=180.0,
        raised_s=170.0,
        reasons=("36 originated calls",),
        look_alikes=("call centre",),
        first_seen=NOON,
        last_seen=NOON + timedelta(minutes=3),
        source="frames.jsonl",
        id=1,
    )
    return replace(hit, **changes)


def a_lead(**changes: Any) -> Lead:
    lead = Lead("L-1", "cdr", "gateway", 0.9, cells=(LeadCell(CELL, timing_advance=(2, 3)),), reasons=("strangers",))
    return replace(lead, **changes)


def row(**changes: Any) -> dict[str, Any]:
    cell = {"rat": "gsm", "mcc": "460", "mnc": "00", "lac": 1201, "ci": 3305, "timing_advance": [3, 3]}
    return {
        "lead": "L-1",
        "form": "gateway",
        "score": 0.9,
        "sims": ["s1"],
        "imeis": [],
        "cells": [cell],
        "area": None,
        "first_seen": "2026-03-04T10:00:00+00:00",
        "last_seen": "2026-03-04T11:00:00+08:00",
        "active_hours": [9],
        "reasons": ["strangers"],
        "advice": "",
        "owner": "",
        "lat": 30.58,
        "lon": 114.31,
        "colour": "unknown keys are ignored",
    } | changes


@pytest.fixture
def fresh_store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "catpool.sqlite") as store:
        yield store


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CATPOOL_HOME", str(tmp_path))
    return tmp_path


def write(path: Path, rows: object) -> Path:
    path.write_text(json.dumps(rows))
    return path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(catpool, [str(argument) for argument in arguments])


def test_same_cell_and_timing_advance_join() -> None:
    (lead,) = join([a_lead()], [a_hit()], [])
    assert (lead.lead, lead.origin, lead.hits) == ("L-1", "joined", (1,))
    assert lead.score == pytest.approx(0.9999, abs=2e-4)
    assert lead.cells[0].timing_advance == (2, 3, 3, 3, 3)
    assert lead.reasons == (
        "heard on the air at the same cell and timing advance 3: about 100 to 1 for a box, 36 originated calls",
        "strangers",
    )


def test_one_step_off_joins_and_two_do_not() -> None:
    (near,) = join([a_lead()], [a_hit(timing_advance=4)], [])
    assert "one step from the records'" in near.reasons[0]
    far = join([a_lead()], [a_hit(timing_advance=5)], [])
    assert [(lead.origin, lead.hits) for lead in far] == [("cdr", ()), ("radio", (1,))]
    assert far[0] == a_lead()


def test_other_network_lac_or_ci_never_joins() -> None:
    for cell in (OTHER, replace(CELL, lac=1202), replace(CELL, ci=1), replace(CELL, mcc="461"), CellIdentity()):
        assert [lead.origin for lead in join([a_lead()], [a_hit(cell=cell)], [])] == ["cdr", "radio"]


def test_export_without_network_joins_only_where_one_network_fits() -> None:
    nameless = a_lead(cells=(LeadCell(NAMELESS, timing_advance=(3,)),))
    (joined,) = join([nameless], [a_hit()], [])
    assert "joined by LAC and CI alone" in joined.reasons[0]
    assert "460-00 is the only one known here" in joined.reasons[0]
    doubtful = join([nameless], [a_hit()], [PlacedCell(OTHER, 1.0, 2.0)])
    assert [lead.origin for lead in doubtful] == ["cdr", "radio"]


def test_ring_meets_area_where_the_records_have_no_timing_advance() -> None:
    at = {"lat_min": 30.555, "lat_max": 30.558, "lon_min": 114.307, "lon_max": 114.309}
    lead = a_lead(cells=(LeadCell(CELL),), area=at)
    (joined,) = join([lead], [a_hit()], [MAST])
    assert "whose ring crosses the records' area" in joined.reasons[0]
    assert (joined.cells[0].lat, joined.cells[0].azimuth_deg, joined.cells[0].beamwidth_deg) == (30.57, 150.0, 65.0)
    away = join([lead], [a_hit(timing_advance=12)], [MAST])
    assert [one.origin for one in away] == ["cdr", "radio"]
    (blind,) = join([a_lead(cells=(LeadCell(CELL),))], [a_hit()], [])
    assert "the records have none" in blind.reasons[0]


def test_hit_alone_is_a_lead_of_its_own_with_the_rings_area() -> None:
    (lead,) = join([], [a_hit()], [MAST])
    assert (lead.origin, lead.form, lead.score, lead.hits) == ("radio", "gateway-like", 0.990099010, (1,))
    assert lead.cells == (LeadCell(CELL, 30.57, 114.3, 150.0, 65.0, 3000.0, (3,), 1.0),)
    assert lead.area == bounds((30.57, 114.3), 1937, 150.0, 65.0, 1384)
    assert (lead.first_seen, lead.last_seen, lead.status) == (NOON, NOON + timedelta(minutes=3), "open")


def test_neighbouring_rings_are_one_lead_and_other_places_are_not() -> None:
    hits = [
        a_hit(),
        a_hit(id=2, timing_advance=4, log10_odds=3.0),
        a_hit(id=3, timing_advance=9),
        a_hit(id=4, cell=OTHER),
    ]
    leads = join([], hits, [])
    assert sorted(lead.hits for lead in leads) == [(1, 2), (3,), (4,)]
    assert len({lead.lead for lead in leads}) == 3


def test_joining_again_keeps_names_and_merges_what_found_a_home() -> None:
    (alone,) = join([], [a_hit()], [])
    grown = join(
        [], [a_hit(log10_odds=4.0), a_hit(id=2, timing_advance=4, log10_odds=5.0)], [], before={alone.lead: alone}
    )
    assert [lead.lead for lead in grown] == [alone.lead]
    joined, gone = join([a_lead()], [a_hit()], [], before={alone.lead: alone})
    assert (joined.hits, gone.lead, gone.status, gone.advice) == ((1,), alone.lead, "merged", "Goes on as L-1.")


def test_box_between_two_steps_lists_both() -> None:
    between = a_hit(distance_m=(ring_m("gsm", 3)[0], ring_m("gsm", 4)[1]))
    assert timing_advances(between) == [3, 4]
    assert timing_advances(a_hit(timing_advance=0)) == [0]
    assert Networks([]).same(CELL, CELL) == ""


def test_import_twice_updates_and_keeps_what_people_set(fresh_store: Store, tmp_path: Path) -> None:
    path = write(tmp_path / "leads.json", [row(), row(lead="L-2", score=0.2)])
    import_leads(fresh_store, path)
    fresh_store.set_lead_status("L-1", "closed")
    region = {"type": "MultiPolygon", "coordinates": []}
    fresh_store.put_posterior("L-1", Posterior(30.0, 114.0, 50.0, 90.0, region, region, 0.5))
    import_leads(fresh_store, write(path, [row(score=0.95)]))
    first, second = fresh_store.leads()
    assert (first.lead, first.score, first.status, first.fix, first.r90_radius_m) == (
        "L-1",
        0.95,
        "closed",
        (30.0, 114.0),
        90.0,
    )
    assert (second.lead, second.fix) == ("L-2", (30.58, 114.31))
    assert first.last_seen == datetime(2026, 3, 4, 3, tzinfo=UTC)


def test_when_where_and_where_next_are_imported(fresh_store: Store, tmp_path: Path) -> None:
    cell = {"rat": "gsm", "mcc": "460", "mnc": "00", "lac": 1201, "ci": 3305}
    advised = row(
        kind="car",
        best_hours=["14-18"],
        listen_to=[cell | {"timing_advance": 3, "distance_m": [1384, 1937], "share": 0.6}],
        next_hour={"from": "2026-03-04T12:00:00+00:00", "cells": [cell | {"probability": 0.4}]},
        gateways=[{"name": "L-1/1", "lat": 30.5, "lon": 114.3, "share": 0.7, "sims": ["s1", "s2"], "area": None}],
    )
    (lead,) = import_leads(fresh_store, write(tmp_path / "leads.json", [advised]))
    identity = CellIdentity("gsm", "460", "00", 1201, 3305)
    assert (lead.kind, lead.best_hours) == ("car", ("14-18",))
    assert lead.listen_to == (ListenCell(identity, 3, 0.6),)
    assert lead.next_hour == (NextCell(identity, 0.4),)
    assert lead.next_from == datetime(2026, 3, 4, 12, tzinfo=UTC)
    assert lead.gateways == (GatewayPlace("L-1/1", 30.5, 114.3, 0.7, 2),)
    assert json.loads(to_json(fresh_store.lead("L-1")))["next_hour"] == [cell | {"probability": 0.4}]


def test_hit_and_import_join_in_either_order_and_settle(fresh_store: Store, tmp_path: Path) -> None:
    fresh_store.put_hit(a_hit(id=None))
    (radio,) = rejoin(fresh_store)
    import_leads(fresh_store, write(tmp_path / "leads.json", [row()]))
    assert [(lead.lead, lead.origin) for lead in fresh_store.leads()] == [("L-1", "joined")]
    assert fresh_store.lead(radio.lead).status == "merged"
    settled = fresh_store.change_counter()
    assert rejoin(fresh_store) == []
    assert fresh_store.change_counter() == settled
    fresh_store.put_hit(a_hit(id=None, log10_odds=2.4))
    assert [lead.lead for lead in rejoin(fresh_store)] == ["L-1"]
    assert fresh_store.lead("L-1").cells[0].timing_advance == (3, 3, 3, 3, 3)


def test_known_gateway_is_named_and_stays_known(fresh_store: Store) -> None:
    fresh_store.put_hit(a_hit(id=None))
    (lead,) = rejoin(fresh_store)
    known = mark_known(fresh_store, lead.lead, "Wang", NOON, "licence 7")
    assert known.status == "known"
    assert known.reasons[0] == "gateway marked known by Wang on 2026-03-04 (licence 7)"
    fresh_store.put_hit(a_hit(id=None, log10_odds=6.0))
    rejoin(fresh_store)
    assert [lead.status for lead in fresh_store.leads()] == ["known"]
    with pytest.raises(UnknownLeadError):
        mark_known(fresh_store, "L-none", "Wang", NOON)


def test_export_is_what_locate_reads(tmp_path: Path) -> None:
    (lead,) = join([a_lead()], [a_hit()], [MAST])
    read = read_lead(write(tmp_path / "LEAD.json", export_lead(lead)))
    assert [(cell.lat, cell.azimuth_deg, cell.timing_advance) for cell in read.cells] == [
        (30.57, 150.0, (2, 3, 3, 3, 3))
    ]
    with pytest.raises(ExportError, match="no mast of its cells is placed"):
        export_lead(a_lead())


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("{}", "not a leads.json"),
        ("lac,ci", "not a leads.json"),
        (json.dumps([row(score=2)]), r"\$\[0\]: a lead needs a name, and a score"),
        (json.dumps([row(first_seen="yesterday")]), r"\$\[0\].first_seen: 'yesterday'"),
        (json.dumps([row(area={"lat_min": 1})]), r"\$\[0\].area: needs"),
        (json.dumps([row(best_hours=["2-26"])]), r"\$\[0\].best_hours: '2-26'"),
        (json.dumps([{"lead": "L-1"}]), "missing required field"),
    ],
)
def test_file_that_is_no_leads_json_is_refused(
    fresh_store: Store, tmp_path: Path, content: str, complaint: str
) -> None:
    path = tmp_path / "leads.json"
    path.write_text(content)
    with pytest.raises(ExportError, match=complaint):
        import_leads(fresh_store, path)
    assert fresh_store.leads() == []


def test_sector_bounds_and_distances() -> None:
    box = bounds((0.0, 0.0), 1000.0)
    assert box["lat_max"] == pytest.approx(1000 / 111_195, abs=1e-6)
    assert box["lon_min"] == pytest.approx(-1000 / 111_195, abs=1e-6)
    east = bounds((0.0, 0.0), 1000.0, 90.0, 60.0, 500.0)
    assert east["lon_min"] > 0
    near, far = distance_span_m((0.0, 0.0), {"lat_min": -0.01, "lat_max": 0.01, "lon_min": 0.01, "lon_max": 0.02})
    assert [near, far] == pytest.approx([1112, 2486], abs=1)


def test_commands_from_files_to_lead_json(home: Path) -> None:
    cells = home / "CELLS.csv"
    cells.write_text("lac,ci,lat,lon,azimuth\n1201,3305,30.57,114.3,150\n")
    leads = write(home / "leads.json", [row()])
    assert "No leads yet." in run("leads").stderr
    assert "1 leads taken" in run("leads", "import", leads).stderr
    placed = run("cells", "import", cells)
    assert "1 of them name no network" in placed.stderr
    with Store.open(home / "catpool.sqlite") as store:
        store.put_hit(a_hit(id=None))
    listed = run("leads", "--json")
    (line,) = [json.loads(text) for text in listed.stdout.splitlines()]
    assert (line["lead"], line["origin"], line["cells"][0]["lat"]) == ("L-1", "joined", 30.57)
    assert {"form", "score", "sims", "imeis", "area", "first_seen", "last_seen", "active_hours"} <= set(line)
    assert "A hit is a lead, not proof." in listed.stderr
    assert "heard on the air at the same cell" in run("leads").stdout
    exported = json.loads(run("leads", "export", "L-1").stdout)
    assert exported["cells"][0]["timing_advance"] == [3, 3, 3, 3, 3]
    assert "marked known by Wang" in run("leads", "known", "L-1", "--by", "Wang").stderr
    assert run("leads", "--json").stdout == ""
    assert json.loads(run("leads", "--all", "--json").stdout)["status"] == "known"
    assert isinstance(run("leads", "export", "L-9").exception, UnknownLeadError)
    assert run("leads", "known", "L-1", "--by", " ").exit_code == 2
