"""Raid results: from a CSV, from this home's store, and as the ledger that re-fitting learns from.

CSV: a header with `lead` or `sim` (also imsi, msisdn, number: clear identities become pseudonyms at once), `outcome`
and `date`. Outcomes: confirmed (a box was there), honest (it was none), not radio (fraud, but on a line: the score
was right, the radio was not the way), unclear (teaches nothing).
"""

import csv
import hashlib
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import msgspec

from detection.case import KnownGateway
from detection.case import Outcome as StoredOutcome
from detection.cdr.leads_file import write_whole
from detection.cdr.pseudonyms import Names
from detection.cdr.runs import Run, Suspected, find
from detection.cdr.subjects import read_subject
from detection.errors import DetectionError, ExportError

LEDGER = "outcomes.jsonl"
SUBJECT_COLUMNS = ("lead", "sim", "subject", "imsi", "msisdn", "number")
WORDS = {
    "confirmed": ("confirmed", "found", "box", "fraud", "属实", "确认", "查实", "已确认"),
    "honest": ("honest", "false", "innocent", "licensed", "误报", "正常", "排除", "合法"),
    "not radio": ("not radio", "not-radio", "not_radio", "landline", "line", "非无线", "固话", "有线"),
    "unclear": ("unclear", "unknown", "不明", "未知"),
}
NOTHING_FOUND = 0.5  # weight of a raid that found nothing: the box may have left


class Learnt(msgspec.Struct, frozen=True):
    """A line of the ledger: what a raid showed of a subject, with what the ranking had thought of its SIMs."""

    id: str
    subject: str
    outcome: str  # "confirmed", "honest" or "not radio"
    date: str  # ISO date
    source: str
    base: str
    sims: tuple[Suspected, ...]
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class Result:
    """A raid's result as it came in, under pseudonyms; `subject` stands for one thing under several names."""

    subject: tuple[str, ...]
    outcome: str
    date: str
    source: str
    weight: float = 1.0

    @property
    def id(self) -> str:
        told = "|".join((self.subject[0], self.outcome, self.date))
        return hashlib.sha256(told.encode()).hexdigest()[:16]


def read_outcomes(path: Path, names: Names, today: date | None = None) -> list[Result]:
    """The results of a CSV, none after `today` where that is known. Raises ExportError with line, column and mend."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ExportError(f"outcomes {path}: not UTF-8 text; save it as CSV in UTF-8") from error
    except OSError as error:
        raise ExportError(f"outcomes {path}: cannot be read ({error.strerror})") from error
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        column = _columns(header, path)
        results = []
        for row in reader:
            if not any(field.strip() for field in row):
                continue
            where = f"outcomes {path}: line {reader.line_num}"
            if len(row) != len(header):
                raise ExportError(f"{where}: {len(row)} columns where the header has {len(header)}")
            results.append(_result([field.strip() for field in row], column, where, path.name, names))
            if today and results[-1].date > (today + timedelta(days=1)).isoformat():  # tomorrow, where the raid was
                raise ExportError(f"{where}, column date: {results[-1].date} is in the future; mend it")
    except csv.Error as error:
        raise ExportError(f"outcomes {path}: line {reader.line_num}: not CSV ({error})") from error
    return results


def _columns(header: Sequence[str], path: Path) -> dict[str, int]:
    subject = [name for name in SUBJECT_COLUMNS if name in header]
    missing = [name for name in ("outcome", "date") if name not in header]
    if not subject or missing:
        lacks = missing[0] if missing else "lead (or sim)"
        raise ExportError(f"outcomes {path}: line 1: no column {lacks}; the header is lead,outcome,date")
    if len(subject) > 1:
        raise ExportError(f"outcomes {path}: line 1: columns {' and '.join(subject)} both say whom; keep one")
    return {"subject": header.index(subject[0]), **{name: header.index(name) for name in ("outcome", "date")}}


def _result(row: Sequence[str], column: dict[str, int], where: str, source: str, names: Names) -> Result:
    told = row[column["outcome"]].lower()
    outcome = next((name for name, words in WORDS.items() if told in words), None)
    if outcome is None:
        raise ExportError(f"{where}, column outcome: {told!r}; it is one of {', '.join(WORDS)}")
    try:
        day = datetime.fromisoformat(row[column["date"]].replace("/", "-")).date().isoformat()
    except ValueError:
        raise ExportError(f"{where}, column date: {row[column['date']]!r}; write it as 2026-03-14") from None
    try:
        subject = read_subject(row[column["subject"]], names)
    except DetectionError as error:
        raise ExportError(f"{where}: {error}") from None
    return Result(subject, outcome, day, source)


def stored_results(outcomes: Sequence[StoredOutcome], known: Sequence[KnownGateway]) -> list[Result]:
    """What web and officers wrote into the store. A raid that found nothing speaks for honest, at half weight."""
    results = []
    for outcome in outcomes:
        said = {"confirmed": "confirmed", "refuted": "honest"}.get(outcome.verdict, "unclear")
        weight = NOTHING_FOUND if outcome.verdict == "refuted" else 1.0
        results.append(Result((outcome.lead,), said, outcome.time.date().isoformat(), "store", weight))
    results += [Result((one.lead,), "honest", one.date.date().isoformat(), "store, marked known") for one in known]
    return results


def learn(results: Sequence[Result], runs: Sequence[Run], held: Sequence[Learnt]) -> tuple[list[Learnt], list[Result]]:
    """(new lines for the ledger, results of which no kept ranking knows the subject). `unclear` teaches nothing."""
    ids = {line.id for line in held}
    lines, unknown = [], []
    for result in results:
        if result.outcome == "unclear" or result.id in ids:
            continue
        ids.add(result.id)
        by = datetime.fromisoformat(result.date).replace(tzinfo=UTC)
        found = next((hit for name in result.subject if (hit := find(runs, name, by)) is not None), None)
        if found is None:
            unknown.append(result)
            continue
        run, sims = found
        raised = [sim for sim in sims if sim.raised] or sims
        lines.append(
            Learnt(
                result.id,
                result.subject[0],
                result.outcome,
                result.date,
                result.source,
                run.head.base,
                tuple(raised),
                result.weight,
            )
        )
    return lines, unknown


def read_ledger(folder: Path) -> list[Learnt]:
    """The ledger, in the order in which outcomes came. Raises DetectionError where it can't be read."""
    path = folder / LEDGER
    try:
        return [msgspec.json.decode(line, type=Learnt) for line in path.read_bytes().splitlines()]
    except FileNotFoundError:
        return []
    except (OSError, msgspec.DecodeError) as error:
        raise DetectionError(f"outcomes {path}: cannot be read ({error}); restore it, or move it away") from error


def write_ledger(folder: Path, lines: Sequence[Learnt]) -> None:
    write_whole(folder / LEDGER, "".join(msgspec.json.encode(line).decode() + "\n" for line in lines))
