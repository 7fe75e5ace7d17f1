"""Charging records of the circuit-switched domain (3GPP TS 32.298 §5.1.2), in BER.

They come one after another; or in a CallEventDataFile, the list of GSM 12.05 and TS 32.205 that exchanges still write;
or in files of TS 32.297 §6.1: a file header (4 octets file length, 4 header length, 18 on releases, times, count and
number, 1 why it was closed, 20 address, 1 records lost, the rest of no use here), and before each record 2 octets of
its length, 1 of release, 1 of encoding (the upper three bits: 1 is BER), and 1 more where the release says 7.

A record names its kind by recordType. An unanswered call carries the time of its seizure and how long it rang as its
duration; here it has lasted 0 s. Of a call's records by gateway and transit exchanges nothing is taken: they name no
SIM, and the call has its own record.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from detection.cdr.asn1.ber import BerError, NeedMoreError, Window, children, end_of, read_header
from detection.cdr.asn1.ber import collect as collect_fields
from detection.cdr.asn1.definitions import cs_choice_tags, cs_records
from detection.cdr.asn1.digits import address, plmn, sms_address, tbcd, timestamp, unsigned, whole
from detection.cdr.asn1.frames import Element, Entry, Fault, Frames, Grammar, RecordError
from detection.cdr.asn1.rows import checked

SEQUENCE, SET, TYPE = 0x30, 0x31, 0x80
EVENT_RECORDS = 0xA1  # [1] of a CallEventDataFile
KINDS = {
    0: "moc",
    1: "mtc",
    2: "forwarded",
    6: "smo",
    7: "smt",
    10: "ussd",
    12: "lu",
    13: "lu",
    88: "forwarded",
    99: "lu",
}
UNTOLD = {
    3: "a gateway's record of an incoming call: it names no SIM",
    4: "a gateway's record of an outgoing call: it names no SIM",
    5: "a transit exchange's record of a call: it names no SIM",
    23: "a request for a place: no call, message or session",
    24: "a request for a place: no call, message or session",
    25: "a request for a place: no call, message or session",
}
CALLS = (0, 1, 2, 88)
FORWARDING = frozenset(b"\x20\x21\x28\x29\x2a\x2b")  # SS-Code, TS 29.002 §17.7.5
PARTIAL = (1, 2)  # causeForTerm: partialRecord, partialRecordCallReestablishment
UNSUCCESSFUL = 3
HEADER, LEAST_HEADER, BER = struct.Struct(">II2s4s4sII"), 50, 1
UNKNOWN_LENGTH = 0xFFFFFFFF
# a record's tag, any length, recordType
RECORD = re.compile(rb"[\xa0-\xb6\x30\x31](?:[\x03-\x80]|\x81.|\x82..|\x83...|\x84\x00...)\x80[\x01\x02]", re.DOTALL)


@dataclass(slots=True)
class ChargingFile:
    """A file of charging records being read; `variant` is "plain", "list" or "32.297"."""

    window: Window
    variant: str
    about: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def __iter__(self) -> Iterator[Entry | Fault]:
        """One entry or fault a record."""
        if self.variant == "32.297":
            yield from self._packed()
            return
        records = {tag: cs_records()[number][0] for tag, number in cs_choice_tags().items()}
        if self.variant == "list":
            grammar = Grammar((SEQUENCE, EVENT_RECORDS), records, is_record, RECORD, decode)
        else:
            grammar = Grammar((), records | {SEQUENCE: "", SET: ""}, is_record, RECORD, decode)
        for part in Frames(self.window, grammar, self.notes):
            if not isinstance(part, Element):
                yield part

    def _packed(self) -> Iterator[Entry | Fault]:
        """Files of TS 32.297, also several one after another."""
        window = self.window
        while window.hold(LEAST_HEADER) and any(window.octets[window.at : window.at + LEAST_HEADER]):
            start = window.place
            length, header, _, _, _, count, number = HEADER.unpack_from(window.octets, window.at)
            if not LEAST_HEADER <= header <= 1 << 17:
                yield Fault(start, f"no file header of TS 32.297: {header} octets long")
                window.skip(UNKNOWN_LENGTH)
                return
            self.about.setdefault("sequence", str(number))
            window.skip(header)
            end = None if length == UNKNOWN_LENGTH or length < header else start + length
            records = 0
            for part in self._packed_records(end):
                records += 1
                yield part
            if count not in (records, UNKNOWN_LENGTH):
                self.notes.append(f"its header at octet {start} says {count} records, and it holds {records}")
            if end is None:
                return

    def _packed_records(self, end: int | None) -> Iterator[Entry | Fault]:
        window = self.window
        while end is None or window.place < end:
            if not window.hold(5):
                rest = len(window.octets) - window.at
                if any(window.octets[window.at :]) or end is not None:
                    window.cut = True
                    self.notes.append(f"cut off at octet {window.place + rest}")
                window.at = len(window.octets)
                return
            if end is None and not any(window.octets[window.at : window.at + 5]):
                window.skip(1)  # padding
                continue
            yield self._packed_record(end)

    def _packed_record(self, end: int | None) -> Entry | Fault:
        window, place = self.window, self.window.place
        length, release, encoding = struct.unpack_from(">HBB", window.octets, window.at)
        inside = 5 if release >> 5 == 7 else 4
        if end is not None and place + inside + length > end:
            return self._resume("its length reaches past the end of the file", end)
        if not window.hold(inside + length):
            window.cut = True
            window.at = len(window.octets)
            return Fault(place, f"the file is cut off {window.place - place} octets into this record")
        octets = window.octets[window.at + inside : window.at + inside + length]
        step = inside + length
        try:
            if encoding >> 5 != BER:
                raise BerError(0, f"not encoded in BER (encoding {encoding >> 5} of TS 32.297)")
            entry, used = _whole_record(octets)
            if any(octets[used:]) and self._follows(inside + used, end):
                step = inside + used  # the length before it is wrong, its own is right
            window.at += step
            return entry
        except (RecordError, BerError) as error:
            if isinstance(error, BerError) and not self._follows(step, end):
                return self._resume(str(error), end)
            window.at += step
            return Fault(place + inside, str(error))

    def _follows(self, ahead: int, end: int | None) -> bool:
        """Whether another record begins `ahead` octets on, or the file ends there."""
        window = self.window
        if end is not None and window.place + ahead >= end:
            return True
        return not window.hold(ahead + 8) or self._begins(window.at + ahead)

    def _begins(self, at: int) -> bool:
        """Whether a record stands at `at`, its header before it."""
        octets = self.window.octets
        if not 0 <= at <= len(octets) - 8:
            return False
        length, release, encoding = struct.unpack_from(">HBB", octets, at)
        inside = at + (5 if release >> 5 == 7 else 4)
        if encoding >> 5 != BER or not begins(octets, inside):
            return False
        try:
            return bool(end_of(octets, inside) <= inside + length)
        except BerError:
            return False
        except NeedMoreError:
            return True

    def _resume(self, reason: str, end: int | None) -> Fault:
        """Goes to the next place where a record stands with its header, or to the end."""
        window, start = self.window, self.window.place
        window.at += 1
        while True:
            match = RECORD.search(window.octets, window.at + 4)
            window.at = match.start() - 4 if match else max(window.at, len(window.octets) - 16)
            if end is not None and window.place >= end:
                window.at = end - window.base
                break
            if match is not None:
                window.hold(64)
                header = next((back for back in (0, -1) if self._begins(window.at + back)), None)
                if header is not None:
                    window.at += header
                    break
                window.at += 1
            elif not window.more():
                window.at = len(window.octets)
                break
        return Fault(start, f"{reason}; {window.place - start} octets left out")


def begins(octets: bytes, at: int) -> bool:
    """Whether a record begins at `at`."""
    try:
        tag, _, inside = read_header(octets, at)
    except (BerError, NeedMoreError):
        return False
    return (tag in cs_choice_tags() or tag in (SEQUENCE, SET)) and is_record(tag, octets, inside)


def is_record(tag: int, octets: bytes, inside: int) -> bool:
    """Whether the contents begin with a recordType, and one that goes with the tag."""
    if octets[inside : inside + 1] != b"\x80":
        return False
    length = octets[inside + 1] if inside + 1 < len(octets) else 0
    number = int.from_bytes(octets[inside + 2 : inside + 2 + length]) if length in (1, 2) else -1
    return number == cs_choice_tags().get(tag, number) and number in cs_records()


def _whole_record(octets: bytes) -> tuple[Entry, int]:
    """(record, octets that it takes) at the beginning of some octets. Raises BerError, RecordError."""
    try:
        tag, length, inside = read_header(octets, 0)
        end = inside + length if length >= 0 else end_of(octets, 0)
    except NeedMoreError:
        raise BerError(0, "it ends in the middle of an element") from None
    if end > len(octets):
        raise BerError(0, f"it reaches {end - len(octets)} octets past its length")
    if tag not in cs_choice_tags() and tag not in (SEQUENCE, SET):
        raise BerError(0, f"an element 0x{tag:X} where records stand")
    return decode(tag, octets, inside, end if length >= 0 else end - 2), end


def decode(tag: int, octets: bytes, at: int, end: int) -> Entry:
    """The record between `at` and `end`. Raises BerError, RecordError."""
    number = _record_type(octets, at, end)
    if number is None:
        number = cs_choice_tags().get(tag, -1)
    if number not in cs_records():
        raise RecordError(
            "it says of no kind which it is" if number < 0 else f"record type {number} is none of TS 32.298 §5.1.2"
        )
    name, fields = cs_records()[number]
    found: dict[str, bytes] = {}
    collect_fields(octets, at, end, fields, found)
    if number in UNTOLD:
        raise RecordError(f"{UNTOLD[number]} ({name})")
    kind = KINDS.get(number, "other")
    cause = whole(found["cause"]) if "cause" in found else 0
    if kind in ("moc", "mtc") and "services" in found and _is_forwarded(found["services"]):
        kind = "forwarded"
    mcc, mnc = plmn(found["plmn"]) if "plmn" in found else ("", "")
    duration, result = _outcome(number, found, cause)
    row = checked(
        [
            kind,
            tbcd(found["imsi"]) if "imsi" in found else "",
            tbcd(found["imei"]) if "imei" in found else "",
            address(found["msisdn"]) if "msisdn" in found else "",
            _other(kind, number, found),
            _start(found),
            duration,
            unsigned(found.get("lac", b"")),
            unsigned(found.get("ci", b"")),
            mcc,
            mnc,
            result,
            found["reference"].hex() if "reference" in found else "",
        ]
    )
    return Entry(row, _part(found, cause) if kind in ("moc", "mtc") else "", name)


def _record_type(octets: bytes, at: int, end: int) -> int | None:
    if end - at >= 3 and octets[at] == TYPE and octets[at + 1] == 1:
        return octets[at + 2]
    for tag, contents in children(octets[at:end]):
        if tag == TYPE:
            return whole(contents)
    return None


def _is_forwarded(services: bytes) -> bool:
    """Whether the supplementary services used are any that forwards calls."""
    for _, used in children(services):
        code: dict[str, bytes] = {}
        collect_fields(used, 0, len(used), {0x80: "code"}, code)
        if code.get("code", b"\x00")[:1] and code.get("code", b"\x00")[0] in FORWARDING:
            return True
    return False


def _other(kind: str, number: int, found: dict[str, bytes]) -> str:
    if kind in ("smo", "smt"):
        return sms_address(found.get("sms_party", b""))
    own = number in (1, 2, 88)  # who was called is the SIM itself
    return address(found.get("calling", b"") if own else found.get("called", b""))


def _outcome(number: int, found: dict[str, bytes], cause: int) -> tuple[str, str]:
    """(duration in seconds, result)."""
    if number not in CALLS:
        return "", ("failed" if "failure" in found else "")
    if cause == UNSUCCESSFUL or ("answer" not in found and "seizure" in found):
        return "0", "unanswered"
    return unsigned(found.get("duration", b"")), "answered"


def _start(found: dict[str, bytes]) -> str:
    octets = found.get("answer") or found.get("seizure") or found.get("event")
    if octets is None:
        raise RecordError("no time")
    time = timestamp(octets)
    if not time:
        raise RecordError("not a TimeStamp of 9 octets")
    return time


def _part(found: dict[str, bytes], cause: int) -> str:
    later = "sequence" in found and whole(found["sequence"]) > 1
    if cause in PARTIAL:
        return "next" if later else "first"
    return "last" if later else ""
