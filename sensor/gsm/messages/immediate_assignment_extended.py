"""IMMEDIATE ASSIGNMENT EXTENDED, 3GPP TS 44.018 §9.1.19: two phones get a channel each.

| octet | field                                                       |
|-------|-------------------------------------------------------------|
| 1-3   | pseudo length, protocol 6, type 0x39                        |
| 4     | bits 4-1 page mode; 8-5 feature indicator                   |
| 5-11  | channel, request reference and timing advance of the first  |
| 12-18 | channel, request reference and timing advance of the second |
| 19    | length of the mobile allocation, 0-4; then the allocation   |
| then  | 0x7c and two octets: starting time, optional                |
| rest  | IAX rest octets                                             |
"""

from dataclasses import dataclass

from sensor.gsm.messages.channel import read_channel
from sensor.gsm.messages.header import build
from sensor.gsm.messages.immediate_assignment import Grant, encode_carriers, read_carriers
from sensor.gsm.messages.request_reference import read_request_reference

TYPE = 0x39
GRANTS_AT = (4, 11)
ALLOCATION_AT = 18  # index of octet 19


@dataclass(frozen=True, slots=True)
class ImmediateAssignmentExtended:
    """Two grants, which share the mobile allocation and the starting time."""

    grants: tuple[Grant, Grant]
    page_mode: int = 0

    def encode(self) -> bytes:
        """The block, with empty rest octets."""
        body = bytes([self.page_mode])
        for grant in self.grants:
            body += grant.channel.encode() + grant.request.encode() + bytes([grant.timing_advance])
        return build(TYPE, body + encode_carriers(self.grants[0]))


def read(l2: bytes) -> ImmediateAssignmentExtended:
    """Reads the block."""
    allocation, starting_time = read_carriers(l2, ALLOCATION_AT)
    first, second = (
        Grant(
            request=read_request_reference(l2[at + 3 : at + 6]),
            timing_advance=l2[at + 6],
            channel=read_channel(l2[at : at + 3]),
            mobile_allocation=allocation,
            starting_time=starting_time,
        )
        for at in GRANTS_AT
    )
    return ImmediateAssignmentExtended((first, second), l2[3] & 15)
