"""IMMEDIATE ASSIGNMENT, 3GPP TS 44.018 §9.1.18: one phone gets a channel.

| octet | field                                                                                          |
|-------|------------------------------------------------------------------------------------------------|
| 1-3   | pseudo length, protocol 6, type 0x3f                                                           |
| 4     | bits 4-1 page mode; bit 5 T/D: 1 packet (TBF); bit 6 downlink TBF; bit 7 first of two messages |
| 5-7   | channel description, or packet channel description (see channel)                               |
| 8-10  | request reference                                                                              |
| 11    | timing advance, 0-63 (more: GSM 400)                                                           |
| 12    | length of the mobile allocation, 0-8; then the allocation                                      |
| then  | 0x7c and two octets: starting time, optional                                                   |
| rest  | IA rest octets; of a packet assignment they may name a phone (TLLI): `blank` overwrites them   |
"""

from dataclasses import dataclass

from sensor.gsm.messages.channel import Channel, read_channel, read_packet_channel
from sensor.gsm.messages.header import BLOCK_OCTETS, FILL, build, rest_at
from sensor.gsm.messages.request_reference import (
    RequestReference,
    encode_starting_time,
    read_request_reference,
    read_starting_time,
)

TYPE = 0x3F
ALLOCATION_AT = 11  # index of octet 12
LONGEST_ALLOCATION = 8
STARTING_TIME_IEI = 0x7C
EXTENDED_TSC_IEI = 0x6D


@dataclass(frozen=True, slots=True)
class Grant:
    """What one phone is given."""

    request: RequestReference
    timing_advance: int
    channel: Channel
    mobile_allocation: bytes = b""
    starting_time: int | None = None  # frame number modulo 42432
    packet: bool = False


@dataclass(frozen=True, slots=True)
class ImmediateAssignment:
    """One grant. `downlink` and `first_of_two` are of packet assignments."""

    grant: Grant
    page_mode: int = 0
    downlink: bool = False
    first_of_two: bool = False

    @property
    def grants(self) -> tuple[Grant, ...]:
        """The grants of the message, as an extended assignment has them too."""
        return (self.grant,)

    def encode(self) -> bytes:
        """The block, with empty rest octets."""
        grant = self.grant
        mode = self.first_of_two << 6 | self.downlink << 5 | grant.packet << 4 | self.page_mode
        body = bytes([mode]) + grant.channel.encode() + grant.request.encode() + bytes([grant.timing_advance])
        return build(TYPE, body + encode_carriers(grant))


def read(l2: bytes) -> ImmediateAssignment:
    """Reads the block."""
    packet = bool(l2[3] >> 4 & 1)
    allocation, starting_time = read_carriers(l2, ALLOCATION_AT)
    grant = Grant(
        request=read_request_reference(l2[7:10]),
        timing_advance=l2[10],
        channel=read_packet_channel(l2[4:7]) if packet else read_channel(l2[4:7]),
        mobile_allocation=allocation,
        starting_time=starting_time,
        packet=packet,
    )
    return ImmediateAssignment(grant, l2[3] & 15, bool(l2[3] >> 5 & 1), bool(l2[3] >> 6 & 1))


def encode_carriers(grant: Grant) -> bytes:
    """Mobile allocation and starting time."""
    allocation = bytes([len(grant.mobile_allocation)]) + grant.mobile_allocation
    if grant.starting_time is None:
        return allocation
    return allocation + bytes([STARTING_TIME_IEI]) + encode_starting_time(grant.starting_time)


def read_carriers(l2: bytes, at: int) -> tuple[bytes, int | None]:
    """Mobile allocation and starting time (None: at once) that begin at index `at`."""
    after = at + 1 + l2[at]
    if after > BLOCK_OCTETS:
        return b"", None
    tagged = after + 3 <= rest_at(l2) and l2[after] == STARTING_TIME_IEI
    return l2[at + 1 : after], read_starting_time(l2[after + 1 : after + 3]) if tagged else None


def blank(l2: bytes) -> bytes:
    """The block without the rest octets of a packet assignment; a dedicated channel's names nobody, and stays."""
    at = rest_octets_at(l2)
    dedicated = not l2[3] >> 4 & 1
    if dedicated and (at >= BLOCK_OCTETS or (l2[at] ^ FILL) >> 6 in (0, 2)):  # LL or HL: §10.5.2.16
        return l2
    return l2[:at] + bytes([FILL]) * (BLOCK_OCTETS - at)


def rest_octets_at(l2: bytes) -> int:
    """Index of the first rest octet: where the known fields end, so that a strange length hides nothing."""
    at = ALLOCATION_AT + 1 + l2[ALLOCATION_AT]
    if l2[ALLOCATION_AT] > LONGEST_ALLOCATION:
        return ALLOCATION_AT + 1
    end = rest_at(l2)
    if at + 3 <= end and l2[at] == STARTING_TIME_IEI:
        at += 3
    if at + 2 <= end and l2[at] == EXTENDED_TSC_IEI:
        at += 2
    return min(at, BLOCK_OCTETS)
