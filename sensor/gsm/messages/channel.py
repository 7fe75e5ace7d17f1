"""The channel that an assignment gives, 3GPP TS 44.018 §10.5.2.5, .21, .25a: three octets.

| octet | bits | channel description                | packet channel description                             |
|-------|------|------------------------------------|--------------------------------------------------------|
| 1     | 8-4  | kind and subchannel (below)        | 00001 or spare                                         |
| 1     | 3-1  | time slot                          | time slot                                              |
| 2     | 8-6  | training sequence                  | training sequence                                      |
| 2     | 5    | H: 1 hopping                       | 1 hopping, as beside                                   |
| 2-3   |      | H 0: 2 spare bits, ARFCN (10 bits) | 00, spare bit, ARFCN (10 bits)                         |
| 2-3   |      | H 1: MAIO (6 bits), HSN (6 bits)   | 01, spare bit, MAIO (6 bits): its list stands in SI 13 |

Kinds: 00001 TCH/F, 0001s TCH/H, 001ss SDCCH/4, 01sss SDCCH/8, s being the subchannel; the same with a first bit of 1
where the training sequence is of set 2 (10001 and 10010 are both TCH/F then).

A hopping channel's carriers are marked in the mobile allocation: a bit each of the cell allocation's ARFCNs in
ascending order (0 comes last), the first of them bit 1 of the last octet.
"""

from dataclasses import dataclass

TCH_F, TCH_H, SDCCH_4, SDCCH_8, PDCH = "TCH/F", "TCH/H", "SDCCH/4", "SDCCH/8", "PDCH"


@dataclass(frozen=True, slots=True)
class Channel:
    """Where a channel stands. Either `arfcn`, or `maio` and `hsn`, or neither (packet hopping by SI 13)."""

    kind: str | None  # None: a code that the standard reserves
    time_slot: int
    subchannel: int | None
    tsc: int
    arfcn: int | None = None
    maio: int | None = None
    hsn: int | None = None

    @property
    def hopping(self) -> bool:
        """Whether the channel changes its carrier from frame to frame."""
        return self.arfcn is None

    def encode(self) -> bytes:
        """The three octets; the inverse of `read_channel` for a channel that is not reserved."""
        base = {TCH_F: 1, TCH_H: 2, SDCCH_4: 4, SDCCH_8: 8, PDCH: 1, None: 0}[self.kind]
        hopping = 1 << 12 | (self.maio or 0) << 6 | (self.hsn or 0)
        where = hopping if self.arfcn is None else self.arfcn
        first = (base | (self.subchannel or 0)) << 3 | self.time_slot
        return bytes([first]) + (self.tsc << 13 | where).to_bytes(2, "big")


def read_channel(octets: bytes) -> Channel:
    """A channel description; never raises."""
    kind, subchannel = _kind(octets[0] >> 3)
    where = octets[1] << 8 | octets[2]
    time_slot, tsc = octets[0] & 7, octets[1] >> 5
    if where >> 12 & 1:
        return Channel(kind, time_slot, subchannel, tsc, maio=where >> 6 & 63, hsn=where & 63)
    return Channel(kind, time_slot, subchannel, tsc, arfcn=where & 1023)


def read_packet_channel(octets: bytes) -> Channel:
    """A packet channel description; never raises."""
    where = octets[1] << 8 | octets[2]
    time_slot, tsc = octets[0] & 7, octets[1] >> 5
    if where >> 12 & 1:
        return Channel(PDCH, time_slot, None, tsc, maio=where >> 6 & 63, hsn=where & 63)
    if where >> 11 & 1:
        return Channel(PDCH, time_slot, None, tsc, maio=where >> 4 & 63)
    return Channel(PDCH, time_slot, None, tsc, arfcn=where & 1023)


def _kind(code: int) -> tuple[str | None, int | None]:
    """Channel kind and subchannel of the five bits; TSC set 2 (§10.5.2.5, code 1....) names the same channels."""
    if code == 17 or code == 18:
        return TCH_F, None
    code &= 15
    if code == 1:
        return TCH_F, None
    for kind, base in ((SDCCH_8, 8), (SDCCH_4, 4), (TCH_H, 2)):
        if code >= base:
            return kind, code - base
    return None, None


def hopping_carriers(cell_allocation: tuple[int, ...], mobile_allocation: bytes) -> tuple[int, ...]:
    """The ARFCNs that a mobile allocation marks in the cell allocation of SYSTEM INFORMATION 1."""
    ordered = sorted(n for n in cell_allocation if n) + ([0] if 0 in cell_allocation else [])
    marks = int.from_bytes(mobile_allocation, "big")
    return tuple(arfcn for place, arfcn in enumerate(ordered) if marks >> place & 1)
