"""Dongles on USB and SoapySDR devices, with the libraries' own calls played by stand-ins."""

import sys
import threading
import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import sensor.source.rtlsdr
from sensor.errors import CaptureError, DeviceError
from sensor.source import open_source

PLAYED = np.random.default_rng(2).integers(0, 256, 1 << 18, dtype=np.uint8).tobytes()


class FakeRtlSdr:
    """What catpool uses of rtlsdr.RtlSdr (pyrtlsdr 0.5.1)."""

    opened: "list[FakeRtlSdr]"
    buffers = 12  # then the dongle is unplugged; -1: never

    def __init__(self, serial_number: str | None = None) -> None:
        if serial_number == "404":
            raise OSError("<LIBUSB_ERROR_NO_DEVICE> no matching serial number")
        self.calls: list[Any] = [serial_number]
        self.stopped = threading.Event()
        FakeRtlSdr.opened.append(self)

    def __setattr__(self, name: str, value: object) -> None:
        if name in ("sample_rate", "center_freq", "gain"):
            self.calls.append((name, value))
            value = 29.7 if name == "gain" else value  # pyrtlsdr gives back the step that was set
        super().__setattr__(name, value)

    def get_tuner_type(self) -> int:
        return 5

    def set_agc_mode(self, on: bool) -> None:
        self.calls.append(("agc", on))

    def set_manual_gain_enabled(self, on: bool) -> None:
        self.calls.append(("manual gain", on))

    def read_bytes_async(self, callback: Callable[[Any, Any], None], num_bytes: int) -> None:
        sent = 0
        while not self.stopped.wait(0.001) and sent != FakeRtlSdr.buffers:
            callback((PLAYED * (num_bytes // len(PLAYED) + 1))[:num_bytes], self)
            sent += 1

    def cancel_read_async(self) -> None:
        self.stopped.set()

    def close(self) -> None:
        self.calls.append("closed")


@pytest.fixture
def pyrtlsdr(monkeypatch: pytest.MonkeyPatch) -> type[FakeRtlSdr]:
    module = types.ModuleType("rtlsdr")
    module.RtlSdr = FakeRtlSdr  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "rtlsdr", module)
    FakeRtlSdr.opened = []
    monkeypatch.setattr(FakeRtlSdr, "buffers", -1)
    return FakeRtlSdr


def test_a_dongle_streams_without_a_gap(pyrtlsdr: type[FakeRtlSdr]) -> None:
    with open_source("rtlsdr://00000042", rate_hz=1e6) as source:
        source.settle_samples = 0  # type: ignore[attr-defined]
        source.tune(939e6, 30.0)
        got = np.concatenate([source.read(n) for n in (1, 70_000, 61_071, 500)])
        parts = (np.frombuffer(PLAYED, np.uint8).astype(float) - 127.5) / 127.5
        expected = parts[0::2] + 1j * parts[1::2]
        np.testing.assert_allclose(got, np.concatenate([expected, expected])[: len(got)], atol=1e-6)
        assert (source.gain_db, source.segments[0].centre_hz, source.position) == (29.7, 939e6, 131_572)
    assert pyrtlsdr.opened[0].calls == [
        "00000042",
        ("sample_rate", 1e6),
        ("agc", False),
        ("manual gain", True),
        ("gain", 30.0),
        ("center_freq", 939e6),
        "closed",
    ]


def test_the_first_dongle_is_taken_where_none_is_named(pyrtlsdr: type[FakeRtlSdr]) -> None:
    with open_source("rtlsdr://", rate_hz=1e6, freq_hz=939e6) as source:
        assert source.segments[0].start_sample >= 131_072
    assert pyrtlsdr.opened[0].calls[0] is None


def test_a_dongle_that_is_pulled_out_is_said(pyrtlsdr: type[FakeRtlSdr], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pyrtlsdr, "buffers", 3)
    with open_source("rtlsdr://1", rate_hz=1e6) as source:
        source.settle_samples = 0  # type: ignore[attr-defined]
        source.tune(939e6)
        assert len(source.read(300_000)) == 300_000
        with pytest.raises(DeviceError, match="rtlsdr://1: went away; plug the dongle in again"):
            source.read(300_000)


def test_a_slow_reader_is_told_of_lost_buffers(
    pyrtlsdr: type[FakeRtlSdr], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sensor.source.rtlsdr, "QUEUE_BUFFERS", 2)
    monkeypatch.setattr(pyrtlsdr, "buffers", 4)
    with open_source("rtlsdr://1", rate_hz=1e6) as source:
        source.settle_samples = 0  # type: ignore[attr-defined]
        source.tune(939e6)
        for _ in range(500):
            if source.lost_buffers >= 2:  # type: ignore[attr-defined]
                break
            threading.Event().wait(0.01)
    assert "too slow a reader: 2 buffers lost so far" in caplog.text


@pytest.mark.parametrize(
    ("url", "options", "said"),
    [
        ("rtlsdr://404", {}, "cannot be opened .*whether rtl_tcp holds it"),
        ("rtlsdr://1", {"rate_hz": 5e6}, "does not make 5000000 samples a second"),
        ("rtlsdr://1", {"freq_hz": 2.4e9}, "the R820T is deaf at 2400.000 MHz"),
    ],
)
def test_wrong_use_of_a_dongle(pyrtlsdr: type[FakeRtlSdr], url: str, options: dict[str, Any], said: str) -> None:
    with pytest.raises((CaptureError, DeviceError), match=said):
        open_source(url, **options)


@pytest.mark.parametrize(
    ("url", "module", "said"),
    [
        ("rtlsdr://", "rtlsdr", r"pyrtlsdr is missing .*pip install 'catpool\[rtlsdr\]'"),
        ("soapy://driver=rtlsdr", "SoapySDR", "SoapySDR is missing .*apt-get install python3-soapysdr"),
    ],
)
def test_a_library_that_is_not_there(monkeypatch: pytest.MonkeyPatch, url: str, module: str, said: str) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(DeviceError, match=said):
        open_source(url)


class FakeSoapyDevice:
    """What catpool uses of SoapySDR.Device."""

    def __init__(self, arguments: str) -> None:
        if "none" in arguments:
            raise RuntimeError("SoapySDR::Device::make() no match")
        self.calls: list[Any] = [arguments]
        self.left = 3_000

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*arguments: object) -> Any:
            self.calls.append((name, *arguments))
            return {"getGain": 28.0, "hasGainMode": True, "setupStream": "stream"}.get(name)

        return call

    def readStream(self, _stream: object, buffers: list[Any], n: int, timeoutUs: int) -> Any:  # noqa: N802
        assert timeoutUs > 0
        got = min(n, 700, self.left)
        buffers[0][:got] = 0.5j
        self.left -= got
        return types.SimpleNamespace(ret=got if got else -1)


def test_soapy(monkeypatch: pytest.MonkeyPatch) -> None:
    module = types.ModuleType("SoapySDR")
    made: list[FakeSoapyDevice] = []

    def device(arguments: str) -> FakeSoapyDevice:
        made.append(FakeSoapyDevice(arguments))
        return made[-1]

    for name, value in {
        "Device": device,
        "SOAPY_SDR_RX": 1,
        "SOAPY_SDR_CF32": "CF32",
        "SOAPY_SDR_OVERFLOW": -4,
    }.items():
        setattr(module, name, value)
    monkeypatch.setitem(sys.modules, "SoapySDR", module)
    with open_source("soapy://driver=airspy,serial=3") as source:
        source.settle_samples = 1_000  # type: ignore[attr-defined]
        source.tune(939e6, 30.0)
        assert (source.position, source.gain_db) == (1_000, 28.0)
        assert set(source.read(2_000).tolist()) == {0.5j}
        with pytest.raises(DeviceError, match=r"no samples \(SoapySDR says -1"):
            source.read(1)
    assert made[0].calls[0] == "driver=airspy,serial=3"
    assert ("setGainMode", 1, 0, False) in made[0].calls
    assert ("closeStream", "stream") in made[0].calls
    with pytest.raises(DeviceError, match=r"cannot be opened .*SoapySDRUtil --find"):
        open_source("soapy://driver=none")
