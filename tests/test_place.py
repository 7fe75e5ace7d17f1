"""detection/place: prior, evidence, association, regions and the estimate, on small made-up drives."""

import itertools
from dataclasses import replace
from math import pi

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp

from detection.errors import ExportError
from detection.place import evidence, region
from detection.place.companions import join_streams
from detection.place.estimate import Estimate, locate
from detection.place.lead_file import Area, Sector, Whereabouts, read_lead
from detection.place.plane import Plane, bearing_deg
from detection.place.prior import log_prior, log_rings
from detection.place.sound import sound
from detection.place.spots import gather
from detection.town.drive import Call, Emitter, Track, drive_streets, meter
from detection.town.propagation import Law, draw_shadows
from sensor.readings import UplinkReading

PLANE = Plane(12.34, 21.5)
TRUTH = np.array([120.0, -60.0])
LAW = Law(exponent=3.3, shadows=draw_shadows(5.0, 30.0, np.random.default_rng(4)), wall_db=10.0)
BOX_CALLS = tuple(Call(10.0 + 7 * slot, 280.0 - 9 * slot, 890.2, slot, 27.0 - 2 * (slot % 3)) for slot in range(2, 6))
AREA = Area(12.336, 21.496, 12.344, 21.504)


def drive(emitters: list[Emitter], seed: int = 2, seconds: int = 300) -> list[UplinkReading]:
    rng = np.random.default_rng(seed)
    xy = drive_streets(seconds, 240.0, 80.0, 7.0, rng, start=np.zeros(2))
    return meter(emitters, Track("kit-1", xy, xy + rng.normal(0, 1.5, xy.shape)), PLANE, rng)


@pytest.fixture(scope="module")
def readings() -> list[UplinkReading]:
    return drive([Emitter(TRUTH[None], LAW, BOX_CALLS, box=True)])


@pytest.fixture(scope="module")
def found(readings: list[UplinkReading]) -> Estimate:
    return locate(readings, Whereabouts(AREA))


def error_m(estimate: Estimate) -> float:
    return float(np.hypot(*(PLANE.to_metres(estimate.lat, estimate.lon) - TRUTH)))


def rings_of(area: dict[str, list[list[list[list[float]]]]]) -> list[np.ndarray]:
    return [
        PLANE.to_metres([y for _, y in ring], [x for x, _ in ring]) for part in area["coordinates"] for ring in part
    ]


def signed_area_m2(ring: np.ndarray) -> float:
    return float((ring[:-1, 0] * ring[1:, 1] - ring[1:, 0] * ring[:-1, 1]).sum() / 2)


def test_the_plane_is_wgs84() -> None:
    east, north = PLANE.to_metres(PLANE.lat + 0.01, PLANE.lon + 0.01).tolist()
    # GeographicLib 2.0, GeodSolve -i, on the two legs
    assert east == pytest.approx(1087.52, abs=1.0)
    assert north == pytest.approx(1106.25, abs=0.5)
    assert PLANE.to_degrees([east, north]).tolist() == pytest.approx([12.35, 21.51], abs=1e-9)
    assert bearing_deg(np.array([[-1.0, 0.0]]), np.zeros(2)).tolist() == [270.0]


def test_the_drive_finds_the_box(found: Estimate) -> None:
    assert error_m(found) < 80
    assert 20 < found.r50_radius_m < found.r90_radius_m < 260
    assert 0 < found.p_within_50m < 1
    assert [(one.slot, one.freq_mhz) for one in found.streams] == [(slot, 890.2) for slot in range(2, 6)]
    assert all(stream.p_box > 0.9 for stream in found.streams)
    assert found.warnings == ()


def test_regions_are_valid_geojson_of_the_stated_area(found: Estimate) -> None:
    for area, radius in ((found.region50, found.r50_radius_m), (found.region90, found.r90_radius_m)):
        assert area["type"] == "MultiPolygon"
        for part in area["coordinates"]:
            assert all(ring[0] == ring[-1] and len(ring) >= 5 for ring in part)
            signs = [signed_area_m2(ring) > 0 for ring in rings_of({"coordinates": [part]})]
            assert signs == [True] + [False] * (len(part) - 1)
        total = sum(signed_area_m2(ring) for ring in rings_of(area))
        assert total == pytest.approx(pi * radius**2, rel=2e-3)


def test_without_readings_the_lead_alone_speaks() -> None:
    lead = Whereabouts(AREA, (Sector(12.33, 21.5, "gsm", 0.0, 90.0, None, (2, 2)),))
    alone = locate([], lead)
    ring = np.hypot(*PLANE.to_metres(alone.lat, alone.lon) - PLANE.to_metres(12.33, 21.5))
    assert 700 < ring < 1500
    assert alone.streams == ()
    assert alone.r90_radius_m > 300


