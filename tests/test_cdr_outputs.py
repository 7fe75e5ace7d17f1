"""What a ranking leaves behind: lists under a case alone, known look-alikes, owners, and no clear identity else."""

import csv
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from detection.cdr import block, victims
from detection.cdr.runs import kept_runs
from detection.cdr_cli import cdr
from detection.leads import mark_known
from detection.store import Store
from detection.town import city


@dataclass(frozen=True)
class Town:
    """A small city with a gateway and an SMS blaster, and the home that ranks it."""

    made: city.City
    folder: Path
    home: Path

    def elsewhere(self, name: str) -> "Town":
        """The same town with a copy of its home, to be taught something there."""
        return replace(self, home=Path(shutil.copytree(self.home, self.folder / name)))

    def words(self, out: str) -> list[str]:
        files = [str(self.folder / "cdr.csv"), "--cells", str(self.folder / "CELLS.csv")]
        return ["rank", *files, "--timezone", "Asia/Shanghai", "--owner", "CM", "--out", str(self.folder / out)]

    def rank(self, out: str, *more: str) -> Result:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CATPOOL_HOME", str(self.home))
            return CliRunner().invoke(cdr, [*self.words(out), *more])

    def call(self, *words: str) -> Result:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CATPOOL_HOME", str(self.home))
            return CliRunner().invoke(cdr, list(words))

    def rows(self, out: str, name: str) -> list[dict[str, str]]:
        with (self.folder / out / name).open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))

    def leads(self, out: str) -> list[dict[str, Any]]:
        leads: list[dict[str, Any]] = json.loads((self.folder / out / "leads.json").read_text(encoding="utf-8"))
        return leads


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Town:
    folder = tmp_path_factory.mktemp("outputs")
    made = city.make(45, 900, 1, boxes={"naive": 1, "sms": 1})
    (folder / "cdr.csv").write_text("\n".join(city.csv_lines(made)) + "\n", encoding="utf-8")
    (folder / "CELLS.csv").write_text("\n".join(city.cells_lines(made)) + "\n", encoding="utf-8")
    return Town(made, folder, folder / "home")


@pytest.fixture(scope="module")
def clear(town: Town) -> Result:
    return town.rank("clear", "--clear", "--case", "17/26", "--keep")


def test_victims_are_honest_numbers_that_a_box_held_on_the_line(town: Town, clear: Result) -> None:
    assert clear.exit_code == 0, clear.output
    rows = town.rows("clear", "victims.csv")
    assert tuple(rows[0]) == victims.COLUMNS
    urgency = [float(row["urgency"]) for row in rows]
    assert urgency == sorted(urgency, reverse=True)
    raised = {row["msisdn"] for row in town.rows("clear", "suspects.csv") if row["lead"]}
    numbers = [row["number"] for row in rows]
    assert len(numbers) == len(set(numbers))
    assert not raised & set(numbers)
    assert not [number for number in numbers if number.startswith(("106", "95", "400"))]
    called = set(town.made.numbers)
    assert set(numbers) <= called
    assert all(int(row["longest_s"]) >= 60 or int(row["seconds"]) >= 120 for row in rows)


def test_block_proposes_the_sims_of_leads_alone(town: Town, clear: Result) -> None:
    rows = town.rows("clear", "block.csv")
    assert tuple(rows[0]) == block.COLUMNS
    raised = [row for row in town.rows("clear", "suspects.csv") if row["lead"]]
    assert [(row["imsi"], row["lead"]) for row in rows] == [(row["imsi"], row["lead"]) for row in raised]
    assert {row["note"] for row in rows} == {block.NOTE}
    assert "not proof" in block.NOTE
    assert all(row["since"].startswith("2026-03-0") for row in rows)
    assert "proposal, not proof" in clear.output


def test_lists_of_clear_identities_are_closed_to_others_and_audited(town: Town, clear: Result) -> None:
    for name in ("victims.csv", "block.csv"):
        assert stat.S_IMODE((town.folder / "clear" / name).stat().st_mode) == 0o600
    with Store.open(town.home / "catpool.sqlite") as store:
        entries = [entry for entry in store.audit_entries() if entry.subject == "case 17/26"]
    assert [entry.action for entry in entries] == ["cdr rank --clear", "cdr rank: victims and block lists"]
    found = len(town.rows("clear", "victims.csv"))
    assert f"{found} numbers in victims.csv" in entries[1].detail


def test_a_run_without_a_case_takes_the_lists_away(town: Town) -> None:
    out = town.folder / "again"
    out.mkdir()
    for name in ("victims.csv", "block.csv"):
        (out / name).write_text("13800001111\n")
    assert town.rank("again").exit_code == 0
    assert sorted(os.listdir(out)) == ["leads.json", "rejects.csv", "suspects.csv"]


def test_leads_and_their_cells_have_an_owner_and_advice(town: Town, clear: Result) -> None:
    for lead in town.leads("clear"):
        assert lead["owner"] == "CM"
        assert {cell["owner"] for cell in lead["cells"]} == {"CM"}
        assert lead["best_hours"]
        assert lead["kind"] in ("fixed box", "distributed", "car", "pair", "not a radio target (landline)")
        assert sum(spot["share"] for spot in lead["listen_to"]) <= 1.001
        assert {"lac", "ci", "timing_advance", "distance_m", "share"} <= set(lead["listen_to"][0])
    with Store.open(town.home / "catpool.sqlite") as store:
        assert {lead.owner for lead in store.imports()} == {"CM"}
        assert {cell.owner for cell in store.placed_cells()} == {"CM"}
        assert all(lead.best_hours and lead.listen_to for lead in store.imports())


