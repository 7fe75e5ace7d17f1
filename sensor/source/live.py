"""What every live source shares: one sample clock through all retunes, and what stands in its URL."""

import math
from collections.abc import Callable
from datetime import UTC, datetime
from types import TracebackType
from typing import Self
from urllib.parse import SplitResult, parse_qs

import numpy as np
from numpy.typing import NDArray

from sensor.errors import CaptureError, DeviceError
from sensor.source import Segment

DEFAULT_RATE_HZ = 1_000_000.0  # one GSM carrier with its neighbours; two cores of a small board keep up
DEFAULT_GAIN_DB = 30.0
# librtlsdr hands over 256 KiB at a time: so many samples may still be of the frequency before.
BUFFER_SAMPLES = 131_072
SYNTHESISER_S = 0.03  # the tuner's PLL locks and its DC settles in that


class LiveSource:
    """Base of the live sources. A kind overrides `_receive`, `_set` and `close`."""

    live = True
    n_samples: int | None = None

    def __init__(self, name: str, rate_hz: float, now: Callable[[], datetime] | None = None) -> None:
        self.name = name
        self.rate_hz = rate_hz
        self.gain_db: float | None = None
        self.settle_samples = math.ceil(BUFFER_SAMPLES + SYNTHESISER_S * rate_hz)
        self._segments: tuple[Segment, ...] = ()
        self._position = 0
        self._now = now or (lambda: datetime.now(UTC))

    @property
    def segments(self) -> tuple[Segment, ...]:
        return self._segments

    @property
    def position(self) -> int:
        return self._position

    def read(self, n: int) -> NDArray[np.complex64]:
        if not self._segments:
            raise DeviceError(f"{self.name}: not tuned to any frequency; add --freq HZ")
        samples = self._receive(n)
        self._position += len(samples)
        return samples

    def tune(self, hz: float, gain_db: float | None = None) -> None:
        """Tunes, and drops the samples that may be of the frequency before; they are counted in `position`."""
        self._set(hz, gain_db)
        left = self.settle_samples + self._waiting_samples() if self.settle_samples else 0
        while left > 0:
            got = len(self._receive(min(left, BUFFER_SAMPLES)))
            self._position += got
            left -= got
        self._segments = (*self._segments, Segment(self._position, hz, self._now()))

    def _receive(self, n: int) -> NDArray[np.complex64]:
        """Exactly `n` samples. Raises DeviceError."""
        raise NotImplementedError

    def _set(self, hz: float, gain_db: float | None) -> None:
        raise NotImplementedError

    def _waiting_samples(self) -> int:
        """Samples that were received already and wait to be read."""
        return 0

    def close(self) -> None:
        raise NotImplementedError

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()


def url_name(url: SplitResult) -> str:
    """The URL without its query: what messages and readings call the source."""
    return f"{url.scheme}://{url.netloc}{url.path}"


def url_number(url: SplitResult, key: str) -> float | None:
    """The number of `?key=`, None where it is not there. Raises CaptureError."""
    values = parse_qs(url.query).get(key)
    if not values:
        return None
    try:
        number = float(values[-1])
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise CaptureError(f"{url.geturl()}: {key}={values[-1]} is not a number")
    return number


def live_settings(
    url: SplitResult, rate_hz: float | None, freq_hz: float | None, gain_db: float | None
) -> tuple[float, float | None, float]:
    """Rate, frequency (None: not yet) and gain: the options', else the URL's ?rate=&freq=&gain=, else the usual."""
    rate = rate_hz or url_number(url, "rate") or DEFAULT_RATE_HZ
    freq = freq_hz or url_number(url, "freq")
    asked = gain_db if gain_db is not None else url_number(url, "gain")
    return rate, freq, DEFAULT_GAIN_DB if asked is None else asked
