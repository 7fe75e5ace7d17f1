"""Share of true blocks that the GSM receive chain decodes, and what it costs: recordings at hand, then modulator draws.

    python bench/gsm.py [--recordings DIR] [--draws N] [--seconds S] [--only NAME]

Prints Markdown tables. Blind: nothing of timing, frequency or ARFCN is told. "wrong" counts blocks that came out but
were not sent. CPU is of this machine (not measured on a Pi).
"""

import argparse
import cProfile
import json
import os
import pstats
import resource
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sensor.gsm import multiframe
from sensor.gsm.block import Block
from sensor.gsm.downlink import Downlink
from sensor.gsm.messages import blank
from sensor.gsm.modulator import Reception, hear
from sensor.gsm.receiver import Receiver
from sensor.source import Segment, Source, open_source

FRAME_S = 120e-3 / 26  # TS 45.002 §4.3.1
SI3 = bytes.fromhex("49061b0ce964f00004b10800053c53650000ff2b2b2b2b")[:23]
AIR = Path(os.environ.get("CATPOOL_RECORDINGS", Path(__file__).resolve().parents[2] / "shared" / "recordings"))


@dataclass(frozen=True, slots=True)
class Score:
    """What came out of one capture, against what went in."""

    name: str
    true: int
    right: int
    wrong: int
    cpu_s: float  # a second of signal

    def row(self) -> str:
        share = f"{self.right / self.true:.3f}" if self.true else "-"
        return f"| {self.name} | {self.right}/{self.true} | {share} | {self.wrong} | {self.cpu_s:.3f} |"


class Samples:
    """Samples in memory as a Source."""

    live = False
    gain_db: float | None = None
    name = "samples in memory"

    def __init__(self, samples: np.ndarray, rate_hz: float, centre_hz: float) -> None:
        self.samples, self.rate_hz, self.position = samples, rate_hz, 0
        self.segments = (Segment(0, centre_hz, None),)
        self.n_samples = len(samples)

    def read(self, n: int) -> np.ndarray:
        part = self.samples[self.position : self.position + n]
        self.position += len(part)
        return part


def score(name: str, source: Source, truth: Mapping[int, bytes], seconds: float, carrier_hz: float | None) -> Score:
    """Receives, and compares with the blocks by frame number."""
    started = time.process_time()
    got = [block for block in Receiver(source).blocks() if carrier_hz is None or near(block, carrier_hz)]
    cpu_s = (time.process_time() - started) / seconds
    right = sum(1 for block in got if truth.get(block.fn) == block.l2)
    return Score(name, len(truth), right, len(got) - right, cpu_s)


def near(block: Block, carrier_hz: float) -> bool:
    return block.carrier_hz is not None and abs(block.carrier_hz - carrier_hz) < 130e3


def recordings(folder: Path) -> Iterator[Score]:
    """Captures with their frames beside them."""
    for meta in sorted(folder.glob("*/capture.sigmf-meta")):
        for frames in sorted(meta.parent.glob("frames-arfcn*.jsonl")):
            lines = [json.loads(line) for line in frames.read_text().splitlines()]
            truth = {line["fn"]: blank(bytes.fromhex(line["l2"]))[0] for line in lines}
            arfcn = int(frames.stem.removeprefix("frames-arfcn"))
            with open_source(str(meta)) as source:
                seconds = (source.n_samples or 0) / source.rate_hz
                yield score(f"{meta.parent.name}, ARFCN {arfcn}", source, truth, seconds, 935e6 + 200e3 * arfcn)


@dataclass(frozen=True, slots=True)
class Draw:
    """Conditions of one capture out of the modulator."""

    name: str
    esn0_db: float = 20.0
    ppm: float = 0.0
    offset_hz: float = 0.0
    taps: tuple[tuple[float, complex], ...] = ((0.0, 1.0),)
    fading_hz: float = 0.0
    drift: float = 0.0
    dc: complex = 0.0
    image: complex = 0.0
    neighbours: tuple[tuple[float, float], ...] = ()  # (Hz away, dB stronger)
    rate_hz: float = 1e6
    seconds: float = 4.0
    start_s: float | None = None
    traffic: float = 0.3


