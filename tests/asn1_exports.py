"""TAP3 and TS 32.298 files made up for the tests: by pycrate's encoder, and octet by octet without it."""

import struct
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any, Protocol

OFFSET = "+0800"
SMSC = "8613800100500"


class Call(Protocol):
    """What a record tells; a Row of cdr_exports is one. `t_s` is local time, as if UTC."""

    @property
    def outgoing(self) -> bool: ...
    @property
    def imsi(self) -> str: ...
    @property
    def imei(self) -> str: ...
    @property
    def number(self) -> str: ...
    @property
    def other(self) -> str: ...
    @property
    def t_s(self) -> int: ...
    @property
    def duration_s(self) -> int: ...
    @property
    def lac(self) -> int: ...
    @property
    def ci(self) -> int: ...


def full(number: str) -> str:
    """A Chinese mobile number with its country code, any other as it is."""
    return "86" + number if len(number) == 11 and number.startswith("1") else number


def cell(number: int) -> bytes:
    return number.to_bytes(2 if number < 0x10000 else 4)


# ---- by pycrate


@cache
def tap() -> Any:
    from pycrate_asn1dir.TAP3 import TAP_0312

    return TAP_0312


@cache
def charging() -> Any:
    from pycrate_asn1dir import CDR

    return CDR.CSChargingDataTypes


def bcd(digits: str) -> bytes:
    """High half first, 0xF fills (TD.57)."""
    return bytes.fromhex(digits + "f" * (len(digits) % 2))


def tbcd(digits: str) -> bytes:
    """Low half first, 0xF fills (TS 29.002)."""
    padded = digits + "f" * (len(digits) % 2)
    return bytes.fromhex("".join(padded[at + 1] + padded[at] for at in range(0, len(padded), 2)))


def local(t_s: int, form: str) -> str:
    return datetime.fromtimestamp(t_s, UTC).strftime(form)


def tap_event(row: Call) -> tuple[str, dict[str, Any]]:
    """A call event as pycrate takes it."""
    party = {"imsi": bcd(row.imsi), "msisdn": bcd("86" + row.number)}
    basic: dict[str, Any] = {
        "chargeableSubscriber": ("simChargeableSubscriber", party),
        "callEventStartTimeStamp": {"localTimeStamp": local(row.t_s, "%Y%m%d%H%M%S").encode(), "utcTimeOffsetCode": 3},
        "totalCallEventDuration": row.duration_s,
        "causeForTerm": 0,
    }
    if row.outgoing:
        basic["destination"] = {"calledNumber": bcd(full(row.other))}
    else:
        basic["callOriginator"] = {"callingNumber": bcd(full(row.other))}
    event = {
        "basicCallInformation": basic,
        "locationInformation": {"networkLocation": {"recEntityCode": 1, "locationArea": row.lac, "cellId": row.ci}},
        "equipmentIdentifier": ("imei", bcd(row.imei)),
        "basicServiceUsedList": [tap_service("11")],
    }
    return ("mobileOriginatedCall" if row.outgoing else "mobileTerminatedCall"), event


def tap_service(code: str) -> dict[str, Any]:
    """A basic service with what it cost, which nobody here wants to know."""
    time = {"localTimeStamp": b"20260302000000", "utcTimeOffsetCode": 3}
    detail = {"chargeType": b"00", "charge": 100, "chargeableUnits": 60, "chargedUnits": 60}
    charge = {"chargedItem": b"D", "exchangeRateCode": 1, "chargeDetailList": [detail]}
    service = {"serviceCode": ("teleServiceCode", code.encode())}
    return {"basicService": service, "chargingTimeStamp": time, "chargeInformationList": [charge]}