def test_without_a_lead_the_ground_about_the_readings_is_searched(readings: list[UplinkReading]) -> None:
    assert error_m(locate(readings, Whereabouts())) < 120


def test_with_neither_there_is_nothing_to_locate_by() -> None:
    with pytest.raises(ExportError, match="nothing to locate by"):
        locate([], Whereabouts())


@settings(max_examples=5, deadline=None)
@given(st.floats(-40, 40))
def test_a_constant_on_all_levels_changes_nothing(constant: float) -> None:
    rows = drive([Emitter(TRUTH[None], LAW, BOX_CALLS, box=True)])
    louder = [
        row
        if row.rssi_dbfs is None or row.noise_dbfs is None
        else replace(row, rssi_dbfs=row.rssi_dbfs + constant, noise_dbfs=row.noise_dbfs + constant)
        for row in rows
    ]
    one, other = locate(rows, Whereabouts(AREA)), locate(louder, Whereabouts(AREA))
    assert (one.lat, one.lon) == pytest.approx((other.lat, other.lon), abs=1e-6)
    assert one.r90_radius_m == pytest.approx(other.r90_radius_m, rel=0.01)


@settings(max_examples=5, deadline=None)
@given(st.floats(-50, 50), st.floats(-170, 170))
def test_a_town_elsewhere_gives_the_same_place_there(lat: float, lon: float) -> None:
    rows = drive([Emitter(TRUTH[None], LAW, BOX_CALLS, box=True)])
    lat_lon = np.array([(row.lat, row.lon) for row in rows], float)
    xy = PLANE.to_metres(lat_lon[:, 0], lat_lon[:, 1])
    away = Plane(lat, lon)
    places = away.to_degrees(xy)
    moved = [replace(row, lat=float(place[0]), lon=float(place[1])) for row, place in zip(rows, places, strict=True)]
    one, other = locate(rows, Whereabouts()), locate(moved, Whereabouts())
    apart = PLANE.to_metres(one.lat, one.lon) - away.to_metres(other.lat, other.lon)
    assert np.hypot(*apart) < 5
    assert one.r90_radius_m == pytest.approx(other.r90_radius_m, rel=0.05)


def test_a_stop_is_no_new_information() -> None:
    at_rest = [
        UplinkReading(float(t), "k", 12.34, 21.5, 1, 0, None, 890, 890.2, 2, -40, 30, -60, 20, 0, 99, 1)
        for t in range(60)
    ]
    survey = gather(at_rest, PLANE)
    assert survey.streams[0].variance.tolist() == pytest.approx([5.6**2 + 0.9**2])


def test_streams_of_one_place_are_joined_and_a_phone_on_board_is_not() -> None:
    aboard = Emitter(np.zeros((1, 2)), Law(), (Call(20.0, 250.0, 891.0, 3, 15.0),), aboard=True)
    rows = drive([Emitter(TRUTH[None], LAW, BOX_CALLS, box=True), aboard])
    survey = gather(rows, PLANE)
    long = {i for i, stream in enumerate(survey.streams) if len(stream.seconds) > 50}
    groups = [{survey.streams[i].freq_mhz for i in long.intersection(group)} for group in join_streams(survey)]
    assert {890.2, 891.0} not in groups
    assert groups.count({890.2}) == groups.count({891.0}) == 1
    found = locate(rows, Whereabouts(AREA))
    assert {one.freq_mhz for one in found.streams if one.p_box > 0.5} == {890.2}
    assert {one.freq_mhz for one in found.streams if one.p_box < 0.5 and one.to_s - one.from_s > 50} == {891.0}
    assert error_m(found) < found.r90_radius_m


def test_a_stranger_is_told_from_the_box() -> None:
    law = Law(exponent=3.0, shadows=draw_shadows(6.0, 30.0, np.random.default_rng(9)))
    stranger = Emitter(np.array([[-250.0, 250.0]]), law, (Call(30.0, 200.0, 890.6, 1, 27.0),))
    found = locate(drive([Emitter(TRUTH[None], LAW, BOX_CALLS, box=True), stranger]), Whereabouts(AREA))
    assert {stream.freq_mhz for stream in found.streams if stream.p_box < 0.5} == {890.6}
    assert error_m(found) < 80