def cell(draw: Draw, rng: np.random.Generator, carrier_hz: float, power_db: float = 0.0) -> Downlink:
    """A cell of random BSIC, start and content; SYSTEM INFORMATION 3 stands on its BCCH."""
    start = int(rng.integers(0, multiframe.HYPERFRAME))
    blocks = {}
    for fn in range(start, start + int(draw.seconds / FRAME_S) + 60):
        if multiframe.block_channel(fn, 0) == "BCCH":
            blocks[fn % multiframe.HYPERFRAME] = SI3
        elif multiframe.block_channel(fn, 0):
            blocks[fn % multiframe.HYPERFRAME] = bytes([0x31, 0x06, 0x00]) + rng.bytes(20)
    start_s = float(rng.uniform(0, FRAME_S)) if draw.start_s is None else draw.start_s
    return Downlink(
        carrier_hz, int(rng.integers(0, 64)), blocks, start, start_s, power_db=power_db,
        taps=draw.taps, fading_hz=draw.fading_hz, traffic=draw.traffic, seed=int(rng.integers(1 << 30)),
    )  # fmt: skip


def make(draw: Draw, rng: np.random.Generator) -> tuple[Samples, dict[int, bytes], float]:
    """Samples, the blocks that lie in them as a whole, and the carrier."""
    carrier_hz = 935e6 + 200e3 * int(rng.integers(1, 124))
    main = cell(draw, rng, carrier_hz)
    others = [
        cell(replace(draw, taps=((0.0, 1.0),), fading_hz=0.0), rng, carrier_hz + away, power)
        for away, power in draw.neighbours
    ]
    phase = float(rng.uniform(0, 1))
    level_dbfs = -12.0 - max([0.0, *(power for _, power in draw.neighbours)])
    reception = Reception(
        draw.rate_hz,
        carrier_hz - draw.offset_hz,
        draw.ppm,
        draw.drift,
        phase,
        draw.esn0_db,
        level_dbfs,
        draw.dc,
        draw.image,
    )
    n = int(draw.seconds * draw.rate_hz)
    samples = np.concatenate(list(hear([main, *others], reception, n, rng)))
    parts = np.clip(np.rint(samples.view(np.float32) * 127.5 + 127.5), 0, 255)
    samples = ((parts - 127.5) / 127.5).astype(np.float32).view(np.complex64)
    last = (n / draw.rate_hz + main.start_s) / FRAME_S
    truth = {
        fn % multiframe.HYPERFRAME: main.blocks[fn % multiframe.HYPERFRAME]
        for fn in range(main.start_fn + 1, main.start_fn + int(np.floor(last - 3.13)) + 1)
        if fn % multiframe.HYPERFRAME in main.blocks
    }
    return Samples(samples, draw.rate_hz, reception.centre_hz), truth, carrier_hz


def draws() -> Iterator[Draw]:
    """The conditions that are measured."""
    for esn0_db in (1.5, 2.5, 3.5, 5.0):
        yield Draw(f"white noise, Es/N0 {esn0_db} dB", esn0_db=esn0_db, ppm=20)
    for ppm in (-40, 40):
        yield Draw(f"{ppm:+d} ppm, 15 dB", esn0_db=15, ppm=ppm)
    for offset in (-90e3, 60e3, 90e3):
        yield Draw(f"carrier off by {offset / 1e3:+.0f} kHz, 15 dB", esn0_db=15, offset_hz=offset, ppm=5)
    half = 0.7071
    yield Draw("path at 3 symbols, equal, 10 dB", esn0_db=10, taps=((0, half), (3, half)))
    yield Draw("path at 4 symbols, equal, 10 dB", esn0_db=10, taps=((0, half), (4, half * 1j)))
    yield Draw("path at 3 symbols that silences the FCCH, 15 dB", esn0_db=15, taps=((0, half), (3, half * 1j)))
    yield Draw("path at 4 symbols that silences the FCCH, 8 dB", esn0_db=8, taps=((0, half), (4, -half)), ppm=-30)
    yield Draw("paths at 0, 2, 4, 12 dB", esn0_db=12, taps=((0, 0.6), (2, 0.5j), (4, 0.6)))
    for fading in (1, 5):
        yield Draw(f"flat fading {fading} Hz, 15 dB", esn0_db=15, fading_hz=fading, seconds=8)
    yield Draw("neighbour 200 kHz away, 9 dB stronger", esn0_db=20, neighbours=((200e3, 9.0),))
    yield Draw("neighbour 400 kHz away, 30 dB stronger", esn0_db=25, neighbours=((400e3, 30.0),), rate_hz=1.2e6)
    yield Draw("DC 10 %, image 8 %, 10 dB", esn0_db=10, dc=0.1 * 0.2, image=0.08)
    yield Draw("0.1 ppm a second of drift, 15 dB", esn0_db=15, drift=0.1, seconds=8)
    yield Draw("2.4 Msps, 15 dB", esn0_db=15, rate_hz=2.4e6, offset_hz=700e3)
    yield Draw("150 ms, 15 dB", esn0_db=15, seconds=0.15)


