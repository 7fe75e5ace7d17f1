"""Records a second from ASN.1: the walk over the wanted fields, and pycrate's decoder, on the same octets.

    python bench/cdr_asn1.py [RECORDS]

The octets are made by pycrate: TAP events with their charges, and CS records. CPU seconds, and the resident set.
"""

import resource
import sys
import time
from collections.abc import Callable, Iterator

from pycrate_asn1dir import CDR
from pycrate_asn1dir.TAP3 import TAP_0312

from detection.cdr.asn1.ber import Window
from detection.cdr.asn1.charging import ChargingFile
from detection.cdr.asn1.tap import TapFile

TIME = {"localTimeStamp": b"20260304091200", "utcTimeOffsetCode": 0}


def tap_event(number: int) -> tuple[str, dict[str, object]]:
    """A call with what it cost."""
    party = {"imsi": bytes.fromhex(f"46000{number:010d}f"), "msisdn": bytes.fromhex(f"86138{number:08d}f")}
    basic = {
        "chargeableSubscriber": ("simChargeableSubscriber", party),
        "destination": {"calledNumber": bytes.fromhex("8613912345678f")},
        "callEventStartTimeStamp": TIME,
        "totalCallEventDuration": 73,
        "causeForTerm": 0,
    }
    detail = {"chargeType": b"00", "charge": 100, "chargeableUnits": 73, "chargedUnits": 73}
    charge = {
        "chargedItem": b"D",
        "exchangeRateCode": 1,
        "chargeDetailList": [{**detail, "chargeDetailTimeStamp": TIME}],
    }
    service = {"basicService": {"serviceCode": ("teleServiceCode", b"11")}, "chargeInformationList": [charge]}
    place = {"networkLocation": {"recEntityCode": 0, "locationArea": 4096, "cellId": 1234}}
    imei = ("imei", bytes.fromhex("3569381234567890"))
    event = {"basicCallInformation": basic, "locationInformation": place, "equipmentIdentifier": imei}
    return "mobileOriginatedCall", {**event, "basicServiceUsedList": [service]}


def cs_record(number: int) -> tuple[str, dict[str, object]]:
    moment = bytes.fromhex("2603040912002b0800")
    return "moCallRecord", {
        "recordType": 0,
        "servedIMSI": bytes.fromhex(f"64000{number:010d}0"),
        "servedIMEI": bytes.fromhex("5396832143658709"),
        "servedMSISDN": bytes.fromhex("91683108108300f0"),
        "calledNumber": bytes.fromhex("91683119325476f8"),
        "recordingEntity": bytes.fromhex("91683108100000f0"),
        "location": {"locationAreaCode": b"\x10\x00", "cellId": b"\x04\xd2"},
        "basicService": ("teleservice", b"\x11"),
        "answerTime": moment,
        "releaseTime": moment,
        "callDuration": 73,
        "causeForTerm": 0,
        "callReference": number.to_bytes(4),
    }


def timed(what: str, count: int, work: Callable[[], object]) -> None:
    start = time.process_time()
    work()
    seconds = time.process_time() - start
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{what:<28} {count / seconds:>9,.0f} records/s   {held} MB")


def encoded(choice: object, values: Iterator[object]) -> list[bytes]:
    records = []
    for value in values:
        choice.set_val(value)  # type: ignore[attr-defined]
        records.append(choice.to_ber())  # type: ignore[attr-defined]
    return records


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    event, record = TAP_0312.CallEventDetail, CDR.CSChargingDataTypes.CSRecord
    events = encoded(event, map(tap_event, range(count)))
    records = encoded(record, map(cs_record, range(count)))
    batch = b"\x61\x80\x63\x80" + b"".join(events) + bytes(4)
    timed("TAP events, walk", count, lambda: list(map(id, TapFile(Window(iter([batch]))))))
    timed("TAP events, pycrate", count, lambda: list(map(event.from_ber, events)))
    whole = b"".join(records)
    timed("CS records, walk", count, lambda: list(map(id, ChargingFile(Window(iter([whole])), "plain"))))
    timed("CS records, pycrate", count, lambda: list(map(record.from_ber, records)))


if __name__ == "__main__":
    main()
