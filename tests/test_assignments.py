"""Assignments: once each, with the cause as the cell's NECI reads it."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sensor.cell import CellIdentity
from sensor.gsm.assignments import PATIENCE_FRAMES, REPEAT_FRAMES, Assignment, AssignmentReader, Hopping
from sensor.gsm.block import Block
from sensor.gsm.messages import (
    ImmediateAssignment,
    ImmediateAssignmentExtended,
    SystemInformation1,
    SystemInformation3,
    SystemInformation4,
)
from sensor.gsm.messages.cell_parameters import CellSelection
from sensor.gsm.messages.channel import Channel
from sensor.gsm.messages.immediate_assignment import Grant
from sensor.gsm.messages.location_area import LocationArea
from sensor.gsm.messages.request_reference import RequestReference
from sensor.gsm.multiframe import HYPERFRAME

AREA = LocationArea("460", "00", 1201)
CHANNEL = Channel("SDCCH/8", 1, 5, 1, arfcn=20)
FAST = Grant(RequestReference(0xF0, 4371), 3, CHANNEL)
SLOW = Grant(RequestReference(0x12, 4380), 5, CHANNEL)


def information(neci: int) -> bytes:
    return SystemInformation3(3305, AREA, selection=CellSelection(neci=neci)).encode()


def feed(reader: AssignmentReader, *blocks: tuple[int, bytes]) -> list[Assignment]:
    return [one for fn, l2 in blocks for one in reader.feed(Block(fn, "CCCH", l2, 20, bsic=25))]


def test_an_assignment_as_listen_writes_it() -> None:
    reader = AssignmentReader()
    reader.feed(Block(4388, "BCCH", information(1), 20, bsic=25))
    time = datetime(2026, 3, 4, tzinfo=UTC)
    (one,) = reader.feed(Block(4402, "CCCH", ImmediateAssignment(FAST).encode(), 20, bsic=25, time=time))
    assert one == Assignment(
        fn=4402,
        arfcn=20,
        bsic=25,
        ra=0xF0,
        fn_mod_42432=4371,
        establishment="originated-call",
        timing_advance=3,
        channel_type="SDCCH/8",
        time_slot=1,
        subchannel=5,
        channel_arfcn=20,
        neci=1,
        identity=CellIdentity("gsm", "460", "00", 1201, 3305),
        time=time,
    )
    assert one.request_fn == 4371
    assert json.loads(one.to_json()) == {
        "event": "assignment",
        "fn": 4402,
        "arfcn": 20,
        "bsic": 25,
        "time": "2026-03-04T00:00:00+00:00",
        "request_reference": {"ra": 240, "fn_mod_42432": 4371},
        "establishment": "originated-call",
        "timing_advance": 3,
        "channel_type": "SDCCH/8",
        "time_slot": 1,
        "subchannel": 5,
        "channel_arfcn": 20,
    }


def test_a_repeated_assignment_comes_once() -> None:
    single, double = ImmediateAssignment(FAST).encode(), ImmediateAssignmentExtended((FAST, SLOW)).encode()
    told = feed(AssignmentReader(), (10, information(1)), (20, single), (71, single), (82, double), (92, double))
    assert [(one.fn, one.ra) for one in told] == [(20, 0xF0), (82, 0x12)]


def test_the_same_octets_much_later_are_another_request() -> None:
    single = ImmediateAssignment(FAST).encode()
    told = feed(AssignmentReader(), (10, information(1)), (20, single), (21 + REPEAT_FRAMES, single))
    assert len(told) == 2


def test_two_phones_of_one_request_are_told_apart_by_channel() -> None:
    """CCCHs on other time slots hear requests of their own, which may look alike."""
    other = Grant(FAST.request, 3, Channel("SDCCH/8", 1, 6, 1, arfcn=20))
    told = feed(AssignmentReader(), (10, information(1)), (20, ImmediateAssignmentExtended((FAST, other)).encode()))
    assert [one.subchannel for one in told] == [5, 6]


@pytest.mark.parametrize(("neci", "establishment"), [(0, "originated-any"), (1, "originated-call")])
def test_assignments_wait_for_neci_and_keep_their_order(neci: int, establishment: str) -> None:
    reader = AssignmentReader()
    assert feed(reader, (20, ImmediateAssignment(FAST).encode()), (30, ImmediateAssignment(SLOW).encode())) == []
    told = feed(reader, (41, SystemInformation4(AREA, CellSelection(neci=neci)).encode()))
    assert [(one.fn, one.neci) for one in told] == [(20, neci), (30, neci)]
    assert told[0].establishment == establishment
    assert reader.finish() == []


def test_patience_ends() -> None:
    reader = AssignmentReader()
    first, late = ImmediateAssignment(FAST).encode(), ImmediateAssignment(SLOW).encode()
    told = feed(reader, (20, first), (21 + PATIENCE_FRAMES, late))
    assert [one.establishment for one in told] == ["originated-any", "unclear"]
    assert [one.neci for one in told] == [None, None]


def test_what_still_waits_comes_at_the_end() -> None:
    reader = AssignmentReader()
    feed(reader, (20, ImmediateAssignment(FAST).encode()))
    assert [one.establishment for one in reader.finish()] == ["originated-any"]
    assert reader.finish() == []


def test_cells_do_not_mix() -> None:
    reader = AssignmentReader()
    reader.feed(Block(5, "BCCH", information(0), 27, bsic=52))
    reader.feed(Block(5, "BCCH", information(1), 20, bsic=25))
    l2 = ImmediateAssignment(FAST).encode()
    (here,) = reader.feed(Block(9, "CCCH", l2, 20, bsic=25))
    (there,) = reader.feed(Block(9, "CCCH", l2, 27, bsic=52))
    assert (here.establishment, there.establishment) == ("originated-call", "originated-any")
    assert reader.feed(Block(9, "CCCH", l2)) == []  # the unnamed cell: no NECI yet


def test_hopping_names_its_carriers_once_they_are_known() -> None:
    grant = Grant(FAST.request, 0, Channel("TCH/F", 2, None, 1, maio=3, hsn=17), b"\x05")
    told = feed(
        AssignmentReader(),
        (10, information(1)),
        (20, ImmediateAssignment(grant).encode()),
        (61, SystemInformation1((0, 20, 27, 33)).encode()),
        (70, ImmediateAssignment(Grant(SLOW.request, 0, grant.channel, b"\x0d")).encode()),
    )
    assert [one.hopping for one in told] == [Hopping(3, 17, "05", ()), Hopping(3, 17, "0d", (20, 33, 0))]
    assert json.loads(told[1].to_json())["hopping"] == {
        "maio": 3,
        "hsn": 17,
        "mobile_allocation": "0d",
        "arfcns": [20, 33, 0],
    }


def test_packet_assignments_are_packet_whatever_their_reference_says() -> None:
    grant = Grant(RequestReference(0xF0, 1), 2, Channel("PDCH", 6, None, 1, arfcn=20), packet=True)
    (one,) = feed(AssignmentReader(), (10, information(1)), (20, ImmediateAssignment(grant, downlink=True).encode()))
    assert (one.establishment, one.channel_type) == ("packet", "PDCH")


def test_a_timing_advance_that_no_cell_gives_is_dropped_and_counted() -> None:
    reader = AssignmentReader()
    told = feed(reader, (10, information(1)), (20, ImmediateAssignment(Grant(FAST.request, 64, CHANNEL)).encode()))
    assert (told, reader.insane) == ([], 1)


def test_a_request_before_the_hyperframe_ended() -> None:
    grant = Grant(RequestReference(0xF0, (HYPERFRAME - 10) % 42432), 0, CHANNEL)
    (one,) = feed(AssignmentReader(), (HYPERFRAME - 30, information(1)), (21, ImmediateAssignment(grant).encode()))
    assert one.request_fn == HYPERFRAME - 10


@pytest.mark.recordings
@pytest.mark.parametrize("name", ["load-simbox", "load-ordinary"])
def test_every_request_of_the_load_recordings_is_told_with_its_true_cause(shared_recordings: Path, name: str) -> None:
    causes = {
        "simbox": "originated-call",
        "mo-call": "originated-call",
        "paging": "paging-answer",
        "location-update": "location-update",
        "other-sdcch": "other-sdcch",
    }
    reader, told = AssignmentReader(), []
    for text in (shared_recordings / name / "frames.jsonl").read_text().splitlines():
        line = json.loads(text)
        told += reader.feed(Block(line["fn"], line["channel"], bytes.fromhex(line["l2"])))
    truth = [json.loads(text) for text in (shared_recordings / name / "access-bursts.jsonl").read_text().splitlines()]
    assert sorted((one.request_fn, one.ra, one.timing_advance, one.establishment) for one in told) == sorted(
        (line["fn"], line["ra"], line["ta"], causes[line["kind"]]) for line in truth
    )
