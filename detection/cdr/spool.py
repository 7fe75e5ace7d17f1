"""From a file as it comes to clean UTF-8 lines, none lost: encodings, gzip, NUL bytes, quotes, line ends.

A plain file that is already clean is read where it lies. Anything else is rewritten to a spool: a temporary
file without a name, so that nothing readable stays behind, however the run ends. In a spool, line n is line n
of the original; a line that starts with MARK is an order to the reader:

    MARK ! reason US value    this line is bad; why
    MARK +                    this line belongs to the quoted record above it
"""

import codecs
import os
import re
import tempfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from detection.cdr.cutting import split_quoted
from detection.cdr.encodings import guess_encoding, utf16_order
from detection.errors import ExportError

MARK = "\x1e"
UNIT = "\x1f"
NEVER = "\x1d"  # stands in no spool: what the reader is told to split lines by
CHUNK = 1 << 22
LONGEST_LINE = 1_000_000
MOST_LINES_IN_QUOTES = 20
VALUE_SHOWN = 60

_CONTROLS = re.compile(r"[\x1d-\x1f]")
_MAGIC = (
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"GIF8", "a GIF image"),
    (b"%PDF", "a PDF"),
    (b"PK\x03\x04", "a zip archive or an Excel workbook: save the sheet as CSV"),
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


@dataclass(slots=True)
class Spool:
    """Lines that DuckDB may read as they are. `spool` must stay open as long as `path` is read."""

    path: str
    lines: int
    quoted: bool  # fields are split by UNIT, quotes already undone
    spool: IO[bytes] | None = None
    truncated: bool = False

    def close(self) -> None:
        if self.spool is not None:
            self.spool.close()


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


def look_at(path: Path) -> TextFile:
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
    encoding, reason = guess_encoding(head)
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(head)
    lines = re.split(r"\r\n|\n|\r", text)
    if len(head) >= CHUNK and len(lines) > 1:
        lines.pop()  # cut in the middle
    return TextFile(path, gzipped, encoding, reason, tuple(line.replace("\x00", "") for line in lines))


def refuse_what_is_no_text(path: Path, head: bytes) -> None:
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


def make_spool(text: TextFile, delimiter: str, fields: int, directory: Path | None = None) -> Spool:
    """Clean lines of a file, where it lies or in a nameless temporary file."""
    lines, clean, quotes = scan(text)
    if clean and not quotes:
        return Spool(str(text.path), lines, quoted=False)
    spool = tempfile.TemporaryFile(dir=directory, buffering=CHUNK)  # noqa: SIM115 - outlives this function
    try:
        lines, truncated = rewrite(text, delimiter, fields, quotes, spool)
        spool.flush()
    except OSError as error:
        spool.close()
        raise ExportError(f"export {text.path}: no room to unpack it ({error.strerror}); set TMPDIR") from error
    return Spool(f"/proc/{os.getpid()}/fd/{spool.fileno()}", lines, quotes, spool, truncated)


def scan(text: TextFile) -> tuple[int, bool, bool]:
    """(lines, whether DuckDB may read the file where it lies, whether it holds quotes)."""
    if text.gzipped or text.encoding != "utf-8":
        quotes = any(b'"' in chunk for chunk in chunks(text.path, text.gzipped))
        return 0, False, quotes
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    lines, returns, pairs, clean, quotes, last, run = 0, 0, 0, True, False, b"\n", 0
    for chunk in chunks(text.path, False):
        ends = chunk.count(b"\n")
        lines += ends
        quotes = quotes or b'"' in chunk
        run = run + len(chunk) if not ends else 0
        if clean:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                clean = False
            strange = any(byte in chunk for byte in (b"\x00", b"\x1d", b"\x1e", b"\x1f"))
            clean = clean and not strange and run < LONGEST_LINE
        returns += chunk.count(b"\r")
        pairs += chunk.count(b"\r\n") + (last == b"\r" and chunk[:1] == b"\n")
        last = chunk[-1:]
    alike = returns == 0 or returns == pairs == lines
    return lines + (last != b"\n"), clean and alike, quotes


