"""What kind of ASN.1 file some octets begin, told by the octets alone; needs no definitions."""

import struct

from detection.cdr.asn1.ber import BerError, NeedMoreError, collect, read_header
from detection.cdr.asn1.charging import BER, LEAST_HEADER, SEQUENCE, SET, TYPE, UNKNOWN_LENGTH

TRANSFER_BATCH, NOTIFICATION, BATCH_CONTROL, SENDER = 0x61, 0x62, 0x64, 0x5F8144  # APPLICATION 1, 2, 4 and 196
RETURN_BATCH, ACKNOWLEDGEMENT = 0x7F8416, 0x7F8417  # of RAP, APPLICATION 534 and 535
PACKET_RECORDS = range(18, 30)  # recordType of SGSN records; those of gateways are 84 and 85
CS_TAGS = (*range(0xA0, 0xAF), *range(0xB0, 0xB7), SEQUENCE, SET)  # CHOICE of CSRecord, or without it
CS_TYPES = (*range(15), 17, 23, 24, 25, 87, 88, 99)
HEADER_RECORD, TIME_OCTETS = 0xA0, 9
MOST_HEADER = 1 << 17
ENCODINGS = {2: "unaligned PER", 3: "aligned PER", 4: "XML"}  # TS 32.297 §6.1.2
KNOWN = {
    "tap": "TAP3 (TD.57)",
    "plain": "CS charging records (TS 32.298)",
    "list": "CS charging records (TS 32.298) in a CallEventDataFile",
    "32.297": "CS charging records (TS 32.298) in a file of TS 32.297",
}


def recognise(head: bytes, size: int | None = None) -> str:
    """Key of KNOWN for what a file's first octets (64 at least) begin; empty where it is none of them.

    `size` is the file's, where it is known.
    """
    try:
        tag, _, inside = read_header(head, 0)
        if tag in (TRANSFER_BATCH, NOTIFICATION):
            first = read_header(head, inside)[0]
            return (
                "tap" if first == (BATCH_CONTROL if tag == TRANSFER_BATCH else SENDER) or _is_bare(head, inside) else ""
            )
        if tag == SEQUENCE and _is_list(head, inside):
            return "list"
        if tag in CS_TAGS and _record_type(head, inside) in CS_TYPES:
            return "plain"
    except (BerError, NeedMoreError):
        pass
    return "32.297" if _is_packed(head, size) else ""


def _is_bare(head: bytes, inside: int) -> bool:
    """A TransferBatch may lack its control information: then its lists follow at once."""
    return head[0] == TRANSFER_BATCH and head[inside] in (0x63, 0x65, 0x66) and head[inside + 1] in range(0x80, 0x86)


def _record_type(head: bytes, inside: int) -> int:
    return head[inside + 2] if head[inside : inside + 2] == bytes([TYPE, 1]) and len(head) > inside + 2 else -1


def _is_list(head: bytes, inside: int) -> bool:
    tag, _, at = read_header(head, inside)
    return tag == HEADER_RECORD and head[at : at + 2] == bytes([TYPE, TIME_OCTETS])


def _encoding(head: bytes, size: int | None) -> int:
    """Encoding of the first record in a file of TS 32.297, 0 where it holds none; -1 where it is no such file."""
    if len(head) < LEAST_HEADER:
        return -1
    length, header = map(int, struct.unpack_from(">II", head))
    if not LEAST_HEADER <= header <= MOST_HEADER or (size is not None and size < length != UNKNOWN_LENGTH):
        return -1
    if length == header:
        return 0 if size in (None, length) else -1
    if length < header or len(head) < header + 8:
        return -1
    return int(head[header + 3] >> 5)


def _is_packed(head: bytes, size: int | None) -> bool:
    encoding = _encoding(head, size)
    if encoding != BER:
        return encoding == 0
    header = struct.unpack_from(">I", head, 4)[0]
    return head[header + (5 if head[header + 2] >> 5 == 7 else 4)] in CS_TAGS


def foreign(head: bytes, size: int | None = None) -> str:
    """What other ASN.1 the octets begin, in words; empty where they are none."""
    if (encoding := _encoding(head, size)) in ENCODINGS:
        return f"a file of TS 32.297 with records in {ENCODINGS[encoding]}: only those in BER are read"
    try:
        tag, length, inside = read_header(head, 0)
        if tag in (RETURN_BATCH, ACKNOWLEDGEMENT):
            return "a RAP file (TD.32): it returns records, and holds none of its own"
        packet = _record_type(head, inside)
        if packet in PACKET_RECORDS or (tag in (0xBF4E, 0xBF4F) and packet in (84, 85)):
            return "packet-switched charging records (TS 32.298 §5.1.3): they hold no calls; export the CS domain's"
        if length < 2 or (tag & 0x20 == 0 and tag < 0x100) or len(head) < inside + length:
            return ""
        found: dict[str, bytes] = {}
        collect(head, inside, inside + length, {}, found)
    except (BerError, NeedMoreError):
        return ""
    if any(octet < 9 or 13 < octet < 32 for octet in head[:64]):  # which no text holds
        return f"BER, but neither TAP3 nor CS records of TS 32.298: it begins with an element 0x{tag:X}"
    return ""
