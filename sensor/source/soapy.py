"""Any receiver that SoapySDR knows, `soapy://driver=...` (SoapySDR's arguments, comma-separated). Optional.

SoapySDR comes from Debian (python3-soapysdr), not from PyPI. Its RTL module drops buffers at a retune: such
a stream has no one sample clock, so it is no source for arrival times.
"""

from typing import Any
from urllib.parse import SplitResult

import numpy as np
from numpy.typing import NDArray

from sensor.errors import DeviceError
from sensor.source.live import LiveSource, live_settings, url_name

TIMEOUT_US = 5_000_000


class SoapyDevice(LiveSource):
    """A SoapySDR device, channel 0, manual gain."""

    def __init__(self, name: str, api: Any, device: Any, rate_hz: float) -> None:
        super().__init__(name, rate_hz)
        self._api, self._device = api, device
        device.setSampleRate(api.SOAPY_SDR_RX, 0, rate_hz)
        if device.hasGainMode(api.SOAPY_SDR_RX, 0):
            device.setGainMode(api.SOAPY_SDR_RX, 0, False)
        self._stream = device.setupStream(api.SOAPY_SDR_RX, api.SOAPY_SDR_CF32)
        device.activateStream(self._stream)

    def _set(self, hz: float, gain_db: float | None) -> None:
        try:
            if gain_db is not None:
                self._device.setGain(self._api.SOAPY_SDR_RX, 0, gain_db)
                self.gain_db = float(self._device.getGain(self._api.SOAPY_SDR_RX, 0))
            self._device.setFrequency(self._api.SOAPY_SDR_RX, 0, hz)
        except RuntimeError as error:
            raise DeviceError(f"{self.name}: cannot be tuned to {hz / 1e6:.3f} MHz ({error})") from error

    def _receive(self, n: int) -> NDArray[np.complex64]:
        samples = np.empty(n, np.complex64)
        got = 0
        while got < n:
            answer = self._device.readStream(self._stream, [samples[got:]], n - got, timeoutUs=TIMEOUT_US)
            if answer.ret == self._api.SOAPY_SDR_OVERFLOW:
                continue
            if answer.ret <= 0:
                raise DeviceError(f"{self.name}: no samples (SoapySDR says {answer.ret}); plug it in again")
            got += answer.ret
        return samples

    def close(self) -> None:
        self._device.deactivateStream(self._stream)
        self._device.closeStream(self._stream)


def open_url(url: SplitResult, *, rate_hz: float | None, freq_hz: float | None, gain_db: float | None) -> SoapyDevice:
    """The device that the URL's arguments name. Raises CaptureError or DeviceError."""
    name = url_name(url)
    rate, freq, gain = live_settings(url, rate_hz, freq_hz, gain_db)
    try:
        import SoapySDR
    except ImportError as error:
        raise DeviceError(f"{name}: SoapySDR is missing ({error}); apt-get install python3-soapysdr") from error
    try:
        source = SoapyDevice(name, SoapySDR, SoapySDR.Device(url.netloc + url.path), rate)
    except RuntimeError as error:
        raise DeviceError(f"{name}: cannot be opened ({error}); `SoapySDRUtil --find` lists what is there") from error
    source.gain_db = gain
    try:
        if freq is not None:
            source.tune(freq, gain)
    except BaseException:
        source.close()
        raise
    return source
