"""IMMEDIATE ASSIGNMENT REJECT, 3GPP TS 44.018 §9.1.20: up to four phones must wait.

| octet                  | field                                                                |
|------------------------|----------------------------------------------------------------------|
| 1-3                    | pseudo length 19, protocol 6, type 0x3a                              |
| 4                      | bits 4-1 page mode; 8-5 feature indicator                            |
| 5-7, 9-11, 13-15, 17-19 | request reference; repeated where fewer than four phones are meant  |
| 8, 12, 16, 20          | wait indication: seconds (T3122)                                     |
| 21-23                  | IAR rest octets                                                      |
"""

from dataclasses import dataclass

from sensor.gsm.messages.header import build
from sensor.gsm.messages.request_reference import RequestReference, read_request_reference

TYPE = 0x3A
REJECTS_AT = (4, 8, 12, 16)


@dataclass(frozen=True, slots=True)
class ImmediateAssignmentReject:
    """The requests refused, each once, with the seconds to wait."""

    rejects: tuple[tuple[RequestReference, int], ...]
    page_mode: int = 0

    def encode(self) -> bytes:
        """The block; the last reject is repeated to make four."""
        four = (self.rejects + self.rejects[-1:] * 4)[:4]
        return build(TYPE, bytes([self.page_mode]) + b"".join(who.encode() + bytes([wait_s]) for who, wait_s in four))


def read(l2: bytes) -> ImmediateAssignmentReject:
    """Reads the block."""
    found = ((read_request_reference(l2[at : at + 3]), l2[at + 3]) for at in REJECTS_AT)
    return ImmediateAssignmentReject(tuple(dict.fromkeys(found)), l2[3] & 15)
