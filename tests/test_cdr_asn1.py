"""TAP3 and TS 32.298 files: the same lines however encoded, damage told by record and octet, one sentence otherwise."""

import gzip
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import asn1_exports as files
import pytest
from cdr_exports import Row, export, rows

from detection.cdr.asn1 import digits, recognition
from detection.cdr.asn1.ber import BerError, NeedMoreError, Window, collect, end_of, read_header, tag_number
from detection.cdr.asn1.charging import ChargingFile
from detection.cdr.asn1.conversion import Asn1File, look_at_asn1
from detection.cdr.asn1.definitions import cs_records, tap_events
from detection.cdr.asn1.frames import Entry, Fault
from detection.cdr.asn1.rows import COLUMNS
from detection.cdr.asn1.tap import TapFile
from detection.errors import ExportError

ROWS = rows(60)
PLAIN = b"".join(files.cs_by_hand(row) for row in ROWS)


def tap_row(row: Row) -> list[str]:
    kind = "moc" if row.outgoing else "mtc"
    time = row.time("%Y-%m-%dT%H:%M:%S") + "+08:00"
    cell = [str(row.lac), str(row.ci), "", "", "", ""]
    return [kind, row.imsi, row.imei, f"86{row.number}", f"86{row.other}", time, str(row.duration_s), *cell]


def cs_row(row: Row) -> list[str]:
    tap = tap_row(row)
    tap[3:5] = [f"+86{row.number}", row.other]
    return [*tap[:11], "answered", f"{row.t_s:08x}"]


def listed(records: bytes) -> bytes:
    """A CallEventDataFile."""
    head = files.element("a0", files.element("80", files.timestamp(ROWS[0].t_s)) + files.element("81", b"\x91\x68"))
    tail = files.element("a2", files.element("84", b"\x3c"))
    return files.element("30", head + files.element("a1", records) + tail)


def old_tap() -> bytes:
    """Release 3.4: numbers as [APPLICATION 33], the IMEI within EquipmentInformation, choices without tags."""
    events = [
        files.element(
            "69" if row.outgoing else "6a",
            files.element(
                "7f8113" if row.outgoing else "7f8119",
                files.element(
                    "7f8147",
                    files.element("5f8101", files.bcd(row.imsi))
                    + files.element("5f8118", files.bcd("86" + row.number)),
                )
                + files.element("7f59" if row.outgoing else "7f29", files.element("5f21", files.bcd("86" + row.other)))
                + files.element(
                    "7f2c", files.element("50", row.time("%Y%m%d%H%M%S").encode()) + files.element("5f8168", b"\x03")
                )
                + files.element("5f815f", row.duration_s.to_bytes(2)),
            )
            + files.element(
                "7f810a",
                files.element(
                    "7f811c",
                    files.element("5f8108", row.lac.to_bytes(2)) + files.element("5f3b", row.ci.to_bytes(3)),
                ),
            )
            + files.element("7f66", files.element("5f8100", files.bcd(row.imei))),
        )
        for row in ROWS
    ]
    return files.tap_by_hand(events, release=4)


FORMS: dict[str, tuple[Callable[[], bytes], Callable[[Row], list[str]]]] = {
    "TAP by pycrate": (lambda: files.tap_file([files.tap_event(row) for row in ROWS]), tap_row),
    "TAP by hand": (lambda: files.tap_by_hand(files.tap_event_by_hand(row) for row in ROWS), tap_row),
    "TAP, indefinite lengths": (
        lambda: files.tap_by_hand((files.tap_event_by_hand(row, True) for row in ROWS), indefinite=True),
        tap_row,
    ),
    "TAP 3.4": (old_tap, tap_row),
    "CS by pycrate": (lambda: b"".join(files.cs_record(files.cs_call(row)) for row in ROWS), cs_row),
    "CS by hand": (lambda: PLAIN, cs_row),
    "CS, indefinite lengths": (lambda: b"".join(files.cs_by_hand(row, True) for row in ROWS), cs_row),
    "CS, padded": (lambda: b"".join(files.cs_by_hand(row).ljust(128, b"\x00") for row in ROWS), cs_row),
    "CS, foreign fields": (
        lambda: b"".join(files.cs_by_hand(row, extra=files.element("df8720", b"vendor")) for row in ROWS),
        cs_row,
    ),
    "CS in a list": (lambda: listed(PLAIN), cs_row),
    "TS 32.297": (lambda: files.packed(files.cs_by_hand(row) for row in ROWS), cs_row),
    "TS 32.297, release 10 on": (lambda: files.packed((files.cs_by_hand(row) for row in ROWS), release=7), cs_row),
    "two files of TS 32.297": (
        lambda: files.packed(map(files.cs_by_hand, ROWS[:20])) + files.packed(map(files.cs_by_hand, ROWS[20:])),
        cs_row,
    ),
}


