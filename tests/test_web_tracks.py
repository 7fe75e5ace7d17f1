"""Where kits went: runs, thinning, and what is kept in memory of a journal that grows."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from webhouse import NOON, cell_reading, stamp, uplink

from sensor.journal import Journal
from sensor.readings import Stamp
from web.hearing import Hearing
from web.tracks import TrackPoint, runs, thin, track_features


def step(after_s: float, metres: float = 0.0, level: float | None = None) -> TrackPoint:
    """A point so many seconds after noon and metres north of the equator."""
    return TrackPoint("kit-1", NOON + timedelta(seconds=after_s), metres / 110_574, 0.0, level)


def test_a_minute_without_a_position_cuts_the_line() -> None:
    places = [step(0), step(60), step(121), step(122)]
    assert runs(places) == [places[:2], places[2:]]


def test_a_kit_at_rest_is_two_points_with_the_strongest_level() -> None:
    places = [step(0), step(1, 1, -60.0), step(2, 2, -50.0), step(3, 1)]
    assert thin(places) == [replace(places[0], level_dbfs=-50.0), places[3]]


def test_a_moving_kit_keeps_every_five_metres_and_the_last() -> None:
    places = [step(second, metres=second) for second in range(13)]
    assert [round(place.lat * 110_574) for place in thin(places)] == [0, 5, 10, 12]


def test_a_long_run_is_thinned_to_what_a_map_can_draw() -> None:
    places = [step(second, metres=10 * second) for second in range(9_000)]
    kept = thin(places)
    assert len(kept) <= 2_001
    assert (kept[0], kept[-1]) == (places[0], places[-1])


def test_a_track_says_when_and_how_strong() -> None:
    track, kit = track_features([step(0, 0, -50.0), step(1, 10)])
    assert track == {
        "type": "Feature",
        "id": "track:kit-1:1",
        "geometry": {"type": "LineString", "coordinates": [[0.0, 0.0], [0.0, 9.04e-05]]},
        "properties": {
            "kind": "track",
            "kit": "kit-1",
            "times": ["2026-03-04T12:00:00+00:00", "2026-03-04T12:00:01+00:00"],
            "levels_dbfs": [-50.0, None],
            "from": "2026-03-04T12:00:00+00:00",
            "to": "2026-03-04T12:00:01+00:00",
        },
    }
    assert kit["properties"] == {"kind": "kit", "kit": "kit-1", "last_seen": "2026-03-04T12:00:01+00:00"}


def test_one_position_is_a_kit_without_a_line() -> None:
    assert [feature["id"] for feature in track_features([step(0)])] == ["kit:kit-1"]
    assert track_features([]) == []


def test_new_readings_are_added_to_what_was_heard(tmp_path: Path) -> None:
    hearing = Hearing("kit-1")
    with Journal.open(tmp_path / "journal.sqlite") as journal:
        assert hearing.track(journal) == []
        journal.add([stamp(0, 30.0, 120.0), uplink(0, 30.1, 120.0, -40.0), cell_reading(), stamp(1)])
        assert hearing.last_places(journal) == {"kit-1": NOON, "kit-2": NOON}
        journal.add([stamp(2, 30.001, 120.0)])
        assert hearing.last_places(journal)["kit-1"] == NOON + timedelta(seconds=2)
        assert [feature["id"] for feature in hearing.track(journal)] == ["track:kit-1:1", "kit:kit-1", "kit:kit-2"]
        one, two = hearing.kits(journal)
    assert (one.name, one.last.time, one.ears[0].readings) == ("kit-1", NOON + timedelta(seconds=2), 4)
    assert (two.name, two.position) == ("kit-2", stamp(0, 30.1, 120.0).position)


def test_only_the_newest_day_is_kept(tmp_path: Path) -> None:
    day = 86_400
    with Journal.open(tmp_path / "journal.sqlite") as journal:
        journal.add([stamp(0, 30.0, 120.0), stamp(day + 1, 30.0, 120.0)])
        hearing = Hearing("kit-1")
        assert len(hearing.track(journal)) == 1
        journal.add([stamp(day + 2, 30.1, 120.0)])
        track, _ = hearing.track(journal)
    assert len(track["properties"]["times"]) == 2


def test_another_journal_in_its_place_is_read_from_the_start(tmp_path: Path) -> None:
    hearing = Hearing("kit-1")
    with Journal.open(tmp_path / "old.sqlite") as journal:
        journal.add([stamp(second, 30.0, 120.0) for second in range(5)])
        hearing.track(journal)
    with Journal.open(tmp_path / "new.sqlite") as journal:
        journal.add([stamp(0, 10.0, 20.0)])
        (kit,) = hearing.track(journal)
    assert kit["geometry"] == {"type": "Point", "coordinates": [20.0, 10.0]}


def test_a_source_that_fell_silent_stays_listed(tmp_path: Path) -> None:
    modem: Stamp = replace(stamp(5), source="modem:///dev/ttyUSB2", clock="free")
    with Journal.open(tmp_path / "journal.sqlite") as journal:
        journal.add([cell_reading(), replace(cell_reading(), stamp=modem)])
        (kit,) = Hearing("kit-1").kits(journal)
    assert [(ear.source, ear.last.clock) for ear in kit.ears] == [
        ("modem:///dev/ttyUSB2", "free"),
        ("rtl_tcp://127.0.0.1:1234", "gps"),
    ]
