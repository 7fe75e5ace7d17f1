"""`catpool cdr rank` and `cdr inspect`: boxes found among look-alikes, nothing leaked, the same twice."""

import csv
import json
import os
import re
import stat
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import cast

import click
import numpy as np
import pytest
from cdr_exports import export
from click.testing import CliRunner, Result

from detection.cdr import kinds
from detection.cdr.cities import placed_cells
from detection.cdr.leads_file import REJECT_COLUMNS, SUSPECT_COLUMNS
from detection.cdr.sentences import NUMBERS
from detection.cdr.siting import Sighting, site
from detection.cdr_cli import cdr
from detection.errors import DetectionError, ExportError
from detection.store import Store
from detection.town import city

LEAD_KEYS = (
    "lead", "form", "score", "sims", "imeis", "cells", "area", "first_seen", "last_seen", "active_hours", "reasons",
    "advice", "owner",
)  # fmt: skip
CELL_KEYS = {
    "rat",
    "mcc",
    "mnc",
    "lac",
    "ci",
    "lat",
    "lon",
    "azimuth_deg",
    "beamwidth_deg",
    "timing_advance",
    "weight",
    "owner",
}


@dataclass(frozen=True)
class Run:
    """A small city, ranked through the command."""

    made: city.City
    folder: Path
    out: Path
    result: Result

    def suspects(self) -> list[dict[str, str]]:
        with (self.out / "suspects.csv").open(encoding="utf-8", newline="") as stream:
            return list(csv.DictReader(stream))

    def leads(self) -> list[dict[str, object]]:
        leads: list[dict[str, object]] = json.loads((self.out / "leads.json").read_text(encoding="utf-8"))
        return leads


def place_of(lead: dict[str, object]) -> int:
    """Which of the two boxes a lead's form speaks of: the gateway or the blaster."""
    return 1 if lead["form"] == "SMS blaster" else 0


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cdr, [str(word) for word in words])


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("cdr")
    made = city.make(45, 1_500, 1, boxes={"naive": 1, "sms": 1})
    (folder / "cdr.csv").write_text("\n".join(city.csv_lines(made)) + "\n", encoding="utf-8")
    (folder / "CELLS.csv").write_text("\n".join(city.cells_lines(made)) + "\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CATPOOL_HOME", str(folder / "home"))
        words = ["--clear", "--case", "17/26", "--keep", "--owner", "carrier", "--timezone", "Asia/Shanghai"]
        result = run("rank", folder / "cdr.csv", "--cells", folder / "CELLS.csv", *words, "--out", folder / "out")
    return Run(made, folder, folder / "out", result)


