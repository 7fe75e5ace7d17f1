"""`catpool cdr rank` and `catpool cdr inspect`: a carrier's export, ranked or explained."""

import getpass
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import click

from detection import cdr_feedback_cli
from detection.errors import ExportError
from sensor.home import Home, find_home
from sensor.settings import KitSettings, load_section

if TYPE_CHECKING:
    from detection.cdr.lessons import Lessons
    from detection.cdr.pseudonyms import Names
    from detection.cdr.rank import Ranking
    from detection.cdr.records import Records


@click.group()
def cdr() -> None:
    """Ranks a carrier's call records. A lead, not proof."""


@cdr.command()
@click.argument("exports", nargs=-1, required=True, metavar="EXPORT...", type=click.Path(path_type=Path))
@click.option("--cells", type=click.Path(path_type=Path), metavar="CELLS.csv", help="Where the masts stand.")
@click.option("--engine", type=click.Choice(["duckdb", "spark"]), default="duckdb", show_default=True)
@click.option("--timezone", metavar="NAME", help="The carrier's local time, such as Asia/Shanghai.")
@click.option("--clear", is_flag=True, help="Write identities in clear; needs --case, and is audited.")
@click.option("--case", metavar="NUMBER", help="The case under which identities are written in clear.")
@click.option("--owner", default="", metavar="NAME", help="The carrier whose export this is.")
@click.option("--keep", is_flag=True, help="Import leads and cells into this home's store as well.")
@click.option("--out", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Folder to write into.")
@click.option("--json", "as_json", is_flag=True, help="The leads as JSON lines on standard output.")
def rank(
    exports: tuple[Path, ...],
    cells: Path | None,
    engine: str,
    timezone: str | None,
    clear: bool,
    case: str | None,
    owner: str,
    keep: bool,
    out: Path,
    as_json: bool,
) -> None:
    """Ranks the SIMs of EXPORT (CSV, gzip, Parquet, folders) into DIR."""
    if clear and not case:
        raise click.UsageError("--clear writes identities in clear: it needs --case NUMBER")
    if case and not clear:
        raise click.UsageError("--case goes with --clear: without it identities are pseudonyms, and no case is needed")
    if case is not None and not case.strip():
        raise click.UsageError("--case NUMBER is empty")
    check_timezone(timezone)
    from detection.cdr import leads_file
    from detection.cdr.engine import open_spark
    from detection.cdr.outputs import forget_clear, keep_for_raids, write_outputs
    from detection.cdr.pseudonyms import Names, open_key
    from detection.cdr.rank import rank as rank_records
    from detection.cdr.records import open_engine, read_records
    from detection.cells import read_cells

    spark = open_spark() if engine == "spark" else None
    placed = read_cells(cells) if cells is not None else []
    home = find_home()
    names = Names(open_key(home), clear)
    if keep:
        prove_store()
    lessons = learnt(home, names, owner)
    leads_file.prepare_folder(out)
    timezone = timezone or load_section(home.settings, "kit", KitSettings).timezone or None
    check_timezone(timezone)
    if clear:
        audit_clear(str(case), exports, out)
    else:
        forget_clear(out)
    with progress_bar() as progress, engine_errors():
        engine = open_engine()
        records = read_records(exports, engine, placed=placed, timezone=timezone, naming=names, progress=progress)
        found = rank_records(records, names, placed, owner, progress, spark=spark, lessons=lessons)
        written = write_outputs(out, records, found, clear)
        keep_for_raids(home.cdr, found, owner, datetime.now(UTC))
    if clear:
        audit_lists(str(case), found, out)
    if keep:
        keep_leads(out / "leads.json", [replace(cell, owner=owner) for cell in placed])
    if as_json:
        for lead in json.loads((out / "leads.json").read_text(encoding="utf-8")):
            click.echo(json.dumps(lead, ensure_ascii=False))
    else:
        click.echo("\n".join(lead_lines(found)))
    click.echo("\n".join(summary_lines(records, found, lessons, out, written)), err=True)


def check_timezone(name: str | None) -> None:
    """Raises BadParameter where no such zone is known."""
    if name:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise click.BadParameter(
                f"{name!r} is no zone; use a name such as Asia/Shanghai", param_hint="--timezone"
            ) from None


def audit_clear(case: str, exports: tuple[Path, ...], out: Path) -> None:
    """Notes a look at clear identities, before it happens."""
    from detection.store import Store

    with Store.open(find_home().make().store) as store:
        told = f"{len(exports)} export(s), first {exports[0].name}, into {out}"
        store.audit(datetime.now(UTC), getpass.getuser(), "cdr rank --clear", f"case {case}", told)


def audit_lists(case: str, found: "Ranking", out: Path) -> None:
    """Notes which lists of clear identities a run left, and how long they are."""
    from detection.store import Store

    with Store.open(find_home().make().store) as store:
        told = f"{len(found.victims)} numbers in victims.csv, {len(found.since)} SIMs in block.csv, in {out}"
        store.audit(datetime.now(UTC), getpass.getuser(), "cdr rank: victims and block lists", f"case {case}", told)


def learnt(home: Home, names: "Names", owner: str) -> "Lessons":
    """What raids and people taught this home."""
    from detection.cdr.lessons import read_lessons
    from detection.store import Store

    gateways, leads = [], []
    if home.store.exists():
        with Store.open(home.store) as store:
            gateways, leads = store.known_gateways(), store.leads(merged=True)
    return read_lessons(home.cdr, names, datetime.now(UTC).date(), owner, gateways, leads)


def prove_store() -> None:
    """Raises StoreError now rather than after a long ranking, where nothing could be kept in the store."""
    from detection.store import Store

    Store.open(find_home().make().store).close()


def keep_leads(path: Path, placed: list) -> None:  # type: ignore[type-arg]
    """Leads and cells into the store of this home."""
    from detection.leads import import_leads
    from detection.store import Store

    with Store.open(find_home().make().store) as store:
        if placed:
            store.put_placed_cells(placed)
        import_leads(store, path)


def lead_lines(found: "Ranking") -> list[str]:
    """A sentence or two a lead."""
    if not found.leads:
        return [f"No box found among {found.sims} SIMs: none is above the alarm (suspects.csv lists the likeliest)."]
    lines = []
    for lead in found.leads:
        where = (
            f"near {lead.lat:.5f}, {lead.lon:.5f}" if lead.lat is not None and lead.lon is not None else "place unknown"
        )
        cell = lead.cells[0] if lead.cells else None
        on = f", cell {cell['lac']}-{cell['ci']}" if cell else ""
        plural = "s" if len(lead.sims) != 1 else ""
        lines.append(f"{lead.lead}  {lead.form}, {len(lead.sims)} SIM{plural}, score {lead.score:.4f}, {where}{on}")
        lines.extend(f"    {reason}" for reason in lead.reasons[:3])
    return [*lines, "Leads, not proof."]


def summary_lines(records: "Records", found: "Ranking", lessons: "Lessons", out: Path, written: list[str]) -> list[str]:
    """The account of every line, what was missing, what was written."""
    from detection.cdr.columns import MISSING_COSTS

    account = records.account
    lines = [f"Lines read: {account.lines} = {account.told()}."]
    missing = sorted({key for file in records.files for key in file.layout.missing})
    lines += [f"No {key.replace('_', ' ')} column: {MISSING_COSTS[key]}." for key in missing]
    lines += [f"Note: {warning}." for warning in records.warnings]
    leads = "1 lead" if len(found.leads) == 1 else f"{len(found.leads)} leads"
    lines.append(f"{found.alarms} of {found.sims} SIMs above the alarm, in {leads}. Leads, not proof.")
    if found.known:
        lines.append(f"{found.known} more are known look-alikes (`catpool cdr known list`): listed, not raised.")
    if lessons.model:
        lines.append(f"Scored with model {lessons.model}, which raids taught (`catpool cdr feedback --models`).")
    lines += [f"Note: {warning}." for warning in lessons.warnings]
    lines.append(f"Written: {', '.join(written)} in {out} (local time: {records.zone}).")
    if "block.csv" in written:
        lines.append("victims.csv and block.csv hold clear identities; block.csv is a proposal, not proof.")
    return lines


@contextmanager
def engine_errors() -> Iterator[None]:
    """The engine's own refusals (disk full, no memory) in one line."""
    import duckdb

    try:
        yield
    except (duckdb.OutOfMemoryException, duckdb.IOException, OSError) as error:
        first = str(error).splitlines()[0][:160]
        raise ExportError(f"the engine stopped: {first}; free memory or disk (TMPDIR), and start again") from error


@contextmanager
def progress_bar() -> Iterator[Callable[[str, float], None]]:
    """A bar on a terminal; nothing otherwise, since the summary follows."""
    if not sys.stderr.isatty():
        yield lambda what, share: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("reading", total=1.0)
        stages = {
            "reading": 0.0,
            "cells": 0.35,
            "duplicates": 0.4,
            "features": 0.55,
            "evidence": 0.7,
            "detection times": 0.8,
            "places": 0.9,
        }
        yield lambda what, share: bar.update(
            task, description=what, completed=stages.get(what, 0.5) + 0.3 * (what == "reading") * share
        )


@cdr.command()
@click.argument("exports", nargs=-1, required=True, metavar="EXPORT...", type=click.Path(path_type=Path))
@click.option("--cells", type=click.Path(path_type=Path), metavar="CELLS.csv", help="Where the masts stand.")
@click.option("--timezone", metavar="NAME", help="The carrier's local time, such as Asia/Shanghai.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a file on standard output.")
def inspect(exports: tuple[Path, ...], cells: Path | None, timezone: str | None, as_json: bool) -> None:
    """Shows how columns, times and cell numbers of EXPORT are read, and why."""
    check_timezone(timezone)
    from detection.cdr.inspect import describe, described_lines
    from detection.cells import read_cells

    placed = read_cells(cells) if cells is not None else []
    for description in describe(exports, placed, timezone):
        if as_json:
            click.echo(json.dumps(description, ensure_ascii=False))
        else:
            click.echo("\n".join(described_lines(description)))


for command in cdr_feedback_cli.COMMANDS:
    cdr.add_command(command)