def test_the_likelihood_agrees_with_brute_force() -> None:
    """One stream at three spots: shadows, level and constant integrated numerically by a dense Gaussian."""
    rows = [
        UplinkReading(
            10.0 * t, "k", 12.34 + 0.0004 * t, 21.5, 1, 10, None, 890, 890.2, 2, -40 - 5 * t, 30, -60, 20, 0, 99, 1
        )
        for t in range(3)
    ]
    survey = gather([replace(row, t_s=row.t_s / 5) for row in rows], PLANE)
    told = evidence.tell(survey.streams[0], 3, 0.0)
    shadows = evidence.shadow_covariance(survey, 6.0, 40.0)
    shape = evidence.loss_shape(np.array([[50.0, 20.0], [10.0, 90.0]]), survey.xy)
    a0 = evidence.Constant(70.0, 12.0)
    found = evidence.log_likelihood(evidence.integrate_shadows(told, shadows, a0), shape)
    noise = np.diag(survey.streams[0].variance)
    full = noise + shadows + evidence.CALL_DB**2
    level = survey.streams[0].level_db

    constants = np.linspace(-50.0, 200.0, 5001)
    norm = np.linalg.slogdet(full)[1] - np.linalg.slogdet(noise)[1] - level @ np.linalg.solve(noise, level)
    differences = []
    for place, exponent in itertools.product(range(2), (0, 5, 10)):
        rest = level - constants[:, None] - evidence.EXPONENTS[exponent] * shape[place]
        square = (rest @ np.linalg.inv(full) * rest).sum(axis=1) + ((constants - a0.mean_db) / a0.spread_db) ** 2
        brute = logsumexp(-square / 2) + np.log(0.05 / a0.spread_db / np.sqrt(2 * pi)) - norm / 2
        differences.append(float(found[place, exponent] - brute))
    assert differences == pytest.approx([differences[0]] * 6, abs=0.01)


def test_rings_have_a_bias_and_a_spread() -> None:
    distance = np.array([300.0, 1100.0, 1660.0, 2600.0])
    weight = log_rings(distance, "gsm", (3, 3))
    assert int(np.argmax(weight)) == 2
    assert weight[0] < weight[1] < weight[2]
    near = log_rings(np.array([10.0, 2000.0]), "gsm", (0,))
    assert near[0] > near[1]


def test_a_sector_leaves_something_behind_the_mast() -> None:
    lead = Whereabouts(None, (Sector(12.34, 21.5, "gsm", 90.0, 65.0),))
    front, side, behind = log_prior(np.array([[500.0, 0.0], [350.0, 350.0], [-500.0, 0.0]]), lead, PLANE).tolist()
    assert front > side > behind > np.log(0.02)


def test_regions_keep_holes_and_touching_cells_apart() -> None:
    mask = np.array([[1, 1, 1, 0], [1, 0, 1, 0], [1, 1, 1, 0], [0, 0, 0, 1]], bool)
    grid = region.Grid(0.0, 0.0, 10.0, 4, 4)
    area = region.outline(mask.ravel(), grid, PLANE)
    assert [len(part) for part in area["coordinates"]] == [2, 1]
    assert sorted(round(signed_area_m2(ring)) for ring in rings_of(area)) == [-100, 100, 900]


def test_sound_leaves_out_what_cannot_be_and_says_so() -> None:
    rows = [
        UplinkReading(float(t), "k", 12.34, 21.5, 1, 1, None, 890, 890.2, 2, -40, 30, -60, 20, 0, 99, 1)
        for t in range(5)
    ]
    bad = [
        replace(rows[0], t_s=9.0, lat=None, lon=None),
        replace(rows[0], t_s=9.5, lat=0.0, lon=0.0),
        replace(rows[0], t_s=10.0, lat=13.34),
        replace(rows[0], t_s=5.0, lat=12.35),
        rows[2],
    ]
    kept, warnings = sound([*bad, *rows])
    assert kept == rows
    assert warnings == (
        "1 row left out: without a place or a time",
        "1 row left out: at latitude 0, longitude 0, which is no fix",
        "1 row left out: more than 30 km from the rest",
        "rows out of order were sorted by t_s",
        "1 row left out: given twice",
        "1 row left out: where the GPS jumped faster than 70 m/s",
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "not a LEAD.json"),
        ('{"area": 3}', r"\$\.area"),
        ('{"area": {"lat_min": 2, "lon_min": 1, "lat_max": 1, "lon_max": 2}}', "area is empty"),
        ('{"area": {"lat_min": 91, "lon_min": 1, "lat_max": 92, "lon_max": 2}}', "no place"),
        ('{"cells": [{"lat": 1, "lon": 2, "timing_advance": [300]}]}', "not in 0..219"),
    ],
)
def test_a_wrong_lead_is_named(tmp_path, text: str, message: str) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "LEAD.json"
    path.write_text(text)
    with pytest.raises(ExportError, match=message) as raised:
        read_lead(path)
    assert str(path) in str(raised.value)
