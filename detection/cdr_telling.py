"""What a ranking says on the terminal: leads, the account of every line, progress, the engine's refusals."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from detection.errors import ExportError
from detection.wording import hours_in_words

if TYPE_CHECKING:
    from detection.cdr.leads_file import LeadRow
    from detection.cdr.lessons import Lessons
    from detection.cdr.rank import Ranking
    from detection.cdr.records import Records
    from detection.lead import PlacedCell
    from sensor.cell import CellIdentity

FEW_RAISED, MANY_RAISED = 50, 0.05  # SIMs above the alarm, and their share, beyond which something is wrong


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
        on = f", cell {cell_name(cell)}" if cell else ""
        plural = "s" if len(lead.sims) != 1 else ""
        lines.append(f"{lead.lead}  {lead.form}, {len(lead.sims)} SIM{plural}, score {lead.score:.4f}, {where}{on}")
        lines.append(f"    {visit_line(lead)}")
        lines.extend(f"    {reason}" for reason in lead.reasons[:3])
    return [*lines, "Leads, not proof."]


def visit_line(lead: "LeadRow") -> str:
    """What target it is, when to go and what to listen to; of a moving one, where next."""
    told = [lead.kind]
    if lead.best_hours:
        told.append(f"best hours {hours_in_words(lead.best_hours)}")
    if lead.next_hour and lead.next_hour["cells"]:
        cells = lead.next_hour["cells"][:3]
        told.append("next hour " + ", ".join(f"{cell_name(cell)} ({cell['probability']:.0%})" for cell in cells))
    elif lead.listen_to:
        spot = lead.listen_to[0]
        ring = "" if spot["timing_advance"] is None else f" at timing advance {spot['timing_advance']}"
        told.append(f"listen to {cell_name(spot)}{ring} ({spot['share']:.0%} of its acts)")
    return "; ".join(told)


def cell_name(cell: "dict[str, Any]") -> str:
    """LAC and CI, the LAC left out where an export has none."""
    return str(cell["ci"]) if cell["lac"] is None else f"{cell['lac']}-{cell['ci']}"


def caution(alarms: int, sims: int) -> list[str]:
    """What is said where more SIMs are raised than can be in boxes."""
    if alarms <= max(FEW_RAISED, MANY_RAISED * sims):
        return []
    return [
        f"CAUTION: that is {alarms / sims:.0%} of all SIMs, and no network holds so many boxes: the export was probably"
        " misread. See how `catpool cdr inspect` reads its columns before you trust a lead."
    ]


def cells_line(cells: "Sequence[CellIdentity]", placed: "Sequence[PlacedCell]") -> str:
    """How many of an export's cells have a mast; why none has."""
    from detection.cdr.masts import place_cells

    if not cells:
        return "No cell of the export can be read: CELLS.csv places nothing."
    known = sum(mast is not None for mast in place_cells(cells, placed))
    line = f"{known} of {len(cells)} cells of the export stand in CELLS.csv"
    if known:
        return f"{line}."
    turned = [
        replace(cell, identity=replace(cell.identity, lac=cell.identity.ci, ci=cell.identity.lac)) for cell in placed
    ]
    swapped = any(mast is not None for mast in place_cells(cells, turned))
    return f"{line}: nothing can be placed; " + (
        "its columns lac and ci are swapped." if swapped else "is it of this network, and are lac and ci decimal in it?"
    )


def summary_lines(records: "Records", found: "Ranking", lessons: "Lessons", out: Path, written: list[str]) -> list[str]:
    """The account of every line, what was missing, what was written."""
    from detection.cdr.columns import MISSING_COSTS

    account = records.account
    lines = [f"Lines read: {account.lines} = {account.told()}."] if records.files else []
    missing = sorted({key for file in records.files for key in file.layout.missing})
    lines += [f"No {key.replace('_', ' ')} column: {MISSING_COSTS[key]}." for key in missing]
    lines += [f"Note: {warning}." for warning in records.warnings]
    leads = "1 lead" if len(found.leads) == 1 else f"{len(found.leads)} leads"
    lines.append(f"{found.alarms} of {found.sims} SIMs above the alarm, in {leads}. Leads, not proof.")
    lines += caution(found.alarms, found.sims)
    if found.known:
        lines.append(f"{found.known} more are known look-alikes (`catpool cdr known list`): listed, not raised.")
    if lessons.model:
        lines.append(f"Scored with model {lessons.model}, which raids taught (`catpool cdr feedback --models`).")
    lines += [f"Note: {warning}." for warning in lessons.warnings]
    lines.append(f"Written: {', '.join(written)} in {out} (local time: {records.zone}).")
    if "block.csv" in written:
        lines.append(f"All {len(written)} files hold clear identities (mode 0600); block.csv is a proposal, not proof.")
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
