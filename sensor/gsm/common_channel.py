"""A cell's common channel as blocks, in order; what may be a dedicated channel's waits undecided.

Frames 22 to 49 of time slot 0 belong to the common channel, or, on a combined cell, to dedicated channels, which
are nobody's but two people's. Until CCCH_CONF is known (SYSTEM INFORMATION 3, TS 44.018 §9.1.35) the bursts there
are kept as they came, neither equalised nor decoded, for ten seconds at most; then they are dropped.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from sensor.gsm import multiframe
from sensor.gsm.block_decoding import decode_bursts
from sensor.gsm.messages import SystemInformation3, read
from sensor.gsm.tracked_cell import BlockBursts

WAIT_FRAMES = 2167  # 10 s


@dataclass(frozen=True, slots=True)
class DecodedBlock:
    """A block that passed its parity check, identities still in it: to be blanked before it leaves the chain."""

    fn: int  # counting on beyond the hyperframe
    slot: int
    l2: bytes
    sample: float  # where its first burst stands in the stream


class CommonChannel:
    """Decodes what is surely common and holds the rest. `ccch_conf` None: to be heard.

    What the cell says of itself counts more than `ccch_conf`: a wrong guess opens no dedicated channel.
    """

    def __init__(self, ccch_conf: int | None = None) -> None:
        self.ccch_conf = ccch_conf
        self.good = 0
        self.bad = 0
        self._decoded: list[DecodedBlock] = []
        self._waiting: list[BlockBursts] = []

    def take(self, bursts: Iterable[BlockBursts]) -> list[DecodedBlock]:
        """Blocks that can go out now, in order."""
        arrived = list(bursts)
        sure = [block for block in arrived if self._is_common(block)]
        self._waiting += [block for block in arrived if self._must_wait(block)]
        self._decode(sure)
        if self.ccch_conf is None:
            return self._release_old(arrived)
        self._decode([block for block in self._waiting if self._is_common(block)])
        self._waiting = []
        return self._release()

    def finish(self) -> list[DecodedBlock]:
        """What is left at the end of the stream; what still waits is dropped."""
        self._waiting = []
        return self._release()

    def _is_common(self, block: BlockBursts | DecodedBlock) -> bool:
        return block.slot != 0 or multiframe.block_channel(block.fn, self.ccch_conf) is not None

    def _must_wait(self, block: BlockBursts) -> bool:
        return self.ccch_conf is None and not self._is_common(block)

    def _decode(self, bursts: list[BlockBursts]) -> None:
        for batch in _alike(bursts):
            octets, whole = decode_bursts(np.stack([block.samples for block in batch]), batch[0].conditions)
            self.good += int(whole.sum())
            self.bad += int((~whole).sum())
            for block, l2, right in zip(batch, octets, whole, strict=True):
                if right:
                    self._keep(DecodedBlock(block.fn, block.slot, l2.tobytes(), block.first_sample))

    def _keep(self, block: DecodedBlock) -> None:
        self._decoded.append(block)
        if multiframe.block_channel(block.fn, None) == "BCCH":
            message = read(block.l2)
            if isinstance(message, SystemInformation3) and message.control.ccch_conf in multiframe.CCCH_SLOTS:
                self.ccch_conf = message.control.ccch_conf

    def _release(self) -> list[DecodedBlock]:
        common = [block for block in self._decoded if self._is_common(block)]
        self._decoded = []
        return sorted(common, key=lambda block: (block.fn, block.slot))

    def _release_old(self, arrived: list[BlockBursts]) -> list[DecodedBlock]:
        """CCCH_CONF is still unknown: what has waited too long goes, the doubtful into nothing."""
        if not arrived:
            return []
        border = arrived[-1].fn - WAIT_FRAMES
        self._waiting = [block for block in self._waiting if block.fn >= border]
        ready = sorted((block for block in self._decoded if block.fn < border), key=lambda block: block.fn)
        self._decoded = [block for block in self._decoded if block.fn >= border]
        return ready


def _alike(bursts: list[BlockBursts]) -> Iterator[list[BlockBursts]]:
    """Runs of blocks that were heard under the same conditions."""
    run: list[BlockBursts] = []
    for block in bursts:
        if run and block.conditions is not run[0].conditions:
            yield run
            run = []
        run.append(block)
    if run:
        yield run
