"""Location area identification, 3GPP TS 44.018 §10.5.1.3 in TS 24.008: five octets.

| octet | bits 8-5    | bits 4-1    |
|-------|-------------|-------------|
| 1     | MCC digit 2 | MCC digit 1 |
| 2     | MNC digit 3, 1111 where the MNC has two | MCC digit 3 |
| 3     | MNC digit 2 | MNC digit 1 |
| 4-5   | LAC, highest octet first |
"""

from dataclasses import dataclass

NO_DIGIT = 15


@dataclass(frozen=True, slots=True)
class LocationArea:
    """MCC and MNC are text; None where the octets are no decimal digits."""

    mcc: str | None
    mnc: str | None
    lac: int

    def encode(self) -> bytes:
        """The five octets."""
        one, two, three = (int(digit, 16) for digit in self.mcc or "fff")
        first, second, third = (int(digit, 16) for digit in (self.mnc or "ff").ljust(3, "f"))
        return bytes([two << 4 | one, third << 4 | three, second << 4 | first]) + self.lac.to_bytes(2, "big")


def read_location_area(octets: bytes) -> LocationArea:
    """Reads five octets; never raises."""
    mcc = (octets[0] & 15, octets[0] >> 4, octets[1] & 15)
    mnc = (octets[2] & 15, octets[2] >> 4, octets[1] >> 4)
    return LocationArea(_digits(mcc), _digits(mnc[:2] if mnc[2] == NO_DIGIT else mnc), octets[3] << 8 | octets[4])


def _digits(values: tuple[int, ...]) -> str | None:
    return "".join(map(str, values)) if max(values) < 10 else None
