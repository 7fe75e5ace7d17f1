"""Captures: SigMF by any of its names, raw files, every sample format; each wrong input gets one clear line."""

import hashlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sensor.errors import CaptureError
from sensor.source import FORMATS, SUFFIXES, Segment, open_source
from sensor.source.samples import RAW, sigmf_format

CAPTURE = {"core:sample_start": 0, "core:frequency": 939e6}
FOUR = np.array([1 + 0j, -1j, 0.5 - 0.25j, -0.125 + 0.0625j])
OCTETS = b"\x00\xff\x80\x7f" * 50  # 100 samples of cu8


def recording(
    folder: Path, octets: bytes = OCTETS, captures: list[dict[str, Any]] | None = None, **head: object
) -> Path:
    """Writes x.sigmf-meta and x.sigmf-data; gives the name they share. A None in `head` leaves the key out."""
    keys = {"core:datatype": "cu8", "core:sample_rate": 1e6, "core:version": "1.0.0"}
    keys |= {f"core:{key}": value for key, value in head.items()}
    meta = {
        "global": {key: value for key, value in keys.items() if value is not None},
        "captures": [CAPTURE] if captures is None else captures,
        "annotations": [],
    }
    (folder / "x.sigmf-meta").write_text(json.dumps(meta))
    (folder / "x.sigmf-data").write_bytes(octets)
    return folder / "x"


def raw(folder: Path, octets: bytes = OCTETS, name: str = "x.cu8") -> Path:
    (folder / name).write_bytes(octets)
    return folder / name


@pytest.mark.parametrize("suffix", ["", ".sigmf-meta", ".sigmf-data"])
def test_a_recording_opens_by_any_of_its_names(tmp_path: Path, suffix: str) -> None:
    recording(tmp_path, sha512=hashlib.sha512(OCTETS).hexdigest())
    with open_source(f"{tmp_path}/x{suffix}") as source:
        assert (source.rate_hz, source.live, source.n_samples) == (1e6, False, 100)
        assert source.segments == (Segment(0, 939e6, None),)
        samples = source.read(1_000)
        np.testing.assert_allclose(samples[:2], [-1 + 1j, (0.5 - 0.5j) / 127.5], atol=1e-7)
        assert samples.dtype == np.complex64
        assert (len(samples), source.position) == (100, 100)
        assert source.read(1_000).shape == (0,)


def test_segments_are_retunes_on_one_sample_clock(tmp_path: Path) -> None:
    captures: list[dict[str, Any]] = [
        CAPTURE | {"core:datetime": "2026-03-04T09:12:00.250Z"},
        {"core:sample_start": 40, "core:frequency": 894e6, "core:datetime": "2026-03-04T17:12:01+08:00"},
        {"core:sample_start": 60, "core:frequency": 939e6, "core:datetime": "2026-03-04T09:12:02"},
    ]
    recording(tmp_path, captures=captures)
    with open_source(f"{tmp_path}/x") as source:
        assert source.segments == (
            Segment(0, 939e6, datetime(2026, 3, 4, 9, 12, 0, 250_000, UTC)),
            Segment(40, 894e6, datetime(2026, 3, 4, 9, 12, 1, 0, UTC)),
            Segment(60, 939e6, datetime(2026, 3, 4, 9, 12, 2, 0, UTC)),
        )
        assert [len(source.read(30)) for _ in range(6)] == [30, 10, 20, 30, 10, 0]  # no read crosses a retune


@pytest.mark.parametrize(
    ("name", "octets"),
    [
        ("cs8", np.array([127, 0, 0, -128, 64, -32, -16, 8], "i1").tobytes()),
        ("cs16", np.array([32767, 0, 0, -32768, 16384, -8192, -4096, 2048], "<i2").tobytes()),
        ("cf32", FOUR.astype("<c8").tobytes()),
    ],
)
def test_raw_formats_have_one_scale(tmp_path: Path, name: str, octets: bytes) -> None:
    for path, said in ((raw(tmp_path, octets, f"x.{name}"), None), (raw(tmp_path, octets, "x.iq"), name)):
        with open_source(str(path), rate_hz=1e6, freq_hz=939e6, sample_format=said) as source:
            np.testing.assert_allclose(source.read(9), FOUR, atol=1 / 100)
    assert RAW[name].name == name


