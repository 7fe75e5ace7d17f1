"""FRAMES.jsonl: decoded blocks, a line each, as `catpool decode --json` writes them."""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import file_digest
from pathlib import Path

import msgspec

from detection.errors import ExportError
from sensor.gsm.block import FRAMES_PER_HYPERFRAME, Block
from sensor.gsm.messages import blank

BLOCK_OCTETS = 23


class Line(msgspec.Struct, frozen=True, gc=False):
    """The keys of a line that matter here; others are ignored."""

    fn: int
    l2: str
    channel: str = "CCCH"
    arfcn: int | None = None
    band: str | None = None
    carrier_hz: int | None = None
    bsic: int | None = None
    time: datetime | None = None
    paged: int | None = None


class Frames:
    """The blocks of lines; a line that can't be one is counted by reason, and the stream goes on.

    Reasons: JSON (no object of JSON), FIELD (a key misses or is of the wrong kind), SANITY (a number out of its
    range, or a block of zeros), HEX, LENGTH (not 23 octets).
    """

    def __init__(self, lines: Iterable[bytes]) -> None:
        self._lines = lines
        self.read = 0
        self.bad: Counter[str] = Counter()
        self._decoder = msgspec.json.Decoder(Line)

    def __iter__(self) -> Iterator[Block]:
        for text in self._lines:
            if not text.strip():
                continue
            block = self._block(text)
            if isinstance(block, str):
                self.bad[block] += 1
            else:
                self.read += 1
                yield block

    def _block(self, text: bytes) -> Block | str:
        """The block of a line, or the reason why it is none."""
        try:
            line = self._decoder.decode(text)
        except msgspec.ValidationError:
            return "FIELD"
        except (msgspec.DecodeError, UnicodeDecodeError):
            return "JSON"
        try:
            octets = bytes.fromhex(line.l2)
        except ValueError:
            return "HEX"
        if len(octets) != BLOCK_OCTETS:
            return "LENGTH"
        if not _is_sane(line) or not any(octets):
            return "SANITY"
        octets, paged = blank(octets)
        return Block(
            fn=line.fn,
            channel=line.channel,
            l2=octets,
            arfcn=line.arfcn,
            band=line.band,
            carrier_hz=line.carrier_hz,
            bsic=line.bsic,
            time=line.time if line.time is None or line.time.tzinfo else line.time.replace(tzinfo=UTC),
            paged=line.paged if paged is None else paged,
        )


def _is_sane(line: Line) -> bool:
    in_range = 0 <= line.fn < FRAMES_PER_HYPERFRAME and 0 <= (line.bsic or 0) <= 63
    return in_range and 0 <= (line.arfcn or 0) <= 1023 and line.channel in ("BCCH", "CCCH")


@contextmanager
def open_frames(path: Path | str) -> Iterator[Frames]:
    """The frames of a file, read as they are asked for. Raises ExportError where it can't be opened."""
    try:
        file = Path(path).open("rb")  # noqa: SIM115 # closed below
    except OSError as error:
        raise ExportError(f"frames {path}: cannot be read ({error.strerror})") from error
    with file:
        yield Frames(file)


def frames_name(path: Path) -> str:
    """What a file of frames is called in journal and store: its name and the first digits of its SHA-256."""
    with path.open("rb") as file:
        return f"{path.name}#{file_digest(file, 'sha256').hexdigest()[:12]}"
