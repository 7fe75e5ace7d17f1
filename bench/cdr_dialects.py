"""Exports in dialects made up by seed, read and compared line by line: `python -m bench.cdr_dialects 0 200`.

Prints the shares of good lines read exactly, of bad lines refused by their number, and the worst dialects.
"""

import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from bench.cdr_dialect_maker import Dialect, Line, make
from bench.cdr_plain import read_plain
from detection.cdr.pseudonyms import Names
from detection.cdr.record_words import KINDS
from detection.cdr.records import open_engine, read_records
from detection.errors import ExportError
from detection.lead import PlacedCell
from sensor.cell import CellIdentity


@dataclass(slots=True)
class Score:
    good: int = 0
    exact: int = 0
    refused: int = 0
    bad: int = 0
    caught: int = 0
    wrong: Counter[str] = field(default_factory=Counter)  # field -> lines
    missed: Counter[str] = field(default_factory=Counter)  # sort of bad line -> accepted
    examples: list[str] = field(default_factory=list)
    error: str = ""

    @property
    def clean(self) -> bool:
        return not self.error and self.exact == self.good and self.caught == self.bad


def placed_cells(made: Dialect) -> list[PlacedCell]:
    rat = "lte" if made.notes.get("cell", "").startswith("lte") else "gsm"
    return [PlacedCell(CellIdentity(rat, made.home.mcc, made.home.mnc, lac, ci), 30.0, 104.0) for lac, ci in made.cells]


def expected(line: Line, made: Dialect) -> dict[str, object]:
    """What the engine should hold of a good line, as far as the dialect tells it."""
    truth = line.truth
    assert truth is not None
    want: dict[str, object] = {"kind": truth.kind, "t_s": int(truth.utc.timestamp()), "number": truth.own.canon}
    want["other"] = truth.other.canon if truth.other else None
    if "imsi" in made.tells:
        want["imsi"] = truth.imsi
    if "imei" in made.tells:
        want["imei"] = truth.imei[:14] if truth.imei else None
    if "dur" in made.tells:
        want["duration_s"] = truth.dur
    if "cell" in made.tells:
        want["cell"] = (None if "no lac" in made.tells else truth.lac, truth.ci)
    if "ta" in made.tells:
        want["ta"] = truth.ta
    if truth.kind in ("moc", "mtc") and {"answered", "dur"} & made.tells:
        want["answered"] = truth.answered
    return want


def compare(made: Dialect, read: dict[int, dict[str, object]], refused: dict[int, str], score: Score) -> None:
    """Scores what was read against what is true, line by line."""
    for at, line in enumerate(made.lines, 1):
        if line.is_a == "good":
            score.good += 1
            if at in refused:
                score.refused += 1
                note(score, "refused", f"line {at} refused: {refused[at]}: {line.text[:150]}")
            elif at not in read:
                note(score, "lost", f"line {at} lost: {line.text[:150]}")
            else:
                row = read[at]
                wrong = [(name, want, row[name]) for name, want in expected(line, made).items() if row[name] != want]
                wrong = [told for told in wrong if not (told[0] == "imei" and told[2] is None and _no_imei(line, made))]
                wrong = [told for told in wrong if not _is_national(told, made)]
                score.exact += not wrong
                for name, want, got in wrong:
                    note(score, name, f"line {at} {name}: {got!r} for {want!r}: {line.text[:150]}")
        elif line.is_a == "bad":
            score.bad += 1
            score.caught += at in refused
            if at not in refused:
                score.missed[line.why] += 1
                if score.missed[line.why] < 3:
                    state = "accepted" if at in read else "not told"
                    score.examples.append(f"line {at} ({line.why}) {state}: {line.text[:150]}")
        elif (line.is_a == "header" and at in read) or (line.is_a == "blank" and (at in read or at in refused)):
            note(score, line.is_a, f"line {at} {line.is_a} taken for a record: {line.text[:100]}")


def _is_national(told: tuple[str, object, object], made: Dialect) -> bool:
    """A number without its country's code is right where nothing in the file tells the country."""
    name, want, got = told
    return name in ("number", "other") and "imsi" not in made.tells and f"{made.home.code}{got}" == want


