"""`catpool cdr update`: file by file the running state ranks as one run does; nothing counts twice, nobody is named."""

import csv
import itertools
import json
import re
import stat
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from detection.cdr.features import COUNTS, both_legs, tables
from detection.cdr.history import History, build
from detection.cdr.kept import kept_records
from detection.cdr.ledger import State, open_ledger, read_state
from detection.cdr.pseudonyms import Names
from detection.cdr.records import open_engine, read_records
from detection.cdr.running import Taken, take_in
from detection.cdr.update import held_lines
from detection.cdr_cli import cdr
from detection.errors import ExportError
from detection.town import city

NAMES = Names(b"k" * 32)
ZONE = "Asia/Shanghai"
OUTWARD = ("MOC", "SMO")


@dataclass(frozen=True)
class Town:
    """A small city's export, whole and cut at six and fourteen o'clock."""

    header: str
    rows: list[str]
    parts: list[Path]
    folder: Path

    def write(self, name: str, rows: list[str]) -> Path:
        path = self.folder / name
        path.write_text("\n".join([self.header, *rows]) + "\n", encoding="utf-8")
        return path


def hour(row: str) -> str:
    return row.split(",")[5]


def cut(town_rows: list[str], *times: str) -> list[list[str]]:
    edges = ["", *(f"2026-03-02 {time}" for time in times), "~"]
    return [[row for row in town_rows if one <= hour(row) < two] for one, two in itertools.pairwise(edges)]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    folder = tmp_path_factory.mktemp("hours")
    made = city.make(5, 400, 1, boxes={"naive": 1})
    header, *rows = city.csv_lines(made)
    rows.sort(key=hour)
    rows = [row.replace("MTC,", "LU,", 1) if at % 4 == 0 else row for at, row in enumerate(rows)]  # some are updates
    (folder / "CELLS.csv").write_text("\n".join(city.cells_lines(made)) + "\n", encoding="utf-8")
    bare = Town(header, rows, [], folder)
    parts = [bare.write(f"{at}.csv", part) for at, part in enumerate(cut(rows, "09:00", "14:30"))]
    return Town(header, rows, parts, folder)


def whole(paths: list[Path], one_leg: bool = False) -> History:
    """The history of files that are read at once."""
    records = read_records(paths, open_engine(), timezone=ZONE, naming=NAMES)
    acts = records.table
    if one_leg:
        acts = records.engine.create_table("legs", both_legs(acts, records.people.party_class))
    return build(tables(acts))


def added(root: Path, *exports: list[Path], days: int = 8) -> tuple[History, list[Taken]]:
    """The history of a state to which exports were added one after another, and what each did."""
    taken = []
    for export in exports:
        with open_ledger(root, "carrier", NAMES) as ledger:
            engine = open_engine()
            records = read_records(export, engine, timezone=ZONE, naming=NAMES)
            taken.append(take_in(ledger, records, {}, days))
            known = build(kept_records(ledger, engine, records)[1])
    known.hours(np.arange(5))
    return known, taken


def assert_alike(one: History, two: History) -> None:
    for name in (*COUNTS, "late", "peers"):
        np.testing.assert_array_equal(one.counts[name], two.counts[name], err_msg=name)
    for name in ("first_s", "last_s", "acts"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name), err_msg=name)
    # without the number of the IMEI: a state goes on counting those whose days have run out
    assert sorted(shared[:3] for shared in one.sharing) == sorted(shared[:3] for shared in two.sharing)
    assert (one.begins_s, one.ends_s) == (two.begins_s, two.ends_s)
    sims = np.arange(0, len(one.acts), 7)
    early, late = one.hours(sims), two.hours(sims)
    np.testing.assert_array_equal(early.hour, late.hour)
    for name, column in early.counts.items():
        np.testing.assert_array_equal(column, late.counts[name], err_msg=name)


def test_parts_in_order_are_known_as_one_run_knows_them(town: Town, tmp_path: Path) -> None:
    known, taken = added(tmp_path, *([part] for part in town.parts))
    assert_alike(known, whole(town.parts))
    assert [one.recounted for one in taken] == [0, 0, 0]
    assert not any(one.anew for one in taken)


def test_late_records_have_their_sims_counted_anew(town: Town, tmp_path: Path) -> None:
    first, second, third = town.parts
    known, taken = added(tmp_path, [third], [first], [second])
    assert_alike(known, whole([third, first, second]))
    assert all(one.recounted for one in taken[1:])


def test_a_record_known_already_adds_nothing(town: Town, tmp_path: Path) -> None:
    again = town.write("again.csv", [*cut(town.rows, "09:00", "14:30")[1], *cut(town.rows, "09:00", "14:30")[2][:50]])
    known, taken = added(tmp_path, town.parts[:2], [again], [town.parts[2]])
    assert_alike(known, whole(town.parts))
    assert taken[1].added == 50
    assert taken[1].known == len(cut(town.rows, "09:00", "14:30")[1])
    assert taken[2].known == 50


def test_one_leg_alone_gets_its_other_leg(town: Town, tmp_path: Path) -> None:
    rows = [row for row in town.rows if row.startswith(OUTWARD)]
    parts = [town.write(f"out-{at}.csv", part) for at, part in enumerate(cut(rows, "11:00"))]
    known, _ = added(tmp_path, *([part] for part in parts))
    assert_alike(known, whole(parts, one_leg=True))
    assert known.counts["calls_in"].sum() > 0


def test_incoming_records_after_one_leg_alone(town: Town, tmp_path: Path) -> None:
    out, rest = cut(town.rows, "09:00")
    outward = town.write("first-out.csv", [row for row in out if row.startswith(OUTWARD)])
    later = town.write("then-both.csv", rest)
    known, taken = added(tmp_path, [outward], [later])
    assert_alike(known, whole([outward, later]))
    assert [one.anew for one in taken] == [False, True]


