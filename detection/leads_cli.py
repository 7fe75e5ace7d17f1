"""`catpool leads` and `catpool cells`: carriers' leads and the air's hits, joined."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from detection.lead import Lead
    from detection.store import Store


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="A line of JSON a lead.")
@click.option("--all", "every", is_flag=True, help="Also those that are known, closed, or went into another lead.")
@click.pass_context
def leads(context: click.Context, as_json: bool, every: bool) -> None:
    """Lists the leads, radio and CDR joined, highest score first. A lead, not proof."""
    if context.invoked_subcommand is not None:
        return
    from detection.leads import rejoin, to_json
    from detection.wording import NOT_PROOF

    with _open_store() as store:
        rejoin(store)
        listed = store.leads(merged=every)
    if not every:
        listed = [lead for lead in listed if lead.status not in ("known", "closed")]
    for lead in listed:
        click.echo(to_json(lead) if as_json else "\n".join(_in_words(lead)))
    count = f"{len(listed)} lead{'s' if len(listed) != 1 else ''}"
    click.echo(f"{count}. {NOT_PROOF}" if listed else "No leads yet.", err=True)


@leads.command("import")
@click.argument("file", type=click.Path(path_type=Path))
def import_(file: Path) -> None:
    """Takes a leads.json of `catpool cdr rank` into the store; leads of the same name are updated."""
    from detection.leads import import_leads, unplaced

    with _open_store() as store:
        taken = import_leads(store, file)
        joined = sum(store.lead(lead.lead).origin == "joined" for lead in taken)
        lacking = unplaced([store.lead(lead.lead) for lead in taken])
    click.echo(f"{len(taken)} leads taken from {file}, {joined} of them heard on the air as well.", err=True)
    if lacking:
        click.echo(f"{lacking} cells have no mast: `catpool cells import CELLS.csv` places them.", err=True)


@leads.command()
@click.argument("lead")
def export(lead: str) -> None:
    """Writes LEAD.json on standard output: the area and the cells to search, for `catpool locate`."""
    from detection.leads import export_lead

    with _open_store() as store:
        click.echo(json.dumps(export_lead(store.lead(lead)), ensure_ascii=False))


@leads.command()
@click.argument("lead")
@click.option("--by", required=True, metavar="NAME", help="The officer who knows it.")
@click.option("--note", default="", help="Licence number, address, whom to ask.")
def known(lead: str, by: str, note: str) -> None:
    """Marks the gateway behind LEAD as licensed and known, with the officer's name and today's date."""
    from datetime import UTC, datetime

    from detection.leads import mark_known

    if not by.strip():
        raise click.UsageError("--by needs the officer's name")
    with _open_store() as store:
        marked = mark_known(store, lead, by.strip(), datetime.now(UTC), note)
    click.echo(f"{marked.lead}: {marked.reasons[0]}", err=True)


@click.group()
def cells() -> None:
    """Where masts stand."""


@cells.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--owner", default="", metavar="NAME", help="The carrier whose cells these are.")
def import_cells(file: Path, owner: str) -> None:
    """Takes CELLS.csv (lac,ci,lat,lon,azimuth; optional mcc,mnc,beamwidth,range_m,rat) into the store."""
    from dataclasses import replace

    from detection.cells import read_cells
    from detection.leads import rejoin

    placed = [replace(cell, owner=owner) for cell in read_cells(file)]
    with _open_store() as store:
        store.put_placed_cells(placed)
        rejoin(store)
    click.echo(f"{len(placed)} cells placed from {file}.", err=True)
    nameless = sum(cell.identity.mcc is None or cell.identity.mnc is None for cell in placed)
    if nameless:
        click.echo(
            f"{nameless} of them name no network: they join by LAC and CI where only one network fits.", err=True
        )


def _open_store() -> "Store":
    from detection.store import Store
    from sensor.home import find_home

    return Store.open(find_home().make().store)


def _in_words(lead: "Lead") -> list[str]:
    from detection.wording import cell_in_words, hours_in_words

    origin = {"cdr": "carrier's records", "radio": "heard on the air", "joined": "carrier's records and the air"}
    lines = [f"{lead.lead}  {lead.score:.3f}  {lead.form}  ({origin.get(lead.origin, lead.origin)})  {lead.status}"]
    if lead.sims:
        lines.append(f"    {len(lead.sims)} SIMs, {len(lead.imeis)} handset numbers")
    for cell in lead.cells[:3]:
        steps = ", ".join(str(step) for step in sorted(set(cell.timing_advance)))
        place = f", mast {cell.lat:.5f}, {cell.lon:.5f}" if cell.lat is not None and cell.lon is not None else ""
        lines.append(f"    {cell_in_words(cell.identity)}{place}" + (f", timing advance {steps}" if steps else ""))
    if lead.fix is not None:
        r90 = lead.r90_radius_m
        area = f", 90 % in an area as large as a circle of {r90:.0f} m" if r90 is not None else ""
        lines.append(f"    best place {lead.fix[0]:.5f}, {lead.fix[1]:.5f} (WGS-84){area}")
    if lead.best_hours:
        lines.append(f"    {lead.kind}; best hours to visit: {hours_in_words(lead.best_hours)}")
    if lead.last_seen is not None:
        lines.append(f"    last seen {lead.last_seen:%Y-%m-%d %H:%M} UTC")
    lines += [f"    - {reason}" for reason in lead.reasons]
    return lines + ([f"    {lead.advice}"] if lead.advice else [])


COMMANDS: list[click.Command] = [leads, cells]
