"""`catpool cdr rank`, `update` and `inspect`: a carrier's export, ranked, added to what is known, or explained."""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from detection import cdr_feedback_cli
from detection.cdr_home import audit_clear, audit_lists, keep_leads, learnt, prove_store
from detection.cdr_telling import cells_line, engine_errors, lead_lines, progress_bar, summary_lines
from detection.settings import DetectionSettings
from sensor.home import find_home
from sensor.settings import KitSettings, load_section

if TYPE_CHECKING:
    from ibis.backends.duckdb import Backend

    from detection.cdr.dialect import Dialect
    from detection.cdr.features import Source
    from detection.cdr.pseudonyms import Names
    from detection.cdr.records import Records
    from detection.lead import PlacedCell


@click.group()
def cdr() -> None:
    """Ranks a carrier's call records. A lead, not proof."""


@dataclass(frozen=True, slots=True)
class Job:
    """What the options of a ranking ask for."""

    exports: tuple[Path, ...]
    cells: Path | None
    timezone: str | None
    dialect: Path | None
    clear: bool
    case: str | None
    owner: str
    keep: bool
    out: Path
    as_json: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """What reading needs to know."""

    engine: "Backend"
    names: "Names"
    placed: "list[PlacedCell]"
    timezone: str | None
    dialect: "Dialect"
    now: datetime
    progress: Callable[[str, float], None]


# what is ranked: the records, where their features come from (None: from them), lines to be said of it
Gather = Callable[[Asked], AbstractContextManager["tuple[Records, Source | None, list[str]]"]]
DIALECT_HELP = "What columns, times and words are; see inspect --dialect-out."
RANKING_OPTIONS = (
    click.argument("exports", nargs=-1, required=True, metavar="EXPORT...", type=click.Path(path_type=Path)),
    click.option("--cells", type=click.Path(path_type=Path), metavar="CELLS.csv", help="Where the masts stand."),
    click.option("--timezone", metavar="NAME", help="The carrier's local time, such as Asia/Shanghai."),
    click.option("--dialect", type=click.Path(path_type=Path), metavar="FILE.toml", help=DIALECT_HELP),
    click.option("--clear", is_flag=True, help="Write identities in clear; needs --case, and is audited."),
    click.option("--case", metavar="NUMBER", help="The case under which identities are written in clear."),
    click.option("--owner", default="", metavar="NAME", help="The carrier whose export this is."),
    click.option("--keep", is_flag=True, help="Import leads and cells into this home's store as well."),
    click.option("--out", type=click.Path(path_type=Path), required=True, metavar="DIR", help="Folder to write into."),
    click.option("--json", "as_json", is_flag=True, help="The leads as JSON lines on standard output."),
)


