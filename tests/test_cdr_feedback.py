"""`catpool cdr feedback` and `cdr known`: raids teach a little, only what is better ranks, and one can go back."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from detection.case import KnownGateway, Outcome
from detection.cdr import kinds, versions
from detection.cdr.feedback import feed_back
from detection.cdr.feedback import told as feedback_told
from detection.cdr.known import Mark, known_on, make_mark
from detection.cdr.layer import AS_SHIPPED, MOST_SHIFT, Layer, fit, shares_of
from detection.cdr.outcomes import Result as Raid
from detection.cdr.outcomes import read_outcomes, stored_results
from detection.cdr.pseudonyms import Names, open_key
from detection.cdr.runs import Head, Run, Suspected, keep_run, kept_runs
from detection.cdr.subjects import read_subject
from detection.cdr_cli import cdr
from detection.errors import DetectionError, ExportError
from detection.lead import Lead
from detection.store import Store
from sensor.home import Home

NAMES = Names(b"k" * 32)
NOON = datetime(2026, 3, 5, 4, tzinfo=UTC)
HONEST, BOX = "callcentre", "naive"


def sim(lead: int, at: int, odds: float, honest: str) -> Suspected:
    name = NAMES.of("sim", f"{lead}-{at}")
    return Suspected(name, NAMES.of("num", f"{lead}-{at}"), f"L-lead{lead:02d}", odds, {honest: 0.9, BOX: 0.95}, True)


def kept(leads: int = 24, ends: datetime = NOON) -> Run:
    """Every third lead reads like a call centre and is one; odds alone don't tell them apart."""
    rng = np.random.default_rng(7)
    first, second = [kind.name for kind in kinds.kinds() if not kind.form][:2]
    rows = [
        sim(lead, at, float(rng.normal(1.5, 0.4)), first if lead % 3 == 0 else second)
        for lead in range(leads)
        for at in range(2 + lead % 3)
    ]
    return Run(Head(ends, ends, versions.base_version()), tuple(rows))


def raids(leads: int = 24, first: int = 0) -> list[Raid]:
    return [
        Raid((f"L-lead{lead:02d}",), "honest" if lead % 3 == 0 else "confirmed", f"2026-03-{6 + lead % 20:02d}", "test")
        for lead in range(first, leads)
    ]


def test_raids_that_agree_are_learnt_and_those_held_back_decide(tmp_path: Path) -> None:
    found = feed_back(tmp_path, raids(), [kept()], NOON, "officer", dry_run=False)
    assert found.trial is not None
    assert found.number == 1
    assert found.trial.after.log_loss < found.trial.before.log_loss
    assert found.trial.after.average_precision > found.trial.before.average_precision
    (version,) = versions.versions(tmp_path)
    assert versions.in_use(tmp_path) == 1
    assert version.card.outcomes == {"honest": 8, "confirmed": 16}
    assert version.card.held_back == 24
    assert (version.card.first_date, version.card.last_date) == ("2026-03-06", "2026-03-25")
    assert versions.ranking_layer(tmp_path) == (version.layer, 1, "")


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    found = feed_back(tmp_path, raids(), [kept()], NOON, "officer", dry_run=True)
    assert found.trial is not None
    assert found.trial.better
    assert found.number is None
    assert list(tmp_path.iterdir()) == []