def tap_batch(events: list[tuple[str, dict[str, Any]]], release: int = 12, count: int | None = None) -> dict[str, Any]:
    time = {"localTimeStamp": b"20260303120000", "utcTimeOffset": b"+0800"}
    return {
        "batchControlInfo": {
            "sender": b"CHNCT",
            "recipient": b"GBRCM",
            "fileSequenceNumber": b"00042",
            "fileCreationTimeStamp": time,
            "transferCutOffTimeStamp": time,
            "fileAvailableTimeStamp": time,
            "specificationVersionNumber": 3,
            "releaseVersionNumber": release,
        },
        "accountingInfo": {"localCurrency": b"CNY", "tapDecimalPlaces": 3},
        "networkInfo": {
            "utcTimeOffsetInfo": [
                {"utcTimeOffsetCode": 0, "utcTimeOffset": b"+0000"},
                {"utcTimeOffsetCode": 3, "utcTimeOffset": OFFSET.encode()},
            ],
            "recEntityInfo": [{"recEntityCode": 1, "recEntityType": 1, "recEntityId": b"8613900100"}],
        },
        "callEventDetails": events,
        "auditControlInfo": {"callEventDetailsCount": len(events) if count is None else count},
    }


def tap_file(events: list[tuple[str, dict[str, Any]]], release: int = 12, count: int | None = None) -> bytes:
    change = tap().DataInterChange
    change.set_val(("transferBatch", tap_batch(events, release, count)))
    octets: bytes = change.to_ber()
    return octets


def tap_notification() -> bytes:
    head = tap_batch([])["batchControlInfo"]
    change = tap().DataInterChange
    change.set_val(("notification", head))
    octets: bytes = change.to_ber()
    return octets


def timestamp(t_s: int) -> bytes:
    """TimeStamp of TS 32.298."""
    return bytes.fromhex(local(t_s, "%y%m%d%H%M%S")) + b"+" + bytes.fromhex("0800")


def isdn(number: str, kind: int = 0x91) -> bytes:
    return bytes([kind]) + tbcd(number)


def cs_call(row: Call, **more: Any) -> tuple[str, dict[str, Any]]:
    """A call's record as pycrate takes it."""
    record: dict[str, Any] = {
        "recordType": 0 if row.outgoing else 1,
        "servedIMSI": tbcd(row.imsi),
        "servedIMEI": tbcd(row.imei),
        "servedMSISDN": isdn("86" + row.number),
        "recordingEntity": isdn("8613900100"),
        "location": {"locationAreaCode": struct.pack(">H", row.lac), "cellId": struct.pack(">H", row.ci)},
        "basicService": ("teleservice", b"\x11"),
        "callDuration": row.duration_s,
        "causeForTerm": 0,
        "callReference": struct.pack(">I", row.t_s % 2**32),
        "answerTime": timestamp(row.t_s),
        "releaseTime": timestamp(row.t_s + row.duration_s),
        "calledNumber" if row.outgoing else "callingNumber": isdn(row.other, 0x81),
        **more,
    }
    return ("moCallRecord" if row.outgoing else "mtCallRecord"), record


def cs_record(record: tuple[str, dict[str, Any]]) -> bytes:
    choice = charging().CSRecord
    choice.set_val(record)
    octets: bytes = choice.to_ber()
    return octets


def packed(records: Iterable[bytes], count: int | None = None, release: int = 3) -> bytes:
    """A file of TS 32.297: its header, then each record with its own."""
    parts = list(records)
    more = b"\x05" if release == 7 else b""  # release 10 and on in an octet of its own
    body = b"".join(struct.pack(">HBB", len(part), release << 5, 1 << 5 | 6) + more + part for part in parts)
    rest = bytes(20) + b"\x00" + struct.pack(">HH", 0, 0)
    number = len(parts) if count is None else count
    fixed = bytes([release << 5, release << 5]) + bytes(8) + struct.pack(">II", number, 7) + b"\x01" + rest
    return struct.pack(">II", 8 + len(fixed) + len(body), 8 + len(fixed)) + fixed + body


# ---- octet by octet