def test_what_a_raid_may_teach_from_is_kept_without_clear_identities(town: Town, clear: Result) -> None:
    runs = list(kept_runs(town.home / "cdr" / "runs"))
    leads = {lead["lead"] for lead in town.leads("clear")}
    assert {row.lead for row in runs[0].suspects if row.raised} == leads
    assert all(row.sim.startswith("sim-") and row.number.startswith("num-") for row in runs[0].suspects)
    assert runs[0].head.owner == "CM"


def test_a_lead_that_an_owner_knows_is_listed_but_raised_no_more(town: Town, clear: Result) -> None:
    lead = town.leads("clear")[0]
    words = ["--reason", "call centre X", "--by", "Li", "--owner", "CM"]
    try:
        assert town.call("known", "add", lead["lead"], *words).exit_code == 0
        result = town.rank("marked")
        assert result.exit_code == 0, result.output
        assert lead["lead"] not in {other["lead"] for other in town.leads("marked")}
        known = [
            row for row in town.rows("marked", "suspects.csv") if row["reasons"].startswith("known: call centre X")
        ]
        assert len(known) == len(lead["sims"])
        assert {(row["lead"], row["detected_at"]) for row in known} == {("", "")}
        assert f"{len(known)} more are known look-alikes" in result.output
    finally:
        assert town.call("known", "remove", lead["lead"], "--by", "Li").exit_code == 0
    assert town.rank("marked").exit_code == 0
    assert lead["lead"] in {other["lead"] for other in town.leads("marked")}


def test_what_officers_marked_on_the_screens_is_heeded(town: Town, clear: Result) -> None:
    town = town.elsewhere("licensed-home")
    lead = town.leads("clear")[0]
    with Store.open(town.home / "catpool.sqlite") as store:
        mark_known(store, lead["lead"], "Wang", datetime.now(UTC), "licence 7")
    assert town.rank("licensed").exit_code == 0
    assert lead["lead"] not in {other["lead"] for other in town.leads("licensed")}


def test_what_a_raid_found_on_a_line_is_no_radio_target(town: Town, clear: Result) -> None:
    town = town.elsewhere("line-home")
    lead = town.leads("clear")[0]
    (town.folder / "raids.csv").write_text(f"lead,outcome,date\n{lead['lead']},not radio,2026-03-09\n")
    told = town.call("feedback", str(town.folder / "raids.csv"))
    assert "1 new outcome: 1 not radio." in told.output
    assert "8 are needed" in told.output
    assert town.rank("line").exit_code == 0
    (found,) = [other for other in town.leads("line") if other["lead"] == lead["lead"]]
    assert (found["form"], found["kind"]) == ("landline", "not a radio target (landline)")
    assert "check the line" in found["advice"]


def identities(made: city.City) -> list[bytes]:
    """Every IMSI, number and IMEI of the export, as text and as a computer's whole number."""
    told = {*made.imsi, *made.msisdn, *(number for number in made.numbers if len(number) >= 11)}
    told |= {imei[:14] for imei in made.imei.tolist()}
    digits = sorted(text for text in told if text.isdigit() and len(text) >= 11)
    return [text.encode() for text in digits]


def leaks(folders: list[Path], made: city.City) -> Iterator[str]:
    """Files below the folders that hold a clear identity."""
    sought = identities(made)
    whole = {int(text) for text in sought if len(text) >= 14}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if not path.is_file():
                continue
            held = path.read_bytes()
            if any(text in held for text in sought):
                yield f"{path} (as text)"
            if any(number.to_bytes(8, "little") in held for number in whole):
                yield f"{path} (as a number)"


def environment(folder: Path) -> dict[str, str]:
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    return {**os.environ, "CATPOOL_HOME": str(folder / "hidden-home"), "TMPDIR": str(temporary)}


@pytest.mark.parametrize("verb", ["rank", "update"])
def test_no_clear_identity_stays_anywhere(town: Town, verb: str) -> None:
    env = environment(town.folder)
    command = [sys.executable, "-m", "catpool", "cdr", verb, *town.words("hidden")[1:], "--keep"]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    folders = [town.folder / "hidden-home", town.folder / "hidden", Path(env["TMPDIR"])]
    assert list(leaks(folders, town.made)) == []
    told = done.stdout + done.stderr
    assert [text for text in identities(town.made) if text.decode() in told] == []


def test_a_leak_would_be_seen(town: Town, clear: Result) -> None:
    assert any("victims.csv" in told for told in leaks([town.folder / "clear"], town.made))


@pytest.mark.parametrize("after_s", [1.5, 2.5, 3.5, 5.0])
def test_nor_after_a_run_that_was_killed(town: Town, after_s: float) -> None:
    env = environment(town.folder)
    command = [sys.executable, "-m", "catpool", "cdr", *town.words("killed")]
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        try:
            running.wait(after_s)
        except subprocess.TimeoutExpired:
            running.send_signal(signal.SIGKILL)
    folders = [town.folder / "hidden-home", town.folder / "killed", Path(env["TMPDIR"])]
    assert list(leaks(folders, town.made)) == []
