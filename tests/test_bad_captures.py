"""Captures and frames that are none: one line that names them and the mend, status 2, and nothing lost."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from front_door import (
    RATE_HZ,
    Knock,
    contents,
    frame_lines,
    on_air,
    refused,
    write_capture,
)


def noise(count: int, level: float) -> bytes:
    drawn = np.random.default_rng(1).standard_normal(2 * count) * level + 127.5
    return np.clip(drawn, 0, 255).astype(np.uint8).tobytes()


TWO_SEGMENTS = [{"core:sample_start": 500, "core:frequency": 939e6}, {"core:sample_start": 0, "core:frequency": 940e6}]
BAD_PAIRS: dict[str, tuple[bytes | None, object, dict[str, object], str]] = {
    "empty": (b"", None, {}, "empty"),
    "odd": (bytes(1001), None, {}, "truncated"),
    "altered": (bytes(1000), None, {"sha512": "0" * 128}, "altered"),
    "no-data": (None, None, {}, "is missing"),
    "not-json": (bytes(1000), '{"global": ', {}, "not JSON"),
    "a-list": (bytes(1000), "[1, 2]", {}, "no `global`"),
    "datatype": (bytes(1000), None, {"datatype": "cx12_le"}, "cx12_le"),
    "rate-0": (bytes(1000), None, {"sample_rate": 0}, "sample_rate 0"),
    "rate-text": (bytes(1000), None, {"sample_rate": "fast"}, "'fast'"),
    "no-rate": (bytes(1000), None, {"sample_rate": None}, "--rate HZ"),
    "order": (bytes(2000), {"global": {"core:datatype": "cu8", "core:sample_rate": 1e6}, "captures": TWO_SEGMENTS}, {},
              "core:sample_start 0"),
    "no-segment": (bytes(2000), {"global": {"core:datatype": "cu8", "core:sample_rate": 1e6}, "captures": []}, {},
                   "--freq HZ"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_PAIRS)
def test_a_recording_that_is_none_is_refused(knock: Knock, name: str) -> None:
    octets, meta, changes, word = BAD_PAIRS[name]
    path = write_capture(name, octets, meta, **changes)
    before = contents(Path.cwd())
    refused(knock("decode", path, "--json"), name, word)
    assert contents(Path.cwd()) == before


def test_captures_that_are_not_there_or_no_files_are_refused(knock: Knock) -> None:
    Path("folder").mkdir()
    Path("meta-folder.sigmf-meta").mkdir()
    Path("lone.sigmf-data").write_bytes(bytes(1000))
    refused(knock("decode", "missing.sigmf-meta"), "missing.sigmf-meta: no such file")
    refused(knock("decode", "folder"), "folder")
    refused(knock("decode", "meta-folder.sigmf-meta"), "is a folder")
    refused(knock("decode", "lone"), "lone.sigmf-meta is missing")
    refused(knock("decode", "/dev/null"), "not a file")
    refused(knock("decode", "nul\0byte"), "cannot be opened")
    refused(knock("decode", "ftp://example"), "'ftp'")
    refused(knock("decode", "modem:///dev/x"), "survey")
    refused(knock("survey", "missing.cu8", "--rate", "1e6", "--freq", "939e6", "--keep"), "no such file")
    refused(knock("listen", "missing.cu8", "--rate", "1e6", "--freq", "939e6", "--keep"), "no such file")


RAW_MISUSE: dict[str, tuple[tuple[str, ...], str]] = {
    "no-rate": (("a.cu8",), "--rate HZ and --freq HZ"),
    "no-freq": (("a.cu8", "--rate", "1e6"), "--freq HZ"),
    "rate-0": (("a.cu8", "--freq", "939e6", "--rate", "0"), "'0'"),
    "rate-negative": (("a.cu8", "--freq", "939e6", "--rate", "-5"), "'-5'"),
    "rate-nan": (("a.cu8", "--freq", "939e6", "--rate", "nan"), "'nan'"),
    "rate-inf": (("a.cu8", "--freq", "939e6", "--rate", "1e400"), "'1e400'"),
    "rate-word": (("a.cu8", "--freq", "939e6", "--rate", "abc"), "'abc'"),
    "rate-too-low": (("a.cu8", "--freq", "939e6", "--rate", "1000"), "--rate 1000"),
    "freq-word": (("a.cu8", "--rate", "1e6", "--freq", "abc"), "'abc'"),
    "format": (("a.cu8", "--rate", "1e6", "--freq", "939e6", "--format", "mp3"), "'mp3'"),
    "arfcn": (("a.cu8", "--rate", "1e6", "--freq", "939e6", "--arfcn", "5000"), "5000"),
    "ccch-conf": (("a.cu8", "--rate", "1e6", "--freq", "939e6", "--ccch-conf", "9"), "'--ccch-conf'"),
    "suffix": (("a.bin", "--rate", "1e6", "--freq", "939e6"), "--format"),
    "odd": (("odd.cu8", "--rate", "1e6", "--freq", "939e6"), "truncated"),
    "empty": (("empty.cu8", "--rate", "1e6", "--freq", "939e6"), "empty"),
    "not-numbers": (("nan.cf32", "--rate", "1e6", "--freq", "939e6"), "not a number"),
}


@pytest.mark.parametrize("name", RAW_MISUSE)
def test_raw_captures_with_wrong_options_are_refused(knock: Knock, name: str) -> None:
    Path("a.cu8").write_bytes(bytes(1000))
    Path("a.bin").write_bytes(bytes(1000))
    Path("odd.cu8").write_bytes(bytes(1001))
    Path("empty.cu8").write_bytes(b"")
    Path("nan.cf32").write_bytes(np.full(2000, np.nan, np.float32).tobytes())
    arguments, word = RAW_MISUSE[name]
    refused(knock("decode", *arguments, "--json"), word)


NO_CELL: dict[str, tuple[Callable[[], bytes], float]] = {
    "silence": (lambda: bytes([127]) * 200_000, RATE_HZ),
    "five-milliseconds": (lambda: on_air(5000), RATE_HZ),
    "clipped-noise": (lambda: noise(100_000, 400.0), RATE_HZ),
    "noise": (lambda: noise(100_000, 20.0), RATE_HZ),
    "half-the-rate": (lambda: on_air(200_000), RATE_HZ / 2),
    "double-the-rate": (lambda: on_air(200_000), RATE_HZ * 2),
}


@pytest.mark.parametrize("name", NO_CELL)
def test_no_cell_is_no_error_and_names_the_strongest_carriers(knock: Knock, name: str) -> None:
    draw, rate_hz = NO_CELL[name]
    answer = knock("decode", write_capture(name, draw(), sample_rate=rate_hz), "--json")
    assert (answer.status, answer.out) == (0, ""), answer
    assert "no GSM cell found" in answer.err
    assert "Strongest carriers: " in answer.err
    assert " MHz " in answer.err


def broken_lines() -> list[str]:
    """Twelve lines that are no frame."""
    line = json.loads(frame_lines()[0])
    changes = [{"fn": 2_715_648}, {"fn": -1}, {"fn": 10**30}, {"l2": "2b" * 22}, {"l2": "zz" * 23}, {"arfcn": -5}]
    wrong = [json.dumps(line | change) for change in changes]
    return ['{"fn":', "[]", "null", '{"fn":"x","l2":""}', "\ufffd\x00", json.dumps(line | {"time": "noon"}), *wrong]


def test_broken_lines_among_frames_are_counted_and_the_stream_goes_on(knock: Knock) -> None:
    good, bad = frame_lines(), broken_lines()
    Path("good.jsonl").write_text("\n".join(good), encoding="utf-8")
    Path("mixed.jsonl").write_text("\n".join([good[0], *bad, *good[1:]]), encoding="utf-8")
    clean, mixed = (
        knock("listen", "--frames", "good.jsonl", "--json"),
        knock("listen", "--frames", "mixed.jsonl", "--json"),
    )
    assert (mixed.status, mixed.out) == (0, clean.out)
    counted = next(line for line in mixed.err.splitlines() if line.startswith("lines that are no frame: "))
    assert sum(int(word) for word in counted.split() if word.isdigit()) == len(bad)


def test_frames_that_are_none_are_refused(knock: Knock, home: Path) -> None:
    Path("empty.jsonl").write_text("", encoding="utf-8")
    Path("binary.jsonl").write_bytes(np.random.default_rng(2).bytes(3000))
    Path("broken.jsonl").write_text("\n".join(broken_lines()), encoding="utf-8")
    Path("folder").mkdir()
    for name, word in (
        ("empty.jsonl", "empty"),
        ("binary.jsonl", "JSON"),
        ("broken.jsonl", "1 LENGTH"),
        ("missing.jsonl", "No such file"),
        ("folder", "directory"),
    ):
        refused(knock("listen", "--frames", name, "--json"), name, word)
    refused(knock("listen", "--frames", "empty.jsonl", "--keep"), "empty.jsonl")
    refused(knock("listen"), "SOURCE")
    refused(knock("listen", "a.cu8", "--frames", "empty.jsonl"), "--frames")
    refused(knock("listen", "--frames", "empty.jsonl", "--start", "noon"), "'noon'")
    refused(knock("signatures", "no-such-signature"), "no-such-signature")