def _no_imei(line: Line, made: Dialect) -> bool:
    return line.truth is not None and line.truth.imsi in made.without_imei


def read_by_plain(made: Dialect, path: Path) -> tuple[dict[int, dict[str, object]], dict[int, str]]:
    """Records and refusals by line, as the plain reader has them."""
    plain = read_plain(path, placed_cells(made), made.home.zone)
    for row in plain.records.values():
        cell = row["cell"]
        row["cell"] = None if cell is None else (cell.lac, cell.ci)  # type: ignore[attr-defined]
    return plain.records, {at: f"{told.column}: {told.reason}" for at, told in plain.refused.items()}


def read_by_engine(made: Dialect, path: Path) -> tuple[dict[int, dict[str, object]], dict[int, str]]:
    """The same by the product's own reader."""
    engine = open_engine(memory_mb=800, threads=1)
    try:
        naming = Names(bytes(32), clear=True)
        read = read_records([path], engine, placed=placed_cells(made), timezone=made.home.zone, naming=naming)
        read.account.check()
        people, rows = read.people, {}
        imsi = "imsi" in read.files[0].layout.roles
        for row in read.table.to_pyarrow().to_pylist():
            cell = None if row["cell"] is None else read.cells[row["cell"]]
            rows[row["row"] + 1] = row | {
                "kind": KINDS[row["kind"]],
                "imsi": people.sim(row["sim_id"]) if imsi else None,
                "number": None if row["number_id"] is None else people.party(row["number_id"]),
                "other": None if row["other_id"] is None else people.party(row["other_id"]),
                "imei": None if row["imei_id"] is None else people.imei(row["imei_id"]),
                "cell": None if cell is None else (cell.lac, cell.ci),
            }
        return rows, {reject.line: f"{reject.column}: {reject.reason}" for reject in read.rejects}
    finally:
        engine.disconnect()


def note(score: Score, name: str, told: str) -> None:
    score.wrong[name] += 1
    if score.wrong[name] < 3:
        score.examples.append(told)


def judge(seed: int, folder: Path, by_engine: bool = True, lines: int = 700) -> tuple[Dialect, Score]:
    made, score = make(seed, lines), Score()
    path = folder / f"{seed}.csv"
    path.write_bytes(made.body)
    try:
        compare(made, *(read_by_engine if by_engine else read_by_plain)(made, path), score)
    except ExportError as error:
        score.error = str(error)
        score.good = score.refused = sum(line.is_a == "good" for line in made.lines)
        score.bad = sum(line.is_a == "bad" for line in made.lines)
    path.unlink()
    return made, score


def main(first: int, count: int, shown: int = 12, by_engine: bool = True) -> None:
    judged = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first, first + count):
            judged.append(judge(seed, Path(folder), by_engine))
    scores = [score for _, score in judged]
    good, bad = sum(s.good for s in scores), sum(s.bad for s in scores)
    print(f"{count} dialects, {sum(s.clean for s in scores)} read without a fault")
    print(
        f"good lines {good}: exact {sum(s.exact for s in scores) / good:.4%}, refused {sum(s.refused for s in scores)}"
    )
    print(f"bad lines {bad}: reported by number {sum(s.caught for s in scores) / max(1, bad):.3%}")
    wrong: Counter[str] = Counter()
    missed: Counter[str] = Counter()
    for score in scores:
        wrong.update(score.wrong)
        missed.update(score.missed)
    print("fields amiss:", dict(wrong.most_common()))
    print("bad lines accepted:", dict(missed.most_common()))
    faulty = sorted((pair for pair in judged if not pair[1].clean), key=lambda pair: pair[1].exact - pair[1].good)
    for made, score in faulty[:shown]:
        print(
            f"\nseed {made.seed}: {made.language} {score.exact}/{score.good} exact, {score.refused} refused,"
            f" {score.caught}/{score.bad} caught {score.error}"
        )
        print("   ", made.notes)
        print("   ", dict(score.wrong), dict(score.missed))
        for example in score.examples[:6]:
            print("      ", example)


if __name__ == "__main__":
    numbers = [int(text) for text in sys.argv[1:] if text.isdigit()] or [0, 100]
    main(*numbers[:2], shown=numbers[2] if len(numbers) > 2 else 12, by_engine="--plain" not in sys.argv)