def ranking_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that every ranking has."""
    for option in reversed(RANKING_OPTIONS):
        command = option(command)
    return command


@cdr.command()
@ranking_options
@click.option("--engine", type=click.Choice(["duckdb", "spark"]), default="duckdb", show_default=True)
def rank(engine: str, **options: Any) -> None:
    """Ranks the SIMs of EXPORT (CSV, gzip, Parquet, TAP3, TS 32.298, folders) into DIR."""
    job = checked(Job(**options))
    from detection.cdr.engine import open_spark

    spark = open_spark() if engine == "spark" else None

    @contextmanager
    def read(asked: Asked) -> "Iterator[tuple[Records, Source | None, list[str]]]":
        yield read_exports(job.exports, asked), None, []

    rank_into(job, read, spark)


@cdr.command()
@ranking_options
@click.option("--days", type=click.IntRange(min=1), metavar="N", help="Days that are kept [default: setting cdr_days].")
def update(days: int | None, **options: Any) -> None:
    """Adds EXPORT to this home's running state, and ranks all that it knows into DIR: hour by hour as files come.

    A file given twice, and a record known already, add nothing.
    """
    job = checked(Job(**options))
    from detection.cdr.update import taking_in

    home = find_home()
    days = days or load_section(home.settings, "detection", DetectionSettings).cdr_days

    @contextmanager
    def take(asked: Asked) -> "Iterator[tuple[Records, Source | None, list[str]]]":
        def read(paths: Sequence[Path]) -> "Records":
            return read_exports(paths, asked)

        root = home.make().cdr
        with taking_in(job.exports, root, job.owner, asked.names, days, asked.engine, asked.now, read) as gathered:
            yield gathered

    rank_into(job, take)


def checked(job: Job) -> Job:
    """The job, its options in keeping. Raises UsageError."""
    if job.clear and not job.case:
        raise click.UsageError("--clear writes identities in clear: it needs --case NUMBER")
    if job.case and not job.clear:
        raise click.UsageError("--case goes with --clear: without it identities are pseudonyms, and no case is needed")
    if job.case is not None and not job.case.strip():
        raise click.UsageError("--case NUMBER is empty")
    check_timezone(job.timezone)
    return job


def read_exports(paths: Sequence[Path], asked: Asked) -> "Records":
    """Reads an export whole."""
    from detection.cdr.records import read_records

    return read_records(
        paths,
        asked.engine,
        placed=asked.placed,
        timezone=asked.timezone,
        naming=asked.names,
        dialect=asked.dialect,
        now=asked.now,
        progress=asked.progress,
    )


def rank_into(job: Job, gather: Gather, spark: Any = None) -> None:
    """Ranks what `gather` gives, writes it into DIR and says so."""
    from detection.cdr import leads_file
    from detection.cdr.dialect import Dialect, load_dialect
    from detection.cdr.outputs import keep_for_raids, write_outputs
    from detection.cdr.pseudonyms import Names, open_key
    from detection.cdr.rank import rank as rank_records
    from detection.cdr.records import open_engine
    from detection.cells import read_cells

    now = datetime.now(UTC)
    placed = read_cells(job.cells) if job.cells is not None else []
    dialect = load_dialect(job.dialect) if job.dialect is not None else Dialect()
    home = find_home()
    names = Names(open_key(home), job.clear)
    if job.keep:
        prove_store()
    lessons = learnt(home, names, job.owner)
    leads_file.prepare_folder(job.out)
    timezone = job.timezone or dialect.timezone or load_section(home.settings, "kit", KitSettings).timezone or None
    check_timezone(timezone)
    if job.clear:
        audit_clear(str(job.case), job.exports, job.out)
    with (
        progress_bar() as progress,
        engine_errors(),
        gather(Asked(open_engine(), names, placed, timezone, dialect, now, progress)) as (records, source, said),
    ):
        found = rank_records(records, names, placed, job.owner, progress, spark=spark, lessons=lessons, source=source)
        written = write_outputs(job.out, records, found, job.clear)
        keep_for_raids(home.cdr, found, job.owner, now)
    if job.clear:
        audit_lists(str(job.case), found, job.out)
    if job.keep:
        keep_leads(job.out / "leads.json", [replace(cell, owner=job.owner) for cell in placed])
    if job.as_json:
        for lead in json.loads((job.out / "leads.json").read_text(encoding="utf-8")):
            click.echo(json.dumps(lead, ensure_ascii=False))
    else:
        click.echo("\n".join(lead_lines(found)))
    if placed:
        said = [*said, cells_line(records.cells, placed)]
    click.echo("\n".join([*said, *summary_lines(records, found, lessons, job.out, written)]), err=True)


def check_timezone(name: str | None) -> None:
    """Raises BadParameter where no such zone is known."""
    if name is not None and not name.strip():
        raise click.BadParameter("is empty; use a name such as Asia/Shanghai", param_hint="--timezone")
    if name:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise click.BadParameter(
                f"{name!r} is no zone; use a name such as Asia/Shanghai", param_hint="--timezone"
            ) from None


@cdr.command()
@click.argument("exports", nargs=-1, required=True, metavar="EXPORT...", type=click.Path(path_type=Path))
@click.option("--cells", type=click.Path(path_type=Path), metavar="CELLS.csv", help="Where the masts stand.")
@click.option("--timezone", metavar="NAME", help="The carrier's local time, such as Asia/Shanghai.")
@click.option("--dialect", type=click.Path(path_type=Path), metavar="FILE.toml", help="What columns and words are.")
@click.option("--dialect-out", type=click.Path(path_type=Path), metavar="FILE.toml", help="Write what was understood.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a file on standard output.")
def inspect(
    exports: tuple[Path, ...],
    cells: Path | None,
    timezone: str | None,
    dialect: Path | None,
    dialect_out: Path | None,
    as_json: bool,
) -> None:
    """Shows how columns, times, cells and words of EXPORT are read, and why; asks nothing."""
    check_timezone(timezone)
    from detection.cdr.dialect import Dialect, load_dialect, write_dialect
    from detection.cdr.inspect import describe, described_lines
    from detection.cells import read_cells

    placed = read_cells(cells) if cells is not None else []
    told = load_dialect(dialect) if dialect is not None else Dialect()
    for number, description in enumerate(describe(exports, placed, timezone, told, datetime.now(UTC))):
        if as_json:
            click.echo(json.dumps(description, ensure_ascii=False))
        else:
            click.echo("\n".join(described_lines(description)))
        if dialect_out is not None and number == 0:
            write_dialect(dialect_out, description["dialect"])
            click.echo(f"Written: {dialect_out}, the dialect of {description['file']} alone.", err=True)


for command in cdr_feedback_cli.COMMANDS:
    cdr.add_command(command)
