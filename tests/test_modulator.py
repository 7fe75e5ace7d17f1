"""The modulator against the definition of GMSK, the crystal's sign, and a real base station's recording."""

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from sensor.cell import CellIdentity
from sensor.gsm.burst import SLOT_SYMBOLS, SYMBOL_RATE_HZ
from sensor.gsm.cell_schedule import CellPlan, schedule
from sensor.gsm.downlink import Downlink, frame_bursts
from sensor.gsm.gmsk import SIGMA_SYMBOLS, phase, slopes
from sensor.gsm.modulator import Reception, hear, modulate
from sensor.source import open_source
from sensor.source.capture_writer import to_cu8, write_capture

PLAN = CellPlan(CellIdentity("gsm", "460", "00", 1201, 3305), arfcn=20, bsic=25)


def test_phase_is_the_integral_of_the_smoothed_staircase() -> None:
    bursts = np.random.default_rng(1).integers(0, 2, (3, 148), dtype=np.int8)
    steps = slopes(bursts)
    fine = 200  # brute force: a staircase sampled 200 times a symbol, smoothed and summed
    times = np.arange(3 * SLOT_SYMBOLS * fine) / fine
    edges = (np.arange(3)[:, None] * SLOT_SYMBOLS + np.arange(150)).ravel()
    staircase = steps.ravel()[np.searchsorted(edges, times + 0.5 / fine, side="right") - 1]
    bell = np.exp(-0.5 * (np.arange(-4, 4, 1 / fine) / SIGMA_SYMBOLS) ** 2)
    summed = np.cumsum(np.convolve(staircase, bell / bell.sum(), "same")) / fine
    inner = (times > 10) & (times < 450)
    assert np.ptp(phase(steps, times[inner]) - summed[inner]) < 1e-4  # quarter turns


def test_a_frequency_burst_is_a_tone_a_quarter_of_the_symbol_rate_up() -> None:
    samples = modulate({}, 0, 0, 1, rate_hz=1e6)
    tone = samples[20:520]  # frame 0 is the FCCH; 148 symbols are 546 samples
    spectrum = np.abs(np.fft.fft(tone, 1 << 16))
    assert np.fft.fftfreq(1 << 16, 1e-6)[spectrum.argmax()] == pytest.approx(SYMBOL_RATE_HZ / 4, abs=20)


def test_a_fast_crystal_lowers_the_carrier_and_hurries_the_samples() -> None:
    slow, fast = (modulate({}, 0, 0, 11, carrier_hz=939e6, ppm=ppm) for ppm in (0.0, 40.0))
    tone_hz = [np.angle(np.vdot(part[20:519], part[21:520])) / (2 * np.pi) * 1e6 for part in (slow, fast)]
    assert tone_hz[1] - tone_hz[0] == pytest.approx(-939e6 * 40e-6 - 67708 * 40e-6, abs=3)
    assert len(fast) - len(slow) == pytest.approx(40e-6 * len(slow), abs=1)


def test_noise_is_es_over_n0_at_any_rate() -> None:
    rng = np.random.default_rng(2)
    for rate_hz in (1e6, 2.4e6):
        clean = modulate({}, 7, 100, 20, rate_hz=rate_hz)
        noisy = modulate({}, 7, 100, 20, rate_hz=rate_hz, esn0_db=10, rng=rng)
        in_symbol_rate = np.mean(np.abs(noisy - clean) ** 2) * SYMBOL_RATE_HZ / rate_hz
        assert 10 * np.log10(np.mean(np.abs(clean) ** 2) / in_symbol_rate) == pytest.approx(10, abs=0.1)


def test_pieces_join_without_a_seam() -> None:
    downlink = Downlink(939e6, 25, schedule(PLAN, [], 4000, 60, np.random.default_rng(0)), 4000, start_s=0.001)
    reception = Reception(1e6, 939.1e6, ppm=-7, drift_ppm_per_s=0.1, sampling_phase=0.3, image=0.05j, dc=0.01)
    pieces = list(hear([downlink], reception, 100_000, np.random.default_rng(1), chunk_samples=7001))
    whole = next(hear([downlink], reception, 100_000, np.random.default_rng(1), chunk_samples=100_000))
    assert np.abs(np.concatenate(pieces) - whole).max() < 1e-5