def write(folder: Path, octets: bytes, name: str = "export") -> Path:
    path = folder / name
    path.write_bytes(octets)
    return path


def opened(path: Path) -> Asn1File:
    file = look_at_asn1(path)
    assert file is not None
    return file


def read(kind: str, octets: bytes, step: int = 1 << 20) -> tuple[list[list[str]], list[Fault], list[str], int]:
    """(rows, faults, notes, records) of octets that come in chunks."""
    window = Window(octets[at : at + step] for at in range(0, len(octets), step))
    file = TapFile(window) if kind == "tap" else ChargingFile(window, kind)
    parts = list(file)
    good = [part.row for part in parts if isinstance(part, Entry)]
    return good, [part for part in parts if isinstance(part, Fault)], file.notes, len(parts)


def rows_of(file: Asn1File) -> list[list[str]]:
    return [line.split(",") for batch in file.batches([]) for line in batch.text.decode().splitlines()]


@pytest.mark.parametrize("form", FORMS)
def test_every_encoding_gives_the_same_rows(form: str, tmp_path: Path) -> None:
    make, expected = FORMS[form]
    file = opened(write(tmp_path, make()))
    notes: list[str] = []
    batches = list(file.batches(notes))
    assert sum(batch.lines for batch in batches) == len(ROWS)
    assert [batch.faults for batch in batches] == [[]]
    assert notes == []
    assert rows_of(file) == [expected(row) for row in ROWS]


@pytest.mark.parametrize("form", ["TAP by hand", "TAP, indefinite lengths", "CS by hand", "TS 32.297"])
@pytest.mark.parametrize("step", [1, 7, 100, 4096])
def test_chunks_make_no_difference(form: str, step: int, tmp_path: Path) -> None:
    octets = FORMS[form][0]()
    kind = opened(write(tmp_path, octets)).kind
    assert read(kind, octets, step) == read(kind, octets)


def test_gzip_is_unpacked(tmp_path: Path) -> None:
    octets = FORMS["TAP, indefinite lengths"][0]()
    file = opened(write(tmp_path, gzip.compress(octets)))
    assert file.gzipped
    assert rows_of(file) == [tap_row(row) for row in ROWS]
    notes: list[str] = []
    cut = opened(write(tmp_path, gzip.compress(octets)[:-200]))
    assert sum(batch.lines for batch in cut.batches(notes)) <= len(ROWS)
    assert "its gzip file is cut off or damaged" in notes


# ---- numbers and times