def test_noise_is_not_adopted(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    noise = [
        Raid(raid.subject, str(rng.choice(["honest", "confirmed"], p=[0.2, 0.8])), raid.date, "") for raid in raids()
    ]
    found = feed_back(tmp_path, noise, [kept()], NOON, "officer", dry_run=False)
    assert found.number is None
    assert versions.in_use(tmp_path) == 0


def test_few_raids_change_nothing_but_are_remembered(tmp_path: Path) -> None:
    first = feed_back(tmp_path, raids(5), [kept()], NOON, "officer", dry_run=False)
    assert (first.trial, first.fresh, first.new) == (None, 5, {"honest": 2, "confirmed": 3})
    again = feed_back(tmp_path, raids(5), [], NOON, "officer", dry_run=False)
    assert (again.new, again.fresh) == ({}, 5)
    rest = feed_back(tmp_path, raids(24, 5), [kept()], NOON, "officer", dry_run=False)
    assert rest.number == 1


def test_a_second_model_is_judged_on_raids_that_the_first_has_not_seen(tmp_path: Path) -> None:
    feed_back(tmp_path, raids(24), [kept(40)], NOON, "officer", dry_run=False)
    found = feed_back(tmp_path, raids(40, 24), [kept(40)], NOON, "officer", dry_run=True)
    assert found.trial is not None
    assert (found.old_number, found.fresh, found.trial.held_back) == (1, 16, 16)


def test_a_raid_is_learnt_from_the_ranking_before_it() -> None:
    early, late = kept(ends=NOON - timedelta(days=30)), kept(ends=NOON + timedelta(days=60))
    changed = Run(
        late.head, tuple(Suspected(row.sim, row.number, row.lead, 9.0, row.kinds, True) for row in late.suspects)
    )
    found = feed_back(Path("/nowhere"), raids(3), [changed, early], NOON, "officer", dry_run=True)
    assert found.new == {"honest": 1, "confirmed": 2}


def test_outcomes_of_leads_that_no_ranking_knows_are_named(tmp_path: Path) -> None:
    found = feed_back(tmp_path, [Raid(("L-elsewhere",), "honest", "2026-03-06", "")], [kept()], NOON, "", dry_run=True)
    assert [raid.subject for raid in found.unknown] == [("L-elsewhere",)]


def test_no_outcomes_swing_a_score_wildly() -> None:
    names = [kind.name for kind in kinds.kinds()]
    shares = np.zeros((500, len(names)))
    shares[:, 0] = shares[:, names.index(BOX)] = 1.0
    taught = fit(np.full(500, 12.0), names, shares, np.zeros(500), np.ones(500))
    odds = np.linspace(-20, 20, 9)
    moved = taught.bent(odds, taught.leaning(names, shares[:9]))
    assert np.abs(moved - odds).max() <= MOST_SHIFT
    assert (np.diff(moved) >= 0).all()
    one = fit(np.array([4.0]), names, shares[:1], np.zeros(1), np.ones(1))
    assert abs(float(one.bent(odds[4:5], one.leaning(names, shares[:1]))[0])) < 0.6


def test_the_score_as_shipped_is_left_as_it_is() -> None:
    odds = np.linspace(-9, 9, 7)
    assert (AS_SHIPPED.bent(odds, np.zeros(7)) == odds).all()
    shares = shares_of(np.log(np.full((2, 4), 0.25)), np.array([True, True, False, False]))
    assert shares.tolist() == [[0.5] * 4] * 2


def test_a_model_of_another_score_is_left_out(tmp_path: Path) -> None:
    feed_back(tmp_path, raids(), [kept()], NOON, "officer", dry_run=False)
    path = tmp_path / "model-0001.json"
    path.write_text(path.read_text().replace(versions.base_version(), "another"))
    layer, number, warning = versions.ranking_layer(tmp_path)
    assert (layer, number) == (Layer(), 0)
    assert "another version" in warning


def test_runs_are_kept_whole_and_go_when_old(tmp_path: Path) -> None:
    old, new = kept(ends=NOON - timedelta(days=500)), kept()
    keep_run(tmp_path, old.head, old.suspects)
    keep_run(tmp_path, new.head, new.suspects)
    keep_run(tmp_path, new.head, new.suspects)
    assert list(kept_runs(tmp_path)) == [new]


def test_outcomes_are_read_strictly(tmp_path: Path) -> None:
    path = tmp_path / "outcomes.csv"
    path.write_text(
        "lead,outcome,date\nL-lead00,Honest,2026-03-06\n460001234567890,属实,2026/03/07\n", encoding="utf-8"
    )
    first, second = read_outcomes(path, NAMES)
    assert (first.subject, first.outcome, first.date) == (("L-lead00",), "honest", "2026-03-06")
    assert second.subject == (NAMES.of("sim", "460001234567890"), NAMES.of("imei", "46000123456789"))
    assert (second.outcome, second.date) == ("confirmed", "2026-03-07")
    for text, told in {
        "lead,date\nL-a,2026-03-06\n": "no column outcome",
        "lead,outcome,date\nL-abc,guilty,2026-03-06\n": "line 2, column outcome",
        "lead,outcome,date\nL-abc,honest,yesterday\n": "line 2, column date",
        "lead,outcome,date\nL-abc,honest\n": "line 2: 2 columns",
        "lead,outcome,date\nsomebody 138,honest,2026-03-06\n": "'somebody ###' is no lead",
        "lead,outcome,date\n86547,honest,2026-03-06\n": "'#####' is no lead",
        "lead,outcome,date\nL-abc,honest,2099-01-01\n": "line 2, column date: 2099-01-01 is in the future",
        "lead,sim,outcome,date\nL-abc,138,honest,2026-03-06\n": "columns lead and sim both say whom; keep one",
    }.items():
        path.write_text(text)
        with pytest.raises(ExportError, match=told):
            read_outcomes(path, NAMES, date(2026, 3, 9))


def test_an_outcome_goes_with_a_ranking_of_its_time(tmp_path: Path) -> None:
    raids = [Raid(("L-lead00",), "honest", day, "test") for day in ("2020-01-01", "2026-02-20")]
    found = feed_back(tmp_path, raids, [kept()], NOON, "officer", dry_run=True)
    assert [raid.date for raid in found.unknown] == ["2020-01-01"]


def test_outcomes_that_contradict_one_another_are_named(tmp_path: Path) -> None:
    raids = [Raid(("L-lead00",), outcome, "2026-03-08", "test") for outcome in ("honest", "confirmed")]
    found = feed_back(tmp_path, raids, [kept()], NOON, "officer", dry_run=True)
    assert found.disputed == ("L-lead00",)
    said = feedback_told(found)
    assert "Several outcomes are told of L-lead00: the latest date counts, of one day the last line." in said
    assert said[-1].startswith("Nothing re-fitted: 1 raid is new to model 0")


def test_what_the_screens_wrote_counts_too() -> None:
    when = datetime(2026, 3, 9, tzinfo=UTC)
    outcomes = [Outcome("L-lead00", "refuted", when, "a"), Outcome("L-lead01", "unclear", when, "a")]
    results = stored_results(outcomes, [KnownGateway("L-lead02", "b", when)])
    assert [(one.subject[0], one.outcome, one.weight) for one in results] == [
        ("L-lead00", "honest", 0.5),
        ("L-lead01", "unclear", 1.0),
        ("L-lead02", "honest", 1.0),
    ]


@pytest.mark.parametrize("text", ["13800001111", "+86 138 0000 1111", "8613800001111"])
def test_a_number_is_known_however_it_is_written(text: str) -> None:
    assert read_subject(text, NAMES) == (NAMES.of("num", "13800001111"), NAMES.of("sim", "13800001111"))


def test_a_number_from_abroad_is_known_as_its_country_writes_it() -> None:
    assert NAMES.of("num", "447911123456") in read_subject("+44 7911 123456", NAMES)


def test_a_mark_covers_what_it_names_while_it_holds() -> None:
    told = {"reason": "call centre X", "by": "Li", "owner": "CM"}
    mark = make_mark("L-lead03", NAMES, [kept()], [], since=date(2026, 3, 9), until=date(2026, 6, 1), **told)
    row = kept().of("L-lead03")[0]
    assert mark.words == "known: call centre X, marked by Li on 2026-03-09"
    assert known_on([mark], date(2026, 6, 1), "CM").of(row.sim, "", ()) == mark
    assert known_on([mark], date(2026, 6, 1), "").of("", row.number, ()) == mark
    assert not known_on([mark], date(2026, 6, 2), "CM")
    assert not known_on([mark], date(2026, 6, 1), "CU")
    box = Mark("imei-x", (), ("imei-x",), "meter", "Li", date(2026, 3, 9))
    held = known_on([box], date(2026, 3, 9), "")
    assert held.of("sim-a", "", [("imei-x", 0.95)]) == box
    assert held.of("sim-a", "", [("imei-x", 0.5)]) is None


def test_a_lead_known_to_the_store_alone_can_be_marked() -> None:
    lead = Lead("L-stored", "cdr", "gateway", 0.9, sims=("460001234567890",))
    mark = make_mark("L-stored", NAMES, [], [lead], reason="r", by="b", since=date(2026, 3, 9))
    assert mark.sims == (NAMES.of("sim", "460001234567890"),)
    with pytest.raises(DetectionError, match="neither a kept ranking nor the store"):
        make_mark("L-nowhere", NAMES, [], [], reason="r", by="b", since=date(2026, 3, 9))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CATPOOL_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cdr, [str(word) for word in words])


