"""One cell in reception: keeps its lock and takes its common-channel bursts out of the narrow stream, batch by batch.

A batch is two 51-multiframes (0.47 s): ten synchronisation bursts for places, ten frequency correction bursts for
the frequency, twenty blocks. Memory holds a batch, however long the stream.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensor.gsm import equaliser, fcch, multiframe, sch
from sensor.gsm.acquisition import Acquired, acquire
from sensor.gsm.block_decoding import Conditions
from sensor.gsm.burst import BURST_BITS, FCCH_TONE_HZ, SLOT_SYMBOLS, SYMBOL_RATE_HZ
from sensor.gsm.delay_profile import DelayProfile
from sensor.gsm.downconvert import OVERLAP, SAMPLES_A_SYMBOL, Channel, Samples, Spectrum, read_bursts, turn_back
from sensor.gsm.lock import Lock, Place

BATCH_FRAMES = 2 * multiframe.MULTIFRAME
MOST_REACH = 6  # symbols searched around an expected synchronisation burst
NOISE_BANDWIDTH_HZ = 226.25e3  # of the channel's filter: 2 (100 + 35 * 3 / 8) kHz
LOST_BURSTS = 3  # synchronisation bursts in a row that must be missed before the cell is looked for elsewhere
SLIP_FRAMES = 0.003  # 4 symbols
MIN_COHERENCE = 0.3  # of a frequency correction burst that counts
MEMORY_GAIN = 0.4  # of the channel's statistics, a batch


@dataclass(frozen=True, slots=True)
class BlockBursts:
    """The four bursts of a block, turned back and ready for the equaliser. Nothing of them is decided yet."""

    fn: int  # of the first burst, counting on beyond the hyperframe
    slot: int
    samples: Samples  # (4, n)
    conditions: Conditions
    first_sample: float  # of the wideband stream


class TrackedCell:
    """A cell's narrow stream and lock. `slots`: time slots whose common channel is read."""

    def __init__(self, channel: Channel, lock: Lock, bsic: int, rate_hz: float) -> None:
        self.channel = channel
        self.lock = lock
        self.bsic = bsic
        self.rate_hz = rate_hz
        self.slots: tuple[int, ...] = (0,)
        self.places: tuple[int, ...] = multiframe.BLOCK_AT
        self.power = 0.0
        self.snr_db: float | None = None
        self.sound = 0
        self.missed = 0
        self.slips = 0
        self.lost_batches = 0
        self._stream: Samples = np.zeros(0, np.complex64)
        self._origin = 0.0
        self._slopes_hz: list[float] = []  # of the batch's synchronisation bursts
        self._last_sound = lock.fn
        self._next = lock.fn
        self.profile = DelayProfile()
        self._spread: NDArray[np.complex128] | None = None

    def begin(self, spectra: list[Spectrum]) -> bool:
        """Takes in the blocks in which the cell was found; False if no synchronisation burst is there."""
        self._append(spectra, None)
        self._next = int(np.floor(self.lock.frame_at(self._origin)))
        return self._settle()

    def known(self) -> Acquired:
        """The cell as it stands now."""
        return Acquired(self.lock.sample, self.lock.frequency_hz, self.bsic, self.lock.fn % multiframe.HYPERFRAME, 1.0)

    def feed(self, spectra: list[Spectrum], end_sample: int | None = None) -> Iterator[BlockBursts]:
        """Takes in blocks of the wideband stream; yields the bursts of each block that is complete, in order.

        `end_sample` says that the stream ends there, and that nothing more will come.
        """
        self._append(spectra, end_sample)
        while (end := self._batch_end(end_sample is not None)) is not None:
            yield from self._batch(self._next, end)
            self._forget()

    def _append(self, spectra: list[Spectrum], end_sample: int | None) -> None:
        if spectra:
            if not len(self._stream):
                self._origin = float(spectra[0].start + self.channel.size // OVERLAP)
            self._stream = np.concatenate([self._stream, self.channel.take(spectra)])
        if end_sample is not None:
            self._stream = self._stream[: max(0, int((end_sample - self._origin) / self.channel.step))]

    def _end_frame(self) -> float:
        return self.lock.frame_at(self._origin + len(self._stream) * self.channel.step)

    def _batch_end(self, last: bool) -> int | None:
        """The frame before which the next batch ends, None where the stream does not reach that far."""
        limit = self._end_frame()
        end = (self._next // multiframe.MULTIFRAME + 2) * multiframe.MULTIFRAME
        if end + 0.2 < limit:
            return end
        return int(np.ceil(limit)) if last and limit > self._next else None

    def _forget(self) -> None:
        """Drops what lies more than two frames before the next batch."""
        keep_from = float(self.lock.sample_of(self._next - 2))
        drop = int(max(0.0, (keep_from - self._origin) / self.channel.step))
        self._stream = self._stream[drop:].copy()
        self._origin += drop * self.channel.step

    def _narrow(self, samples: NDArray[np.float64]) -> NDArray[np.float64]:
        return (samples - self._origin) / self.channel.step

    def _spacing(self) -> float:
        """Narrow samples from one of a burst's samples to the next, by the cell's own clock."""
        return self.lock.frame / self.lock.nominal * self.channel.rate_hz / SYMBOL_RATE_HZ / SAMPLES_A_SYMBOL

    def _residual_hz(self) -> float:
        return self.lock.frequency_hz - self.channel.shift * self.rate_hz / self.channel.size

    def _in_view(self, fn: NDArray[np.int64], slot: int = 0) -> NDArray[np.bool_]:
        """Whether all of a frame's burst lies in the stream."""
        first = self._narrow(self.lock.sample_of(fn)) + slot * SLOT_SYMBOLS * SAMPLES_A_SYMBOL * self._spacing()
        end = first + (BURST_BITS + sch.FIRST_TAP) * SAMPLES_A_SYMBOL * self._spacing()
        return (first >= -2 * sch.FIRST_TAP) & (end <= len(self._stream))

    def _settle(self) -> bool:
        """Follows the synchronisation bursts outwards from the first, through all in view; False if none is sound."""
        counted = self.sound, self.missed
        self._synchronise(int(np.floor(self.lock.frame_at(self._origin))), int(np.ceil(self._end_frame())))
        settled, (self.sound, self.missed) = self.sound > counted[0], counted
        return settled

    def _synchronise(self, first: int, end: int) -> NDArray[np.complex64]:
        """Measures the synchronisation bursts of frames first to end; channels of the sound ones as now locked."""
        frames = np.arange(first, end)
        waiting = frames[np.isin(frames % multiframe.MULTIFRAME, multiframe.SCH_AT)]
        waiting = waiting[self._in_view(waiting)]
        sound = [np.zeros(0, np.int64)]
        while len(waiting):
            reach = self.lock.reach_symbols(waiting)
            now = reach <= max(MOST_REACH / 2, float(reach.min()))
            sound.append(self._measure_places(waiting[now], int(np.ceil(min(MOST_REACH, reach[now].max())))))
            waiting = waiting[~now]
        at = self._narrow(self.lock.sample_of(np.concatenate(sound)))
        return sch.read_channels(self._stream, at, *self._arguments())

    def _arguments(self) -> tuple[float, float, float]:
        return self._spacing(), self.channel.rate_hz, self._residual_hz()

    def _measure_places(self, fn: NDArray[np.int64], reach: int) -> NDArray[np.int64]:
        """Finds the bursts of these frames and tells the lock; the frames of the sound ones."""
        at = self._narrow(self.lock.sample_of(fn))
        at = sch.strongest_place(self._stream, at, *self._arguments(), reach)
        found, h = sch.read_synchronisation(self._stream, at, *self._arguments())
        good = [i for i, one in enumerate(found) if one.fn == fn[i] % multiframe.HYPERFRAME and one.bsic == self.bsic]
        self.sound += len(good)
        self.missed += len(found) - len(good)
        self._last_sound = max([self._last_sound, *(int(fn[i]) for i in good)])
        self._slopes_hz += [found[i].slope_hz for i in good]
        match = np.array([found[i].match for i in good])
        places = at[good] + self._spacing() * self.profile.shifts(h[good], match)
        samples = self._origin + places * self.channel.step
        self.lock.learn(
            [Place(int(fn[i]), float(sample), found[i].match) for i, sample in zip(good, samples, strict=True)]
        )
        return fn[good]

    def _batch(self, first: int, end: int) -> Iterator[BlockBursts]:
        """Frames first to end, or up to where the lock was lost and found again elsewhere."""
        sound = self.sound
        estimates = self._synchronise(first, end)
        self.lost_batches = 0 if self.sound > sound else self.lost_batches + 1
        found = self._search_again(first, end)
        if found is not None:
            end = max(first, min(end, self._last_sound + 1))
        self._follow_frequency(first, end)
        if self.profile.learn(estimates):
            self._spread = None
        starts = np.arange(first, end)
        starts = starts[np.isin(starts % multiframe.MULTIFRAME, self.places)]
        for slot in self.slots:
            here = starts[self._in_view(starts, slot) & self._in_view(starts + 3, slot)]
            if len(here):
                yield from self._blocks(here, slot, estimates)
        self._next = end
        if found is not None:
            self._move_to(found)

    def _search_again(self, first: int, end: int) -> Acquired | None:
        """Where the cell stands now if its last synchronisation bursts were not where they should be."""
        frames = np.arange(max(first, self._last_sound + 1), end)
        gone = frames[np.isin(frames % multiframe.MULTIFRAME, multiframe.SCH_AT)]
        if np.count_nonzero(self._in_view(gone)) < LOST_BURSTS:
            return None
        start = max(0, int(self._narrow(self.lock.sample_of(int(frames[0])))))
        found = acquire(self._stream[start:], self.channel.rate_hz, self._residual_hz())
        if found is None or found.bsic != self.bsic:
            return None
        sample = self._origin + (start + found.place) * self.channel.step
        moved = abs(self.lock.frame_at(sample) - self.lock.fn - (found.fn - self.lock.fn) % multiframe.HYPERFRAME)
        return Acquired(sample, found.carrier_hz, found.bsic, found.fn, found.match) if moved > SLIP_FRAMES else None

    def _move_to(self, found: Acquired) -> None:
        """Starts a new lock where the cell was found; frame numbers go on growing."""
        after = float(self.lock.sample_of(self._next))
        turns = (self.lock.fn - found.fn) / multiframe.HYPERFRAME
        fn = found.fn + multiframe.HYPERFRAME * max(0, round(turns))
        lock = Lock(fn, found.place, self.lock.frequency_hz, self.rate_hz)
        lock.frame = self.lock.frame
        self.lock = lock
        self.slips += 1
        following = int(np.floor(lock.frame_at(after)))
        repeated = 0 < self._next - following < BATCH_FRAMES  # samples came twice; further back, the cell began anew
        self._next = self._next if repeated else following
        self._last_sound = fn
        self._settle()

    def _follow_frequency(self, first: int, end: int) -> None:
        """Carrier frequency from the batch's frequency correction bursts, or else its synchronisation bursts."""
        slopes, self._slopes_hz = self._slopes_hz, []
        frames = np.arange(first, end)
        frames = frames[np.isin(frames % multiframe.MULTIFRAME, multiframe.FCCH_AT)]
        frames = frames[self._in_view(frames)]
        length = round(BURST_BITS * SAMPLES_A_SYMBOL * self._spacing())
        expected_hz = self._residual_hz() + FCCH_TONE_HZ
        heard = []
        for at in self._narrow(self.lock.sample_of(frames)):
            burst = self._stream[max(0, int(at + sch.FIRST_TAP * SAMPLES_A_SYMBOL)) :][:length]
            tone_hz = fcch.peak_hz(burst, self.channel.rate_hz, expected_hz, 1e3)
            if fcch.coherence(burst, self.channel.rate_hz, tone_hz) > MIN_COHERENCE:
                heard.append(tone_hz - expected_hz)
        misses = heard if len(heard) >= 2 else slopes
        if misses and self.lost_batches == 0:
            self.lock.hear(self.lock.frequency_hz + float(np.median(misses)))

    def _blocks(self, starts: NDArray[np.int64], slot: int, estimates: NDArray[np.complex64]) -> Iterator[BlockBursts]:
        frames = (starts[:, None] + np.arange(4)).ravel()
        samples = self._read(frames, slot)
        conditions = self._learn_conditions(samples, estimates)
        grouped = samples.reshape(len(starts), 4, -1)
        for start, bursts in zip(starts, grouped, strict=True):
            yield BlockBursts(int(start), slot, bursts, conditions, float(self.lock.sample_of(int(start))))

    def _read(self, frames: NDArray[np.int64], slot: int) -> Samples:
        spacing = self._spacing()
        first = self._narrow(self.lock.sample_of(frames))
        first = first + spacing * (SAMPLES_A_SYMBOL * SLOT_SYMBOLS * slot + self.profile.window)
        raw = read_bursts(self._stream, first, spacing, equaliser.burst_samples())
        seconds = np.arange(raw.shape[1]) * spacing / self.channel.rate_hz
        return equaliser.derotate(turn_back(raw, seconds, self._residual_hz()))

    def _learn_conditions(self, samples: Samples, estimates: NDArray[np.complex64]) -> Conditions:
        training = equaliser.normal_training(self.bsic)
        h, left = training.least_squares(samples)
        noise = max(float(np.median(left)), 1e-12)
        fresh = equaliser.spread_of(h, training, noise)
        if len(estimates):
            synchronised = equaliser.sch_training()
            fresh = (fresh + equaliser.spread_of(self.profile.cut(estimates), synchronised, noise)) / 2
        gain = 1.0 if self._spread is None else MEMORY_GAIN
        self._spread = fresh if self._spread is None else (1 - gain) * self._spread + gain * fresh
        self._say_level(noise)
        return Conditions(self.bsic, noise, self._spread)

    def _say_level(self, noise: float) -> None:
        assert self._spread is not None
        energy = float(np.trace(self._spread).real)
        self.power = energy / SAMPLES_A_SYMBOL
        density = noise * SAMPLES_A_SYMBOL * SYMBOL_RATE_HZ / NOISE_BANDWIDTH_HZ
        self.snr_db = round(10 * float(np.log10(max(energy / density, 1e-9))), 1)
