"""A dongle on USB through librtlsdr, `rtlsdr://SERIAL` (empty: the first one). Needs the extra `catpool[rtlsdr]`.

pyrtlsdr is imported only here and only when asked for. A thread of its own keeps librtlsdr's transfers going,
so that no sample is lost between two reads; what comes while the queue is full is lost and counted.
"""

import logging
import queue
import threading
from typing import Any
from urllib.parse import SplitResult

import numpy as np
from numpy.typing import NDArray

from sensor.errors import DeviceError
from sensor.source.live import BUFFER_SAMPLES, LiveSource, live_settings, url_name
from sensor.source.rtl2832 import TUNERS, check_rate, check_reach
from sensor.source.samples import CU8

log = logging.getLogger(__name__)
TIMEOUT_S = 5.0
QUEUE_BUFFERS = 64  # 8 s at 1 Msps


class UsbDongle(LiveSource):
    """A dongle on USB: manual gain, automatic gain control off, no frequency correction."""

    def __init__(self, name: str, dongle: Any, rate_hz: float) -> None:
        super().__init__(name, rate_hz)
        self.tuner = TUNERS.get(int(dongle.get_tuner_type()), "unknown tuner")
        self.lost_buffers = 0
        self._dongle = dongle
        self._buffers: queue.Queue[bytes | None] = queue.Queue(QUEUE_BUFFERS)
        self._rest = b""
        self._pump: threading.Thread | None = None
        self._why = ""
        dongle.sample_rate = rate_hz
        dongle.set_agc_mode(False)
        dongle.set_manual_gain_enabled(True)

    def _set(self, hz: float, gain_db: float | None) -> None:
        check_reach(self.name, self.tuner, hz)
        try:
            if gain_db is not None:
                self._dongle.gain = gain_db
                self.gain_db = float(self._dongle.gain)
            self._dongle.center_freq = hz
        except OSError as error:
            raise DeviceError(f"{self.name}: cannot be tuned to {hz / 1e6:.3f} MHz ({error})") from error
        if self._pump is None:
            self._pump = threading.Thread(target=self._stream, name=self.name, daemon=True)
            self._pump.start()

    def _stream(self) -> None:
        try:
            self._dongle.read_bytes_async(self._keep, 2 * BUFFER_SAMPLES)
        except OSError as error:
            self._why = f" ({error})"
        self._buffers.put(None)

    def _keep(self, octets: Any, _context: Any) -> None:
        try:
            self._buffers.put_nowait(bytes(octets))
        except queue.Full:
            self.lost_buffers += 1
            log.warning("%s: too slow a reader: %d buffers lost so far", self.name, self.lost_buffers)

    def _receive(self, n: int) -> NDArray[np.complex64]:
        parts, got = [self._rest], len(self._rest)
        while got < 2 * n:
            try:
                octets = self._buffers.get(timeout=TIMEOUT_S)
            except queue.Empty:
                raise DeviceError(f"{self.name}: no samples for {TIMEOUT_S:g} s; plug the dongle in again") from None
            if octets is None:
                raise DeviceError(f"{self.name}: went away{self._why}; plug the dongle in again")
            parts.append(octets)
            got += len(octets)
        octets = b"".join(parts)
        self._rest = octets[2 * n :]
        return CU8.convert(octets[: 2 * n])

    def _waiting_samples(self) -> int:
        return self._buffers.qsize() * BUFFER_SAMPLES

    def close(self) -> None:
        if self._pump is not None:
            self._dongle.cancel_read_async()
            while self._pump.is_alive():  # a full queue must not hold the thread back from its end
                while not self._buffers.empty():
                    self._buffers.get_nowait()
                self._pump.join(0.05)
        self._dongle.close()


def open_url(url: SplitResult, *, rate_hz: float | None, freq_hz: float | None, gain_db: float | None) -> UsbDongle:
    """The dongle with the serial number that the URL names. Raises CaptureError or DeviceError."""
    name = url_name(url)
    rate, freq, gain = live_settings(url, rate_hz, freq_hz, gain_db)
    check_rate(name, rate)
    try:
        from rtlsdr import RtlSdr
    except ImportError as error:
        raise DeviceError(f"{name}: pyrtlsdr is missing ({error}); pip install 'catpool[rtlsdr]'") from error
    try:
        dongle = RtlSdr(serial_number=url.netloc) if url.netloc else RtlSdr()
    except OSError as error:
        raise DeviceError(
            f"{name}: cannot be opened ({error}); look whether it is plugged in, whether rtl_tcp holds it, "
            "and whether the udev rules give you the right to it"
        ) from error
    source = UsbDongle(name, dongle, rate)
    source.gain_db = gain
    try:
        if freq is not None:
            source.tune(freq, gain)
    except BaseException:
        source.close()
        raise
    return source
