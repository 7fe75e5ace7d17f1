"""SigMF recordings (https://sigmf.org, 1.x): the meta file says what the data file holds."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from sigmf.sigmffile import get_sigmf_filenames

from sensor.errors import CaptureError
from sensor.source import Segment
from sensor.source.capture import Capture, check_hz, check_rate, open_file, whole_samples
from sensor.source.samples import RAW, SampleFormat, sigmf_format


def open_sigmf(path: Path, *, rate_hz: float | None, freq_hz: float | None, sample_format: str | None) -> Capture:
    """The recording that `path` (meta, data, or the name they share) belongs to. Raises CaptureError."""
    names = get_sigmf_filenames(path)
    meta_path = names["meta_fn"]
    if path.suffix == ".sigmf" and path.is_file():
        raise CaptureError(f"{path}: a SigMF archive; unpack it (tar -xf) and name the recording in it")
    meta = read_meta(meta_path, names["data_fn"])
    data_path = meta_path.with_name(meta["global"].get("core:dataset") or names["data_fn"].name)
    if not data_path.exists():
        raise CaptureError(f"{meta_path}: its data file {data_path.name} is missing; copy it beside the meta file")
    file, size = open_file(data_path)
    try:
        return lay_out(meta, meta_path, data_path, file, size, rate_hz, freq_hz, sample_format)
    except CaptureError:
        file.close()
        raise


def lay_out(
    meta: dict[str, Any],
    meta_path: Path,
    data_path: Path,
    file: BinaryIO,
    size: int,
    rate_hz: float | None,
    freq_hz: float | None,
    sample_format: str | None,
) -> Capture:
    form = format_of(meta["global"], meta_path, sample_format)
    rate = rate_of(meta["global"], meta_path, rate_hz)
    header = number(meta["captures"][0], "core:header_bytes", meta_path, 0) if meta["captures"] else 0
    trailer = number(meta["global"], "core:trailing_bytes", meta_path, 0)
    n_samples = whole_samples(data_path, max(0, size - int(header) - int(trailer)), form)
    segments = segments_of(meta["captures"], meta_path, freq_hz)
    if segments[-1].start_sample >= n_samples:
        raise CaptureError(
            f"{data_path}: truncated: {n_samples} samples, but {meta_path.name} starts a segment at sample "
            f"{segments[-1].start_sample}; copy it again"
        )
    check_hash(meta["global"].get("core:sha512"), data_path, file)
    file.seek(int(header))
    return Capture(str(data_path), file, rate_hz=rate, segments=segments, sample_format=form, n_samples=n_samples)


def read_meta(path: Path, data_path: Path) -> dict[str, Any]:
    """The meta file's object, with `global` an object and `captures` a list of objects."""
    if not path.exists():
        if data_path.exists():
            raise CaptureError(
                f"{data_path}: its meta file {path.name} is missing; copy it beside, or rename the data to what it "
                f"is, such as {path.stem}.cu8, and add --rate HZ --freq HZ"
            )
        raise CaptureError(f"{path}: no such file")
    file, _ = open_file(path)
    with file:
        octets = file.read()
    try:
        meta = json.loads(octets.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise CaptureError(f"{path}: not a SigMF meta file: not text in UTF-8") from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise CaptureError(f"{path}: not a SigMF meta file: not JSON ({error}); copy it again") from error
    if not isinstance(meta, dict) or not isinstance(meta.get("global"), dict):
        raise CaptureError(f"{path}: not a SigMF meta file: it has no `global` object")
    captures = meta.setdefault("captures", [])
    if not isinstance(captures, list) or not all(isinstance(capture, dict) for capture in captures):
        raise CaptureError(f"{path}: `captures` is not a list of objects")
    if meta["global"].get("core:num_channels", 1) != 1:
        raise CaptureError(f"{path}: holds several channels; split it into one recording a channel")
    if any(capture.get("core:header_bytes") for capture in captures[1:]):
        raise CaptureError(f"{path}: has headers between its segments; write the samples out without them")
    dataset = meta["global"].get("core:dataset")
    if dataset is not None and (not isinstance(dataset, str) or "/" in dataset):
        raise CaptureError(f"{path}: core:dataset {dataset!r} is not a file name")
    return meta


def format_of(head: dict[str, Any], path: Path, asked: str | None) -> SampleFormat:
    if "core:datatype" not in head:
        raise CaptureError(f"{path}: core:datatype is missing")
    form = sigmf_format(head["core:datatype"], str(path))
    if asked is not None and (asked not in RAW or np.dtype(RAW[asked].component) != np.dtype(form.component)):
        raise CaptureError(f"{path}: says {form.name}, but --format says {asked}; leave --format out")
    return form


def rate_of(head: dict[str, Any], path: Path, asked: float | None) -> float:
    if head.get("core:sample_rate") is None:
        if asked is None:
            raise CaptureError(f"{path}: core:sample_rate is missing; add --rate HZ")
        return asked
    rate = number(head, "core:sample_rate", path)
    check_rate(f"{path}: core:sample_rate", rate)
    if asked is not None and asked != rate:
        raise CaptureError(f"{path}: says {rate:.10g} samples a second, but --rate says {asked:.10g}; leave --rate out")
    return rate


def segments_of(captures: list[dict[str, Any]], path: Path, asked_hz: float | None) -> tuple[Segment, ...]:
    """The recording's segments; a part without a frequency of its own has `asked_hz`."""
    segments: list[Segment] = []
    for capture in captures or [{}]:
        start = number(capture, "core:sample_start", path, 0)
        if start != int(start) or start < 0 or (segments and start <= segments[-1].start_sample):
            raise CaptureError(
                f"{path}: core:sample_start {start:g} does not come after the one before it; put `captures` in order"
            )
        centre = number(capture, "core:frequency", path, asked_hz)
        check_hz(f"{path}: core:frequency", centre)
        segments.append(Segment(int(start), centre, time_of(capture.get("core:datetime"), path)))
    if segments[0].start_sample != 0:
        raise CaptureError(f"{path}: the first segment starts at sample {segments[0].start_sample}, not 0")
    if asked_hz is not None and asked_hz not in [segment.centre_hz for segment in segments]:
        raise CaptureError(
            f"{path}: says {segments[0].centre_hz:.10g} Hz, but --freq says {asked_hz:.10g}; leave it out"
        )
    return tuple(segments)


def number(part: dict[str, Any], key: str, path: Path, default: float | None = None) -> float:
    value = part.get(key, default)
    if value is None:
        raise CaptureError(f"{path}: {key} is missing" + ("; add --freq HZ" if key == "core:frequency" else ""))
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise CaptureError(f"{path}: {key} {value!r} is not a number")
    if value != value or abs(value) > 1e18:
        raise CaptureError(f"{path}: {key} {value!r} is out of range")
    return float(value)


def time_of(text: object, path: Path) -> datetime | None:
    """UTC of a `core:datetime`; one without an offset is UTC."""
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise CaptureError(f"{path}: core:datetime {text!r} is not ISO 8601") from error
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)


def check_hash(stated: object, path: Path, file: BinaryIO) -> None:
    """Refuses data that is not what was recorded: a cut or altered file must not pass for evidence."""
    if stated is None:
        return
    digest = hashlib.sha512()
    file.seek(0)
    while part := file.read(1 << 20):
        digest.update(part)
    if digest.hexdigest() != str(stated).lower():
        raise CaptureError(
            f"{path}: altered or truncated: its SHA-512 is not core:sha512 of the meta file; copy it again "
            "(if you cut it yourself, take core:sha512 out of the meta file)"
        )