@pytest.mark.parametrize(
    ("octets", "text"),
    [("64001032547698f0", "460001234567890"), ("a1b2c3", "1*2#3a"), ("", ""), ("ffff", "")],
)
def test_tbcd(octets: str, text: str) -> None:
    assert digits.tbcd(bytes.fromhex(octets)) == text


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        ("91683108108300f0", "+8613800138000"),  # international
        ("81013108108300f0", "1013800138000"),  # unknown type of number
        ("a1013254", "0102345"),  # national
        ("01816801", "8610"),  # an octet of presentation after the type
        ("91", ""),
        ("", ""),
    ],
)
def test_addresses(octets: str, text: str) -> None:
    assert digits.address(bytes.fromhex(octets)) == text


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        ("0d91683108108300f0", "+8613800138000"),  # with the count of its digits, TS 23.040
        ("91683108108300f0", "+8613800138000"),  # without
        ("05a101f6" + "00", "0"),
        ("0bd0c7f7fbcc2e03", "GoogleX"[:6]),  # seven bits a letter
    ],
)
def test_sms_addresses(octets: str, text: str) -> None:
    assert digits.sms_address(bytes.fromhex(octets)).startswith(text)


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        ("2603040911502b0800", "2026-03-04T09:11:50+08:00"),
        ("2603040911502d0330", "2026-03-04T09:11:50-03:30"),
        ("2603040911502b08", ""),
        ("260304091150ff0800", ""),
        ("2a03040911502b0800", ""),
    ],
)
def test_timestamps(octets: str, text: str) -> None:
    assert digits.timestamp(bytes.fromhex(octets)) == text


@pytest.mark.parametrize(
    ("octets", "codes"), [("64f000", ("460", "00")), ("130062", ("310", "260")), ("ffffff", ("", ""))]
)
def test_networks(octets: str, codes: tuple[str, str]) -> None:
    assert digits.plmn(bytes.fromhex(octets)) == codes


def test_tags() -> None:
    assert tag_number(147, "APPLICATION", True) == 0x7F8113
    assert tag_number(12, "CONTEXT-SPECIFIC", True) == 0xAC
    assert tag_number(33, "CONTEXT-SPECIFIC", False) == 0x9F21
    assert read_header(bytes.fromhex("7f811382012c"), 0) == (0x7F8113, 300, 6)
    assert read_header(bytes.fromhex("6180"), 0) == (0x61, -1, 2)
    with pytest.raises(BerError, match="length of 9 octets"):
        read_header(bytes.fromhex("6189000000000000000001"), 0)
    with pytest.raises(BerError, match="indefinite length on an element"):
        read_header(bytes.fromhex("4180"), 0)
    with pytest.raises(NeedMoreError):
        read_header(bytes.fromhex("7f81"), 0)
    with pytest.raises(BerError, match="nested too deep"):
        end_of(bytes.fromhex("6180") * 60, 0)
    with pytest.raises(BerError, match="past what holds it"):
        collect(bytes.fromhex("810401"), 0, 3, {}, {})


# ---- pycrate as the oracle


def made_up_record(name: str, rng: random.Random) -> dict[str, Any]:
    """Some fields of a record that tell who, when, where, in random values."""
    content = files.charging().CSRecord._cont[name]._cont
    number = next(n for n, (known, _) in cs_records().items() if known == name)
    phone = "86138" + "".join(rng.choices("0123456789", k=8))
    moment = files.timestamp(ROWS[0].t_s + rng.randrange(86_400))
    values: dict[str, Any] = {
        "recordType": number,
        "recordtype": number,
        "servedIMSI": files.tbcd("46000" + "".join(rng.choices("0123456789", k=10))),
        "servedIMEI": files.tbcd("86" + "".join(rng.choices("0123456789", k=13))),
        "servedMSISDN": files.isdn(phone),
        "callingNumber": files.isdn(phone[::-1], 0x81),
        "calledNumber": files.isdn(phone[::-1], 0xA1),
        "location": {"locationAreaCode": rng.randbytes(2), "cellId": rng.randbytes(2), "mCC-MNC": b"\x64\xf0\x10"},
        "newLocation": {"location-area": rng.randbytes(2), "cell-identification": rng.randbytes(2)},
        "callDuration": rng.randrange(5_000),
        "causeForTerm": 0,
        "callReference": rng.randbytes(4),
        "recordingEntity": files.isdn("8613900100"),
        **dict.fromkeys(("answerTime", "originationTime", "deliveryTime", "updateTime", "ssActionTime"), moment),
        "basicService": ("teleservice", b"\x11"),
        "msClassmark": b"\x33\x19\xa2",
        "serviceCentre": files.isdn(files.SMSC),
        "messageReference": b"\x01",
        "destinationNumber": files.isdn(phone[::-1], 0x81),
        "supplServicesUsed": [{"ssCode": b"\x11"}],
    }
    if name == "locUpdateHLRRecord":
        values["newLocation"] = {"mscNumber": files.isdn("8613900100"), "vlrNumber": files.isdn("8613900100")}
    return {part: values[part] for part in content if part in values}


