"""Request reference and starting time, 3GPP TS 44.018 §10.5.2.30, §10.5.2.38.

| octet | bits | request reference                                | starting time      |
|-------|------|--------------------------------------------------|--------------------|
| 1     | 8-1  | RA: the channel request's eight bits             | (no such octet)    |
| 2     | 8-4  | T1': T1 mod 32, of the frame of the request      | of the frame meant |
| 2, 3  | 3-1, 8-6 | T3, 0-50                                     | the same           |
| 3     | 5-1  | T2, 0-25                                         | the same           |
"""

from dataclasses import dataclass

from sensor.gsm.multiframe import REQUEST_MODULUS, frame_number, frame_time


@dataclass(frozen=True, slots=True)
class RequestReference:
    """A channel request: its bits, and when it was sent, modulo 42432 frames (196 s)."""

    ra: int
    fn_mod_42432: int

    def encode(self) -> bytes:
        """The three octets."""
        return bytes([self.ra]) + encode_starting_time(self.fn_mod_42432)


def read_request_reference(octets: bytes) -> RequestReference:
    """Reads three octets; T2 or T3 beyond their range are folded, never an error."""
    return RequestReference(octets[0], read_starting_time(octets[1:3]))


def read_starting_time(octets: bytes) -> int:
    """The frame number, modulo 42432, of two octets."""
    t1, t2 = octets[0] >> 3, octets[1] & 31
    t3 = (octets[0] & 7) << 3 | octets[1] >> 5
    return frame_number(t1, t2, t3) % REQUEST_MODULUS


def encode_starting_time(fn: int) -> bytes:
    """The two octets of a frame number."""
    time = frame_time(fn)
    return (time.t1 % 32 << 11 | time.t3 << 5 | time.t2).to_bytes(2, "big")
