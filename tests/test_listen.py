"""`catpool listen`: blocks in, events out; several cells, wrapped and disordered frames, bad lines."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from airtime import CALL, PACKET, PAGING, REGISTRATION, Request, draw, on_air
from click.testing import CliRunner, Result

from catpool import catpool
from detection.errors import ExportError
from detection.frame_clock import FrameClock
from detection.hit import Hit
from detection.listen import Event, Heard, Listener, to_json
from detection.store import Store
from detection.watch import Load, Told
from sensor.cell import CellIdentity
from sensor.gsm.block import FRAME_S, FRAMES_PER_HYPERFRAME, Block
from sensor.journal import Journal

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
CELL = CellIdentity("gsm", "460", "00", 1201, 3305)


def ordinary(seconds: float, rng: np.random.Generator, scale: float = 1.0) -> list[Request]:
    places = range(2, 12)
    return [
        *draw(0.15 * scale, seconds, PAGING, places, rng),
        *draw(0.08 * scale, seconds, REGISTRATION, places, rng),
        *draw(0.08 * scale, seconds, CALL, places, rng),
    ]


def with_box(seconds: float, rng: np.random.Generator, rate_hz: float = 0.3) -> list[Request]:
    return ordinary(seconds, rng) + draw(rate_hz, seconds, CALL, [5], rng)


def listen_to(blocks: Iterable[Block], start: datetime | None = None) -> list[Event]:
    listener = Listener("frames", start)
    return [event for block in blocks for event in listener.feed(block)] + list(listener.finish())


def hits_of(events: Sequence[Event]) -> list[Hit]:
    return [event.hit for event in events if isinstance(event, Told) and event.event == "hit"]


def write(path: Path, blocks: Iterable[Block]) -> Path:
    path.write_text("".join(block.to_json() + "\n" for block in blocks))
    return path


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(catpool, [str(argument) for argument in arguments])


def test_box_is_raised_and_grows_as_one_hit() -> None:
    events = listen_to(on_air(with_box(900, np.random.default_rng(1)), 900), NOON)
    hits = hits_of(events)
    assert {(hit.timing_advance, hit.cell, hit.raised_s) for hit in hits} == {(5, CELL, hits[0].raised_s)}
    assert (hits[0].to_s, hits[0].distance_m, hits[0].learned) == (hits[0].raised_s, (2491, 3044), False)
    assert hits[0].raised_s is not None
    assert 60 <= hits[0].raised_s <= 240
    assert [hit.log10_odds for hit in hits] == sorted(hit.log10_odds for hit in hits)
    assert hits[-1].first_seen == NOON + timedelta(seconds=hits[-1].from_s)
    told = [e.hit for e in events if isinstance(e, Told) and e.event == "evidence"]
    assert {hit.timing_advance for hit in told} == {5}
    assert len({hit.to_s for hit in told}) == len(told) > 3


def test_ordinary_cell_says_nothing() -> None:
    events = listen_to(on_air(ordinary(3600, np.random.default_rng(2)), 3600))
    assert not [event for event in events if isinstance(event, Told)]


def test_load_counts_each_assignment_once() -> None:
    requests = [*ordinary(600, np.random.default_rng(3)), Request(30.0, PACKET, 9)]
    events = listen_to(on_air(requests, 600, repeats=3))
    loads = [event for event in events if isinstance(event, Load)]
    assert sum(sum(load.counts.values()) for load in loads) == len(requests)
    assert sum(isinstance(event, Heard) for event in events) == len(requests)
    assert [load.to_s for load in loads][:9] == [60.0 * n for n in range(1, 10)]
    assert sum(load.counts.get("packet", 0) for load in loads) == 1


def test_frame_numbers_wrap_and_nothing_changes() -> None:
    requests = with_box(400, np.random.default_rng(4))
    plain = listen_to(on_air(requests, 400, first_fn=42432))
    wrapped = listen_to(on_air(requests, 400, first_fn=FRAMES_PER_HYPERFRAME - 42432))
    assert hits_of(wrapped) == hits_of(plain) != []


def test_two_cells_in_one_stream_are_judged_apart() -> None:
    rng = np.random.default_rng(5)
    one = on_air(with_box(400, rng), 400)
    two = on_air(ordinary(400, rng), 400, arfcn=27, bsic=52, ci=3306, first_fn=999_000)
    together = sorted([*enumerate(one), *enumerate(two)], key=lambda row: row[0])
    hits = hits_of(listen_to(block for _, block in together))
    assert {(hit.cell.ci, hit.arfcn, hit.bsic) for hit in hits} == {(3305, 20, 25)}


def test_neci_0_and_unknown_are_said() -> None:
    requests = with_box(600, np.random.default_rng(6), 0.5)
    for blocks in (on_air(requests, 600, neci=0), [b for b in on_air(requests, 600) if b.channel == "CCCH"]):
        events = listen_to(blocks)
        assert {e.assignment.establishment for e in events if isinstance(e, Heard)} >= {"originated-any"}
        assert "NECI 0" in hits_of(events)[-1].reasons[-1]


def test_lines_of_each_event() -> None:
    events = listen_to(on_air(with_box(300, np.random.default_rng(7)), 300))
    lines = [json.loads(to_json(event)) for event in events]
    assert {line["event"] for line in lines} == {"assignment", "load", "evidence", "hit"}
    cell = {"rat": "gsm", "mcc": "460", "mnc": "00", "lac": 1201, "ci": 3305, "arfcn": 20, "bsic": 25}
    hit = next(line for line in lines if line["event"] == "hit")
    assert (hit["cell"], hit["timing_advance"], hit["distance_m"]) == (cell, 5, [2491, 3044])
    assert {"signature", "version", "log10_odds", "learned", "from_s", "to_s", "raised_s", "reasons"} <= set(hit)
    assignment = next(line for line in lines if line["event"] == "assignment")
    assert set(assignment["request_reference"]) == {"ra", "fn_mod_42432"}
    assert "raised_s" not in next(line for line in lines if line["event"] == "evidence")


def test_clock_over_hyperframes_disorder_and_long_gaps() -> None:
    clock = FrameClock()
    hour = round(3600 / FRAME_S)
    seconds = [clock.seconds(n * hour % FRAMES_PER_HYPERFRAME) for n in range(9)]
    assert seconds == pytest.approx([3600.0 * n for n in range(9)], abs=0.01)
    assert clock.seconds((8 * hour - 1000) % FRAMES_PER_HYPERFRAME) == pytest.approx(
        8 * 3600 - 1000 * FRAME_S, abs=0.01
    )
    assert clock.out_of_order == 1
    assert clock.seconds(8 * hour % FRAMES_PER_HYPERFRAME) == pytest.approx(28800, abs=0.01)
    timed = FrameClock()
    timed.seconds(5, NOON)
    assert timed.seconds(5, NOON + timedelta(seconds=FRAMES_PER_HYPERFRAME * FRAME_S)) == pytest.approx(
        FRAMES_PER_HYPERFRAME * FRAME_S
    )


def test_silence_of_a_day_is_passed_over() -> None:
    blocks = [replace(b, time=NOON + timedelta(seconds=n)) for n, b in enumerate(on_air([], 10))]
    later = [replace(b, time=NOON + timedelta(days=1, seconds=n)) for n, b in enumerate(on_air([], 10))]
    events = listen_to([*blocks, *later])
    assert isinstance(events[-1], Load)
    assert events[-1].to_s == pytest.approx(86_400, abs=15_000)


def test_command_counts_bad_lines_by_reason(tmp_path: Path) -> None:
    path = write(tmp_path / "frames.jsonl", on_air(ordinary(60, np.random.default_rng(8)), 60))
    bad = [
        "not json",
        "[1]",
        '{"fn": 7}',
        '{"fn": "7", "l2": "00"}',
        '{"fn": 7, "l2": "zz"}',
        '{"fn": 7, "l2": "2d06"}',
        '{"fn": 2715648, "l2": "' + "2b" * 23 + '"}',
        '{"fn": 7, "l2": "' + "00" * 23 + '"}',
        "",
    ]
    path.write_text(path.read_text() + "\n".join(bad))
    result = run("listen", "--frames", path, "--json")
    assert result.exit_code == 0
    assert {json.loads(line)["event"] for line in result.stdout.splitlines()} == {"assignment", "load"}
    assert "lines that are no frame: 3 FIELD, 1 HEX, 1 JSON, 1 LENGTH, 2 SANITY" in result.stderr


@pytest.mark.parametrize("content", ["", "hello\n", "\x00\x01\x02"])
def test_file_without_a_frame_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "frames.jsonl"
    path.write_text(content)
    result = run("listen", "--frames", path)
    assert isinstance(result.exception, ExportError)
    assert "no frame in it" in str(result.exception)
    assert result.stdout == ""


def test_wrong_use_is_refused(tmp_path: Path) -> None:
    assert isinstance(run("listen", "--frames", tmp_path / "none.jsonl").exception, ExportError)
    for arguments in (["listen"], ["listen", "x.cu8", "--frames", "y"]):
        assert run(*arguments).exit_code == 2
    path = write(tmp_path / "frames.jsonl", on_air([], 4))
    assert run("listen", "--frames", path, "--start", "noon").exit_code == 2


def test_words_name_the_ring_and_that_it_is_no_proof(tmp_path: Path) -> None:
    path = write(tmp_path / "frames.jsonl", on_air(with_box(300, np.random.default_rng(9), 0.5), 300))
    result = run("listen", "--frames", path)
    assert "timing advance 5, 2,491 to 3,044 m from the mast, GSM 460-00 LAC 1201 CI 3305" in result.stdout
    assert "A lead, not proof." in result.stdout
    assert "1 hit in 300 s." in result.stderr


def test_kept_frames_fill_journal_and_store_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATPOOL_HOME", str(tmp_path / "home"))
    requests = with_box(300, np.random.default_rng(10), 0.5)
    path = write(tmp_path / "frames.jsonl", on_air(requests, 300))
    for _ in range(2):
        assert run("listen", "--frames", path, "--keep", "--start", "2026-03-04T12:00:00Z").exit_code == 0
    with Journal.open(tmp_path / "home" / "journal.sqlite", read_only=True) as journal:
        assignments = [reading for _, reading in journal.assignments()]
        assert len(assignments) == len(requests)
        assert {(a.identity, a.arfcn, a.bsic, a.neci) for a in assignments} == {(CELL, 20, 25, 1)}
        assert {a.stamp.clock for a in assignments} == {"capture"}
        assert [(c.identity, c.neci) for _, c in journal.latest_cells()] == [(CELL, 1)]
    with Store.open(tmp_path / "home" / "catpool.sqlite", read_only=True) as store:
        (hit,) = store.hits()
        assert (hit.cell, hit.timing_advance, hit.first_seen) == (CELL, 5, NOON)


def test_signatures_command() -> None:
    (line,) = [json.loads(line) for line in run("signatures", "--json").stdout.splitlines()]
    assert (line["name"], line["version"]) == ("one-ta-originated", 1)
    assert {"log10_prior", "log10_threshold", "needs", "look_alikes", "limits"} <= set(line)
    assert "innocent things look the same" in run("signatures").stdout


@pytest.mark.recordings
def test_recorded_loads_lean_to_the_box_and_to_nothing(shared_recordings: Path) -> None:
    told = {}
    for name in ("load-simbox", "load-ordinary"):
        result = run("listen", "--frames", shared_recordings / name / "frames.jsonl", "--json")
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        told[name] = [line for line in lines if line["event"] in ("evidence", "hit")]
        assert [line for line in lines if line["event"] == "assignment"]
    assert {line["timing_advance"] for line in told["load-simbox"]} == {3}
    odds = [line["log10_odds"] for line in told["load-simbox"] if line["event"] == "evidence"]
    assert odds == sorted(odds)
    assert len(odds) > 1
    assert told["load-ordinary"] == []


@pytest.mark.recordings
def test_recorded_requests_come_once_each_with_their_cause(shared_recordings: Path) -> None:
    folder = shared_recordings / "load-simbox"
    asked = [json.loads(line) for line in (folder / "access-bursts.jsonl").read_text().splitlines()]
    result = run("listen", "--frames", folder / "frames.jsonl", "--json")
    lines = [json.loads(line) for line in result.stdout.splitlines()]
    given = [line for line in lines if line["event"] == "assignment"]
    causes = {"paging": "paging-answer", "mo-call": "originated-call", "simbox": "originated-call"}
    wanted = sorted((row["ra"], row["ta"], causes.get(row["kind"], row["kind"])) for row in asked)
    assert sorted((g["request_reference"]["ra"], g["timing_advance"], g["establishment"]) for g in given) == wanted
