"""What the fields of TAP3 and TS 32.298 mean: as pycrate decodes them, and what kinds of act they make."""

import random
from pathlib import Path
from typing import Any

import asn1_exports as files
import pytest
from asn1_forms import PLAIN, ROWS, opened, read, rows_of, write

from detection.cdr.asn1.definitions import cs_records, tap_events
from detection.cdr.asn1.rows import COLUMNS


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
