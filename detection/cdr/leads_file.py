"""What a ranking writes: suspects.csv, leads.json, rejects.csv, each whole or not at all."""

import csv
import io
import json
import os
import re
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from detection.cdr.masking import inert, printable
from detection.cdr.rejects import Reject
from detection.errors import ExportError

SUSPECT_COLUMNS = ("imsi", "msisdn", "score", "lead", "form", "lat", "lon", "lac", "ci", "detected_at", "reasons")
REJECT_COLUMNS = ("file", "line", "column", "value", "reason")
ROWS_AT_ONCE = 10_000
HALF_WRITTEN = re.compile(r"\.(?:catpool-|(?:suspects|leads|rejects|victims|block)\.(?:csv|json)\.)[0-9a-f]{8}")


@dataclass(frozen=True, slots=True)
class Suspect:
    """A row of suspects.csv."""

    imsi: str
    msisdn: str
    score: float
    lead: str
    form: str
    lat: float | None
    lon: float | None
    lac: int | None
    ci: int | None
    detected_at: str
    reasons: str


@dataclass(frozen=True, slots=True)
class LeadRow:
    """An object of leads.json; its keys are the contract's."""

    lead: str
    form: str
    score: float
    sims: list[str]
    imeis: list[str]
    cells: list[dict[str, Any]]
    area: dict[str, float] | None
    first_seen: str
    last_seen: str
    active_hours: list[int]
    reasons: list[str]
    advice: str
    owner: str
    lat: float | None = None
    lon: float | None = None
    kind: str = ""  # what target it is: advice.KINDS
    best_hours: list[str] = field(default_factory=list)  # to visit it, busiest first, local time: "14-18"
    listen_to: list[dict[str, Any]] = field(default_factory=list)  # cells and rings with `share`, most heard first
    next_hour: dict[str, Any] | None = None  # of a moving box: `from`, and `cells` with `probability`
    gateways: list[dict[str, Any]] = field(default_factory=list)  # places of a distributed bank


def prepare_folder(folder: Path) -> None:
    """Makes DIR and proves that it can be written, before the work. Raises ExportError."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(".*"):
            if HALF_WRITTEN.fullmatch(left.name):  # by a run that was killed
                left.unlink()
        probe = folder / f".catpool-{secrets.token_hex(4)}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise ExportError(
            f"--out {folder}: cannot be written ({error.strerror}); choose another folder or mend its rights"
        ) from error


def write_suspects(path: Path, suspects: Sequence[Suspect], mode: int = 0o666) -> None:
    rows = []
    for suspect in suspects:
        row = asdict(suspect)
        row["score"] = f"{suspect.score:.12f}"
        for name in ("lat", "lon"):
            row[name] = "" if row[name] is None else f"{row[name]:.6f}"
        rows.append(["" if row[name] is None else row[name] for name in SUSPECT_COLUMNS])
    write_whole(path, _csv(SUSPECT_COLUMNS, rows), mode)


def write_rejects(path: Path, rejects: Iterable[Reject], hide: bool, mode: int = 0o666) -> None:
    """`hide`: no identity and no name gets out through a bad line; see Reject.shown."""

    def texts() -> Iterator[str]:  # not held whole: every line of an export may be refused
        header: Sequence[str] = REJECT_COLUMNS
        rest = iter(rejects)
        while rows := [_reject_row(reject, hide) for reject in islice(rest, ROWS_AT_ONCE)]:
            yield _csv(header, rows)
            header = ()
        if header:
            yield _csv(header, [])

    write_whole(path, texts(), mode)


def _reject_row(reject: Reject, hide: bool) -> list[object]:
    value = reject.shown if hide else reject.value
    return [reject.file, reject.line, reject.column, printable(value), reject.reason]


def write_leads(path: Path, leads: Sequence[LeadRow], mode: int = 0o666) -> None:
    write_whole(path, json.dumps([asdict(lead) for lead in leads], ensure_ascii=False, indent=1) + "\n", mode)


def write_table(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]], mode: int = 0o666) -> None:
    """A CSV; `mode` is what the umask may narrow further."""
    write_whole(path, _csv(header, rows), mode)


def _csv(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    if header:
        writer.writerow(header)
    writer.writerows([inert(value) for value in row] for row in rows)
    return out.getvalue()


def write_whole(path: Path, text: str | Iterable[str], mode: int = 0o666) -> None:
    """A temporary file beside it, synced, then renamed over it. Raises ExportError."""
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.writelines([text] if isinstance(text, str) else text)
            stream.flush()
            os.fsync(stream.fileno())
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise ExportError(f"{path}: cannot be written ({error.strerror}); nothing of it is left half-done") from error
