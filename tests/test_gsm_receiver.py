"""The whole chain: on cuts of recordings, on the modulator's draws, and on what is no GSM at all."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from sensor.errors import CaptureError
from sensor.gsm import multiframe
from sensor.gsm.block import FRAME_S, Block
from sensor.gsm.downlink import Downlink
from sensor.gsm.messages import SystemInformation3, blank
from sensor.gsm.messages.cell_parameters import ControlChannel
from sensor.gsm.messages.location_area import LocationArea
from sensor.gsm.modulator import Reception, hear
from sensor.gsm.receiver import Receiver, receive
from sensor.gsm.survey import list_cells, summary_lines
from sensor.source import Segment, open_source

CUTS = Path(__file__).parent / "recordings"
CARRIER_HZ = 939.0e6


class Samples:
    """Samples in memory as a Source, with segments."""

    live = False
    gain_db: float | None = None
    name = "made up"

    def __init__(self, samples: np.ndarray, rate_hz: float = 1e6, *segments: Segment) -> None:
        self.samples, self.rate_hz, self.position = samples, rate_hz, 0
        self.segments = segments or (Segment(0, CARRIER_HZ, None),)
        self.n_samples: int | None = len(samples)

    def read(self, n: int) -> np.ndarray:
        borders = [segment.start_sample for segment in self.segments if segment.start_sample > self.position]
        part = self.samples[self.position : min([self.position + n, *borders])]
        self.position += len(part)
        return part

    def tune(self, hz: float, gain_db: float | None = None) -> None:
        raise CaptureError("in memory")

    def close(self) -> None: ...

    def __enter__(self) -> "Samples":
        return self

    def __exit__(self, *_: object) -> None: ...


def system_information_3(ccch_conf: int) -> bytes:
    area = LocationArea("460", "00", 1201)
    return SystemInformation3(3305, area, ControlChannel(ccch_conf=ccch_conf)).encode()


def made_up_cell(
    number: int,
    seconds: float,
    ccch_conf: int = 0,
    si3_from_s: float = 0.0,
    start_fn: int | None = None,
    **rest: object,
) -> Downlink:
    """A cell with random blocks; SYSTEM INFORMATION 3 on every BCCH from `si3_from_s` on."""
    rng = np.random.default_rng(number)
    start = int(rng.integers(0, multiframe.HYPERFRAME)) if start_fn is None else start_fn
    blocks = {}
    for n in range(-5, int(seconds / FRAME_S) + 10):
        fn = (start + n) % multiframe.HYPERFRAME
        if multiframe.block_channel(fn, 0):
            blocks[fn] = bytes([0x31, 0x06, 0x00]) + rng.bytes(20)
            if multiframe.block_channel(fn, 0) == "BCCH" and n * FRAME_S >= si3_from_s:
                blocks[fn] = system_information_3(ccch_conf)
    return Downlink(CARRIER_HZ, int(rng.integers(0, 64)), blocks, start, float(rng.uniform(0, FRAME_S)), **rest)  # type: ignore[arg-type]


def heard(cell: Downlink, seconds: float, rng_seed: int = 1, rate_hz: float = 1e6, **how: object) -> np.ndarray:
    settings = {"esn0_db": 15.0, "level_dbfs": -12.0, **how}
    reception = Reception(rate_hz, **({"centre_hz": CARRIER_HZ} | settings))  # type: ignore[arg-type]
    return np.concatenate(list(hear([cell], reception, int(seconds * rate_hz), np.random.default_rng(rng_seed))))


def in_view(cell: Downlink, seconds: float) -> dict[int, bytes]:
    """The blocks whose four bursts lie in the capture, on time slot 0."""
    first = cell.start_fn + (1 if cell.start_s > 0 else 0)
    last = cell.start_fn + (seconds + cell.start_s) / FRAME_S - 3.13
    frames = [fn % multiframe.HYPERFRAME for fn in range(first, int(np.floor(last)) + 1)]
    return {fn: blank(cell.blocks[fn])[0] for fn in frames if fn in cell.blocks}


def truth_of(path: Path) -> dict[int, tuple[str, bytes]]:
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    return {line["fn"]: (line["channel"], blank(bytes.fromhex(line["l2"]))[0]) for line in lines}


def by_frame(blocks: list[Block]) -> dict[int, tuple[str, bytes]]:
    return {block.fn: (block.channel, block.l2) for block in blocks}


@pytest.mark.parametrize(("name", "cells"), [("cell-strong", {20: 25}), ("two-cells", {20: 25, 27: 52})])
def test_recordings_are_decoded_whole(name: str, cells: dict[int, int]) -> None:
    with open_source(str(CUTS / name / "capture")) as source:
        receiver = Receiver(source)
        blocks = list(receiver.blocks())
    assert {cell.arfcn: cell.bsic for cell in blocks} == cells
    for arfcn in cells:
        mine = [block for block in blocks if block.arfcn == arfcn]
        assert by_frame(mine) == truth_of(CUTS / name / f"frames-arfcn{arfcn}.jsonl")
        assert [block.fn for block in mine] == sorted(block.fn for block in mine)
    assert {cell.identity.ci for cell in list_cells(receiver)} <= {3305, 3306}


def test_the_corpus_is_there() -> None:
    assert sorted(path.parent.name for path in CUTS.glob("*/capture.sigmf-data")) == ["cell-strong", "two-cells"]


def test_one_arfcn_can_be_asked_for() -> None:
    with open_source(str(CUTS / "two-cells" / "capture")) as source:
        assert {block.arfcn for block in receive(source, arfcns=[27])} == {27}


@pytest.mark.parametrize("seed", range(4))
def test_draws_of_the_modulator_are_decoded(seed: int) -> None:
    """Random BSIC, start frame, sampling phase, +-40 ppm, Es/N0 15-25 dB."""
    rng = np.random.default_rng((seed, 3))
    cell = made_up_cell(seed, 1.3, traffic=0.3, seed=seed)
    ppm = float(rng.uniform(-40, 40))
    samples = heard(
        cell, 1.3, seed, ppm=ppm, sampling_phase=float(rng.uniform(0, 1)), esn0_db=float(rng.uniform(15, 25))
    )
    receiver = Receiver(Samples(samples))
    blocks = list(receiver.blocks())
    wanted = in_view(cell, 1.3)
    assert {block.fn: block.l2 for block in blocks if block.fn in wanted} == wanted
    assert all(cell.blocks[block.fn] == block.l2 for block in blocks)
    summary = receiver.cells[0].summary()
    assert summary.bsic == cell.bsic
    assert summary.carrier.ppm == pytest.approx(ppm, abs=0.3)
    assert summary.clock_ppm == pytest.approx(ppm, abs=0.5)


@pytest.mark.parametrize("condition", ["weak", "far off", "paths", "neighbour", "dirty"])
def test_hard_conditions(condition: str) -> None:
    paths = ((0.0, 0.75), (3.6, 0.6j))
    cell = made_up_cell(11, 1.6, taps=paths) if condition == "paths" else made_up_cell(11, 1.6)
    how: dict[str, object] = {
        "weak": {"esn0_db": 3.0, "ppm": -20.0},
        "far off": {"centre_hz": CARRIER_HZ + 90e3, "ppm": 4.0},
        "paths": {"esn0_db": 12.0},
        "neighbour": {"esn0_db": 20.0},
        "dirty": {"esn0_db": 10.0, "dc": 0.025, "image": 0.08},
    }[condition]  # type: ignore[assignment]
    samples = heard(cell, 1.6, 2, **how)
    if condition == "neighbour":
        beside = made_up_cell(12, 1.6, traffic=0.5)
        noise_free = heard(beside, 1.6, 3, esn0_db=None, level_dbfs=-3.0)
        samples = samples + noise_free * np.exp(2j * np.pi * 0.2 * np.arange(len(samples))).astype(np.complex64)
    got = {b.fn: b.l2 for b in receive(Samples(samples)) if b.carrier_hz and abs(b.carrier_hz - CARRIER_HZ) < 99e3}
    wanted = in_view(cell, 1.6)
    assert sum(got.get(fn) == l2 for fn, l2 in wanted.items()) >= 0.95 * len(wanted)
    assert all(cell.blocks[fn] == l2 for fn, l2 in got.items())


def test_what_may_be_dedicated_waits_for_system_information_3() -> None:
    cell = made_up_cell(21, 1.6, ccch_conf=0, si3_from_s=0.9)
    samples = heard(cell, 1.6)
    assert {b.fn: b.l2 for b in receive(Samples(samples))} == in_view(cell, 1.6)


def test_a_combined_cells_dedicated_channels_never_come_out() -> None:
    cell = made_up_cell(22, 1.3, ccch_conf=1)
    got = [b.fn for b in receive(Samples(heard(cell, 1.3)))]
    assert got == [fn for fn in in_view(cell, 1.3) if fn % 51 in (2, 6, 12, 16)]


def test_without_system_information_3_the_doubtful_is_dropped_unless_told() -> None:
    cell = made_up_cell(23, 0.3, si3_from_s=9.0)
    samples = heard(cell, 0.3)
    sure = {fn: l2 for fn, l2 in in_view(cell, 0.3).items() if fn % 51 in (2, 6, 12, 16)}
    receiver = Receiver(Samples(samples))
    assert {b.fn: b.l2 for b in receiver.blocks()} == sure
    assert any("SYSTEM INFORMATION 3 was not heard" in line for line in summary_lines(receiver))
    assert {b.fn: b.l2 for b in receive(Samples(samples), ccch_conf=0)} == in_view(cell, 0.3)


def test_frame_numbers_wrap() -> None:
    cell = made_up_cell(24, 1.0, start_fn=multiframe.HYPERFRAME - 100)
    fns = [b.fn for b in receive(Samples(heard(cell, 1.0)))]
    assert fns == list(in_view(cell, 1.0))
    assert fns[0] > fns[-1]


def test_lost_samples_are_noticed_and_the_lock_found_again() -> None:
    cell = made_up_cell(25, 2.2)
    samples = heard(cell, 2.2)
    torn = np.concatenate([samples[:1_100_000], samples[1_134_567:]])
    receiver = Receiver(Samples(torn))
    got = {b.fn: b.l2 for b in receiver.blocks()}
    wanted = in_view(cell, 2.2)
    assert all(wanted[fn] == l2 for fn, l2 in got.items())
    assert len(got) > len(wanted) - 12
    assert receiver.cells[0].summary().slips == 1


def test_a_fade_of_a_second_and_a_half_is_survived() -> None:
    cell = made_up_cell(26, 3.6)
    samples = heard(cell, 3.6)
    samples[1_000_000:2_500_000] = 0.01 * noise(1_500_000)
    got = {b.fn: b.l2 for b in receive(Samples(samples))}
    wanted = in_view(cell, 3.6)
    assert all(wanted[fn] == l2 for fn, l2 in got.items())
    late = [fn for fn in wanted if (fn - cell.start_fn) * FRAME_S > 2.55]
    assert all(fn in got for fn in late)


def test_segments_are_retunes_on_one_clock() -> None:
    cell = made_up_cell(28, 2.0)
    start = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
    first = heard(cell, 2.0, 4)
    second = heard(cell, 2.0, 4, centre_hz=CARRIER_HZ + 200e3)
    samples = np.concatenate([first[:1_000_000], second[1_000_000:]])
    segments = (Segment(0, CARRIER_HZ, start), Segment(1_000_000, CARRIER_HZ + 200e3, None))
    receiver = Receiver(Samples(samples, 1e6, *segments))
    blocks = list(receiver.blocks())
    wanted = in_view(cell, 2.0)
    assert all(wanted[b.fn] == b.l2 and b.arfcn == 20 for b in blocks)
    assert len(blocks) >= len(wanted) - 2
    timed = [(b.fn, (b.time - start).total_seconds()) for b in blocks if b.time]
    assert len(timed) == sum(1 for b in blocks if b.fn <= timed[-1][0])
    for fn, seconds in timed:
        assert seconds == pytest.approx((fn - cell.start_fn) * FRAME_S - cell.start_s, abs=20e-6)
    assert len(list_cells(receiver)) == 1


def noise(n: int) -> np.ndarray:
    return (0.1 * np.random.default_rng(5).standard_normal((n, 2))).astype(np.float32).view(np.complex64)[:, 0]


def no_cells() -> Iterator[tuple[str, np.ndarray]]:
    n = 400_000
    yield "noise", noise(n)
    yield "silence", np.zeros(n, np.complex64)
    yield "saturated", np.sign(noise(n).view(np.float32)).view(np.complex64)
    yield "a spur", noise(n) + np.exp(0.7j * np.arange(n)).astype(np.complex64)
    yield "5 ms", noise(5000)
    yield "3 samples", noise(3)
    yield "nothing", noise(0)


@pytest.mark.parametrize(("name", "samples"), list(no_cells()))
def test_no_cell_is_no_block_and_a_summary(name: str, samples: np.ndarray) -> None:
    receiver = Receiver(Samples(samples))
    assert list(receiver.blocks()) == []
    lines = summary_lines(receiver)
    assert "no GSM cell found" in lines[0]
    if name == "noise":
        assert any(line.startswith("Strongest carriers: ") for line in lines)
    if name == "silence":
        assert any("silence" in line for line in lines)
    if name == "saturated":
        assert any("limit" in line for line in lines)


@pytest.mark.parametrize("rate_hz", [0.25e6, 0.9e6, 2e6])
def test_a_wrong_rate_finds_no_cell(rate_hz: float) -> None:
    samples = heard(made_up_cell(29, 0.4), 0.4)
    assert list(receive(Samples(samples, rate_hz))) == []


def test_a_capture_of_5_ms_from_a_cell_is_too_short_but_no_trouble() -> None:
    assert list(receive(Samples(heard(made_up_cell(30, 0.2), 0.005)), ccch_conf=0)) == []


@pytest.mark.recordings
@pytest.mark.parametrize(
    ("name", "arfcns"),
    [
        ("cell-strong", [20]),
        ("cell-ordinary", [20]),
        ("cell-weak", [20]),
        ("cell-multipath", [20]),
        ("two-cells", [20, 27]),
    ],
)
def test_whole_recordings(shared_recordings: Path, name: str, arfcns: list[int]) -> None:
    with open_source(str(shared_recordings / name / "capture")) as source:
        blocks = list(receive(source))
    for arfcn in arfcns:
        truth = truth_of(shared_recordings / name / f"frames-arfcn{arfcn}.jsonl")
        assert by_frame([block for block in blocks if block.arfcn == arfcn]) == truth


@pytest.mark.recordings
def test_real_air(shared_recordings: Path) -> None:
    with open_source(str(shared_recordings / "air-941" / "capture")) as source:
        assert [block.fn % 51 for block in receive(source, ccch_conf=0)] == [12, 16, 22, 26, 32, 36]
    with open_source(str(shared_recordings / "lte-1860" / "capture")) as source:
        assert list(receive(source)) == []


@pytest.mark.parametrize("paths", [((0.0, 0.7071), (3.0, 0.7071j)), ((0.0, 0.7071), (4.0, -0.7071))])
def test_paths_that_silence_the_frequency_correction_burst(paths: tuple[tuple[float, complex], ...]) -> None:
    cell = made_up_cell(41, 1.3, taps=paths)
    got = {b.fn: b.l2 for b in receive(Samples(heard(cell, 1.3, 5, esn0_db=12.0, ppm=25.0)))}
    wanted = in_view(cell, 1.3)
    assert sum(got.get(fn) == l2 for fn, l2 in wanted.items()) >= 0.95 * len(wanted)
    assert all(cell.blocks[fn] == l2 for fn, l2 in got.items())


def test_a_second_common_channel_is_read_on_time_slot_2() -> None:
    """A cell of CCCH_CONF 2, its second channel laid over time slot 2 from a cell that stands two slots later."""
    cell = made_up_cell(42, 1.6, ccch_conf=2)
    samples = heard(cell, 1.6, esn0_db=None)
    rng = np.random.default_rng(8)
    blocks = {fn: bytes([0x31, 0x06, 0x00]) + rng.bytes(20) for fn in cell.blocks}
    slot_s = FRAME_S / 8
    late = Downlink(CARRIER_HZ, cell.bsic, blocks, cell.start_fn, cell.start_s - 2 * slot_s)
    second = heard(late, 1.6, esn0_db=None)
    in_slot = (np.arange(len(samples)) / 1e6 + cell.start_s) % FRAME_S
    mine = (in_slot > 2 * slot_s - 5e-6) & (in_slot < 3 * slot_s - 5e-6)
    place = np.floor((np.arange(len(samples)) / 1e6 + cell.start_s) / FRAME_S).astype(int) + cell.start_fn
    common = np.isin(place % 51, [at + n for at in multiframe.BLOCK_AT for n in range(4)])
    noisy = np.where(mine & common, second, samples) + 0.02 * noise(len(samples))
    got = list(receive(Samples(noisy.astype(np.complex64))))
    first = {b.fn: b.l2 for b in got if b.time_slot == 0}
    other = {b.fn: b.l2 for b in got if b.time_slot == 2}
    assert first == in_view(cell, 1.6)
    assert len(other) > 20
    assert all(blocks[fn] == l2 for fn, l2 in other.items())
    assert {b.time_slot for b in got} == {0, 2}
    assert [(b.fn, b.time_slot) for b in got] == sorted((b.fn, b.time_slot) for b in got)