def test_paths_add_up_with_their_delays() -> None:
    plain = modulate({}, 3, 0, 2, rate_hz=4 * SYMBOL_RATE_HZ)
    two = modulate({}, 3, 0, 2, rate_hz=4 * SYMBOL_RATE_HZ, taps=((0, 0.8), (2, 0.5j)))
    assert np.abs(two[100:] - (0.8 * plain[100:] + 0.5j * plain[92:-8])).max() < 1e-5


def test_fading_has_mean_power_one_and_repeats_with_its_seed() -> None:
    reception = Reception(SYMBOL_RATE_HZ, 939e6, level_dbfs=0)
    faded = [
        np.concatenate(
            list(hear([Downlink(939e6, 1, {}, fading_hz=200, seed=5)], reception, 500_000, np.random.default_rng(0)))
        )
        for _ in range(2)
    ]
    assert (faded[0] == faded[1]).all()
    assert np.mean(np.abs(faded[0]) ** 2) == pytest.approx(1, abs=0.15)
    assert np.abs(faded[0]).min() < 0.1


def test_idle_slots_are_never_silent_and_traffic_is_repeatable() -> None:
    quiet = frame_bursts(Downlink(939e6, 25, {}), 0, 51)
    assert (quiet[50, 0] == quiet[3, 5]).all()  # the idle frame and an idle slot: the dummy burst
    busy = [frame_bursts(Downlink(939e6, 25, {}, traffic=0.5, seed=9), first, 20) for first in (0, 10)]
    assert (busy[0][10:] == busy[1][:10]).all()
    assert 0.3 < (busy[0][:, 1:] != quiet[:20, 1:]).any(axis=2).mean() < 0.7


def test_the_capture_that_is_written_is_the_capture_that_is_read(tmp_path: Path) -> None:
    samples = modulate({}, 1, 0, 3, esn0_db=15, rng=np.random.default_rng(3))
    start = datetime(2026, 3, 4, 1, 2, 3, tzinfo=UTC)
    meta = write_capture(tmp_path / "cell", [samples[:5000], samples[5000:]], rate_hz=1e6, centre_hz=939e6, time=start)
    with open_source(str(meta)) as source:
        read = source.read(10**6)
        assert (source.rate_hz, source.segments[0].centre_hz, source.segments[0].time) == (1e6, 939e6, start)
    assert np.abs(read - samples).max() < 0.006  # half a step of 1/127.5 in either part
    assert to_cu8(np.array([2 + 0j, -2 - 2j], dtype=np.complex64)).tolist() == [255, 128, 0, 0]


@pytest.mark.recordings
def test_a_real_base_stations_bursts_have_the_same_phase(shared_recordings: Path) -> None:
    """cell-strong's true blocks, modulated, against its samples: what differs is its noise (Es/N0 20 dB)."""
    folder = shared_recordings / "cell-strong"
    octets = np.fromfile(folder / "capture.sigmf-data", dtype=np.uint8, count=600_000)
    air = ((octets - 127.5) / 127.5).astype(np.float32).view(np.complex64)
    lines = [json.loads(line) for line in (folder / "frames-arfcn20.jsonl").read_text().splitlines()]
    blocks = {line["fn"]: bytes.fromhex(line["l2"]) for line in lines}
    ours = modulate(blocks, 25, lines[0]["fn"], 50, ppm=12.0)
    n, bound = 1 << 19, 577
    product = np.fft.ifft(np.fft.fft(air, n) * np.fft.fft(ours[:bound], n).conj())
    at = int(np.abs(product[:100_000]).argmax())
    likeness = []
    for frame in range(45):  # time slot 0, guard left out
        first = round(frame * 1250 * 48 / 13) + 8
        one, other = ours[first : first + 530], air[at + first : at + first + 530]
        likeness.append(abs(np.vdot(one, other)) / np.linalg.norm(one) / np.linalg.norm(other))
    noise = 10 ** (-20 / 10) * 1e6 / SYMBOL_RATE_HZ
    assert np.mean(likeness) == pytest.approx(1 / np.sqrt(1 + noise), abs=0.004)
    assert min(likeness) > 0.97