def test_feedback_says_its_numbers_and_goes_back(home: Path, tmp_path: Path) -> None:
    open_key(Home(home))
    keep_run(home / "cdr" / "runs", kept().head, kept().suspects)
    lines = [f"{raid.subject[0]},{raid.outcome},{raid.date}" for raid in raids()]
    (tmp_path / "raids.csv").write_text("\n".join(["lead,outcome,date", *lines]) + "\n")
    tried = run("feedback", tmp_path / "raids.csv", "--dry-run")
    assert tried.exit_code == 0, tried.output
    assert "It would be adopted" in tried.stdout
    taught = run("feedback", tmp_path / "raids.csv")
    assert "24 new outcomes: 16 confirmed, 8 honest." in taught.stdout
    assert "On 24 raids held back" in taught.stdout
    assert "Adopted as model 1" in taught.stdout
    assert "model 1  (in use)" in run("feedback", "--models").stdout
    back = run("feedback", "--use", "0")
    assert back.exit_code == 0, back.output
    assert versions.in_use(home / "cdr") == 0
    wrong = run("feedback", "--use", "7")
    assert isinstance(wrong.exception, DetectionError)
    with Store.open(home / "catpool.sqlite") as store:
        assert [entry.action for entry in store.audit_entries()] == ["cdr feedback", "cdr feedback --use"]
    told = json.loads(run("feedback", "--json").stdout)
    assert (told["new"], told["fresh"]) == ({}, 24)