def seconds(text: str) -> int:
    """Local time of a CSV line, as if UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def element(tag: str, contents: bytes, indefinite: bool = False, long: bool = False) -> bytes:
    """Tag in hex, length, contents."""
    head = bytes.fromhex(tag)
    if indefinite:
        return head + b"\x80" + contents + b"\x00\x00"
    if long or len(contents) > 0xFFFF:
        return head + b"\x84" + struct.pack(">I", len(contents)) + contents
    if len(contents) > 0xFF:
        return head + b"\x82" + struct.pack(">H", len(contents)) + contents
    return head + (b"\x81" if len(contents) > 0x7F else b"") + bytes([len(contents)]) + contents


def tap_event_by_hand(row: Call, indefinite: bool = False) -> bytes:
    """The same event, without what it cost."""

    def node(tag: str, *parts: bytes) -> bytes:
        return element(tag, b"".join(parts), indefinite)

    party = node("7f8147", element("5f8101", bcd(row.imsi)), element("5f8118", bcd("86" + row.number)))
    time = element("50", local(row.t_s, "%Y%m%d%H%M%S").encode()) + element("5f8168", b"\x03")
    number = bcd(full(row.other))
    other = node("7f59", element("5f8317", number)) if row.outgoing else node("7f29", element("5f8315", number))
    basic = node(
        "7f8113" if row.outgoing else "7f8119",
        node("7f832b", party),
        other,
        node("7f2c", time),
        element("5f815f", struct.pack(">H", row.duration_s)),
        element("5f3a", b"\x00"),
    )
    ids = element("5f8108", struct.pack(">H", row.lac)) + element("5f3b", struct.pack(">I", row.ci))
    place = node("7f810a", node("7f811c", element("5f8138", b"\x01"), ids))
    equipment = node("7f832d", element("5f8100", bcd(row.imei)))
    service = node("7f26", node("7f27", node("7f24", node("7f832a", element("5f815a", b"11")))))
    return node("69" if row.outgoing else "6a", basic, place, equipment, service)


def tap_by_hand(
    events: Iterable[bytes], indefinite: bool = False, offset: bytes = b"+0800", release: int = 12
) -> bytes:
    """A TransferBatch around events."""
    held = list(events)
    whole, count = b"".join(held), len(held)
    head = (
        element("5f8144", b"CHNCT")
        + element("5f8136", b"GBRCM")
        + element("5f8149", b"\x03")
        + element("5f813d", bytes([release]))
    )
    offsets = element("7f8169", element("5f8168", b"\x03") + element("5f8167", offset))
    parts = [
        element("64", head, indefinite),
        element("66", element("7f816a", offsets, indefinite), indefinite),
        element("63", whole, indefinite),
        element("6f", element("5f2b", struct.pack(">H", count)), indefinite),
    ]
    return element("61", b"".join(parts), indefinite)


def cs_by_hand(row: Call, indefinite: bool = False, extra: bytes = b"") -> bytes:
    """The same record as `cs_call`."""
    fields = [
        element("80", b"\x00" if row.outgoing else b"\x01"),
        element("81", tbcd(row.imsi)),
        element("82", tbcd(row.imei)),
        element("83", isdn("86" + row.number)),
        element("85" if row.outgoing else "84", isdn(row.other, 0x81)),
    ]
    ids = element("80", struct.pack(">H", row.lac)) + element("81", cell(row.ci))
    answered = row.duration_s > 0  # else the time is that of its seizure
    if row.outgoing:
        tags = ("ac", "97" if answered else "96", "99", "9e", "9f20")
    else:
        tags = ("a9", "94" if answered else "93", "96", "9b", "9d")
    values = (ids, timestamp(row.t_s), struct.pack(">H", row.duration_s), b"\x00", struct.pack(">I", row.t_s % 2**32))
    fields += [element(tag, value) for tag, value in zip(tags, values, strict=True)]
    return element("a0" if row.outgoing else "a1", b"".join(fields) + extra, indefinite)
