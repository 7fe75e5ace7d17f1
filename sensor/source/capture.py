"""Captures on disk: SigMF recordings and raw IQ files."""

import logging
import math
import os
from bisect import bisect_right
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from sensor.errors import CaptureError
from sensor.source import FORMATS, SUFFIXES, Segment
from sensor.source.samples import RAW, SampleFormat

log = logging.getLogger(__name__)
LOWEST_RATE_HZ, HIGHEST_RATE_HZ = 200e3, 250e6
SIGMF_SUFFIXES = (".sigmf-meta", ".sigmf-data", ".sigmf")


class Capture:
    """A finite Source. What is appended to the file after it was opened is not read."""

    live = False
    gain_db: float | None = None

    def __init__(
        self,
        name: str,
        file: BinaryIO,
        *,
        rate_hz: float,
        segments: tuple[Segment, ...],
        sample_format: SampleFormat,
        n_samples: int,
    ) -> None:
        self.name = name
        self.rate_hz = rate_hz
        self.segments = segments
        self.n_samples: int | None = n_samples
        self.position = 0
        self._length = n_samples
        self._starts = [segment.start_sample for segment in segments] + [n_samples]
        self._file = file
        self._format = sample_format

    def read(self, n: int) -> NDArray[np.complex64]:
        border = self._starts[min(bisect_right(self._starts, self.position), len(self._starts) - 1)]
        n = min(n, border - self.position, self._length - self.position)
        if n <= 0:
            self._say_if_grown()
            return np.empty(0, np.complex64)
        octets = self._file.read(n * self._format.sample_bytes)
        if len(octets) < n * self._format.sample_bytes:
            raise CaptureError(f"{self.name}: became shorter while it was read; copy it first, then read the copy")
        samples = self._format.convert(octets)
        if self._format.is_float and not np.isfinite(samples).all():
            at = self.position + int(np.flatnonzero(~np.isfinite(samples))[0])
            raise CaptureError(
                f"{self.name}: sample {at} is not a number: is it really {self._format.name}? See --format"
            )
        self.position += n
        return samples

    def _say_if_grown(self) -> None:
        more = os.fstat(self._file.fileno()).st_size - self._file.tell()
        if self.position == self._length and more >= self._format.sample_bytes:
            log.warning("%s: grew while it was read; %d new octets were left out", self.name, more)

    def tune(self, hz: float, gain_db: float | None = None) -> None:
        raise CaptureError(f"{self.name}: a recording cannot be tuned to {hz / 1e6:.3f} MHz; name a live source")

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None:
        self.close()


def open_capture(
    text: str, *, rate_hz: float | None = None, freq_hz: float | None = None, sample_format: str | None = None
) -> Capture:
    """A SigMF recording by either file or the name they share, or a raw file. Raises CaptureError."""
    try:
        path = Path(text).expanduser()
        if is_sigmf(path):
            from sensor.source.sigmf_meta import open_sigmf

            return open_sigmf(path, rate_hz=rate_hz, freq_hz=freq_hz, sample_format=sample_format)
        return open_raw(path, rate_hz=rate_hz, freq_hz=freq_hz, sample_format=sample_format)
    except (OSError, ValueError, RuntimeError) as error:  # a name that no file can have
        raise CaptureError(f"{text[:100]!r}: cannot be opened ({error})"[:300]) from error


def is_sigmf(path: Path) -> bool:
    if path.suffix in SIGMF_SUFFIXES:
        return True
    return not path.is_file() and any(Path(f"{path}{end}").exists() for end in SIGMF_SUFFIXES[:2])


def open_raw(path: Path, *, rate_hz: float | None, freq_hz: float | None, sample_format: str | None) -> Capture:
    """A headerless file of interleaved I and Q."""
    file, size = open_file(path)
    try:
        name = sample_format or SUFFIXES.get(path.suffix.lower())
        if name is None:
            raise CaptureError(
                f"{path}: unknown format {path.suffix!r}; say --format {'|'.join(FORMATS)}, or name a SigMF recording"
            )
        if name not in FORMATS:
            raise CaptureError(f"{path}: unknown --format {name!r}; there are {', '.join(FORMATS)}")
        if rate_hz is None or freq_hz is None:
            lacking = " and ".join(o for o, v in (("--rate HZ", rate_hz), ("--freq HZ", freq_hz)) if v is None)
            raise CaptureError(f"{path}: a raw capture does not say its rate and centre frequency; add {lacking}")
        n_samples = whole_samples(path, size, RAW[name])
    except CaptureError:
        file.close()
        raise
    return Capture(
        str(path),
        file,
        rate_hz=rate_hz,
        segments=(Segment(0, freq_hz, None),),
        sample_format=RAW[name],
        n_samples=n_samples,
    )


def open_file(path: Path) -> tuple[BinaryIO, int]:
    """The file and its length in octets. Raises CaptureError when it is no file that can be read."""
    if path.is_dir():
        raise CaptureError(f"{path}: is a folder; name the capture in it")
    try:
        file = path.open("rb")
    except FileNotFoundError as error:
        raise CaptureError(f"{path}: no such file") from error
    except PermissionError as error:
        raise CaptureError(f"{path}: no right to read it; mend it with chmod or chown") from error
    except OSError as error:
        raise CaptureError(f"{path}: cannot be opened ({error.strerror})") from error
    if not path.is_file():
        file.close()
        raise CaptureError(f"{path}: is a device or a pipe, not a file; record it first")
    return file, os.fstat(file.fileno()).st_size


def whole_samples(where: Path, size: int, sample_format: SampleFormat) -> int:
    """How many samples `size` octets are. Raises CaptureError when empty or when the last one is cut."""
    if size == 0:
        raise CaptureError(f"{where}: empty: it holds no samples; record it again")
    over = size % sample_format.sample_bytes
    if over:
        raise CaptureError(
            f"{where}: truncated, or not {sample_format.name}: {size} octets are not whole samples of "
            f"{sample_format.sample_bytes}; copy it again, or cut it with `truncate -s {size - over}`"
        )
    return size // sample_format.sample_bytes


def check_rate(what: str, value: float | None) -> None:
    """Raises CaptureError unless `value` (samples a second) is None or a rate that may hold a carrier."""
    check_hz(what, value)
    if value is not None and not LOWEST_RATE_HZ <= value <= HIGHEST_RATE_HZ:
        raise CaptureError(
            f"{what} {value:g}: not a receiver's rate; a GSM carrier asks for {LOWEST_RATE_HZ:g} samples a second "
            f"at least, and none makes more than {HIGHEST_RATE_HZ:g}"
        )


def check_hz(what: str, value: float | None) -> None:
    """Raises CaptureError unless `value` (Hz) is None or a finite number above zero."""
    if value is not None and not (math.isfinite(value) and value > 0):
        raise CaptureError(f"{what} {value:g}: not a number of Hz above zero")
