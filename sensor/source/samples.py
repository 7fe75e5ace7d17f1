"""Sample formats on disk and on the wire, and how they become complex64 with |I+jQ| = 1 at 0 dBFS."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sensor.errors import CaptureError

SIGMF_TYPE = re.compile(r"c(?P<kind>[uif])(?P<bits>8|16|32|64)(_(?P<order>le|be))?")  # SigMF 1.2 §datatypes


@dataclass(frozen=True, slots=True)
class SampleFormat:
    """Interleaved I and Q, each one `component`; zero stands at `middle`, full scale is `full` away from it."""

    name: str
    component: str  # numpy dtype
    middle: float
    full: float

    @property
    def sample_bytes(self) -> int:
        return 2 * np.dtype(self.component).itemsize

    @property
    def is_float(self) -> bool:
        return np.dtype(self.component).kind == "f"

    def convert(self, octets: bytes | bytearray | memoryview) -> NDArray[np.complex64]:
        """Whole samples as complex64, shape (n,). DC is left as it is."""
        parts = np.frombuffer(octets, self.component).astype(np.float32)
        if self.middle:
            parts -= np.float32(self.middle)
        if self.full != 1.0:
            parts *= np.float32(1.0 / self.full)
        return parts.view(np.complex64)


# An RTL2832's 8 bits count from 0 to 255: their middle is no code, and both ends are full scale.
CU8 = SampleFormat("cu8", "u1", 127.5, 127.5)
RAW = {
    "cu8": CU8,
    "cs8": SampleFormat("cs8", "i1", 0.0, 128.0),
    "cs16": SampleFormat("cs16", "<i2", 0.0, 32768.0),
    "cf32": SampleFormat("cf32", "<f4", 0.0, 1.0),
}


def sigmf_format(datatype: object, where: str) -> SampleFormat:
    """The format of a SigMF `core:datatype`. Raises CaptureError, naming `where`."""
    match = SIGMF_TYPE.fullmatch(str(datatype))
    if not match or (match["kind"] == "f" and match["bits"] in ("8", "16")):
        real = " (real samples, not I and Q)" if str(datatype).startswith("r") else ""
        raise CaptureError(
            f"{where}: core:datatype {datatype!r} cannot be read{real}; convert it to cu8, ci8, ci16_le or cf32_le"
        )
    kind, bits, order = match["kind"], int(match["bits"]), ">" if match["order"] == "be" else "<"
    if bits > 8 and match["order"] is None:
        raise CaptureError(
            f"{where}: core:datatype {datatype!r} does not say its byte order; write {datatype}_le or _be"
        )
    if kind == "u":
        middle = (2**bits - 1) / 2
        return SampleFormat(str(datatype), f"{order}u{bits // 8}", middle, middle)
    if kind == "i":
        return SampleFormat(str(datatype), f"{order}i{bits // 8}", 0.0, 2.0 ** (bits - 1))
    return SampleFormat(str(datatype), f"{order}f{bits // 8}", 0.0, 1.0)