def test_each_format_that_is_named_is_known() -> None:
    assert set(RAW) == set(FORMATS) == set(SUFFIXES.values())


def test_cfile_is_what_gnu_radio_writes(tmp_path: Path) -> None:
    path = raw(tmp_path, FOUR.astype("<c8").tobytes(), "x.cfile")
    with open_source(str(path), rate_hz=1e6, freq_hz=939e6) as source:
        np.testing.assert_array_equal(source.read(9), FOUR.astype(np.complex64))


@pytest.mark.parametrize(
    "datatype", ["ci8", "ci16_le", "ci16_be", "ci32_be", "cf32_le", "cf32_be", "cf64_le", "cu16_be"]
)
def test_sigmf_datatypes(tmp_path: Path, datatype: str) -> None:
    component = np.dtype(sigmf_format(datatype, "x").component)
    pairs = FOUR.view(float)
    if component.kind != "f":
        top = np.iinfo(component).max
        pairs = np.clip((pairs + 1) / 2 * top if component.kind == "u" else pairs * top, -top, top).round()
    recording(tmp_path, pairs.astype(component).tobytes(), datatype=datatype)
    with open_source(f"{tmp_path}/x") as source:
        np.testing.assert_allclose(source.read(9), FOUR, atol=1 / 120)


def test_an_8_bit_middle_is_no_code(tmp_path: Path) -> None:
    with open_source(str(raw(tmp_path, b"\x7f\x80")), rate_hz=1e6, freq_hz=939e6) as source:
        assert source.read(1)[0] == np.complex64((-0.5 + 0.5j) / 127.5)


def test_frequency_and_rate_may_be_added_to_a_recording_that_lacks_them(tmp_path: Path) -> None:
    recording(tmp_path, captures=[], sample_rate=None)
    with open_source(f"{tmp_path}/x", rate_hz=2e6, freq_hz=941e6) as source:
        assert (source.rate_hz, source.segments) == (2e6, (Segment(0, 941e6, None),))


def test_header_and_trailer_of_a_foreign_data_file_are_passed_over(tmp_path: Path) -> None:
    recording(tmp_path, captures=[CAPTURE | {"core:header_bytes": 3}], trailing_bytes=2, dataset="y.dat")
    (tmp_path / "y.dat").write_bytes(b"abc\xff\xff\x00\x00zz")
    with open_source(f"{tmp_path}/x") as source:
        np.testing.assert_allclose(source.read(9), [1 + 1j, -1 - 1j])


WRONG_RECORDINGS: list[tuple[dict[str, Any], str]] = [
    ({"octets": b""}, r"x\.sigmf-data: empty"),
    ({"octets": OCTETS[:-1]}, r"x\.sigmf-data: truncated, or not cu8: 199 octets .* `truncate -s 198`"),
    ({"octets": OCTETS[:-2], "sha512": hashlib.sha512(OCTETS).hexdigest()}, "altered or truncated: its SHA-512"),
    ({"captures": [CAPTURE, CAPTURE | {"core:sample_start": 100}]}, "truncated: 100 samples, but x.sigmf-meta starts"),
    ({"captures": [CAPTURE, CAPTURE]}, "core:sample_start 0 does not come after"),
    ({"captures": [CAPTURE | {"core:sample_start": 5}]}, "the first segment starts at sample 5, not 0"),
    ({"captures": [CAPTURE | {"core:sample_start": "0"}]}, "core:sample_start '0' is not a number"),
    ({"captures": [{"core:sample_start": 0}]}, "core:frequency is missing; add --freq HZ"),
    ({"captures": [CAPTURE | {"core:frequency": -939e6}]}, r"core:frequency -9.39e\+08: not a number of Hz above zero"),
    ({"captures": [CAPTURE | {"core:datetime": "yesterday"}]}, "core:datetime 'yesterday' is not ISO 8601"),
    ({"captures": [CAPTURE, CAPTURE | {"core:sample_start": 9, "core:header_bytes": 4}]}, "headers between"),
    ({"captures": {}}, "`captures` is not a list"),
    ({"sample_rate": None}, "core:sample_rate is missing; add --rate HZ"),
    ({"sample_rate": 0}, "core:sample_rate 0: not a number of Hz above zero"),
    ({"sample_rate": -1e6}, r"core:sample_rate -1e\+06: not a number of Hz above zero"),
    ({"sample_rate": 48_000}, "core:sample_rate 48000: not a receiver's rate; a GSM carrier asks for 200000"),
    ({"sample_rate": 1e12}, r"core:sample_rate 1e\+12: not a receiver's rate"),
    ({"sample_rate": float("nan")}, "core:sample_rate nan is out of range"),
    ({"sample_rate": float("inf")}, "core:sample_rate inf is out of range"),
    ({"sample_rate": "1e6"}, "core:sample_rate '1e6' is not a number"),
    ({"datatype": None}, "core:datatype is missing"),
    ({"datatype": "rf32_le"}, "'rf32_le' cannot be read .real samples"),
    ({"datatype": "cf16_le"}, "'cf16_le' cannot be read; convert it to cu8"),
    ({"datatype": "ci16"}, "does not say its byte order"),
    ({"datatype": 8}, "core:datatype 8 cannot be read"),
    ({"num_channels": 2}, "holds several channels"),
    ({"dataset": "../../etc/passwd"}, "is not a file name"),
    ({"dataset": "gone.bin"}, "its data file gone.bin is missing"),
]


