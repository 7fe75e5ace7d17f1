"""From a file as it comes to blocks of whole lines, none lost: encodings, gzip, line ends.

Nothing is written anywhere: a block is read, cut and let go, so that a file of any size takes the room of a few
blocks. A legacy encoding stays as it is where its delimiter cannot be a part of a character; the texts are decoded.
"""

import codecs
import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from detection.cdr.cutting import split_quoted
from detection.cdr.encodings import LEGACY, guess_encoding, utf16_order
from detection.cdr.words import narrow
from detection.errors import ExportError

UNIT = "\x1f"
SAFE = {legacy.codec for legacy in LEGACY}  # no octet of a character is a comma, semicolon, tab, quote or line end
CHUNK = 1 << 22
LONGEST_LINE = 1_000_000
MOST_LINES_IN_QUOTES = 20
VALUE_SHOWN = 60

_MAGIC = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook: save the sheet as CSV"),
    (b"SQLite format 3", "an SQLite database"),
    (b"\x7fELF", "a program"),
    (b"BZh", "bzip2: unpack it first"),
    (b"\xfd7zXZ", "xz: unpack it first"),
    (b"\x28\xb5\x2f\xfd", "zstd: unpack it first"),
    (b"RIFF", "sound or video"),
)


@dataclass(frozen=True, slots=True)
class TextFile:
    """What a look at a file's bytes tells: how to read it, before any column is known."""

    path: Path
    gzipped: bool
    encoding: str  # a Python codec
    encoding_reason: str
    sample: tuple[str, ...]  # lines from its beginning


def chunks(path: Path, gzipped: bool) -> Iterator[bytes]:
    """The file's bytes in chunks; an empty chunk last where a gzip file is cut off or damaged. Raises ExportError."""
    try:
        with path.open("rb") as stream:
            packed = iter(lambda: stream.read(CHUNK), b"")
            yield from unpacked(packed) if gzipped else packed
    except OSError as error:
        raise ExportError(f"export {path}: cannot be read ({error.strerror}); check its name and rights") from error


def unpacked(packed: Iterator[bytes]) -> Iterator[bytes]:
    """Unpacks gzip, members after one another; what came before a damage is kept (RFC 1952)."""
    machine, started = zlib.decompressobj(wbits=31), False
    for rest in packed:
        while rest:
            try:
                yield from filter(None, [machine.decompress(rest, CHUNK)])
            except zlib.error:
                yield b""
                return
            rest = machine.unconsumed_tail
            if machine.eof:
                rest = machine.unused_data.lstrip(b"\x00")
                machine = zlib.decompressobj(wbits=31)
                started = bool(rest)
            else:
                started = True
    if started:
        yield b""


def look_at(path: Path, encoding: str = "") -> TextFile:
    """Encoding and first lines of a text file. Raises ExportError where it is not text, and says what it is."""
    try:
        with path.open("rb") as stream:
            gzipped = stream.read(2) == b"\x1f\x8b"
    except OSError as error:
        raise ExportError(f"export {path}: cannot be read ({error.strerror}); check its name and rights") from error
    head = next(chunks(path, gzipped), b"")
    if not head:
        raise ExportError(f"export {path}: " + ("is a damaged gzip file" if gzipped else "is empty"))
    refuse_what_is_no_text(path, head)
    encoding, reason = (encoding, "the dialect says so") if encoding else guess_encoding(head)
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(head)
    lines = re.split(r"\r\n|\n|\r", text)
    if len(head) >= CHUNK and len(lines) == 1:
        raise ExportError(f"export {path}: no line ends in its first {CHUNK >> 20} MB: not a CSV of call records")
    if len(head) >= CHUNK:
        lines.pop()  # cut in the middle
    return TextFile(path, gzipped, encoding, reason, tuple(line.replace("\x00", "") for line in lines))


def refuse_what_is_no_text(path: Path, head: bytes) -> None:
    if head.startswith(b"PK\x03\x04"):
        workbook = b"[Content_Types].xml" in head or b"xl/" in head[:4096]
        raise ExportError(
            f"export {path}: not a CSV but "
            + ("an Excel workbook: save the sheet as CSV" if workbook else "a zip archive: unzip it first")
        )
    for magic, kind in _MAGIC:
        if head.startswith(magic):
            raise ExportError(f"export {path}: not a CSV but {kind}")
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:200].lower()
    if start.startswith((b"<!doctype", b"<html", b"<?xml", b"<head")):
        raise ExportError(f"export {path}: not a CSV but a web page or XML (an error page saved as a file?)")
    if start.startswith((b"{", b"[{")):
        raise ExportError(f"export {path}: not a CSV but JSON; export it as CSV or Parquet")
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or utf16_order(head):
        return
    controls = sum(head.count(bytes([code])) for code in range(32) if code not in (9, 10, 13, 26, 30, 31))
    if controls > len(head) * 0.2 or (controls > len(head) * 0.01 and head.count(b"\x00") < controls * 0.9):
        raise ExportError(f"export {path}: not a CSV but binary data")
    if not start.strip(b"\x00 \t\r\n"):
        raise ExportError(f"export {path}: holds no line with anything in it")


