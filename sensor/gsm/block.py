"""A decoded common-channel block: 23 octets of layer 2, with where in the cell's frames they stood."""

import json
from dataclasses import dataclass
from datetime import datetime

FRAMES_PER_HYPERFRAME = 2_715_648  # TS 45.002 §4.3.3
FRAME_S = 120e-3 / 26  # TS 45.002 §4.3.1


@dataclass(frozen=True, slots=True)
class Block:
    """One block that passed its parity check. `l2` has its identities blanked already (see messages)."""

    fn: int  # of the block's first burst
    channel: str  # "BCCH" or "CCCH"
    l2: bytes  # 23 octets
    arfcn: int | None = None  # None where the raster leaves a doubt
    band: str | None = None
    carrier_hz: int | None = None
    bsic: int | None = None
    time: datetime | None = None
    paged: int | None = None  # identities a paging request held; None for other messages
    time_slot: int = 0  # 2, 4 or 6 where the cell has more than one CCCH

    def to_json(self) -> str:
        """One line as `catpool decode --json` writes it."""
        line: dict[str, object] = {
            "arfcn": self.arfcn,
            "band": self.band,
            "carrier_hz": self.carrier_hz,
            "bsic": self.bsic,
            "fn": self.fn,
        }
        if self.time is not None:
            line["time"] = self.time.isoformat()
        line["channel"] = self.channel
        line["l2"] = self.l2.hex()
        if self.paged is not None:
            line["paged"] = self.paged
        if self.time_slot:
            line["time_slot"] = self.time_slot
        return json.dumps(line)
