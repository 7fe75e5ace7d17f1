"""Writes a SigMF recording of 8-bit samples, as a dongle gives them: NAME.sigmf-data and NAME.sigmf-meta."""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SIGMF_VERSION = "1.2.0"


def to_cu8(samples: NDArray[np.complex64]) -> NDArray[np.uint8]:
    """Samples (n,) as octets (2 n,), I and Q in turn, 127.5 being 0; clipped at 0 dBFS of either part."""
    parts = samples.view(np.float32) * 127.5 + 127.5
    octets: NDArray[np.uint8] = np.clip(np.rint(parts), 0, 255).astype(np.uint8)
    return octets


def write_capture(
    stem: Path,
    pieces: Iterable[NDArray[np.complex64]],
    *,
    rate_hz: float,
    centre_hz: float,
    time: datetime | None = None,
    description: str = "",
) -> Path:
    """Writes the pieces one after another and returns the meta file's path. Memory holds one piece at a time.

    `stem` is the name both files share, without suffix. Raises OSError where it cannot be written.
    """
    data, meta = (stem.with_name(stem.name + suffix) for suffix in (".sigmf-data", ".sigmf-meta"))
    checksum = hashlib.sha512()
    with data.open("wb") as file:
        for piece in pieces:
            octets = to_cu8(piece).tobytes()
            checksum.update(octets)
            file.write(octets)
    segment: dict[str, object] = {"core:sample_start": 0, "core:frequency": centre_hz}
    if time is not None:
        segment["core:datetime"] = time.isoformat().replace("+00:00", "Z")
    head = {
        "core:datatype": "cu8",
        "core:sample_rate": rate_hz,
        "core:version": SIGMF_VERSION,
        "core:sha512": checksum.hexdigest(),
        "core:description": description,
    }
    document = {"global": head, "captures": [segment], "annotations": []}
    meta.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    return meta