NAMES = (
    "moCallRecord", "mtCallRecord", "moSMSRecord", "mtSMSRecord", "locUpdateVLRRecord", "locUpdateHLRRecord",
    "ssActionRecord", "roamingRecord", "iCSRegisterRecord",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_what_pycrate_decodes_is_read_alike(name: str) -> None:
    rng = random.Random(name)
    records = [files.cs_record((name, made_up_record(name, rng))) for _ in range(20)]
    good, faults, _, _ = read("plain", b"".join(records))
    assert faults == []
    choice = files.charging().CSRecord
    for octets, row in zip(records, good, strict=True):
        choice.from_ber(octets)
        value = choice.get_val()[1]
        told = dict(zip(COLUMNS, row, strict=True))
        assert files.tbcd(told["imsi"]) == value["servedIMSI"]
        assert files.tbcd(told["imei"]) == value.get("servedIMEI", b"")
        assert told["reference"] == value.get("callReference", b"").hex()
        place = value.get("location") or value.get("newLocation") or {}
        area = place.get("locationAreaCode", place.get("location-area", b""))
        assert told["lac"] == (str(int.from_bytes(area)) if area else "")
        assert told["mnc"] == ("01" if "mCC-MNC" in place else "")
        if told["duration"]:
            assert int(told["duration"]) == value["callDuration"]


def test_all_kinds_of_events_and_records_are_known() -> None:
    assert set(tap_events().values()) == set(files.tap().CallEventDetail._cont)
    known = {name for name, _ in cs_records().values()}
    assert known == set(files.charging().CSRecord._cont) - {"recTypeExtensions"}


# ---- what the fields mean


def test_messages_sessions_and_services_of_tap() -> None:
    time = {"localTimeStamp": b"20260302120000", "utcTimeOffsetCode": 3}
    who = ("simChargeableSubscriber", {"imsi": files.bcd("460001234567890"), "msisdn": files.bcd("8613800138000")})
    charged = {"imsi": files.bcd("460001234567890"), "publicUserId": b"tel:+8613800138000"}
    basic = {
        "chargeableSubscriber": who,
        "callEventStartTimeStamp": time,
        "totalCallEventDuration": 0,
        "causeForTerm": 0,
    }
    sent = {
        "basicCallInformation": {
            **basic,
            "destination": {"calledNumber": files.bcd(files.SMSC), "sMSDestinationNumber": b"8613912345678"},
        },
        "basicServiceUsedList": [files.tap_service("22")],
    }
    got = {
        "basicCallInformation": {
            **basic,
            "callOriginator": {"callingNumber": files.bcd(files.SMSC), "sMSOriginator": b"10086"},
        },
        "basicServiceUsedList": [files.tap_service("21")],
    }
    failed = {"basicCallInformation": {**basic, "causeForTerm": 3, "destination": {"dialledDigits": b"10010,"}}}
    forwarded = {
        "basicCallInformation": {**basic, "destination": {"calledNumber": b"\x86\x13"}},
        "supplServiceCode": b"21",
    }
    session = {
        "mobileSessionService": 2,
        "chargedParty": charged,
        "locationArea": 4097,
        "cellId": 123456789,
        "serviceStartTimestamp": time,
        "causeForTerm": 0,
        "totalCallEventDuration": 42,
        "nonChargedParty": {"nonChargedPublicUserId": b"sip:+8613912345678@ims.example"},
    }
    message = {
        "messagingEventService": 1,
        "chargedParty": charged,
        "serviceStartTimestamp": time,
        "nonChargedParty": {"nonChargedPartyNumber": files.bcd("8613912345678")},
    }
    data = {"gprsBasicCallInformation": {"gprsChargeableSubscriber": {"chargeableSubscriber": who}, **{
        key: basic[key] for key in ("callEventStartTimeStamp", "totalCallEventDuration", "causeForTerm")}}}  # fmt: skip
    dialled = {"chargeableSubscriber": who, "supplServiceUsed": {"supplServiceCode": b"21", "chargingTimeStamp": time}}
    events: list[tuple[str, dict[str, Any]]] = [
        ("mobileOriginatedCall", sent),
        ("mobileTerminatedCall", got),
        ("mobileOriginatedCall", failed),
        ("mobileOriginatedCall", forwarded),
        ("mobileSession", session),
        ("messagingEvent", message),
        ("gprsCall", data),
        ("supplServiceEvent", dialled),
        ("contentTransaction", {"contentTransactionBasicInfo": {"orderPlacedTimeStamp": time}}),
    ]
    good, faults, notes, _ = read("tap", files.tap_file(events))
    assert [(row[0], row[4], row[6], row[11]) for row in good] == [
        ("smo", "8613912345678", "", ""),
        ("smt", "10086", "", ""),
        ("moc", "10010", "0", "unanswered"),
        ("forwarded", "8613", "0", ""),
        ("mtc", "+8613912345678", "42", ""),
        ("smo", "8613912345678", "", ""),
        ("data", "", "0", ""),
        ("ussd", "", "", ""),
    ]
    assert {(row[1], row[5]) for row in good} == {("460001234567890", "2026-03-02T12:00:00+08:00")}
    assert (good[4][3], good[4][7], good[4][8]) == ("+8613800138000", "4097", "123456789")
    assert [fault.what for fault in faults] == ["contentTransaction"]
    assert notes == []


def test_calls_that_nobody_answered_have_lasted_no_time() -> None:
    row = ROWS[1]
    rung = files.cs_call(row)
    del rung[1]["answerTime"]
    rung[1]["seizureTime"] = files.timestamp(row.t_s)
    refused = files.cs_call(row, causeForTerm=3)
    moved = files.cs_call(row, supplServicesUsed=[{"ssCode": b"\x11"}, {"ssCode": b"\x21"}])
    good, _, _, _ = read("plain", b"".join(files.cs_record(call) for call in (rung, refused, moved)))
    assert [(call[0], call[6], call[11]) for call in good] == [
        ("moc", "0", "unanswered"),
        ("moc", "0", "unanswered"),
        ("forwarded", str(row.duration_s), "answered"),
    ]


def test_a_call_of_several_records_counts_once(tmp_path: Path) -> None:
    row, other = ROWS[1], ROWS[4]

    def part(cause: int, **more: Any) -> bytes:
        return files.cs_record(files.cs_call(row, causeForTerm=cause, callReference=b"\x07", **more))

    whole = files.cs_record(files.cs_call(other))
    octets = part(1, sequenceNumber=1) + whole + part(1, sequenceNumber=2) + part(0, sequenceNumber=3) + whole
    orphan = files.cs_record(files.cs_call(row, sequenceNumber=2, callReference=b"\x08"))
    kinds = [line[0] for line in rows_of(opened(write(tmp_path, octets + orphan)))]
    assert kinds == ["moc", "moc", "other", "other", "moc", "other"]

    def event(cause: int) -> tuple[str, dict[str, Any]]:
        made = files.tap_event(row)
        made[1]["basicCallInformation"]["causeForTerm"] = cause
        made[1]["locationInformation"]["networkLocation"]["callReference"] = b"\x09"
        return made

    tap = files.tap_file([event(1), event(1), files.tap_event(other), event(0), event(0)])
    lines = rows_of(opened(write(tmp_path, tap)))
    assert [line[0] for line in lines] == ["moc", "other", "moc", "other", "moc"]
    assert lines[1][6] == ""


def test_gateways_records_of_a_call_are_told_apart() -> None:
    record = {
        "recordType": 4,
        "callingNumber": files.isdn("8613800138000"),
        "calledNumber": files.isdn("8613912345678"),
        "recordingEntity": files.isdn("8613900100"),
        "mscOutgoingTKGP": ("tkgpNumber", 1),
        "seizureTime": files.timestamp(ROWS[0].t_s),
        "callDuration": 5,
        "callReference": b"\x01",
        "causeForTerm": 0,
    }
    gateway = ("outGatewayRecord", record)
    good, faults, _, count = read("plain", files.cs_record(gateway) + PLAIN)
    assert (len(good), count) == (len(ROWS), len(ROWS) + 1)
    assert [fault.reason for fault in faults] == [
        "a gateway's record of an outgoing call: it names no SIM (outGatewayRecord)"
    ]


# ---- damage


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


# ---- recognition


@pytest.mark.parametrize(
    "text",
    [
        export().encode(),
        export().encode("utf-16"),
        "话单类型,用户号码\n主叫,13800138000\n".encode("gb18030"),
        "被叫,13800138000\n".encode("gb18030"),
        b"1,2,3\n" * 50,
        b"000000010000005000000",
        b"",
        b"a",
        b"\x1f\x8b",
        b"PAR1" + bytes(90),
    ],
)
def test_texts_are_no_asn1(text: bytes, tmp_path: Path) -> None:
    assert recognition.recognise(text, len(text)) == ""
    assert look_at_asn1(write(tmp_path, text)) is None


@pytest.mark.parametrize(
    ("octets", "told"),
    [
        (files.element("bf4f", files.element("80", b"\x55") + files.element("83", b"\x64" * 8)), "packet-switched"),
        (files.element("b4", files.element("80", b"\x12") + files.element("83", b"\x64" * 8)), "packet-switched"),
        (files.element("7f8416", files.element("5f8144", b"CHNCT")), "a RAP file"),
        (files.element("31", files.element("a0", b"\x16\x02\x36\x38") + b"\xa1\x03\x02\x01\x01"), "BER, but neither"),
        (files.packed([b"\x60" * 90]).replace(b"\x00\x5a\x60\x26", b"\x00\x5a\x60\x46"), "unaligned PER"),
    ],
)  # fmt: skip
def test_other_asn1_is_named(octets: bytes, told: str, tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=told):
        look_at_asn1(write(tmp_path, octets))


def test_without_the_extra_one_line_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(tmp_path, PLAIN)
    monkeypatch.setattr("detection.cdr.asn1.conversion.are_installed", lambda: False)
    with pytest.raises(ExportError, match=r"pip install 'catpool\[asn1\]'") as refusal:
        look_at_asn1(path)
    assert "\n" not in str(refusal.value)


def test_a_notification_holds_no_records(tmp_path: Path) -> None:
    file = opened(write(tmp_path, files.tap_notification()))
    told = file.describe()
    assert (told["content"], told["records"]) == ("a notification that there were no calls", 0)


def test_a_file_is_described(tmp_path: Path) -> None:
    told = opened(write(tmp_path, FORMS["TAP by pycrate"][0]())).describe()
    outgoing = sum(row.outgoing for row in ROWS)
    assert told == {
        "format": "TAP 3.12",
        "sender": "CHNCT",
        "recipient": "GBRCM",
        "sequence": "00042",
        "created": "20260303120000",
        "records": len(ROWS),
        "kinds": {"moc": outgoing, "mtc": len(ROWS) - outgoing},
        "unread": 0,
        "first": tap_row(ROWS[0])[5],
        "last": tap_row(ROWS[-1])[5],
        "notes": [],
    }


def test_a_large_file_takes_the_room_of_a_few_chunks(tmp_path: Path) -> None:
    seen: list[int] = []

    def endless() -> Iterator[bytes]:
        for _ in range(400):
            seen.append(len(window.octets))
            yield PLAIN

    window = Window(endless())
    assert sum(1 for _ in ChargingFile(window, "plain")) == 400 * len(ROWS)
    assert max(seen) < 2 * len(PLAIN)