class Lines:
    """The blocks of a file, in order. Afterwards `cut_off` holds the piece of a line at which a file breaks off."""

    def __init__(self, text: TextFile, delimiter: str, wide: bool = False) -> None:
        self.text, self.wide = text, wide
        self.kept = not wide and (
            text.encoding in ("utf-8", "utf-8-sig") or (text.encoding in SAFE and delimiter in ",;\t\x01")
        )
        self.encoding = ("utf-8" if text.encoding == "utf-8-sig" else text.encoding) if self.kept else "utf-8"
        self.truncated = False
        self.cut_off: bytes | None = None
        self.octets = 0

    def __iter__(self) -> Iterator[bytes]:
        rest, dropping, ends = b"", False, None
        for chunk in self._decoded():
            rest = _limited(rest, chunk) if dropping else rest + chunk
            if ends is None and rest:
                ends = b"\n" if b"\n" in rest else b"\r"
            held = rest.endswith(b"\r")
            whole = _feeds(rest[:-1] if held else rest, ends == b"\r")
            last = whole.rfind(b"\n") + 1
            if last:
                yield whole[:last]
            rest = whole[last:] + (b"\r" if held else b"")
            dropping = len(rest) > 4 * LONGEST_LINE
        rest = _feeds(rest[:-1] if rest.endswith(b"\r") else rest, ends == b"\r")
        if rest == b"\x1a":  # an old DOS end-of-file mark
            rest = b""
        if rest and self.truncated:
            self.cut_off = rest
        elif rest:
            yield rest + b"\n"

    def _decoded(self) -> Iterator[bytes]:
        first = True
        """Octets in self.encoding; full-width digits and delimiters (`wide`) as plain ones."""
        decoder = None if self.kept else codecs.getincrementaldecoder(self.text.encoding)(errors="replace")
        for chunk in chunks(self.text.path, self.text.gzipped):
            self.truncated = self.truncated or not chunk
            self.octets += len(chunk)
            if decoder is not None:
                text = decoder.decode(chunk)
                yield (narrow(text) if self.wide else text).encode("utf-8", "replace")
            else:
                yield chunk.removeprefix(codecs.BOM_UTF8) if first else chunk
            first = False
        if decoder is not None:
            yield decoder.decode(b"", final=True).encode("utf-8", "replace")


def _feeds(octets: bytes, returns: bool) -> bytes:
    """Every line end as one line feed; a lone carriage return within a line as a space."""
    if b"\r" in octets:
        octets = octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n" if returns else b" ")
    return octets


def _limited(rest: bytes, chunk: bytes) -> bytes:
    """What is kept of a line that is too long already, and what follows it."""
    at = min((found for end in (b"\n", b"\r") if (found := chunk.find(end)) >= 0), default=-1)
    return rest if at < 0 else rest + chunk[at:]


def whole_records(raws: Iterable[bytes], delimiter: str) -> Iterator[bytes]:
    """The same blocks, but none ends within a quoted record of several lines."""
    rest = b""
    for raw in raws:
        raw, rest = rest + raw, b""
        if b'"' in raw:
            raw, rest = _parted(raw, delimiter)
        if raw:
            yield raw
    if rest:
        yield rest


def _parted(raw: bytes, delimiter: str) -> tuple[bytes, bytes]:
    """(the whole records of a block, the lines at its end of a quoted record that goes on below)."""
    ends = raw[-4 * LONGEST_LINE :].split(b"\n")[-MOST_LINES_IN_QUOTES - 1 : -1]
    at = 0
    while at < len(ends):
        used = 1
        while b'"' in ends[at] and split_quoted(b"\n".join(ends[at : at + used]).decode("latin-1"), delimiter) is None:
            used += 1
            if at + used > len(ends):
                rest = b"\n".join(ends[at:]) + b"\n"
                return raw[: len(raw) - len(rest)], rest
        at += used
    return raw, b""
