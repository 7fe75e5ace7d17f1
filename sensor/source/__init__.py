"""Sources of IQ samples: one protocol, opened by path or URL. To add a kind: one file and one line in KINDS."""

from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self
from urllib.parse import urlsplit

from sensor.errors import CaptureError

if TYPE_CHECKING:  # the commands' options come from this package: `catpool --help` must not load numpy
    import numpy as np
    from numpy.typing import NDArray

KINDS = {  # scheme -> module with open_url(url, rate_hz=, freq_hz=, gain_db=)
    "rtl_tcp": "sensor.source.rtl_tcp",
    "rtlsdr": "sensor.source.rtlsdr",
    "soapy": "sensor.source.soapy",
}
FORMATS = ("cu8", "cs8", "cs16", "cf32")  # of raw captures: names for --format
SUFFIXES = {".cu8": "cu8", ".cs8": "cs8", ".cs16": "cs16", ".cf32": "cf32", ".cfile": "cf32"}


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch on one centre frequency; it ends where the next begins. All count on one sample clock."""

    start_sample: int
    centre_hz: float
    time: datetime | None  # UTC of the first sample, None where the source does not know it


class Source(Protocol):
    """A stream of complex64 samples at `rate_hz`; 0 dBFS is |I+jQ| = 1.

    `segments` grows at each `tune`; a capture's are all known at open, a live source's is empty until it is
    tuned. `position` is the number of the next sample, `n_samples` the capture's length (None: live).
    """

    name: str
    rate_hz: float
    live: bool
    gain_db: float | None
    n_samples: int | None

    @property
    def segments(self) -> tuple[Segment, ...]: ...

    @property
    def position(self) -> int: ...

    def read(self, n: int) -> "NDArray[np.complex64]":
        """Up to `n` samples, shape (n,); empty at the end of a capture. A read never crosses a segment's border.

        A live source blocks until it has `n`. Raises CaptureError or DeviceError.
        """

    def tune(self, hz: float, gain_db: float | None = None) -> None:
        """Retunes a live source; the samples go on counting. Raises CaptureError on a capture."""

    def close(self) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...


def open_source(
    text: str,
    *,
    rate_hz: float | None = None,
    freq_hz: float | None = None,
    sample_format: str | None = None,
    gain_db: float | None = None,
) -> Source:
    """The SOURCE or CAPTURE that `text` names (see CONTRACT in README), ready to read.

    Raises CaptureError or DeviceError, one line that names what to mend.
    """
    from sensor.source.capture import check_hz, check_rate, open_capture

    check_rate("--rate", rate_hz)
    check_hz("--freq", freq_hz)
    if "://" not in text:
        return open_capture(text, rate_hz=rate_hz, freq_hz=freq_hz, sample_format=sample_format)
    scheme, rest = text.split("://", 1)
    url = urlsplit("//" + rest)._replace(scheme=scheme)  # RFC 3986 allows no underscore in a scheme, rtl_tcp has one
    if url.scheme == "modem":
        raise CaptureError(f"{text}: a modem gives no samples; only `catpool survey` asks it")
    if url.scheme not in KINDS:
        raise CaptureError(f"{text}: unknown kind of source {url.scheme!r}; there are {', '.join(KINDS)} and files")
    opened: Source = import_module(KINDS[url.scheme]).open_url(url, rate_hz=rate_hz, freq_hz=freq_hz, gain_db=gain_db)
    return opened
