"""The head of a common-channel block, 3GPP TS 44.018 §10.5.2.19, TS 24.007 §11.2.3.

| octet | bits | field                                                                                |
|-------|------|--------------------------------------------------------------------------------------|
| 1     | 8-3  | L2 pseudo length: octets from 2 on that belong to the message without its rest octets |
| 1     | 2-1  | 01                                                                                   |
| 2     | 8-5  | skip indicator, 0                                                                    |
| 2     | 4-1  | protocol discriminator, 6: radio resources                                           |
| 3     | 8-1  | message type                                                                         |
"""

BLOCK_OCTETS = 23  # TS 44.006 §3.3: N201 of BCCH, PCH, AGCH
FILL = 0x2B  # TS 44.006 §5.2
RADIO_RESOURCES = 6  # TS 24.007 §11.2.3.1.1


def whole(l2: bytes) -> bytes:
    """Exactly 23 octets: a shorter block is filled up, a longer one cut."""
    return l2[:BLOCK_OCTETS].ljust(BLOCK_OCTETS, bytes([FILL]))


def message_type(l2: bytes) -> int | None:
    """The message type, or None if this is no radio resources message (a fill frame, another protocol)."""
    if len(l2) < 3 or l2[1] & 15 != RADIO_RESOURCES:
        return None
    return l2[2]


def rest_at(l2: bytes) -> int:
    """Index of the first rest octet, as the pseudo length tells it; 3 to 23."""
    return min(max(1 + (l2[0] >> 2), 3), BLOCK_OCTETS)


def build(kind: int, body: bytes, rest: bytes = b"") -> bytes:
    """A block of 23 octets from the octets after the message type, and the rest octets."""
    return whole(bytes([(2 + len(body)) << 2 | 1, RADIO_RESOURCES, kind]) + body + rest)