def test_a_clear_identity_can_stay_out_of_the_command_line(home: Path) -> None:
    words = ["known", "add", "-", "--reason", "call\ncentre", "--by", "Li"]
    added = CliRunner().invoke(cdr, words, input="13800001111\n")
    assert added.exit_code == 0, added.output
    listed = run("known", "list").stdout.splitlines()
    assert len(listed) == 1
    assert "known: call centre, marked by Li on" in listed[0]


def test_known_is_added_listed_and_removed_under_audit(home: Path) -> None:
    added = run("known", "add", "13800001111", "--reason", "call centre X", "--by", "Li", "--until", "2099-12-31")
    assert added.exit_code == 0, added.output
    listed = run("known", "list")
    assert "known: call centre X, marked by Li on" in listed.stdout
    assert "13800001111" not in listed.output + (home / "cdr" / "known.json").read_text()
    removed = run("known", "remove", "8613800001111", "--by", "Wang")
    assert removed.exit_code == 0, removed.output
    assert isinstance(run("known", "remove", "13800001111", "--by", "Wang").exception, DetectionError)
    with Store.open(home / "catpool.sqlite") as store:
        entries = store.audit_entries()
    assert [entry.action for entry in entries] == ["cdr known add", "cdr known remove"]
    assert "13800001111" not in "".join(entry.subject + entry.detail for entry in entries)


@pytest.mark.parametrize(
    "words",
    [
        ("known", "add", "L-lead00", "--reason", " ", "--by", "Li"),
        ("known", "add", "L-lead00", "--reason", "x", "--by", "Li", "--until", "soon"),
        ("known", "add", "L-lead00", "--reason", "x", "--by", "Li", "--until", "2001-01-01"),
        ("feedback", "--use", "1", "--models"),
    ],
)
def test_wrong_use_is_refused(home: Path, words: tuple[str, ...]) -> None:
    assert run(*words).exit_code == 2


def test_features_are_printed_from_the_code() -> None:
    rows = [json.loads(line) for line in run("features", "--json").stdout.splitlines()]
    assert {"SIM and hour", "SIM", "pair of SIMs"} == {row["of"] for row in rows}
    assert all(row["meaning"] and "{" not in row["meaning"] for row in rows)