@pytest.mark.parametrize(("parts", "said"), WRONG_RECORDINGS, ids=[said for _, said in WRONG_RECORDINGS])
def test_wrong_recordings(tmp_path: Path, parts: dict[str, Any], said: str) -> None:
    recording(tmp_path, **parts)
    with pytest.raises(CaptureError, match=said) as caught:
        open_source(f"{tmp_path}/x")
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"{", "not JSON"),
        (b"", "not JSON"),
        (b"\xff\xfe\x00", "not text in UTF-8"),
        (b"[" * 100_000, "not JSON"),
        (b"[1]", "no `global` object"),
        (b'{"global": 3}', "no `global` object"),
    ],
)
def test_a_meta_file_that_is_none(tmp_path: Path, text: bytes, said: str) -> None:
    recording(tmp_path)
    (tmp_path / "x.sigmf-meta").write_bytes(text)
    with pytest.raises(CaptureError, match=said):
        open_source(f"{tmp_path}/x")


@pytest.mark.parametrize("name", ["x", "x.sigmf-meta", "x.sigmf-data"])
def test_half_a_recording(tmp_path: Path, name: str) -> None:
    recording(tmp_path)
    (tmp_path / "x.sigmf-data").rename(tmp_path / "kept")
    with pytest.raises(CaptureError, match=r"x\.sigmf-meta: its data file x\.sigmf-data is missing"):
        open_source(str(tmp_path / name))
    (tmp_path / "x.sigmf-meta").unlink()
    (tmp_path / "kept").rename(tmp_path / "x.sigmf-data")
    with pytest.raises(CaptureError, match=r"x\.sigmf-data: its meta file x\.sigmf-meta is missing"):
        open_source(str(tmp_path / name))
    (tmp_path / "x.sigmf-data").unlink()
    with pytest.raises(CaptureError, match="no such file"):
        open_source(str(tmp_path / name))


def test_options_that_contradict_the_recording(tmp_path: Path) -> None:
    name = str(recording(tmp_path))
    with pytest.raises(CaptureError, match="says 1000000 samples a second, but --rate says 2400000"):
        open_source(name, rate_hz=2.4e6)
    with pytest.raises(CaptureError, match="says cu8, but --format says cf32"):
        open_source(name, sample_format="cf32")
    with pytest.raises(CaptureError, match="says 939000000 Hz, but --freq says 894000000"):
        open_source(name, freq_hz=894e6)
    with open_source(name, rate_hz=1e6, sample_format="cu8") as source:
        assert source.n_samples == 100


def test_an_archive_is_named(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match=r"a SigMF archive; unpack it"):
        open_source(str(raw(tmp_path, b"tar", "x.sigmf")))


