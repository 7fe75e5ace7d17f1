"""Cells found blind: a frequency correction burst, and a synchronisation burst where it must then stand."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sensor.gsm import blind, fcch, sch
from sensor.gsm.burst import FRAME_SYMBOLS, SYMBOL_RATE_HZ
from sensor.gsm.downconvert import OVERLAP, SAMPLES_A_SYMBOL, Channel, Samples, Spectrum
from sensor.gsm.multiframe import HYPERFRAME

SCH_AFTER = (1, -9, 11)  # frames from a frequency correction burst to synchronisation bursts
REACH_SYMBOLS = 30  # how well a frequency correction burst tells the place
SURE_MATCH = 0.5  # of a synchronisation burst that nothing else confirms
SAME_CARRIER_HZ = 60e3
SAME_PLACE_SYMBOLS = 30.0
CLOCK_DOUBT = 120e-6
SAME_TONE_HZ = 5e3
TRIES = 6  # looks of one frequency that are tried


@dataclass(frozen=True, slots=True)
class Acquired:
    """A cell, as one synchronisation burst shows it. `place` in samples of the stream that was searched."""

    place: float
    carrier_hz: float  # relative to that stream's 0 Hz
    bsic: int
    fn: int
    match: float


def acquire(stream: Samples, rate_hz: float, near_hz: float) -> Acquired | None:
    """The cell of a narrow stream within 20 kHz of `near_hz`, None if none shows."""
    for tone in fcch.find_tones(stream, rate_hz, most=30):
        if abs(tone.carrier_hz - near_hz) < 20e3 and (found := _synchronise(stream, rate_hz, tone, tone.carrier_hz)):
            return found
    return None


def acquire_all(
    samples: Samples, rate_hz: float, start: int, spectra: list[Spectrum], known: list[Acquired], thorough: bool
) -> Iterator[tuple[Acquired, Channel]]:
    """Cells of a wideband stretch from sample `start` on, whose FFT blocks are `spectra`, but for those known.

    `place` counts in the wideband stream. `thorough`: strong carriers without a frequency correction burst too.
    """
    if not spectra:
        return
    cells = list(known)
    for found in _candidates(samples, rate_hz, start, spectra, cells, thorough):
        if not any(_is_leak(found, cell, rate_hz) for cell in cells):
            cells.append(found)
            yield found, Channel(rate_hz, found.carrier_hz, len(spectra[0].bins))


def _candidates(
    samples: Samples, rate_hz: float, start: int, spectra: list[Spectrum], cells: list[Acquired], thorough: bool
) -> Iterator[Acquired]:
    """What may be a cell, away from the carriers of `cells`, which grows meanwhile."""
    tried: Counter[int] = Counter()
    for tone in fcch.find_tones(samples, rate_hz):
        group = round(tone.carrier_hz / SAME_TONE_HZ)
        if tried[group] >= TRIES or any(abs(tone.carrier_hz - cell.carrier_hz) < SAME_CARRIER_HZ for cell in cells):
            continue
        tried[group] += 1
        if (found := _try(tone, rate_hz, start, spectra)) is not None:
            yield found
    if thorough:
        for place_hz in blind.strong_places_hz(samples, rate_hz, [cell.carrier_hz for cell in cells]):
            if (found := _try_blind(place_hz, rate_hz, spectra)) is not None:
                yield found


def _is_leak(found: Acquired, cell: Acquired, rate_hz: float) -> bool:
    """Whether it is the same cell again, seen through the skirt of its spectrum or the receiver's image."""
    frame = FRAME_SYMBOLS * rate_hz / SYMBOL_RATE_HZ
    half = HYPERFRAME // 2
    apart = (found.fn - cell.fn + half) % HYPERFRAME - half
    doubt = SAME_PLACE_SYMBOLS / FRAME_SYMBOLS + CLOCK_DOUBT * abs(apart)
    return found.bsic == cell.bsic and abs((found.place - cell.place) / frame - apart) < doubt


def _try_blind(place_hz: float, rate_hz: float, spectra: list[Spectrum]) -> Acquired | None:
    """The cell of a strong carrier by its synchronisation burst alone."""
    channel = Channel(rate_hz, place_hz, len(spectra[0].bins))
    found = blind.find_synchronisation(channel.take(spectra), channel.rate_hz)
    if found is None:
        return None
    one, residual_hz = found
    carrier_hz = float(place_hz - channel.residual_hz + residual_hz)
    if one.bsic is None or one.fn is None or one.match < SURE_MATCH:
        return None
    place = spectra[0].start + channel.size // OVERLAP + one.place * channel.step
    return Acquired(place, carrier_hz, one.bsic, one.fn, one.match)


def _try(tone: fcch.Tone, rate_hz: float, start: int, spectra: list[Spectrum]) -> Acquired | None:
    """The tone's cell, looked for only in the blocks that matter."""
    size = len(spectra[0].bins)
    channel = Channel(rate_hz, tone.carrier_hz, size)
    frame = FRAME_SYMBOLS * rate_hz / SYMBOL_RATE_HZ
    for frames in SCH_AFTER:
        place = start + tone.sample + frames * frame
        near = [
            block for block in spectra if block.start + size > place - 0.1 * frame and block.start < place + 0.3 * frame
        ]
        if not near:
            continue
        origin = near[0].start + size // OVERLAP
        local = fcch.Tone(tone.carrier_hz, (start + tone.sample - origin) / channel.step, tone.share, tone.fellows)
        found = _synchronise(channel.take(near), channel.rate_hz, local, channel.residual_hz, (frames,))
        if found is not None:
            place = origin + found.place * channel.step
            return Acquired(place, tone.carrier_hz, found.bsic, found.fn, found.match)
    return None


def _synchronise(
    stream: Samples, rate_hz: float, tone: fcch.Tone, frequency_hz: float, after: tuple[int, ...] = SCH_AFTER
) -> Acquired | None:
    spacing = rate_hz / SYMBOL_RATE_HZ / SAMPLES_A_SYMBOL
    frame = FRAME_SYMBOLS * SAMPLES_A_SYMBOL * spacing
    lead = sch.FIRST_TAP * SAMPLES_A_SYMBOL * spacing
    expected = tone.sample - lead + frame * np.array(after)
    expected = expected[(expected > -lead) & (expected < len(stream) - 0.1 * frame)]
    if not len(expected):
        return None
    places = sch.strongest_place(stream, expected, spacing, rate_hz, frequency_hz, REACH_SYMBOLS)
    found, _ = sch.read_synchronisation(stream, places, spacing, rate_hz, frequency_hz)
    for one in sorted(found, key=lambda one: -one.match):
        if one.fn is not None and one.bsic is not None and one.match > SURE_MATCH:
            return Acquired(one.place, frequency_hz, one.bsic, one.fn, one.match)
    return None
