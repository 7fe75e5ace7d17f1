"""TAP3 and TS 32.298 files that are cut off or damaged: what it costs, told by record and octet."""

import random
from pathlib import Path

import asn1_exports as files
import pytest
from asn1_forms import FORMS, ROWS, opened, read, write


@pytest.mark.parametrize("form", ["TAP by hand", "CS by hand", "CS, indefinite lengths", "TS 32.297"])
def test_a_file_cut_off_keeps_every_whole_record(form: str, tmp_path: Path) -> None:
    octets = FORMS[form][0]()
    kind = opened(write(tmp_path, octets)).kind
    for length in range(len(octets) - 1, len(octets) - 700, -13):
        good, faults, notes, count = read(kind, octets[:length])
        whole = FORMS[form][1]
        assert good == [whole(row) for row in ROWS[: len(good)]]
        assert count == len(good) + len(faults)
        assert len(good) >= len(ROWS) - 10
        if faults:
            assert "cut off" in faults[-1].reason
        assert faults or notes or form.startswith("CS")


def damaged(octets: bytes, rng: random.Random, first: int) -> bytes:
    at, much = rng.randrange(first, len(octets)), rng.randrange(1, 40)
    junk = rng.randbytes(much)
    return rng.choice([
        octets[:at] + junk[:1] + octets[at + 1 :],  # an octet changed
        octets[:at] + octets[at + much :],  # some lost
        octets[:at] + junk + octets[at:],  # some too many
    ])  # fmt: skip


@pytest.mark.parametrize(("form", "first"), [("TAP by hand", 80), ("CS by hand", 1), ("TS 32.297", 60)])
def test_damage_costs_the_records_it_hits(form: str, first: int, tmp_path: Path) -> None:
    octets = FORMS[form][0]()
    kind = opened(write(tmp_path, octets)).kind
    rng = random.Random(form)
    for _ in range(120):
        good, faults, _, count = read(kind, damaged(octets, rng, first))
        assert len(ROWS) - 4 <= len(good) <= len(ROWS)
        assert len(ROWS) - 1 <= count <= len(ROWS) + 6
        assert all(fault.reason and 0 <= fault.place < len(octets) + 40 for fault in faults)


def test_damage_in_indefinite_lengths_is_never_lost_without_a_word(tmp_path: Path) -> None:
    octets = FORMS["TAP, indefinite lengths"][0]()
    rng = random.Random(5)
    for _ in range(120):
        good, faults, notes, _ = read("tap", damaged(octets, rng, 80))
        assert len(good) >= len(ROWS) - 12
        assert len(good) == len(ROWS) or faults or notes


def test_junk_from_one_end_to_the_other_is_no_trouble() -> None:
    rng = random.Random(3)
    for kind in ("tap", "plain", "list", "32.297"):
        for _ in range(20):
            read(kind, rng.randbytes(4_000))
        read(kind, b"")
        read(kind, bytes(5_000))


def test_a_bad_record_is_told_by_number_and_octet(tmp_path: Path) -> None:
    records = [files.cs_by_hand(row) for row in ROWS[:5]]
    records[2] = records[2].replace(files.tbcd(ROWS[2].imsi), files.tbcd("46000123")[:4] + b"\xff" * 4)
    records[3] = records[3].replace(files.timestamp(ROWS[3].t_s), b"\x26\x13\x40" + b"\x00" * 3 + b"+\x08\x00")
    (batch,) = opened(write(tmp_path, b"".join(records))).batches([])
    place = len(b"".join(records[:2]))
    names = ["moCallRecord" if row.outgoing else "mtCallRecord" for row in ROWS]
    assert batch.faults == [
        (2, names[2], f"at octet {place}: not an IMSI of 14 or 15 digits"),
        (3, names[3], f"at octet {place + len(records[2])}: no such time"),
    ]
    assert (batch.line, batch.lines) == ([0, 1, 4], 5)


def test_what_a_file_says_of_itself_is_checked() -> None:
    events = [files.tap_event(row) for row in ROWS[:3]]
    assert read("tap", files.tap_file(events, count=5))[2] == ["it says that it holds 5 events, and holds 3"]
    (note,) = read("tap", files.tap_file(events, release=29))[2]
    assert note == "it says that it is TAP 3.29; read by the tags of TAP 3.12"
    good, _, notes, _ = read("tap", files.tap_by_hand([files.tap_event_by_hand(ROWS[0])], offset=b"?"))
    assert good[0][5] == ROWS[0].time("%Y-%m-%dT%H:%M:%S")
    assert notes == ["its table of UTC offsets lacks code 3: those times are taken as local"]
    assert read("32.297", files.packed([files.cs_by_hand(ROWS[0])], count=9))[2] == [
        "its header at octet 0 says 9 records, and it holds 1"
    ]
    tail = FORMS["TAP by hand"][0]() + b"<html>no more</html>"
    assert (
        any("no part of a TAP file" in note or "cut off" in note for note in read("tap", tail)[2])
        or read("tap", tail)[1]
    )