@pytest.mark.parametrize(
    ("name", "octets", "options", "said"),
    [
        ("x.cu8", OCTETS, {}, "does not say its rate and centre frequency; add --rate HZ and --freq HZ"),
        ("x.cu8", OCTETS, {"rate_hz": 1e6}, "add --freq HZ"),
        ("x.cu8", OCTETS, {"rate_hz": 0.0, "freq_hz": 1e9}, "--rate 0: not a number of Hz above zero"),
        ("x.cu8", OCTETS, {"rate_hz": float("nan"), "freq_hz": 1e9}, "--rate nan: not a number"),
        ("x.cu8", OCTETS, {"rate_hz": 1e6, "freq_hz": -1.0}, "--freq -1: not a number"),
        ("x.iq", OCTETS, {"rate_hz": 1e6, "freq_hz": 1e9}, "unknown format '.iq'; say --format cu8|cs8|cs16|cf32"),
        ("x.iq", OCTETS, {"rate_hz": 1e6, "freq_hz": 1e9, "sample_format": "cf64"}, "unknown --format 'cf64'"),
        ("x.cu8", b"", {"rate_hz": 1e6, "freq_hz": 1e9}, "empty"),
        ("x.cu8", OCTETS[:3], {"rate_hz": 1e6, "freq_hz": 1e9}, "truncated, or not cu8: 3 octets"),
        ("x.cs16", OCTETS[:6], {"rate_hz": 1e6, "freq_hz": 1e9}, "truncated, or not cs16: 6 octets"),
        ("x.cf32", OCTETS[:12], {"rate_hz": 1e6, "freq_hz": 1e9}, "whole samples of 8; .* `truncate -s 8`"),
    ],
)
def test_wrong_raw_files(tmp_path: Path, name: str, octets: bytes, options: dict[str, Any], said: str) -> None:
    with pytest.raises(CaptureError, match=said.replace("|", r"\|").replace("'.", r"'\.")):
        open_source(str(raw(tmp_path, octets, name)), **options)


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="is a folder; name the capture in it"):
        open_source(str(tmp_path), rate_hz=1e6, freq_hz=1e9)
    for text in (".", "..", "/", ""):
        with pytest.raises(CaptureError, match="is a folder; name the capture in it"):
            open_source(text)
    for text in ("x" * 300, "a\0b.cu8", "~nobody-of-this-name/x"):
        with pytest.raises(CaptureError, match=r"cannot be opened|no such file"):
            open_source(text, rate_hz=1e6, freq_hz=1e9)
    with pytest.raises(CaptureError, match=r"none\.cu8: no such file"):
        open_source(f"{tmp_path}/none.cu8", rate_hz=1e6, freq_hz=1e9)
    with pytest.raises(CaptureError, match="is a device or a pipe, not a file"):
        open_source("/dev/zero", rate_hz=1e6, freq_hz=1e9)


def test_no_right_to_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = raw(tmp_path)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)  # root may read everything, so chmod would prove nothing
    with pytest.raises(CaptureError, match="no right to read it; mend it with chmod or chown"):
        open_source(str(path), rate_hz=1e6, freq_hz=1e9)


def test_a_float_that_is_no_number_is_named(tmp_path: Path) -> None:
    samples = FOUR.astype("<c8")
    samples[2] = np.nan
    with (
        open_source(str(raw(tmp_path, samples.tobytes(), "x.cf32")), rate_hz=1e6, freq_hz=1e9) as source,
        pytest.raises(CaptureError, match="sample 2 is not a number: is it really cf32"),
    ):
        source.read(4)


def test_a_file_that_grows_is_read_to_where_it_was(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = raw(tmp_path)
    with open_source(str(path), rate_hz=1e6, freq_hz=1e9) as source:
        with path.open("ab") as file:
            file.write(OCTETS)
        assert [len(source.read(80)) for _ in range(3)] == [80, 20, 0]
    assert "grew while it was read; 200 new octets were left out" in caplog.text


def test_a_file_that_shrinks_is_said(tmp_path: Path) -> None:
    path = raw(tmp_path, OCTETS * 1_000)
    with open_source(str(path), rate_hz=1e6, freq_hz=1e9) as source:
        os.truncate(path, 1_000)
        with pytest.raises(CaptureError, match="became shorter while it was read"):
            source.read(100_000)


def test_a_recording_cannot_be_tuned(tmp_path: Path) -> None:
    with open_source(str(recording(tmp_path))) as source, pytest.raises(CaptureError, match="cannot be tuned to 894"):
        source.tune(894e6)
