"""SYSTEM INFORMATION TYPE 4, 3GPP TS 44.018 §9.1.36: the location area and NECI again, and the cell broadcast's place.

| octet | field                                                                       |
|-------|-----------------------------------------------------------------------------|
| 1-3   | pseudo length 12 and what is optional, protocol 6, type 0x1c                |
| 4-8   | location area (see location_area)                                           |
| 9-10  | cell selection, with NECI (cell_parameters)                                 |
| 11-13 | RACH control (cell_parameters)                                              |
| then  | 0x64 and three octets: CBCH channel description, optional                   |
| then  | 0x72, length, value: CBCH mobile allocation, there if that channel hops     |
| rest  | SI 4 rest octets                                                            |
"""

from dataclasses import dataclass, field

from sensor.gsm.messages.cell_parameters import CellSelection, RachControl, read_cell_selection, read_rach_control
from sensor.gsm.messages.channel import Channel, read_channel
from sensor.gsm.messages.header import build, rest_at
from sensor.gsm.messages.location_area import LocationArea, read_location_area

TYPE = 0x1C
CBCH_IEI = 0x64
CBCH_AT = 13  # index of octet 14


@dataclass(frozen=True, slots=True)
class SystemInformation4:
    """The location area, NECI and the cell broadcast channel."""

    area: LocationArea
    selection: CellSelection = field(default_factory=CellSelection)
    rach: RachControl = field(default_factory=RachControl)
    cbch: Channel | None = None

    def encode(self) -> bytes:
        """The block, with the cell broadcast channel where it does not hop."""
        tail = bytes([CBCH_IEI]) + self.cbch.encode() if self.cbch else b""
        return build(TYPE, self.area.encode() + self.selection.encode() + self.rach.encode() + tail)


def read(l2: bytes) -> SystemInformation4:
    """Reads the block."""
    has_cbch = rest_at(l2) >= CBCH_AT + 4 and l2[CBCH_AT] == CBCH_IEI
    return SystemInformation4(
        area=read_location_area(l2[3:8]),
        selection=read_cell_selection(l2[8:10]),
        rach=read_rach_control(l2[10:13]),
        cbch=read_channel(l2[CBCH_AT + 1 : CBCH_AT + 4]) if has_cbch else None,
    )
