"""SYSTEM INFORMATION TYPE 1, 3GPP TS 44.018 §9.1.31: the cell's own carriers.

| octet | field                                                                                     |
|-------|-------------------------------------------------------------------------------------------|
| 1-3   | pseudo length 21, protocol 6, type 0x19                                                   |
| 4-19  | cell channel description: ARFCNs (see frequency_list)                                     |
| 20-22 | RACH control (see cell_parameters)                                                        |
| 23    | SI 1 rest octet: L, or H and NCH position (5 bits); then band indicator, L 1800, H 1900   |
"""

from dataclasses import dataclass, field

from sensor.gsm.messages.cell_parameters import RachControl, read_rach_control
from sensor.gsm.messages.frequency_list import encode_frequency_list, read_frequency_list
from sensor.gsm.messages.header import FILL, build

TYPE = 0x19


@dataclass(frozen=True, slots=True)
class SystemInformation1:
    """The cell allocation. `band_1900`: ARFCNs 512 to 810 mean GSM 1900 here, not GSM 1800."""

    cell_allocation: tuple[int, ...]
    rach: RachControl = field(default_factory=RachControl)
    band_1900: bool = False

    def encode(self) -> bytes:
        """The block."""
        rest = FILL ^ (0x40 if self.band_1900 else 0)
        return build(TYPE, encode_frequency_list(self.cell_allocation) + self.rach.encode(), bytes([rest]))


def read(l2: bytes) -> SystemInformation1:
    """Reads the block."""
    marks = l2[22] ^ FILL  # 1 where H was sent: TS 24.007 §11.2.1
    band_bit = 1 if marks >> 7 else 6
    return SystemInformation1(read_frequency_list(l2[3:19]), read_rach_control(l2[19:22]), bool(marks >> band_bit & 1))
