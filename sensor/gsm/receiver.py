"""The GSM receive chain: a source of samples in, common-channel blocks out, of every cell in its band.

    source -> FFT blocks -> carriers -> narrow streams -> lock -> bursts -> soft bits -> blocks -> blanked blocks
              downconvert   fcch, sch   downconvert      lock    tracked_cell  equaliser  decoding   messages

Streams: memory holds about a second of the wideband stream and half a second of each cell, however long it runs.
Each segment of a capture (a stretch on one centre frequency) is received on its own.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from sensor.gsm import arfcn as numbering
from sensor.gsm.acquisition import acquire_all
from sensor.gsm.block import Block
from sensor.gsm.carriers import CarrierLevel, carrier_levels
from sensor.gsm.downconvert import Samples, Spectra, Spectrum
from sensor.gsm.heard_cell import HeardCell
from sensor.gsm.lock import Lock
from sensor.gsm.tracked_cell import TrackedCell
from sensor.source import Segment, Source

CHUNK_S = 0.25
LEAST_CHUNK = 1 << 14  # samples
LEAST_RATE_HZ = 200e3  # below it no GSM carrier fits into the stream
SEARCH_S = 1.0  # of the stream, looked through for cells
SEARCH_SAMPLES = 2_500_000  # at most
FIRST_SEARCHES = 2  # one after the other, so that a weak cell is soon heard beside a strong one
SEARCH_EVERY_S = 10.0
CLIP = 0.9921  # of full scale: the last step of 8 bits
ARFCN_REACH_HZ = 100e3  # how far from its nominal frequency a carrier that was asked for may be

Progress = Callable[[int, int | None], None]


class Receiver:
    """Receives a source. `arfcns`: only these; `ccch_conf`: what is known of the cells beforehand.

    After (or while) `blocks` ran, `cells` holds what was heard, and `levels` the carriers of each segment's start.
    """

    def __init__(
        self,
        source: Source,
        *,
        arfcns: Sequence[int] | None = None,
        ccch_conf: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.source = source
        self.cells: list[HeardCell] = []
        self.levels: list[CarrierLevel] = []
        self.samples = 0
        self.arfcns = tuple(arfcns) if arfcns else ()
        self.peak = 0.0
        self._clipped = 0.0  # samples; half of one where I or Q alone is at the limit
        self._ccch_conf = ccch_conf
        self._progress = progress

    def blocks(self, limit_s: float | None = None) -> Iterator[Block]:
        """Every common-channel block that passes its parity, cell by cell in order of frames; ends after `limit_s`."""
        stretch: Stretch | None = None
        for segment, samples in self._chunks(limit_s):
            if stretch is None or segment != stretch.segment:
                if stretch is not None:
                    yield from stretch.finish()
                stretch = Stretch(self, segment)
            yield from stretch.push(samples)
        if stretch is not None:
            yield from stretch.finish()

    def run(self, limit_s: float | None = None) -> None:
        """Receives all, or `limit_s` seconds, and throws the blocks away: for what `cells` then knows."""
        for _ in self.blocks(limit_s):
            pass

    @property
    def clipped_share(self) -> float:
        """Share of samples at the converter's limit; 0 where the scale has none (a float file beyond full scale)."""
        return self._clipped / max(1, self.samples) if self.peak < 1.5 else 0.0

    def covers(self, carrier_hz: float) -> bool:
        """Whether the carrier lies within the stream at any time."""
        reach = self.source.rate_hz / 2 - ARFCN_REACH_HZ
        return any(abs(carrier_hz - segment.centre_hz) <= reach for segment in self.source.segments)

    def _chunks(self, limit_s: float | None) -> Iterator[tuple[Segment, Samples]]:
        size = max(LEAST_CHUNK, round(CHUNK_S * self.source.rate_hz))
        limit = None if limit_s is None else limit_s * self.source.rate_hz
        while limit is None or self.samples < limit:
            start = self.source.position
            samples = self.source.read(size)
            if not len(samples):
                return
            self._look_at(samples)
            segment = max((s for s in self.source.segments if s.start_sample <= start), key=lambda s: s.start_sample)
            yield segment, samples
            if self._progress:
                self._progress(self.samples, self.source.n_samples)

    def _look_at(self, samples: Samples) -> None:
        """Counts samples, and those at the limit."""
        parts = np.abs(samples.view(np.float32))
        self.peak = max(self.peak, float(parts.max()))
        self._clipped += np.count_nonzero(parts >= CLIP) / 2
        self.samples += len(samples)

    def wants(self, carrier_hz: float) -> bool:
        """Whether a carrier heard at this frequency (Hz) is one of those asked for."""
        wanted = [hz for number in self.arfcns for hz in numbering.downlinks_hz(number)]
        return not wanted or min(abs(carrier_hz - hz) for hz in wanted) <= ARFCN_REACH_HZ

    def start_cell(self, tracked: TrackedCell, segment: Segment) -> HeardCell:
        """Puts a new cell on the list."""
        cell = HeardCell(tracked, segment, self._ccch_conf)
        self.cells.append(cell)
        return cell


