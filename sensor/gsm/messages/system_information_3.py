"""SYSTEM INFORMATION TYPE 3, 3GPP TS 44.018 §9.1.35: who the cell is and how its channels lie.

| octet | field                                            |
|-------|--------------------------------------------------|
| 1-3   | pseudo length 18, protocol 6, type 0x1b          |
| 4-5   | cell identity, highest octet first               |
| 6-10  | location area (see location_area)                |
| 11-13 | control channel description (cell_parameters)    |
| 14    | cell options (cell_parameters)                   |
| 15-16 | cell selection, with NECI (cell_parameters)      |
| 17-19 | RACH control (cell_parameters)                   |
| 20-23 | SI 3 rest octets                                 |
"""

from dataclasses import dataclass, field

from sensor.gsm.messages.cell_parameters import (
    CellOptions,
    CellSelection,
    ControlChannel,
    RachControl,
    read_cell_options,
    read_cell_selection,
    read_control_channel,
    read_rach_control,
)
from sensor.gsm.messages.header import FILL, build
from sensor.gsm.messages.location_area import LocationArea, read_location_area

TYPE = 0x1B


@dataclass(frozen=True, slots=True)
class SystemInformation3:
    """The cell's identity and control channels."""

    ci: int
    area: LocationArea
    control: ControlChannel = field(default_factory=ControlChannel)
    options: CellOptions = field(default_factory=CellOptions)
    selection: CellSelection = field(default_factory=CellSelection)
    rach: RachControl = field(default_factory=RachControl)
    rest: bytes = bytes([FILL] * 4)

    def encode(self) -> bytes:
        """The block."""
        parts = (self.area, self.control, self.options, self.selection, self.rach)
        return build(TYPE, self.ci.to_bytes(2, "big") + b"".join(part.encode() for part in parts), self.rest)


def read(l2: bytes) -> SystemInformation3:
    """Reads the block."""
    return SystemInformation3(
        ci=l2[3] << 8 | l2[4],
        area=read_location_area(l2[5:10]),
        control=read_control_channel(l2[10:13]),
        options=read_cell_options(l2[13]),
        selection=read_cell_selection(l2[14:16]),
        rach=read_rach_control(l2[16:19]),
        rest=l2[19:23],
    )
