"""`catpool decode` and `catpool survey`: what is said on the common channels, and who says it."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

import click

from sensor.readings import CellReading, Stamp
from sensor.source.options import capture_options

if TYPE_CHECKING:
    from sensor.gsm.block import Block
    from sensor.gsm.receiver import Receiver
    from sensor.source import Source

SAY_EVERY_S = 10.0
FILL_FRAME = bytes([3, 3, 1])  # an unnumbered frame without information: TS 44.006 §8.2.1


def cell_options(command: Any) -> Any:
    """Options that say which cells, and what is known of them."""
    command = click.option("--ccch-conf", type=click.IntRange(0, 7), help="CCCH_CONF, where it is known beforehand.")(
        command
    )
    return click.option(
        "--arfcn", "arfcns", type=click.IntRange(0, 1023), multiple=True, help="Only this carrier; repeatable."
    )(command)


@click.command()
@click.argument("capture")
@cell_options
@capture_options
@click.option("--json", "as_json", is_flag=True, help="A line of JSON a block.")
def decode(
    capture: str,
    arfcns: tuple[int, ...],
    ccch_conf: int | None,
    rate_hz: float | None,
    freq_hz: float | None,
    sample_format: str | None,
    as_json: bool,
) -> None:
    """Decodes every common-channel block (BCCH, CCCH) of every cell in CAPTURE.

    Nobody's identity gets out: pagings are counted and blanked.
    """
    from sensor.gsm.receiver import Receiver
    from sensor.source import open_source

    with (
        open_source(capture, rate_hz=rate_hz, freq_hz=freq_hz, sample_format=sample_format) as source,
        progress_of(source) as progress,
    ):
        receiver = Receiver(source, arfcns=arfcns, ccch_conf=ccch_conf, progress=progress)
        try:
            for block in receiver.blocks():
                click.echo(block.to_json() if as_json else in_words(block))
        except KeyboardInterrupt:
            if not source.live:
                raise
        say(receiver)


@click.command()
@click.argument("source")
@cell_options
@capture_options
@click.option("--seconds", type=click.FloatRange(min=0.1), help="How long to listen (live sources: 10).")
@click.option("--keep", is_flag=True, help="Also into the journal.")
@click.option("--json", "as_json", is_flag=True, help="A line of JSON a cell.")
def survey(
    source: str,
    arfcns: tuple[int, ...],
    ccch_conf: int | None,
    rate_hz: float | None,
    freq_hz: float | None,
    sample_format: str | None,
    seconds: float | None,
    keep: bool,
    as_json: bool,
) -> None:
    """Lists the cells that SOURCE hears: a radio (capture or URL) or a modem (modem:///dev/...)."""
    if source.startswith("modem://"):
        survey_modem(source, keep, as_json)
        return
    from sensor.gsm.receiver import Receiver
    from sensor.gsm.survey import list_cells
    from sensor.source import open_source

    with (
        open_source(source, rate_hz=rate_hz, freq_hz=freq_hz, sample_format=sample_format) as opened,
        progress_of(opened) as progress,
        stamps_of(opened, keep) as stamp,
    ):
        receiver = Receiver(opened, arfcns=arfcns, ccch_conf=ccch_conf, progress=progress)
        limit_s = seconds if seconds is not None else (10.0 if opened.live else None)
        receiver.run(limit_s)
        cells = list_cells(receiver)
        for cell in cells:
            click.echo(json.dumps(cell.to_json()) if as_json else cell.in_words())
        if keep:
            now = stamp()
            keep_cells([cell.reading(now) for cell in cells])
        say(receiver)


@contextmanager
def progress_of(source: "Source") -> Iterator[Any]:
    """A bar on a terminal, else a plain line every ten seconds, both on standard error."""
    total = source.n_samples
    if total and sys.stderr.isatty():
        with click.progressbar(length=total, label=source.name[-40:], file=sys.stderr) as bar:
            yield lambda done, whole: bar.update(done - bar.pos)
        return
    said = time.monotonic()

    def line(done: int, whole: int | None) -> None:
        nonlocal said
        if time.monotonic() - said > SAY_EVERY_S:
            said = time.monotonic()
            of = f" of {whole / source.rate_hz:.1f}" if whole else ""
            click.echo(f"{done / source.rate_hz:.1f} s{of} read", err=True)

    yield line


def survey_modem(source: str, keep: bool, as_json: bool) -> None:
    """Cells that a modem names."""
    from sensor.modem.survey import survey as ask_modem
    from sensor.stamping import capture_stamp, live_stamps

    with live_stamps(source) if keep else nullcontext(lambda: capture_stamp(source, None)) as stamp:
        heard = ask_modem(source, stamp)
    for cell in heard.cells:
        click.echo(json.dumps(modem_line(cell)) if as_json else modem_words(cell))
    if keep:
        keep_cells(list(heard.cells))
    for warning in heard.warnings:
        click.echo(warning, err=True)
    for line in heard.refused:
        click.echo(f"not understood: {line}", err=True)
    click.echo(f"{source}: {heard.vendor}, {len(heard.cells)} cells", err=True)


def modem_line(cell: CellReading) -> dict[str, object]:
    """The contract's fields of a modem's cell; those of the other radio technology are left out."""
    line: dict[str, object] = {
        "rat": cell.identity.rat,
        "band": cell.band,
        "carrier_hz": cell.carrier_hz,
        "arfcn": cell.arfcn,
        "bsic": cell.bsic,
        "mcc": cell.identity.mcc,
        "mnc": cell.identity.mnc,
        "lac": cell.identity.lac,
        "ci": cell.identity.ci,
        "power_dbm": cell.power_dbm,
        "neighbours": list(cell.neighbours),
    }
    if cell.identity.rat == "lte":
        line |= {"earfcn": cell.earfcn, "pci": cell.pci, "rsrp_dbm": cell.rsrp_dbm, "rsrq_db": cell.rsrq_db}
        line |= {"tac": cell.identity.lac, "eci": cell.identity.ci}
    return line


def modem_words(cell: CellReading) -> str:
    """A line for people."""
    name = cell.identity
    level = cell.power_dbm if cell.power_dbm is not None else cell.rsrp_dbm
    number = cell.arfcn if cell.arfcn is not None else cell.earfcn
    strength = "level unknown" if level is None else f"{level:g} dBm"
    parts = (("MCC", name.mcc), ("MNC", name.mnc), ("LAC", name.lac), ("CI", name.ci))
    known = [f"{word} {value}" for word, value in parts if value is not None]
    return f"{name.rat}  channel {number}  {' '.join(known) or 'unnamed'}: {strength}"


def keep_cells(cells: list[CellReading]) -> None:
    """Writes the cells into the journal."""
    from sensor.home import find_home
    from sensor.journal import Journal

    with Journal.open(find_home().make().journal) as journal:
        journal.add(cells)


@contextmanager
def stamps_of(source: "Source", keep: bool) -> Iterator[Callable[[], Stamp]]:
    """Stamps readings of a source that are kept: a live one's with the kit's clock and place."""
    from sensor.stamping import capture_stamp, live_stamps

    if keep and source.live:
        with live_stamps(source.name) as stamp:
            yield stamp
    else:
        yield lambda: capture_stamp(source.name, source.segments[0].time if source.segments else None)


def in_words(block: "Block") -> str:
    """A line for people."""
    from sensor.gsm.messages import ImmediateAssignment, ImmediateAssignmentExtended, PagingRequest, read

    message = read(block.l2)
    where = f"ARFCN {block.arfcn}" if block.arfcn is not None else f"{(block.carrier_hz or 0) / 1e6:.3f} MHz"
    what = "".join(f" {c.lower()}" if c.isupper() or c.isdigit() else c for c in type(message).__name__).strip()
    if block.l2[:3] == FILL_FRAME:
        what = "fill frame"
    elif message is None:
        what = f"message {block.l2[2]:#04x}"
    elif isinstance(message, PagingRequest):
        what = f"paging request, {block.paged or 0} paged (identities blanked)"
    elif isinstance(message, ImmediateAssignment):
        what = f"immediate assignment, timing advance {message.grant.timing_advance}"
    elif isinstance(message, ImmediateAssignmentExtended):
        what = "immediate assignment of two, timing advances " + " and ".join(
            str(grant.timing_advance) for grant in message.grants
        )
    return f"{where}  BSIC {block.bsic}  frame {block.fn:7d}  {block.channel}  {what}"


def say(receiver: "Receiver") -> None:
    """The summary, on standard error."""
    from sensor.gsm.survey import summary_lines

    for line in summary_lines(receiver):
        click.echo(line, err=True)
