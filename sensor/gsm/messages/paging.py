"""PAGING REQUEST types 1, 2 and 3, 3GPP TS 44.018 §9.1.22 to §9.1.24: counted, never kept.

| octet | type 1 (0x21)                          | type 2 (0x22)                    | type 3 (0x24)       |
|-------|----------------------------------------|----------------------------------|---------------------|
| 4     | bits 2-1 page mode; 6-5 and 8-7 channel needed by the first and second identity (all types) |||
| 5-    | identity 1: length, value (§10.5.1.4)  | 5-8 TMSI 1, 9-12 TMSI 2          | 5-20 TMSI 1 to 4    |
| then  | 0x17, length, value: identity 2        | 0x17, length, value: identity 3  |                     |
| rest  | P1 rest octets                         | P2 rest octets                   | 21-23 P3 rest octets |

Bits 3-1 of an identity's first octet are its type; 0 is "no identity", which an empty paging block sends. A TMSI of
32 ones is none either (TS 23.003 §2.4). What was read of the identities is gone when `read` returns.
"""

from dataclasses import dataclass

from sensor.gsm.messages.header import BLOCK_OCTETS, FILL, build, rest_at, whole

TYPE_1, TYPE_2, TYPE_3 = 0x21, 0x22, 0x24
KINDS = {TYPE_1: 1, TYPE_2: 2, TYPE_3: 3}
IDENTITY_IEI = 0x17
NO_TMSI = b"\xff\xff\xff\xff"
IDENTITIES_AT = 4  # index of octet 5
CHANNELS = ("any", "SDCCH", "TCH/F", "TCH/H or TCH/F")  # §10.5.2.8


@dataclass(frozen=True, slots=True)
class PagingRequest:
    """A paging request without its identities. `paged` is None where the block came blanked already."""

    kind: int  # 1, 2 or 3
    page_mode: int  # 0 normal, 1 extended, 2 reorganisation, 3 same as before: §10.5.2.26
    channels_needed: tuple[str, str]
    paged: int | None


def read(l2: bytes) -> PagingRequest:
    """What a paging request tells besides whom it pages."""
    octet = l2[3]
    needed = (CHANNELS[octet >> 4 & 3], CHANNELS[octet >> 6])
    return PagingRequest(KINDS[l2[2]], octet & 3, needed, count_identities(l2))


def count_identities(l2: bytes) -> int | None:
    """How many identities a paging request holds; None where they are blanked."""
    if is_blank(l2):
        return None
    if l2[2] == TYPE_1:
        length = l2[IDENTITIES_AT]
        first = is_identity(l2[IDENTITIES_AT + 1 : IDENTITIES_AT + 1 + length])
        return first + tagged_identity(l2, IDENTITIES_AT + 1 + length)
    tmsis = 2 if l2[2] == TYPE_2 else 4
    held = sum(l2[at : at + 4] != NO_TMSI for at in range(IDENTITIES_AT, IDENTITIES_AT + 4 * tmsis, 4))
    return held + (tagged_identity(l2, IDENTITIES_AT + 8) if l2[2] == TYPE_2 else 0)


def tagged_identity(l2: bytes, at: int) -> int:
    """1 if the optional identity stands at index `at`, before the rest octets; else 0."""
    end = rest_at(l2)
    if at + 1 >= end or l2[at] != IDENTITY_IEI:
        return 0
    return is_identity(l2[at + 2 : at + 2 + l2[at + 1]])


def is_identity(value: bytes) -> int:
    """1 if a mobile identity's value is one, 0 for "no identity", an empty one or a TMSI of ones."""
    if not value or value[0] & 7 == 0:
        return 0
    return int(value[0] & 7 != 4 or value[1:5] != NO_TMSI)


def is_blank(l2: bytes) -> bool:
    """Whether the octets that hold the identities were overwritten before."""
    return all(octet == FILL for octet in l2[IDENTITIES_AT:])


def blank(l2: bytes) -> bytes:
    """The block with octets 5 to 23 overwritten."""
    return l2[:IDENTITIES_AT] + bytes([FILL]) * (BLOCK_OCTETS - IDENTITIES_AT)


def encode(tmsis: tuple[int, ...] = (), page_mode: int = 0) -> bytes:
    """A paging request for made-up TMSIs: type 1 for none to two, type 2 for three, type 3 for four."""
    values = [tmsi.to_bytes(4, "big") for tmsi in tmsis]
    tagged = [b"\xf4" + value for value in values]
    if not values:
        return build(TYPE_1, bytes([page_mode, 1, 0xF0]))
    if len(values) == 1:
        return build(TYPE_1, bytes([page_mode, 5]) + tagged[0])
    if len(values) == 2:
        return build(TYPE_1, bytes([page_mode, 5]) + tagged[0] + bytes([IDENTITY_IEI, 5]) + tagged[1])
    if len(values) == 3:
        body = bytes([page_mode]) + values[0] + values[1] + bytes([IDENTITY_IEI, 5]) + tagged[2]
        return build(TYPE_2, body)
    return build(TYPE_3, whole(bytes([page_mode]) + b"".join(values[:4]))[:17])