@pytest.fixture
def home(town: Run, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CATPOOL_HOME", str(town.folder / "home"))
    return town.folder / "home"


def test_boxes_are_found_and_nobody_else(town: Run) -> None:
    assert town.result.exit_code == 0, town.result.output
    kind_of = dict(zip(town.made.imsi, town.made.kind_of, strict=True))
    active = {town.made.imsi[sim] for sim in np.unique(town.made.sim).tolist()}
    fraud = {imsi for imsi in active if kind_of[imsi] in city.FRAUD}
    raised = {row["imsi"] for row in town.suspects() if row["detected_at"]}
    assert raised - fraud == set()
    assert len(raised) >= 0.9 * len(fraud)
    assert {place_of(lead) for lead in town.leads()} == {0, 1}


def test_a_lead_counts_its_own_sims_alone(town: Run) -> None:
    for lead in town.leads():
        reasons, sims = cast(list[str], lead["reasons"]), cast(list[str], lead["sims"])
        numbers = {word: n for n, word in enumerate(NUMBERS)}
        starts = [found[1] for why in reasons if (found := re.match(r"(\w+) SIMs ", why))]
        counted = [numbers[word] if word in numbers else int(word) for word in starts]
        assert counted
        assert max(counted) <= len(sims)


def test_suspects_are_as_the_contract_says(town: Run) -> None:
    rows = town.suspects()
    assert tuple(rows[0]) == SUSPECT_COLUMNS
    scores = [float(row["score"]) for row in rows]
    assert len(rows) >= 0.01 * len(set(town.made.sim.tolist()))
    assert all(one > two for one, two in pairwise(scores))
    assert all(0 <= score <= 1 for score in scores)
    cells = {(str(cell.identity.lac), str(cell.identity.ci)) for cell in town.made.cells}
    assert {(row["lac"], row["ci"]) for row in rows} <= cells
    leads = {lead["lead"] for lead in town.leads()}
    assert {row["lead"] for row in rows if row["detected_at"]} == leads


def test_detection_is_after_the_first_act_and_local(town: Run) -> None:
    first = {town.made.imsi[s]: int(town.made.t_s[town.made.sim == s].min()) for s in np.unique(town.made.sim).tolist()}
    delays = []
    for row in town.suspects():
        if row["detected_at"]:
            assert re.fullmatch(r"2026-03-0\dT\d\d:00:00", row["detected_at"])
            delays.append(datetime.fromisoformat(row["detected_at"] + "+00:00").timestamp() - first[row["imsi"]])
    assert min(delays) > 0
    assert np.median(delays) <= 2 * 3600


def test_leads_are_as_the_contract_says_and_near_the_truth(town: Run) -> None:
    for lead in town.leads():
        assert tuple(lead)[: len(LEAD_KEYS)] == LEAD_KEYS
        assert isinstance(lead["cells"], list)
        assert all(set(cell) == CELL_KEYS for cell in lead["cells"])
        assert lead["owner"] == "carrier"
        box = town.made.boxes[place_of(lead)]
        assert isinstance(lead["lat"], float)
        assert isinstance(lead["lon"], float)
        assert abs(lead["lat"] - box.lat) * 111_320 < 1_000
        assert abs(lead["lon"] - box.lon) * 95_000 < 1_000


def test_a_clear_run_is_audited_and_kept(town: Run) -> None:
    with Store.open(town.folder / "home" / "catpool.sqlite") as store:
        (entry,) = [entry for entry in store.audit_entries() if "--clear" in entry.action]
        assert "17/26" in entry.subject
        assert {lead.lead for lead in store.imports()} == {lead["lead"] for lead in town.leads()}
        assert len(store.placed_cells()) == len(town.made.cells)


def test_pseudonyms_hide_every_identity_and_runs_agree(town: Run, home: Path) -> None:
    words = ("rank", town.folder / "cdr.csv", "--cells", town.folder / "CELLS.csv", "--timezone", "Asia/Shanghai")
    outs = [town.folder / "hidden-1", town.folder / "hidden-2"]
    results = [run(*words, "--out", out) for out in outs]
    assert [result.exit_code for result in results] == [0, 0]
    for name in ("suspects.csv", "leads.json", "rejects.csv"):
        assert (outs[0] / name).read_bytes() == (outs[1] / name).read_bytes()
    written = "".join(path.read_text(encoding="utf-8") for path in outs[0].iterdir()) + results[0].output
    identities = {*town.made.imsi, *town.made.msisdn, *(imei[:14] for imei in town.made.imei.tolist())}
    found = set(re.findall(r"\d{9,}", written.replace("0.", "")))
    assert not {number for number in found if any(number in identity or identity in number for identity in identities)}
    key = home / "cdr" / "pseudonym.key"
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert [lead["lead"] for lead in json.loads((outs[0] / "leads.json").read_text())] == [
        lead["lead"] for lead in town.leads()
    ]


def test_rejected_values_hide_their_digits(tmp_path: Path, home: Path) -> None:
    path = tmp_path / "cdr.csv"
    path.write_text(export() + "MOC,460001000000001,not an imei,13800000001,139,2026-03-02 00:00:00,1,1,1,1\n")
    result = run("rank", path, "--timezone", "UTC", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    with (tmp_path / "out" / "rejects.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.reader(stream))
    assert rows == [list(REJECT_COLUMNS), [str(path), "122", "imei", "xxx xx xxxx", "not an IMEI of 14 to 16 digits"]]
    assert "Lines read: 122 = 120 accepted + 0 duplicates + 1 rejected + 1 header + 0 blank." in result.output


WRONG_USE = {
    "clear without case": (["--clear"], "--case"),
    "case without clear": (["--case", "1"], "--clear"),
    "empty case": (["--clear", "--case", " "], "empty"),
    "unknown zone": (["--timezone", "Nowhere/Town"], "zone"),
    "unknown engine": (["--engine", "hive"], "hive"),
}


@pytest.mark.parametrize("what", WRONG_USE)
def test_wrong_use(what: str, tmp_path: Path, home: Path) -> None:
    words, told = WRONG_USE[what]
    path = tmp_path / "cdr.csv"
    path.write_text(export(), encoding="utf-8")
    result = run("rank", path, *words, "--out", tmp_path / "out")
    assert result.exit_code == 2
    assert told in result.output
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_told_before_the_work(tmp_path: Path, home: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    result = run("rank", tmp_path / "cdr.csv", "--out", tmp_path / "file" / "out")
    assert isinstance(result.exception, ExportError)
    assert "--out" in str(result.exception)


def test_a_damaged_key_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATPOOL_HOME", str(tmp_path))
    (tmp_path / "cdr").mkdir()
    (tmp_path / "cdr" / "pseudonym.key").write_bytes(b"short")
    result = run("rank", tmp_path / "cdr.csv", "--out", tmp_path / "out")
    assert isinstance(result.exception, DetectionError)
    assert "damaged" in str(result.exception)


def test_inspect_says_what_and_why(tmp_path: Path) -> None:
    path = tmp_path / "cdr.csv"
    path.write_text(export(), encoding="utf-8")
    (line,) = run("inspect", path, "--json").stdout.splitlines()
    told = json.loads(line)
    assert {column["name"]: column["role"] for column in told["columns"]}["other_party"] == "other"
    assert told["time"]["format"] == "ISO"
    assert told["cells"]["lac"] == "decimal: no value holds a letter"
    assert told["record_types"] == {"MOC": "moc", "MTC": "mtc"}
    people = run("inspect", path).stdout
    assert "fields split by comma, header in line 1" in people
    assert "13800000000" not in people


def test_missing_columns_are_said_with_their_cost(tmp_path: Path, home: Path) -> None:
    path = tmp_path / "cdr.csv"
    path.write_text("start,caller\n" + "".join(f"2026-03-02 00:00:{at:02d},1380000000{at % 10}\n" for at in range(60)))
    result = run("rank", path, "--timezone", "UTC", "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "No cell column: boxes cannot be placed" in result.output
    assert (tmp_path / "out" / "leads.json").read_text() == "[]\n"


def test_box_is_placed_where_sector_and_ring_meet() -> None:
    made = city.make(3, 600, 1, boxes={})
    cell = placed_cells(made)[0]
    found = site([Sighting(cell, 2, 1.0)], [(other.lat, other.lon) for other in placed_cells(made)])
    assert found is not None
    north, east = (found.lat - cell.lat) * 111_320, (found.lon - cell.lon) * 111_320 * np.cos(np.radians(cell.lat))
    assert 2 * 553.5 - 500 < np.hypot(north, east) < 2 * 553.5 + 300
    turn = (np.degrees(np.arctan2(east, north)) - cell.azimuth_deg + 180) % 360 - 180
    assert abs(turn) < 60


def test_no_feature_says_more_than_its_due() -> None:
    every = kinds.kinds()
    n = np.array([500.0])
    for share in kinds.SHARES:
        for k in (0.0, 250.0, 500.0):
            logs = [float(kinds.share_log(np.array([k]), n, *kind.shares[share.name])[0]) for kind in every]
            assert min(logs) >= np.log(kinds.EVEN_PART / 501) - 1e-9
            assert max(logs) <= 0


def test_the_commands_say_a_lead_is_no_proof(town: Run) -> None:
    assert isinstance(cdr, click.Group)
    assert "Leads, not proof." in town.result.output
    assert set(os.listdir(town.out)) == {"suspects.csv", "leads.json", "rejects.csv", "victims.csv", "block.csv"}
