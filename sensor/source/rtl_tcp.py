"""Client of osmocom's rtl_tcp server, `rtl_tcp://HOST:PORT`.

From the server: 12 octets, "RTL0", tuner type and number of gains (u32 each, big-endian), then cu8 samples
without end. To the server: 5 octets a command, u8 code and u32 value, big-endian. It serves one client at a
time: a second one is accepted by the kernel and hears nothing. Neither retunes nor lost samples are marked.
"""

import contextlib
import fcntl
import socket
import struct
import termios
from urllib.parse import SplitResult

import numpy as np
from numpy.typing import NDArray

from sensor.errors import CaptureError, DeviceError
from sensor.source.live import LiveSource, live_settings, url_name
from sensor.source.rtl2832 import TUNERS, check_rate, check_reach, nearest_gain_db
from sensor.source.samples import CU8

DEFAULT_PORT = 1234
TIMEOUT_S = 5.0
SET_FREQUENCY, SET_RATE, SET_GAIN_MODE, SET_GAIN, SET_PPM, SET_AGC = 0x01, 0x02, 0x03, 0x04, 0x05, 0x08
MANUAL = 1


class RtlTcp(LiveSource):
    """A dongle behind rtl_tcp: manual gain, both automatic gain controls off, no frequency correction."""

    def __init__(self, name: str, link: socket.socket, rate_hz: float) -> None:
        super().__init__(name, rate_hz)
        self._link = link
        magic, tuner, _ = struct.unpack(">4sII", self._take(12, "its header"))
        if magic != b"RTL0":
            raise DeviceError(f"{name}: answers, but not as rtl_tcp; check host and port")
        self.tuner = TUNERS.get(tuner, f"tuner {tuner}")
        for code, value in ((SET_AGC, 0), (SET_GAIN_MODE, MANUAL), (SET_PPM, 0), (SET_RATE, round(rate_hz))):
            self._send(code, value)

    def _receive(self, n: int) -> NDArray[np.complex64]:
        return CU8.convert(self._take(2 * n, "samples"))

    def _set(self, hz: float, gain_db: float | None) -> None:
        check_reach(self.name, self.tuner, hz)
        if gain_db is not None:
            self.gain_db = nearest_gain_db(self.tuner, gain_db)
            self._send(SET_GAIN, round(10 * self.gain_db) & 0xFFFF_FFFF)
        self._send(SET_FREQUENCY, round(hz))

    def _waiting_samples(self) -> int:
        waiting = fcntl.ioctl(self._link, termios.FIONREAD, b"\0\0\0\0")
        return int(struct.unpack("=i", waiting)[0]) // 2

    def _send(self, code: int, value: int) -> None:
        try:
            self._link.sendall(struct.pack(">BI", code, value))
        except OSError as error:
            raise DeviceError(f"{self.name}: went away ({error.strerror or error})") from error

    def _take(self, n: int, what: str) -> bytearray:
        """`n` octets, in however many pieces they come."""
        octets = bytearray(n)
        view, got = memoryview(octets), 0
        while got < n:
            try:
                more = self._link.recv_into(view[got:])
            except TimeoutError as error:
                raise DeviceError(
                    f"{self.name}: no {what} for {TIMEOUT_S:g} s; rtl_tcp serves one program at a time: "
                    "stop the other one, or look whether the dongle is there"
                ) from error
            except OSError as error:
                raise DeviceError(f"{self.name}: went away ({error.strerror or error})") from error
            if more == 0:
                raise DeviceError(f"{self.name}: went away; start rtl_tcp again")
            got += more
        return octets

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._link.shutdown(socket.SHUT_RDWR)
        self._link.close()


def open_url(
    url: SplitResult, *, rate_hz: float | None, freq_hz: float | None, gain_db: float | None, settle: bool = True
) -> RtlTcp:
    """The dongle at rtl_tcp://HOST[:PORT][?freq=HZ&rate=HZ&gain=DB]. Raises CaptureError or DeviceError."""
    name = url_name(url)
    try:
        host, port = url.hostname, url.port or DEFAULT_PORT
    except ValueError as error:
        raise CaptureError(f"{name}: {error}") from error
    if not host:
        raise CaptureError(f"{name}: no host; write rtl_tcp://127.0.0.1:{DEFAULT_PORT}")
    rate, freq, gain = live_settings(url, rate_hz, freq_hz, gain_db)
    check_rate(name, rate)
    try:
        link = socket.create_connection((host, port), timeout=TIMEOUT_S)
    except OSError as error:
        why = "no answer" if isinstance(error, TimeoutError) else error.strerror or error
        raise DeviceError(f"{name}: cannot be reached ({why}); start rtl_tcp there, or mend the address") from error
    try:
        source = RtlTcp(name, link, rate)
        if not settle:
            source.settle_samples = 0
        source.gain_db = gain
        if freq is not None:
            source.tune(freq, gain)
    except BaseException:
        link.close()
        raise
    return source
