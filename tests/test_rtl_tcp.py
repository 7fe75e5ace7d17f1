"""The rtl_tcp client against a server that plays a capture and writes down what it is told."""

import socket
import time

import numpy as np
import pytest
from fake_rtl_tcp import FakeRtlTcp

import sensor.source.rtl_tcp
from sensor.errors import CaptureError, DeviceError
from sensor.source import Segment, Source, open_source

PLAYED = np.random.default_rng(1).integers(0, 256, 20_000, dtype=np.uint8).tobytes()


def expected(octets: bytes) -> np.ndarray[tuple[int], np.dtype[np.complex128]]:
    parts = (np.frombuffer(octets, np.uint8).astype(float) - 127.5) / 127.5
    return np.asarray(parts[0::2] + 1j * parts[1::2])


def no_settling(source: Source) -> Source:
    source.settle_samples = 0  # type: ignore[attr-defined]
    return source


def wait_for(server: FakeRtlTcp, count: int) -> list[tuple[int, int]]:
    for _ in range(500):
        if len(server.commands) >= count:
            break
        time.sleep(0.01)
    return server.commands


def test_samples_come_whole_and_levels_count() -> None:
    with FakeRtlTcp(PLAYED, piece=777, header_pieces=(1, 3, 2)) as server, open_source(server.url) as source:
        no_settling(source).tune(939e6, 28.0)
        got = np.concatenate([source.read(n) for n in (1, 4_999, 5_000)])
        assert got.dtype == np.complex64
        np.testing.assert_allclose(got, expected(PLAYED), atol=1e-6)
        assert source.position == 10_000
        assert (source.live, source.n_samples, source.rate_hz, source.gain_db) == (True, None, 1e6, 28.0)


def test_gain_is_manual_and_both_automatic_controls_off() -> None:
    with FakeRtlTcp(PLAYED) as server, open_source(server.url, rate_hz=2.4e6, freq_hz=939e6, gain_db=30.0) as source:
        assert wait_for(server, 6) == [
            (0x08, 0),
            (0x03, 1),
            (0x05, 0),
            (0x02, 2_400_000),
            (0x04, 297),  # the R820T's own step nearest to 30 dB
            (0x01, 939_000_000),
        ]
        assert source.gain_db == 29.7
        assert source.segments[0].centre_hz == 939e6
        no_settling(source).tune(941.2e6)
        assert wait_for(server, 7)[6:] == [(0x01, 941_200_000)]


def test_the_url_may_name_frequency_rate_and_gain() -> None:
    with FakeRtlTcp(PLAYED) as server, open_source(server.url + "?freq=939e6&rate=960000&gain=0") as source:
        assert wait_for(server, 6)[3:] == [(0x02, 960_000), (0x04, 0), (0x01, 939_000_000)]
        assert source.name == server.url


def test_samples_from_before_a_retune_are_dropped_and_counted() -> None:
    low, high = b"\x00\x00" * 4_096, b"\xff\xff" * 4_096
    with FakeRtlTcp({939e6: low, 941e6: high}, rate_hz=4e6) as server, open_source(server.url) as source:
        source.tune(939e6)
        before = source.read(1_000)
        source.tune(941e6)
        after = source.read(1_000)
        assert set(before.real.tolist()) == {-1.0}
        assert set(after.real.tolist()) == {1.0}
        first, second = source.segments
        assert first.start_sample >= 131_072
        assert second.start_sample - first.start_sample - 1_000 >= 131_072
        assert source.position == second.start_sample + 1_000
        assert isinstance(first, Segment)
        assert first.time is not None
        assert second.time is not None
        assert first.time < second.time


def test_a_server_that_goes_away_is_said() -> None:
    with FakeRtlTcp(PLAYED, stop_after=10_000) as server, open_source(server.url) as source:
        no_settling(source).tune(939e6)
        assert len(source.read(4_000)) == 4_000
        with pytest.raises(DeviceError, match=r"rtl_tcp://127.0.0.1:\d+: went away"):
            source.read(4_000)
        with open_source(server.url) as again:  # the server is there again
            no_settling(again).tune(939e6)
            assert len(again.read(4_000)) == 4_000
        assert server.clients == 2


def test_a_header_that_breaks_off_is_said() -> None:
    with FakeRtlTcp(PLAYED, header=b"RTL0\0\0", stop_after=0) as server, pytest.raises(DeviceError, match="went away"):
        open_source(server.url)


def test_another_server_is_not_taken_for_rtl_tcp() -> None:
    with FakeRtlTcp(PLAYED, header=b"HTTP/1.1 400 Bad") as server, pytest.raises(DeviceError, match="not as rtl_tcp"):
        open_source(server.url)


def test_a_second_client_hears_that_one_is_served_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with FakeRtlTcp(PLAYED) as server, open_source(server.url):
        monkeypatch.setattr(sensor.source.rtl_tcp, "TIMEOUT_S", 0.1)
        with pytest.raises(DeviceError, match="serves one program at a time"):
            open_source(server.url)
        assert server.clients == 1


def test_nobody_there_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(DeviceError, match=r"cannot be reached \(Connection refused\); start rtl_tcp there"):
        open_source(f"rtl_tcp://127.0.0.1:{port}")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("rtl_tcp://", "no host"),
        ("rtl_tcp://127.0.0.1:99999", "Port out of range"),
        ("rtl_tcp://127.0.0.1:1?rate=fast", "rate=fast is not a number"),
        ("rtl_tcp://127.0.0.1:1?rate=500000", "does not make 500000 samples a second; --rate 225001 to 300000"),
        ("tcp://127.0.0.1:1234", "unknown kind of source 'tcp'; there are rtl_tcp, rtlsdr, soapy and files"),
        ("modem:///dev/ttyUSB2", "only `catpool survey` asks it"),
    ],
)
def test_wrong_urls(url: str, said: str) -> None:
    with pytest.raises(CaptureError, match=said):
        open_source(url)


def test_a_deaf_frequency_is_refused_before_it_is_sent() -> None:
    with FakeRtlTcp(PLAYED) as server, open_source(server.url) as source:
        with pytest.raises(CaptureError, match=r"the R820T is deaf at 1842\.600 MHz: it hears 24 to 1766 MHz"):
            source.tune(1842.6e6)
        with pytest.raises(DeviceError, match="not tuned to any frequency; add --freq HZ"):
            source.read(100)
        assert all(code != 0x01 for code, _ in wait_for(server, 4))
