"""SYSTEM INFORMATION TYPE 2, 3GPP TS 44.018 §9.1.32: the neighbours' BCCH carriers.

| octet | field                                                                                        |
|-------|----------------------------------------------------------------------------------------------|
| 1-3   | pseudo length 22, protocol 6, type 0x1a                                                      |
| 4-19  | neighbour cell description: ARFCNs; octet 4 bit 6 EXT-IND (SI 2bis tells more), bit 5 BA-IND |
| 20    | NCC permitted, bit n + 1: colour code n                                                      |
| 21-23 | RACH control (see cell_parameters)                                                           |
"""

from dataclasses import dataclass, field

from sensor.gsm.messages.cell_parameters import RachControl, read_rach_control
from sensor.gsm.messages.frequency_list import encode_frequency_list, read_frequency_list
from sensor.gsm.messages.header import build

TYPE = 0x1A


@dataclass(frozen=True, slots=True)
class SystemInformation2:
    """Neighbours by ARFCN. `more`: SYSTEM INFORMATION TYPE 2bis has the rest of them."""

    neighbours: tuple[int, ...]
    ncc_permitted: int = 0xFF
    rach: RachControl = field(default_factory=RachControl)
    more: bool = False
    ba_ind: int = 0

    def encode(self) -> bytes:
        """The block."""
        listed = bytearray(encode_frequency_list(self.neighbours))
        listed[0] |= self.more << 5 | self.ba_ind << 4
        return build(TYPE, bytes(listed) + bytes([self.ncc_permitted]) + self.rach.encode())


def read(l2: bytes) -> SystemInformation2:
    """Reads the block."""
    return SystemInformation2(
        neighbours=read_frequency_list(l2[3:19]),
        ncc_permitted=l2[19],
        rach=read_rach_control(l2[20:23]),
        more=bool(l2[3] >> 5 & 1),
        ba_ind=l2[3] >> 4 & 1,
    )