class Stretch:
    """Reception of one segment: looks for cells at its start and again every ten seconds, and feeds those found."""

    def __init__(self, receiver: Receiver, segment: Segment) -> None:
        self.segment = segment
        self._receiver = receiver
        self._rate_hz = receiver.source.rate_hz
        self._spectra = Spectra(self._rate_hz, segment.start_sample)
        self._end = segment.start_sample
        self._cells: list[HeardCell] = []
        self._pool: list[Samples] | None = []
        self._pool_start = segment.start_sample
        self._pool_spectra: list[Spectrum] = []
        self._levels_known = False
        self._searches = 0
        self._fresh: list[HeardCell] = []  # found in the last search, and fed with its blocks

    def push(self, samples: Samples) -> Iterator[Block]:
        """Takes in the next samples."""
        self._end += len(samples)
        spectra = self._spectra.push(samples) if self._rate_hz >= LEAST_RATE_HZ else []
        for cell in self._cells:
            yield from cell.feed(spectra)
        if self._pool is None and self._end - self._pool_start > SEARCH_EVERY_S * self._rate_hz:
            self._pool, self._pool_spectra = [], []
            self._pool_start = self._end - len(samples)
        if self._pool is not None:
            self._pool.append(samples)
            self._pool_spectra += spectra
            if self._end - self._pool_start >= min(SEARCH_S * self._rate_hz, SEARCH_SAMPLES):
                yield from self._search()

    def finish(self) -> Iterator[Block]:
        """The segment ends here."""
        spectra = self._spectra.push(np.zeros(0, np.complex64), last=True)
        self._fresh = []
        if self._pool:
            self._pool_spectra += spectra
            yield from self._search()
        for cell in self._cells:
            yield from cell.feed(spectra if cell not in self._fresh else [], self._end)

    def _search(self) -> Iterator[Block]:
        """Looks for new cells in the pool, feeds them with it, and empties it."""
        samples = np.concatenate(self._pool or [np.zeros(0, np.complex64)])
        if not self._levels_known:
            self._receiver.levels += carrier_levels(samples, self._rate_hz, self.segment.centre_hz)
            self._levels_known = True
        known = [cell.tracked.known() for cell in self._cells]
        spectra, self._pool_spectra = self._pool_spectra, []
        self._fresh = []
        pool_start, self._pool_start = self._pool_start, self._end
        self._searches += 1
        if self._rate_hz < LEAST_RATE_HZ:
            self._pool = None
            return
        for found, channel in acquire_all(samples, self._rate_hz, pool_start, spectra, known, self._searches == 1):
            if not self._receiver.wants(self.segment.centre_hz + found.carrier_hz):
                continue
            lock = Lock(found.fn, found.place, found.carrier_hz, self._rate_hz)
            tracked = TrackedCell(channel, lock, found.bsic, self._rate_hz)
            if tracked.begin(spectra):
                cell = self._receiver.start_cell(tracked, self.segment)
                self._cells.append(cell)
                self._fresh.append(cell)
                yield from cell.feed([])
        self._pool = None if self._cells and self._searches >= FIRST_SEARCHES else []


def receive(
    source: Source,
    *,
    arfcns: Sequence[int] | None = None,
    ccch_conf: int | None = None,
    progress: Progress | None = None,
) -> Iterator[Block]:
    """Every common-channel block of every cell (or of those of `arfcns`) in `source`; streaming, in bounded memory.

    Raises CaptureError or DeviceError from the source. No cell: no block.
    """
    yield from Receiver(source, arfcns=arfcns, ccch_conf=ccch_conf, progress=progress).blocks()
