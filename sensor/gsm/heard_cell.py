"""A cell as it is heard: its tracked bursts, its common channel, its name, and the blocks that leave, blanked."""

from dataclasses import dataclass
from datetime import timedelta

from sensor.gsm import multiframe
from sensor.gsm.block import Block
from sensor.gsm.carriers import level_dbfs
from sensor.gsm.common_channel import CommonChannel, DecodedBlock
from sensor.gsm.downconvert import Spectrum
from sensor.gsm.messages import Message, SystemInformation1, blank, read
from sensor.gsm.raster import CarrierName, name_carrier
from sensor.gsm.tracked_cell import TrackedCell
from sensor.source import Segment

NAME_WAIT_FRAMES = 2167  # 10 s: how long blocks wait for a doubtful carrier's name


@dataclass(frozen=True, slots=True)
class CellSummary:
    """What one cell was, over all that was heard of it in one stretch on one centre frequency."""

    carrier: CarrierName
    bsic: int
    power_dbfs: float
    snr_db: float | None
    clock_ppm: float
    ccch_conf: int | None
    blocks: int
    bad_blocks: int
    slips: int  # times that samples were missing from the stream


class HeardCell:
    """Takes FFT blocks in, gives blocks out."""

    def __init__(self, tracked: TrackedCell, segment: Segment, ccch_conf: int | None = None) -> None:
        self.tracked = tracked
        self.messages: dict[str, Message] = {}  # the newest of each kind of system information
        self._common = CommonChannel(ccch_conf)
        self._segment = segment
        self._held: list[DecodedBlock] = []
        self._name: CarrierName | None = None

    def feed(self, spectra: list[Spectrum], end_sample: int | None = None) -> list[Block]:
        """Blocks that are ready, in order. `end_sample`: the stream ends there."""
        ready = self._common.take(self.tracked.feed(spectra, end_sample))
        self._follow_configuration()
        if end_sample is not None:
            ready += self._common.finish()
        for block in ready:
            self._note(block)
        self._held += ready
        self._name = self._find_name()
        if not self._name.settled and end_sample is None and self._waited() < NAME_WAIT_FRAMES:
            return []
        held, self._held = self._held, []
        return [self._leave(block, self._name) for block in held]

    def _waited(self) -> int:
        """Frames from the first to the last block that is held."""
        return self._held[-1].fn - self._held[0].fn if self._held else 0

    def _follow_configuration(self) -> None:
        """What CCCH_CONF says of places and time slots, from the next batch on."""
        conf = self._common.ccch_conf
        if conf is not None:
            self.tracked.places = multiframe.block_places(conf)
            self.tracked.slots = multiframe.CCCH_SLOTS.get(conf, (0,))

    def _note(self, block: DecodedBlock) -> None:
        if multiframe.block_channel(block.fn, None) == "BCCH":
            message = read(block.l2)
            if message is not None:
                self.messages[type(message).__name__] = message

    def _find_name(self) -> CarrierName:
        if self._name is not None and self._name.settled and self._name.arfcn is not None:
            return self._name
        first = self.messages.get("SystemInformation1")
        allocation = first.cell_allocation if isinstance(first, SystemInformation1) else ()
        lock = self.tracked.lock
        doubt_ppm = 1e6 * lock.clock_doubt()
        return name_carrier(self._segment.centre_hz, lock.frequency_hz, lock.clock_ppm, doubt_ppm, allocation)

    def _leave(self, block: DecodedBlock, name: CarrierName) -> Block:
        l2, paged = blank(block.l2)
        start = self._segment.time
        seconds = (block.sample - self._segment.start_sample) / self.tracked.rate_hz
        return Block(
            fn=block.fn % multiframe.HYPERFRAME,
            channel=multiframe.block_channel(block.fn, 0) or "CCCH",
            l2=l2,
            arfcn=name.arfcn,
            band=name.band,
            carrier_hz=name.carrier_hz,
            bsic=self.tracked.bsic,
            time=start + timedelta(seconds=seconds) if start else None,
            paged=paged,
            time_slot=block.slot,
        )

    def summary(self) -> CellSummary:
        """The cell so far."""
        tracked = self.tracked
        return CellSummary(
            carrier=self._find_name(),
            bsic=tracked.bsic,
            power_dbfs=level_dbfs(tracked.power),
            snr_db=tracked.snr_db,
            clock_ppm=round(tracked.lock.clock_ppm, 2),
            ccch_conf=self._common.ccch_conf,
            blocks=self._common.good,
            bad_blocks=self._common.bad,
            slips=tracked.slips,
        )
