"""The store: whole values in and out, hits that grow, two writers, migrations, a kill between commits."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from sqlite_utils import Database

from detection.case import AuditEntry, Case, CellPlace, KnownGateway, Outcome
from detection.errors import StoreError, UnknownLeadError
from detection.hit import Hit
from detection.lead import Lead, LeadCell, PlacedCell, Posterior
from detection.store import SCHEMA_VERSION, Store, migrations
from sensor.cell import CellIdentity

CELL = CellIdentity("gsm", "460", "00", 1201, 3305)
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.fixture
def fresh_store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "catpool.sqlite") as store:
        yield store


def a_hit(**changes: Any) -> Hit:
    hit = Hit(
        signature="one-ta-originated",
        version=1,
        cell=CELL,
        arfcn=20,
        bsic=25,
        timing_advance=3,
        distance_m=(1384, 1937),
        log10_odds=4.5,
        learned=False,
        from_s=0.0,
        to_s=120.0,
        raised_s=100.0,
        reasons=("12 originated calls at TA 3",),
        look_alikes=("call centre",),
        first_seen=NOON,
        last_seen=NOON + timedelta(minutes=2),
        source="frames.jsonl",
    )
    return replace(hit, **changes)


def a_lead(**changes: Any) -> Lead:
    lead = Lead(
        lead="L-3f9a12",
        origin="cdr",
        form="bank",
        score=0.97,
        sims=("s1", "s2"),
        imeis=("i1",),
        cells=(LeadCell(CELL, 23.1, 113.2, 120.0, 65.0, 5000.0, (3, 3, 4), 0.8),),
        area={"lat_min": 23.0, "lat_max": 23.2, "lon_min": 113.1, "lon_max": 113.3},
        first_seen=NOON,
        last_seen=NOON,
        active_hours=(9, 10),
        reasons=("many strangers called once",),
        advice="drive there",
    )
    return replace(lead, **changes)


def test_hit_comes_back_whole(fresh_store: Store) -> None:
    hit_id = fresh_store.put_hit(a_hit())
    assert fresh_store.hit(hit_id) == a_hit(id=hit_id)
    assert fresh_store.hit(99) is None


def test_hit_that_grows_stays_one(fresh_store: Store) -> None:
    first = fresh_store.put_hit(a_hit())
    grown = a_hit(log10_odds=6.0, to_s=240.0, last_seen=NOON + timedelta(minutes=4), reasons=("24 calls",))
    assert fresh_store.put_hit(grown) == first
    assert fresh_store.hits() == [replace(grown, id=first)]


def test_weaker_hit_of_another_run_widens_only_the_span(fresh_store: Store) -> None:
    first = fresh_store.put_hit(a_hit(log10_odds=6.0))
    later = NOON + timedelta(days=1)
    fresh_store.put_hit(a_hit(source="other.jsonl", from_s=5.0, to_s=900.0, first_seen=later, last_seen=later))
    assert fresh_store.hits() == [a_hit(id=first, log10_odds=6.0, last_seen=later)]


def test_other_timing_advance_cell_or_signature_is_another_hit(fresh_store: Store) -> None:
    hits = [
        a_hit(),
        a_hit(timing_advance=5),
        a_hit(cell=replace(CELL, ci=3306)),
        a_hit(signature="registration-storm"),
        a_hit(cell=CellIdentity(), arfcn=None, bsic=None, source="a"),
        a_hit(cell=CellIdentity(), arfcn=None, bsic=None, source="b"),
    ]
    assert [fresh_store.put_hit(hit) for hit in hits] == [1, 2, 3, 4, 5, 6]


def test_cell_that_tells_its_name_later_is_the_same_hit(fresh_store: Store) -> None:
    fresh_store.put_hit(a_hit(cell=CellIdentity()))
    fresh_store.put_hit(a_hit(log10_odds=5.0))
    assert fresh_store.hits() == [a_hit(id=1, log10_odds=5.0)]


def test_hits_after_an_id_and_after_a_change(fresh_store: Store) -> None:
    fresh_store.put_hit(a_hit())
    fresh_store.put_hit(a_hit(timing_advance=7))
    seen = fresh_store.change_counter()
    fresh_store.put_hit(a_hit(log10_odds=9.0))
    assert [hit.id for hit in fresh_store.hits(after_id=1)] == [2]
    assert [hit.id for hit in fresh_store.hits(changed_after=seen)] == [1]


def test_leads_by_score_and_by_name(fresh_store: Store) -> None:
    low = a_lead(lead="L-low", score=0.2)
    fresh_store.put_lead(low)
    fresh_store.put_lead(a_lead())
    fresh_store.put_lead(a_lead(lead="L-gone", status="merged"))
    assert fresh_store.leads() == [a_lead(), low]
    assert len(fresh_store.leads(merged=True)) == 3
    assert fresh_store.lead("L-low") == low
    with pytest.raises(UnknownLeadError, match="L-none"):
        fresh_store.lead("L-none")


def test_posterior_moves_the_leads_fix(fresh_store: Store) -> None:
    region = {"type": "MultiPolygon", "coordinates": []}
    posterior = Posterior(23.11, 113.21, 40.0, 90.0, region, region, 0.6, NOON, ("drive",))
    fresh_store.put_lead(a_lead())
    fresh_store.put_posterior("L-3f9a12", posterior)
    assert fresh_store.posterior("L-3f9a12") == posterior
    assert fresh_store.posteriors() == {"L-3f9a12": posterior}
    assert fresh_store.lead("L-3f9a12") == a_lead(fix=(23.11, 113.21), r50_radius_m=40.0, r90_radius_m=90.0)


def test_placed_cells_are_replaced_by_name(fresh_store: Store) -> None:
    nameless = PlacedCell(CellIdentity("gsm", None, None, 1201, 3305), 1.0, 2.0)
    fresh_store.put_placed_cells([PlacedCell(CELL, 23.1, 113.2, 120.0), nameless])
    fresh_store.put_placed_cells([PlacedCell(CELL, 23.5, 113.2, 120.0)])
    assert fresh_store.placed_cells() == [nameless, PlacedCell(CELL, 23.5, 113.2, 120.0)]


def test_cases_outcomes_and_audit(fresh_store: Store) -> None:
    case = Case("2026-17", "den at the station", "warrant 4", ("L-3f9a12",), "open", NOON, "li")
    fresh_store.put_case(case)
    assert (fresh_store.cases(), fresh_store.case("2026-17"), fresh_store.case("x")) == ([case], case, None)
    outcome = Outcome("L-3f9a12", "confirmed", NOON, "li", 23.1, 113.2, "2026-17", "third floor", 2, 128, 3)
    with pytest.raises(UnknownLeadError):
        fresh_store.put_outcome(outcome)
    fresh_store.put_lead(a_lead())
    assert fresh_store.put_outcome(outcome) == 1
    assert fresh_store.outcomes() == fresh_store.outcomes("L-3f9a12") == [replace(outcome, id=1)]
    assert fresh_store.outcomes("L-other") == []
    fresh_store.audit(NOON, "li", "looked", "L-3f9a12")
    assert fresh_store.audit_entries() == [AuditEntry(NOON, "li", "looked", "L-3f9a12", "", 1)]


def test_audit_is_never_changed(fresh_store: Store) -> None:
    fresh_store.audit(NOON, "li", "looked", "L-1")
    for statement in ("DELETE FROM audit", "UPDATE audit SET who = 'nobody'"):
        with pytest.raises(sqlite3.IntegrityError, match="never changed"):
            fresh_store._connection.execute(statement)


def test_known_gateway_has_name_and_date(fresh_store: Store) -> None:
    gateway = KnownGateway("L-3f9a12", "officer li", NOON, "licence 7", (CellPlace(CELL, 3, 20, 25),))
    fresh_store.put_lead(a_lead())
    fresh_store.put_known_gateway(gateway)
    assert fresh_store.known_gateways() == [gateway]
    assert fresh_store.lead("L-3f9a12") == a_lead(status="known")
    assert [(e.who, e.action) for e in fresh_store.audit_entries()] == [("officer li", "lead marked known")]


def test_service_state_is_found_again(fresh_store: Store) -> None:
    assert fresh_store.state("detection") == {}
    fresh_store.put_state("detection", {"after_id": 7})
    assert fresh_store.state("detection") == {"after_id": 7}


def test_change_counter_sees_other_connections(fresh_store: Store) -> None:
    with Store.open(fresh_store.path, read_only=True) as reader:
        before = reader.change_counter()
        fresh_store.put_lead(a_lead())
        assert reader.change_counter() == before + 1


def test_failed_write_leaves_nothing(fresh_store: Store) -> None:
    def fail_half_way() -> None:
        with fresh_store.writing():
            fresh_store.put_lead(a_lead())
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_half_way()
    assert (fresh_store.leads(), fresh_store.change_counter()) == ([], 0)


@pytest.mark.parametrize("version", range(SCHEMA_VERSION))
def test_migration_from_each_version_keeps_the_rows(tmp_path: Path, version: int) -> None:
    path = tmp_path / "catpool.sqlite"
    numbered = migrations()
    later = [m.name for m in numbered.pending(Database(memory=True))][version:]
    connection = sqlite3.connect(path, isolation_level=None)
    if version:
        numbered.apply(Database(connection), stop_before=later)
        Store(connection, path).put_lead(a_lead())
    connection.close()
    with Store.open(path) as store:
        assert store.leads() == ([a_lead()] if version else [])
        assert store._connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)
        assert numbered.pending(Database(store._connection)) == []


def test_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "catpool.sqlite"
    Store.open(path).close()
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    with pytest.raises(StoreError, match="newer version"):
        Store.open(path)


@pytest.mark.parametrize("content", [b"not a database at all, only text" * 40, b"lac,ci\n1,2\n"])
def test_not_a_database_is_refused_and_left_alone(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "catpool.sqlite"
    path.write_bytes(content)
    with pytest.raises(StoreError, match="not a database"):
        Store.open(path)
    assert path.read_bytes() == content


def test_database_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "catpool.sqlite"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE addresses (name TEXT)")
    connection.close()
    with pytest.raises(StoreError, match="not catpool's store"):
        Store.open(path)


def test_missing_or_unreachable_store_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="none yet"):
        Store.open(tmp_path / "catpool.sqlite", read_only=True)
    with pytest.raises(StoreError, match="cannot be opened"):
        Store.open(tmp_path / "no" / "such" / "folder" / "catpool.sqlite")


def write_hits(path: Path, first: int) -> None:
    with Store.open(path) as store:
        for n in range(25):
            store.put_hit(a_hit(timing_advance=first + n))
            store.put_hit(a_hit(timing_advance=200, log10_odds=float(first + n)))


def test_two_processes_open_and_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "catpool.sqlite"
    context = get_context("spawn")
    writers = [context.Process(target=write_hits, args=(path, first)) for first in (0, 100)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert [writer.exitcode for writer in writers] == [0, 0]
    with Store.open(path) as store:
        assert sorted(hit.timing_advance or 0 for hit in store.hits()) == [*range(25), *range(100, 125), 200]
        assert store.change_counter() == 100


WRITER = """
import sys
from dataclasses import replace
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from detection.store import Store
from detection.lead import Lead
with Store.open(Path(sys.argv[1])) as store:
    n = 0
    while True:
        store.put_lead(Lead(lead=f"L-{n}", origin="cdr", form="bank", score=0.5))
        sys.stdout.write(f"{n}\\n")
        sys.stdout.flush()
        n += 1
"""


def test_kill_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "catpool.sqlite"
    for _ in range(3):
        command = [sys.executable, "-c", WRITER, str(path), os.getcwd()]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            acknowledged = [int(writer.stdout.readline()) for _ in range(20)]
            writer.send_signal(signal.SIGKILL)
            acknowledged += [int(line) for line in writer.stdout.read().split("\n")[:-1]]
        with Store.open(path) as store:
            kept = {lead.lead for lead in store.leads()}
            assert kept >= {f"L-{n}" for n in acknowledged}
            assert store._connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
