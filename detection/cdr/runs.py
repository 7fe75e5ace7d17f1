"""What a ranking thought of its suspects, kept under CATPOOL_HOME/cdr/runs so that a raid weeks later can teach.

A file a ranking, JSON lines, pseudonyms alone: a head (when it was made, until when the export tells, which base
score), then a line a suspect. Files older than KEPT_DAYS go when the next one is written.
"""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from detection.cdr.leads_file import write_whole
from detection.errors import DetectionError

KEPT_DAYS = 400
SOON_DAYS = 31  # a ranking of later records may still speak of the box that a raid looked for
LEAST_SHARE = 0.01  # kinds less likely than this are left out


class Head(msgspec.Struct, frozen=True):
    """First line of a run."""

    made: datetime
    ends: datetime
    base: str  # which base score (versions.base_version)
    owner: str = ""


class Suspected(msgspec.Struct, frozen=True, omit_defaults=True):
    """A suspect of a run: log odds before any layer, and P(kind) among boxes and among honest kinds."""

    sim: str
    number: str
    lead: str
    odds: float
    kinds: dict[str, float]
    raised: bool = False


@dataclass(frozen=True, slots=True)
class Run:
    """One ranking as it was kept."""

    head: Head
    suspects: tuple[Suspected, ...]

    def of(self, subject: str) -> list[Suspected]:
        """Those that a lead, SIM or number stands for."""
        return [row for row in self.suspects if subject in (row.lead, row.sim, row.number)]


def suspected(
    sim: str, number: str, lead: str, odds: float, kinds: Sequence[str], shares: NDArray[np.float64], raised: bool
) -> Suspected:
    told = {
        name: round(float(p), 4) for name, p in zip(kinds, shares.tolist(), strict=True) if round(p, 4) >= LEAST_SHARE
    }
    return Suspected(sim, number, lead, round(float(odds), 6), told, raised)


def keep_run(folder: Path, head: Head, suspects: Iterable[Suspected]) -> Path:
    """Writes a run whole and removes those past their time; the same ranking again replaces itself."""
    lines = [msgspec.json.encode(row) for row in suspects]
    body = b"\n".join([msgspec.json.encode(head), *lines]) + b"\n"
    mark = hashlib.sha256(b"\n".join([head.base.encode(), *lines])).hexdigest()[:12]
    try:
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
    except OSError as error:
        raise DetectionError(f"{folder}: cannot be made ({error.strerror}); mend the rights on CATPOOL_HOME") from error
    path = folder / f"{head.ends:%Y%m%dT%H%M%SZ}-{mark}.jsonl"
    write_whole(path, body.decode())
    purge(folder, head.made)
    return path


def purge(folder: Path, now: datetime) -> int:
    """Removes runs made more than KEPT_DAYS ago; gives how many."""
    gone = 0
    for path in sorted(folder.glob("*.jsonl")):
        with path.open("rb") as stream:
            head = _head(path, stream.readline())
        if head.made < now - timedelta(days=KEPT_DAYS):
            path.unlink(missing_ok=True)
            gone += 1
    return gone


def kept_runs(folder: Path) -> Iterator[Run]:
    """Runs, those of the latest records first. Raises DetectionError where one can't be read."""
    for path in sorted(folder.glob("*.jsonl"), reverse=True):
        try:
            first, *rest = path.read_bytes().splitlines()
            yield Run(_head(path, first), tuple(msgspec.json.decode(line, type=Suspected) for line in rest))
        except (OSError, ValueError, msgspec.DecodeError) as error:
            raise DetectionError(f"run {path}: cannot be read ({error}); remove it") from error


def _head(path: Path, line: bytes) -> Head:
    try:
        return msgspec.json.decode(line, type=Head)
    except msgspec.DecodeError as error:
        raise DetectionError(f"run {path}: cannot be read ({error}); remove it") from error


def find(runs: Sequence[Run], subject: str, by: datetime | None) -> tuple[Run, list[Suspected]] | None:
    """The run that speaks of a subject: the latest up to `by`, else the earliest in the SOON_DAYS after it."""
    held = [(run, rows) for run in runs if (rows := run.of(subject))]
    held.sort(key=lambda pair: pair[0].head.ends)
    if not held:
        return None
    earlier = [pair for pair in held if by is None or pair[0].head.ends <= by + timedelta(days=1)]
    if earlier or by is None:
        return earlier[-1]
    return held[0] if held[0][0].head.ends <= by + timedelta(days=SOON_DAYS) else None


def utc(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