def stages() -> None:
    """CPU a second of signal in each stage's file, callers' own time not counted; and peak memory of this process."""
    draw = Draw("", esn0_db=15, ppm=20, seconds=4.0)
    samples, _, _ = make(draw, np.random.default_rng(9))
    profile = cProfile.Profile()
    profile.runcall(lambda: list(Receiver(samples).blocks()))
    stats = pstats.Stats(profile).stats  # type: ignore[attr-defined]
    waiting = {function: own_s for function, (_, _, own_s, _, _) in stats.items()}
    spent: dict[str, float] = {}
    for _ in range(8):  # what numpy and scipy did goes up to the stage that called them
        above: dict[tuple[str, int, str], float] = {}
        for function, own_s in waiting.items():
            callers = stats[function][4]
            if "sensor/gsm/" in function[0] or not callers:
                stage = Path(function[0]).stem if "sensor/gsm/" in function[0] else "others"
                spent[stage] = spent.get(stage, 0.0) + own_s
                continue
            total_s = sum(part[3] for part in callers.values()) or 1.0
            for caller, part in callers.items():
                above[caller] = above.get(caller, 0.0) + own_s * part[3] / total_s
        waiting = above
    print("\n| stage | CPU ms a second of signal, profiled |\n|-|-|")
    for stage, own_s in sorted(spent.items(), key=lambda item: -item[1]):
        if own_s / draw.seconds >= 1e-3:
            print(f"| {stage} | {1e3 * own_s / draw.seconds:.1f} |")
    print(f"\nPeak memory of the process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")


def main() -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--recordings", type=Path, default=AIR)
    parser.add_argument("--draws", type=int, default=2, help="of each condition")
    parser.add_argument("--only", default="", help="conditions whose name holds this")
    arguments = parser.parse_args()
    print("| capture | blocks | share | wrong | CPU s/s |\n|-|-|-|-|-|")
    if not arguments.only:
        for line in recordings(arguments.recordings):
            print(line.row(), flush=True)
    for number in range(20 if not arguments.only else 0):
        rng = np.random.default_rng((number, 20))
        esn0_db, ppm = float(rng.uniform(15, 25)), float(rng.uniform(-40, 40))
        samples, truth, carrier_hz = make(Draw("", esn0_db=esn0_db, ppm=ppm, seconds=2.0), rng)
        print(
            score(f"draw {number}: {esn0_db:.1f} dB, {ppm:+.1f} ppm", samples, truth, 2.0, carrier_hz).row(), flush=True
        )
    if not arguments.only:
        stages()
        print("\n| capture | blocks | share | wrong | CPU s/s |\n|-|-|-|-|-|")
    for draw in draws():
        if arguments.only not in draw.name:
            continue
        for number in range(arguments.draws):
            samples, truth, carrier_hz = make(draw, np.random.default_rng((number, 77)))
            result = score(f"{draw.name} #{number}", samples, truth, draw.seconds, carrier_hz)
            print(result.row(), flush=True)


if __name__ == "__main__":
    sys.exit(main())