def test_days_run_out(town: Town, tmp_path: Path) -> None:
    next_days = town.write("later.csv", [row.replace("2026-03-02 ", "2026-03-05 ") for row in town.rows[::2]])
    known, taken = added(tmp_path, [town.parts[0]], [next_days], [town.parts[1]], days=1)
    assert_alike(known, whole([next_days]))
    assert taken[1].anew
    assert (taken[2].added, taken[2].too_old) == (0, len(cut(town.rows, "09:00", "14:30")[1]))


def test_a_run_that_was_killed_leaves_the_state_as_it_was(
    town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, _ = added(tmp_path, [town.parts[0]])
    with monkeypatch.context() as patch:
        patch.setattr("detection.cdr.ledger.Ledger.commit", lambda self, state: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            added(tmp_path, [town.parts[1]])
    (folder,) = tmp_path.iterdir()
    littered = len(list(folder.iterdir()))
    with open_ledger(tmp_path, "carrier", NAMES) as ledger:
        assert len(list(folder.iterdir())) < littered
        assert_alike(build(kept_records(ledger, open_engine(), None)[1]), before)
    known, _ = added(tmp_path, [town.parts[1]], [town.parts[2]])
    assert_alike(known, whole(town.parts))


def test_the_state_names_nobody_and_is_its_owners_alone(town: Town, tmp_path: Path) -> None:
    added(tmp_path, [town.parts[0]])
    (folder,) = tmp_path.iterdir()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(entry.stat().st_mode) for entry in folder.iterdir()} == {0o600}
    identities = {field[:14].encode() for row in town.rows for field in row.split(",")[1:5] if len(field) >= 11}
    for entry in folder.iterdir():
        written = entry.read_bytes()
        assert not [identity for identity in identities if identity in written], entry.name
    state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
    assert state["state"]["owner"] == "carrier"


REFUSED = {
    "{": "damaged",
    '{"version": 99}': "version 99",
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_state_that_cannot_be_gone_on_from_is_refused(text: str, tmp_path: Path) -> None:
    (tmp_path / "state.json").write_text(text)
    with pytest.raises(ExportError, match=REFUSED[text]):
        read_state(tmp_path, "carrier", "mark")


def test_another_key_or_another_update_is_refused(town: Town, tmp_path: Path) -> None:
    added(tmp_path, [town.parts[0]])
    with pytest.raises(ExportError, match="another pseudonym key"), open_ledger(tmp_path, "carrier", Names(b"x" * 32)):
        pass
    with (
        open_ledger(tmp_path, "carrier", NAMES),
        pytest.raises(ExportError, match="another update is at work"),
        open_ledger(tmp_path, "carrier", NAMES),
    ):
        pass
    with open_ledger(tmp_path, "another carrier", NAMES) as ledger:
        assert ledger.state == State("another carrier", ledger.state.key_mark)


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cdr, [str(word) for word in words])


def test_the_commands_write_the_same_files(town: Town, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATPOOL_HOME", str(tmp_path / "home"))
    words = ("--cells", town.folder / "CELLS.csv", "--timezone", ZONE)
    at_once = run("rank", *town.parts, *words, "--out", tmp_path / "once")
    assert at_once.exit_code == 0, at_once.output
    for part in town.parts:
        result = run("update", part, *words, "--out", tmp_path / "hours")
        assert result.exit_code == 0, result.output
    for name in ("suspects.csv", "leads.json"):
        assert (tmp_path / "hours" / name).read_bytes() == (tmp_path / "once" / name).read_bytes()
    with (tmp_path / "hours" / "suspects.csv").open(encoding="utf-8", newline="") as stream:
        assert any(row["detected_at"] for row in csv.DictReader(stream))
    again = run("update", town.parts[1], *words, "--out", tmp_path / "again")
    held = r"1\.csv is held already, since 20\d\d-\d\d-\d\d \d\d:\d\d \(Asia/Shanghai\): nothing of it was added\."
    assert re.search(held, again.output)
    assert "Lines read" not in again.output
    assert (tmp_path / "again" / "suspects.csv").read_bytes() == (tmp_path / "once" / "suspects.csv").read_bytes()
    assert re.search(r"The running state holds \d+ records", again.output)


def test_exports_that_are_held_are_named_with_the_time_they_came() -> None:
    given = [(Path(f"in/{at}.csv"), f"digest {at}") for at in range(7)]
    state = State("", "", zone="Asia/Shanghai", since={"digest 0": 1_772_445_600})
    assert held_lines(state, given[:2]) == [
        "0.csv is held already, since 2026-03-02 18:00 (Asia/Shanghai): nothing of it was added.",
        "1.csv is held already, from an earlier update: nothing of it was added.",
    ]
    assert held_lines(state, given)[-1] == "So are 2 more of the files given."
    state.zone = "the offset in the file"
    assert "since 2026-03-02 10:00 (UTC)" in held_lines(state, given)[0]
    assert held_lines(state, []) == []


def test_when_an_export_came_is_known_as_long_as_it_is_held(town: Town, tmp_path: Path) -> None:
    next_days = town.write("fresh.csv", [row.replace("2026-03-02 ", "2026-03-05 ") for row in town.rows[::5]])
    for at, path in enumerate((town.parts[0], next_days)):
        with open_ledger(tmp_path, "carrier", NAMES) as ledger:
            records = read_records([path], open_engine(), timezone=ZONE, naming=NAMES)
            take_in(ledger, records, {path.name: at}, days=1)
            since = ledger.state.since
    assert since == {"fresh.csv": 1}