def rewrite(text: TextFile, delimiter: str, fields: int, quotes: bool, spool: IO[bytes]) -> tuple[int, bool]:
    """Writes the spool; gives the number of lines and whether the file was cut off in the middle."""
    truncated = [False]
    lines = physical_lines(text, truncated)
    rewritten = unquoted_lines(lines, delimiter, fields) if quotes else map(plain_line, lines)
    count, batch = 0, []
    for line in rewritten:
        count += 1
        batch.append(line)
        if len(batch) >= 20_000:
            spool.write(("\n".join(batch) + "\n").encode("utf-8", "replace"))
            batch.clear()
    if batch:
        spool.write(("\n".join(batch) + "\n").encode("utf-8", "replace"))
    return count, truncated[0]


def physical_lines(text: TextFile, truncated: list[bool]) -> Iterator[str]:
    """Lines of a file in its encoding, without line ends. Damaged octets come as U+FFFD."""
    decoder = codecs.getincrementaldecoder(text.encoding)(errors="replace")
    rest = ""
    split: re.Pattern[str] | None = None
    for chunk in chunks(text.path, text.gzipped):
        truncated[0] = truncated[0] or not chunk
        rest += decoder.decode(chunk)
        if split is None:
            split = re.compile("\r\n?|\n") if "\n" not in rest else re.compile("\r?\n")
        held = rest.endswith("\r")
        parts = split.split(rest[:-1] if held else rest)
        rest = parts.pop() + ("\r" if held else "")
        yield from parts
    rest += decoder.decode(b"", final=True)
    if rest.endswith("\r"):
        rest = rest[:-1]
    if rest == "\x1a":  # an old DOS end-of-file mark
        rest = ""
    if rest:
        yield bad_line("the file is cut off in this line", rest) if truncated[0] else rest


def bad_line(reason: str, line: str) -> str:
    """An order to the reader: this line is bad."""
    shown = re.sub(r"[\x00-\x1f]", " ", line.lstrip(MARK))[:VALUE_SHOWN]
    return f"{MARK}!{reason}{UNIT}{shown}"


def plain_line(line: str) -> str:
    """A line as it may stand in a spool."""
    if line.startswith(MARK + "!"):
        return line
    if "\x00" in line:
        return bad_line("NUL byte in the line", line)
    if len(line) > LONGEST_LINE:
        return bad_line("line is too long to be a record", line)
    if _CONTROLS.search(line):
        return bad_line("control character in the line", line)
    return line.replace("\r", " ")


def unquoted_lines(lines: Iterator[str], delimiter: str, fields: int) -> Iterator[str]:
    """Undoes quotes; a quoted field may hold delimiters and line ends.

    A quote that is never closed costs its own line alone: the line is reported, and reading goes on below it.
    """
    waiting: list[str] = []
    while True:
        if not waiting:
            line = next(lines, None)
            if line is None:
                return
            waiting.append(line)
        line = plain_line(waiting[0])
        if line.startswith(MARK):
            yield line
            waiting.pop(0)
            continue
        if '"' not in line:
            yield line.replace(delimiter, UNIT)
            waiting.pop(0)
            continue
        yield from quoted_record(lines, waiting, delimiter, fields)


def quoted_record(lines: Iterator[str], waiting: list[str], delimiter: str, fields: int) -> Iterator[str]:
    """The record that starts at waiting[0], with its continuation lines; takes what it used from `waiting`."""
    joined = plain_line(waiting[0])
    for used in range(1, MOST_LINES_IN_QUOTES + 1):
        record = split_quoted(joined, delimiter)
        if record is not None:
            if used > 1 and len(record) != fields:
                break
            yield UNIT.join(record)
            for _ in range(used - 1):
                yield MARK + "+"
            del waiting[:used]
            return
        if used == len(waiting):
            following = next(lines, None)
            if following is None:
                break
            waiting.append(following)
        addition = plain_line(waiting[used])
        if addition.startswith(MARK):
            break
        joined += "\n" + addition
    yield bad_line("unterminated quote", waiting.pop(0))
