"""TAP3, the Transferred Account Procedure of roaming partners (GSMA TD.57), releases 3.1 to 3.12.

A file is one DataInterChange: a TransferBatch of call events, or a Notification that there were none. Times are local
(14 digits), their offsets from UTC in a table at the head of the file, by code. Cells are LAC and CI as integers; the
network is a TADIG code, no MCC and MNC. Numbers are BCD, high half first.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from detection.cdr.asn1.ber import BerError, Window, children, collect
from detection.cdr.asn1.definitions import tap_event_fields, tap_events, tap_table, tap_tag
from detection.cdr.asn1.digits import bcd, unsigned, whole
from detection.cdr.asn1.frames import Element, Entry, Fault, Frames, Grammar, RecordError
from detection.cdr.asn1.rows import checked

NEWEST_RELEASE = 12
SMS_SENT, SMS_RECEIVED = b"22", b"21"  # teleservice codes, TS 29.002 §17.7.9 as two letters
FORWARDING = (b"21", b"29", b"2A", b"2B", b"2a", b"2b", b"28", b"20")  # supplementary services, TS 29.002 §17.7.5
PARTIAL, UNSUCCESSFUL = 1, 3  # causes for termination
MESSAGES = {1: "smo", 2: "smt"}
SESSIONS = {1: "moc", 2: "mtc", 3: "moc"}  # 3: an emergency call
UNTOLD = {
    "serviceCentreUsage": "the use of a message centre: no act of a SIM on the air",
    "contentTransaction": "the purchase of content: no call, message or session",
    "locationService": "a request for a place: no call, message or session",
}
_NOT_NUMBER = re.compile(r"[^0-9A-Za-z+*#]")
_USER = re.compile(r"^(?:tel:|sips?:)?(\+?[0-9*#]+)")


@dataclass(slots=True)
class TapFile:
    """A TAP3 file being read; `about` fills as its parts go by."""

    window: Window
    about: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    offsets: dict[int, str] = field(default_factory=dict)  # code -> "+08:00"
    unknown_codes: set[int] = field(default_factory=set)
    astray: list[int] = field(default_factory=list)  # places of elements that are no part of a TAP file

    def __iter__(self) -> Iterator[Entry | Fault]:
        """One entry or fault a call event."""
        opens = (tap_tag("TransferBatch"), tap_tag("CallEventDetailList"))
        beside = frozenset(tap_tag(name) for name in ("BatchControlInfo", "NetworkInfo", "AuditControlInfo"))
        grammar = Grammar(opens, tap_events(), _is_event, _events_pattern(), self._event, beside)
        events = 0
        for part in Frames(self.window, grammar, self.notes):
            if not isinstance(part, Element):
                events += 1
                yield part
            else:
                self._take(part, events)
                events = 0 if part.tag == tap_tag("AuditControlInfo") else events
        if self.astray:
            self.notes.append(f"{len(self.astray)} elements from octet {self.astray[0]} on are no part of a TAP file")
        if self.unknown_codes:
            codes = ", ".join(str(code) for code in sorted(self.unknown_codes)[:5])
            self.notes.append(f"its table of UTC offsets lacks code {codes}: those times are taken as local")

    def _take(self, part: Element, events: int) -> None:
        """Notes what an element beside the events says."""
        try:
            if part.tag == tap_tag("BatchControlInfo"):
                self._head(part.contents)
            elif part.tag == tap_tag("Notification"):
                self.about["content"] = "a notification that there were no calls"
                self._head(part.contents)
            elif part.tag == tap_tag("NetworkInfo"):
                self._offsets(part.contents)
            elif part.tag == tap_tag("AuditControlInfo"):
                self._audit(part.contents, events)
            elif part.depth == 0:
                self.astray.append(part.place)
        except BerError as error:
            self.notes.append(f"the element at octet {part.place} is damaged ({error})")

    def _head(self, contents: bytes) -> None:
        found: dict[str, bytes] = {}
        time = tap_table(LocalTimeStamp="created", UtcTimeOffset="created_offset")
        names = tap_table(
            Sender="sender",
            Recipient="recipient",
            FileSequenceNumber="sequence",
            SpecificationVersionNumber="version",
            ReleaseVersionNumber="release",
            FileTypeIndicator="type",
            FileCreationTimeStamp=time,
        )
        collect(contents, 0, len(contents), names, found)
        version, release = (whole(found[name]) if name in found else 0 for name in ("version", "release"))
        if version != 3 or not 1 <= release <= NEWEST_RELEASE:
            self.notes.append(f"it says that it is TAP {version}.{release}; read by the tags of TAP 3.{NEWEST_RELEASE}")
        self.about["format"] = f"TAP {version}.{release}"
        for name in ("sender", "recipient", "sequence", "created"):
            if name in found:
                self.about[name] = found[name].decode("ascii", "replace")
        if found.get("type") == b"T":
            self.about["content"] = "test data"
            self.notes.append("it is marked as test data")

    def _offsets(self, contents: bytes) -> None:
        """The table of UTC offsets."""
        lists: dict[str, bytes] = {}
        collect(contents, 0, len(contents), tap_table(UtcTimeOffsetInfoList="table"), lists)
        for _, entry in children(lists.get("table", b"")):
            found: dict[str, bytes] = {}
            collect(entry, 0, len(entry), tap_table(UtcTimeOffsetCode="code", UtcTimeOffset="offset"), found)
            offset = found.get("offset", b"").decode("ascii", "replace")
            if "code" in found and re.fullmatch(r"[+-]\d{4}", offset):
                self.offsets[whole(found["code"])] = f"{offset[:3]}:{offset[3:]}"

    def _audit(self, contents: bytes, events: int) -> None:
        found: dict[str, bytes] = {}
        collect(contents, 0, len(contents), tap_table(CallEventDetailsCount="count"), found)
        if "count" in found and whole(found["count"]) != events:
            self.notes.append(f"it says that it holds {whole(found['count'])} events, and holds {events}")

    def _event(self, tag: int, octets: bytes, at: int, end: int) -> Entry:
        name = tap_events()[tag]
        if name in UNTOLD:
            raise RecordError(UNTOLD[name])
        found: dict[str, bytes] = {}
        collect(octets, at, end, tap_event_fields(), found)
        kind, other = _kind_and_other(name, found)
        cause = whole(found["cause"]) if "cause" in found else 0
        imei = bcd(found["imei"]) if "imei" in found else ""
        row = checked(
            [
                kind,
                bcd(found["imsi"]) if "imsi" in found else "",
                imei,
                bcd(found["msisdn"]) if "msisdn" in found else _user(found.get("user", b"")),
                other,
                self._time(found),
                "" if kind in ("smo", "smt") else unsigned(found.get("duration", b"")),
                unsigned(found.get("lac", b"")),
                unsigned(found.get("ci", b"")),
                "",
                "",
                "unanswered" if cause == UNSUCCESSFUL else "",
                found["reference"].hex() if "reference" in found else "",
            ]
        )
        return Entry(row, "first" if cause == PARTIAL and kind in ("moc", "mtc") else "", name)

    def _time(self, found: dict[str, bytes]) -> str:
        text = found.get("time", b"").decode("ascii", "replace")
        if not text:
            raise RecordError("no time")
        if len(text) != 14 or not text.isdigit():
            raise RecordError("not a time of 14 digits")
        offset = ""
        if "offset_code" in found:
            code = whole(found["offset_code"])
            offset = self.offsets.get(code, "")
            if not offset:
                self.unknown_codes.add(code)
        return f"{text[:4]}-{text[4:6]}-{text[6:8]}T{text[8:10]}:{text[10:12]}:{text[12:]}{offset}"


def _events_pattern() -> re.Pattern[bytes]:
    tags = (tag.to_bytes((tag.bit_length() + 7) // 8) for tag in tap_events())
    return re.compile(b"|".join(re.escape(tag) for tag in tags))


def _is_event(tag: int, octets: bytes, inside: int) -> bool:
    """The tags of events stand nowhere else."""
    return True


def _kind_and_other(name: str, found: dict[str, bytes]) -> tuple[str, str]:
    """Kind of an event, and who was at its other end: of a message not the centre, which stands for its number."""
    if name == "mobileOriginatedCall":
        if found.get("teleservice") == SMS_SENT:
            return "smo", _text(found.get("sms_party", b""))
        other = _digits(found.get("called", b"")) or _text(found.get("dialled", b""))
        return ("forwarded" if found.get("supplementary") in FORWARDING else "moc"), other
    if name == "mobileTerminatedCall":
        if found.get("teleservice") == SMS_RECEIVED:
            return "smt", _text(found.get("sms_party", b""))
        return "mtc", _digits(found.get("calling", b""))
    if name in ("messagingEvent", "mobileSession"):
        service = whole(found.get("ims_service", b""))
        kind = (MESSAGES if name == "messagingEvent" else SESSIONS).get(service, "other")
        other = _digits(found.get("party", b"")) or _user(found.get("party_user", b""))
        other = other or _digits(found.get("requested", b"")) or _user(found.get("requested_user", b""))
        return kind, other
    return ("data" if name == "gprsCall" else "ussd"), ""


def _digits(octets: bytes) -> str:
    return bcd(octets) if octets else ""


def _text(octets: bytes) -> str:
    return _NOT_NUMBER.sub("", octets.decode("ascii", "replace"))


def _user(octets: bytes) -> str:
    """The telephone number in a tel or sip URI, empty where it holds none."""
    match = _USER.match(octets.decode("ascii", "replace"))
    return match[1] if match else ""
